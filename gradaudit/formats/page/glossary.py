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
        "The loss of the best prediction that ignores the inputs. A run that ends at 100% of it has learnt nothing.",
        ("baseline", "constant prediction"),
    ),
    Term(
        "Seed",
        "The number that the initial weights are drawn from. A seed learns: its run ends below 90% of the baseline.",
        ("seed",),
    ),
    Term(
        "Trial run",
        "Training by the audit with the model's own optimizer: all planned steps, or as many as fit a "
        "fixed number of operations.",
        ("trial run",),
    ),
    Term(
        "Verified fix",
        "It ran beside the model as it is, with the same 8 seeds: the finding is gone, no new one as severe appears, "
        "and the training loss is lower in at least 7 of them, which chance alone gives in 3.5 of 100 cases. One that "
        "was only tried is less sure: it lacks one of these, or does not learn with other seeds.",
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
