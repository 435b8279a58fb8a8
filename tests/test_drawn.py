"""Drawn networks: the draw comes again, all of it can be read, and the table counts what it says."""

from __future__ import annotations

import json

import pytest

from gradaudit.datasets import prepare
from gradaudit.inputs import from_document
from tests.corpus.drawing import draw, variants
from tests.corpus.drawing_positions import draw_images, draw_sequences
from tests.corpus.drawing_positions import variants as variants_over_positions
from tests.corpus.truth import CAUSES, Answer, Network, table, wilson

FAILS = Network("fails", (0.0, None, 0.01, 0.2, 0.0), ("rate x10", "init"))
LEARNS = Network("learns", (0.9,) * 5)
RIGHT = Answer("error", frozenset({"learning-rate-too-low"}))


@pytest.mark.parametrize("draw", [draw, draw_images, draw_sequences])
def test_a_draw_comes_again_from_its_seed(draw) -> None:
    """Whatever else was drawn; another seed or place is another network."""
    assert draw(3, 7) == draw(3, 7)
    assert len({json.dumps(draw(seed, index)) for seed in (3, 4) for index in range(10)}) == 20


@pytest.mark.parametrize(
    ("draw", "variants"),
    [(draw, variants), (draw_images, variants_over_positions), (draw_sequences, variants_over_positions)],
)
@pytest.mark.parametrize("index", range(12))
def test_a_drawn_network_fits_its_data(draw, variants, index: int) -> None:
    """It is a spec whose widths are those of its data, and each of its variants is a change by a known name."""
    document = draw(3, index)
    spec, _ = prepare(from_document(document), 0)

    assert spec.output is not None
    assert spec.epochs
    assert variants(document).keys() <= CAUSES.keys()
    assert {"rate x0.01", "rate x0.1", "rate x10", "rate x100"} <= variants(document).keys()


def test_an_answer_is_wrong_in_its_verdict_or_its_cause() -> None:
    """A failure must be an error that names one of the causes; what lies between may be called anything."""
    assert not RIGHT.is_wrong(FAILS)
    assert Answer("warning", RIGHT.found).is_wrong(FAILS)
    assert Answer("error", frozenset({"dead-units", "unscaled-inputs"})).is_wrong(Network("fails", (), ("rate x10",)))
    assert Answer("warning").is_wrong(LEARNS)
    assert not Answer("warning").is_wrong(Network("between", ()))


def test_the_table_counts_truth_against_verdict() -> None:
    """With an interval beside each share; a share of nothing is none."""
    lines = table([FAILS, FAILS, LEARNS], [RIGHT, Answer("warning"), Answer("healthy")]).splitlines()

    assert [line.split() for line in lines[:4]] == [
        ["error", "warning", "healthy"],
        ["fails", "1", "1", "0"],
        ["between", "0", "0", "0"],
        ["learns", "0", "0", "1"],
    ]
    assert lines[4:] == [
        f"errors on what fails: {wilson(1, 2)}",
        f"errors on what learns: {wilson(0, 1)}",
        f"warnings on what learns: {wilson(0, 1)}",
        f"a cause that one change proves: {wilson(1, 2)}",
    ]


def test_an_interval_is_wilsons() -> None:
    """Its ends solve (p − s)² = z²p(1 − p)/n for p, s being the share; they stay within 0 and 1."""
    assert wilson(0, 0) == "none"
    text = wilson(45, 50)
    low, high = (float(end.strip("[]%,")) / 100 for end in text.split()[-2:])
    for end in (low, high):
        assert (end - 0.9) ** 2 == pytest.approx(1.96**2 * end * (1 - end) / 50, rel=0.05)
    assert wilson(50, 50).endswith("100.0%]")
