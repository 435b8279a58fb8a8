"""The words of the field that the page uses, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from gradaudit.formats.charts import Chart


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field, explained."""

    word: str
    meaning: str
    signs: tuple[str, ...] = ()
    """What a text says, in small letters, that needs the word."""


GLOSSARY: tuple[Term, ...] = (
    Term(
        "Constant-prediction baseline",
        "The loss of the best prediction that ignores the inputs; a run that ends at 100% of it has learnt nothing.",
        ("baseline", "constant prediction"),
    ),
    Term(
        "Curvature",
        "How fast the slope of the loss changes along a direction: an eigenvalue of the Hessian. Where it is negative, "
        "the loss falls on both sides.",
        ("curvature",),
    ),
    Term("Dead unit", "It gives the same output for every input and passes no gradient back.", ("dead",)),
    Term(
        "Gradient of a layer",
        "How the loss changes with what goes into the layer's activation (∂loss/∂z): what backpropagation hands "
        "back. Its size is its norm.",
        ("gradient",),
    ),
    Term(
        "Largest stable rate",
        "Above it steps overshoot, in the direction in which the loss bends most.",
        ("largest stable", "steps overshoot"),
    ),
    Term(
        "Saturated unit",
        "Its activation is nearly flat at its input, and passes little gradient back.",
        ("saturate",),
    ),
    Term(
        "Seed",
        "The initial weights are drawn from it. Seeds that learn: their runs end below 90% of the baseline.",
        ("seed",),
    ),
    Term(
        "Trial run",
        "Training by the audit with the model's own optimizer: all planned steps, or fewer to save time.",
        ("trial run",),
    ),
    Term("Tried fix", "It lacks something of a verified one, or was not run so often.", ("tried: ", "tried but not")),
    Term(
        "Verified fix",
        "It was run beside the model, with the same 8 seeds: the finding is gone, none as severe is new, and the "
        "training loss is lower in at least 7 of them (by chance alone: in 3.5 of 100 cases). Eight other seeds learn "
        "too, where that is cheap to run.",
        ("verified",),
    ),
)
"""In alphabetical order."""


def used(page: object) -> tuple[Term, ...]:
    """The words that some text of these views says."""
    text = "\n".join(_texts(page)).casefold()
    return tuple(term for term in GLOSSARY if any(sign in text for sign in term.signs))


def _texts(node: object) -> Iterator[str]:
    """Every string of a view, charts left out."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _texts(item)
    elif is_dataclass(node) and not isinstance(node, Chart):
        for each in fields(node):
            yield from _texts(getattr(node, each.name))
