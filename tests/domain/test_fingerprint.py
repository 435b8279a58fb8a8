"""What makes two findings of different reports the same one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.fingerprint import identity, model_key
from gradaudit.domain.report import Model, ReportedLayer
from gradaudit.errors import Location

LAYERS = tuple(ReportedLayer(i, f"layers[{i + 1}]", f"dense_{i}", "dense", 8, "relu", None, 1) for i in range(3))
MODEL = Model("net", "a/net.yaml", 9, 2, LAYERS)
FOUND = Finding("dead-units", Severity.ERROR, "m", "c", {"measured": 1.0}, "initialised", (0, 1), "activation")


def fingerprint(model: Model = MODEL, **changes: object) -> str:
    """Of the finding with other values."""
    return identity(model, replace(FOUND, **changes)).fingerprint  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"location": Location("a/net.yaml", 70, 1)},
        {"message": "x", "cause": "y", "evidence": {}},
        {"severity": Severity.WARNING},
        {"layers": (1, 0)},
        {"suppressed": "known"},
    ],
)
def test_lines_numbers_and_words_do_not_count(changes) -> None:
    """The finding is the same one."""
    assert fingerprint(**changes) == fingerprint()


@pytest.mark.parametrize("changes", [{"rule": "plateau"}, {"stage": "trained"}, {"stage": None}, {"layers": (0,)}])
def test_rule_stage_and_layers_count(changes) -> None:
    """It is another one."""
    assert fingerprint(**changes) != fingerprint()


def test_a_named_model_may_move() -> None:
    """Where the spec names the model its file does not count, else the file does."""
    named = replace(MODEL, named=True)

    assert fingerprint(named) == fingerprint(replace(named, source="b/other.yaml"))
    assert fingerprint(MODEL) != fingerprint(replace(MODEL, source="b/net.yaml"))
    assert fingerprint(MODEL) == fingerprint(replace(MODEL, source="./a/net.yaml"))


def test_layers_count_by_their_names() -> None:
    """A layer that was named stays the same where another is put in before it."""
    moved = (LAYERS[0], replace(LAYERS[1], index=2), replace(LAYERS[2], index=1))

    assert fingerprint(replace(MODEL, layers=moved), layers=(0, 2)) == fingerprint()
    assert fingerprint(replace(MODEL, layers=()), layers=(7,)) != fingerprint(layers=(7, 8))


def test_fewer_layers_are_covered() -> None:
    """And no others, nor another rule's."""
    whole, part = identity(MODEL, FOUND), identity(MODEL, replace(FOUND, layers=(1,)))
    other = identity(MODEL, replace(FOUND, layers=(1,), rule="plateau"))

    assert whole.covers(part)
    assert whole.covers(whole)
    assert not part.covers(whole)
    assert not whole.covers(other)


def test_models_of_one_source_are_told_apart() -> None:
    """An ensemble's members share their file."""
    assert len({model_key(replace(MODEL, name=name)) for name in ("a", "b")}) == 2
