"""A model in words, as far as its report knows it: what two of them differ in is the edit that is judged."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from gradaudit.domain.report import Model


def edits_of(before: Model, after: Model) -> tuple[str, ...]:
    """What of the model is another now, each as `optimizer: sgd, learning_rate 0.1 -> sgd, learning_rate 10`."""
    old, new = described(before), described(after)
    keys = dict.fromkeys((*old, *new))
    return tuple(f"{k}: {old.get(k, 'none')} -> {new.get(k, 'none')}" for k in keys if old.get(k) != new.get(k))


def described(model: Model) -> dict[str, str]:
    """Its layers, and the facts that decide the training."""
    layers = {
        "widths": _folded([str(model.inputs), *(str(row.units) for row in model.layers)]),
        "kinds of layers": _folded([row.kind for row in model.layers]),
    }
    of_units = {key: _listed(getattr(row, key) for row in model.layers) for key in ("activation", "init")}
    return {**layers, **of_units, **model.facts, "parameters": str(model.parameters)}


def _folded(words: Iterable[str]) -> str:
    """`64-128×10-10`: runs of equal words are counted."""
    runs = ((word, sum(1 for _ in equal)) for word, equal in groupby(words))
    return "-".join(f"{word}×{n}" if n > 1 else word for word, n in runs)


def _listed(values: Iterable[str | None]) -> str:
    """Layer by layer; where all but the last agree, that one word and the last."""
    found = [value or "none" for value in values]
    return ", ".join((found[0], found[-1]) if len(set(found[:-1])) == 1 else found)
