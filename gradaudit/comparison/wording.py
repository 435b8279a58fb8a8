"""A comparison's words, the same in every format: numbers with their change, and the counts at its end."""

from __future__ import annotations

from collections import Counter
from math import isfinite

from gradaudit.comparison.interface import Comparison, ModelComparison, NumberChange
from gradaudit.domain.plurals import counted
from gradaudit.text.printable import measured_text

_TRENDS = {"worse": "worse", "better": "better", "moved": "no better, no worse", "same": "no change beyond chance"}


def heading(model: ModelComparison) -> str:
    """What became of it, in a few words."""
    if model.state != "both" and model.trend in ("moved", "same"):
        return model.state
    return _TRENDS[model.trend]


def is_shown(model: ModelComparison) -> bool:
    """Whether there is something to say of the model."""
    return model.trend != "same" or model.state != "both"


def before_and_after(change: NumberChange) -> str:
    """`93% -> 2%`"""
    return f"{value(change, change.before)} -> {value(change, change.after)}"


def value(change: NumberChange, found: float | None) -> str:
    """One side of a number, as every other format writes it; a run may have none."""
    if change.key == "progress" and found is not None and not isfinite(found):
        return "diverges"
    return measured_text(change.key, found)


def verdicts(model: ModelComparison) -> str:
    """`healthy -> error`, `error`, or that it is only on one side."""
    if model.state == "added":
        return str(model.verdict_after)
    if model.state == "unread":
        told = f"was {model.verdict_before}" if model.verdict_before else f"now {model.verdict_after}"
        return f"{told}; the other side could not be audited"
    if model.state == "deleted":
        return f"was {model.verdict_before}"
    if model.verdict_before == model.verdict_after:
        return f"{model.verdict_after} on both sides"
    return f"{model.verdict_before} -> {model.verdict_after}"


def moved(model: ModelComparison) -> tuple[NumberChange, ...]:
    """The numbers that moved by more than chance, those that decide first."""
    return tuple(each for each in model.numbers if each.outcome in ("better", "worse", "changed"))


def rest(model: ModelComparison) -> str:
    """The numbers that are not told from chance, in one line; empty where there are none."""
    names = {
        outcome: ", ".join(each.label for each in model.numbers if each.outcome == outcome)
        for outcome in ("noise", "unclear")
    }
    parts = [f"within the seeds' spread: {names['noise']}"] if names["noise"] else []
    parts += [f"too few seeds to tell: {names['unclear']}"] if names["unclear"] else []
    return "; ".join(parts)


def circumstances(model: ModelComparison) -> str:
    """Why the numbers may be held against each other; empty for a model on one side."""
    old, new = model.settings
    if old is None or new is None:
        return ""
    if model.paired:
        return f"{counted(min(old.seeds, new.seeds), 'paired seed')} from {new.seed}"
    return f"{old.seeds} and {counted(new.seeds, 'seed')}, not paired"


def tally(comparison: Comparison) -> str:
    """1 model worse, 2 better, 3 without a change beyond chance; 4 sources equal, not measured."""
    trends = Counter("same" if model.trend == "moved" else model.trend for model in comparison.models)
    parts = [f"{counted(trends['worse'], 'model')} worse, {trends['better']} better"]
    parts += [f"{trends['same']} neither"] if trends["same"] else []
    text = ", ".join(parts)
    if comparison.unchanged:
        text += f"; {counted(len(comparison.unchanged), 'source')} equal on both sides, not measured"
    failed = len({f.source for f in (*comparison.base_errors, *comparison.head_errors)})
    return f"{text}; {counted(failed, 'source')} not audited, or not in full" if failed else text
