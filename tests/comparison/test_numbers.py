"""The tests by which chance is told from change, against exact probabilities."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.comparison.numbers import ALPHA, paired, unpaired


@pytest.mark.parametrize(("up", "of", "sign"), [(8, 8, 1), (7, 8, 1), (6, 8, 0), (4, 8, 0), (1, 8, -1), (0, 8, -1)])
def test_seven_of_eight_pairs_are_a_proof(up: int, of: int, sign: int) -> None:
    """As for a fix: six are not."""
    assert paired([1.0] * up + [-1.0] * (of - up)).sign == sign


def test_equal_seeds_prove_nothing() -> None:
    """They are left out, and four others that agree are too few."""
    assert paired([0.0] * 8).sign == 0
    assert paired([0.0] * 4 + [1.0] * 4).sign == 0
    assert paired([0.0] + [1.0] * 7).sign == 1


def test_of_three_pairs_the_size_decides() -> None:
    """Three that agree prove something where they lie far from nothing; two never do."""
    assert paired([0.9, 0.92, 0.95]).sign == 1
    assert paired([0.1, 0.9, 0.02]).sign == 0
    assert paired([-0.9, -0.92, 0.95]).sign == 0
    assert not paired([5.0, 5.0]).decidable


def brute_force(before: list[float], after: list[float]) -> float:
    """The chance of a rank sum as large, by all ways to deal the values out."""
    values = sorted([*before, *after])
    rank = {v: values.index(v) + (values.count(v) + 1) / 2 for v in values}
    seen = sum(rank[v] for v in after)
    deals = [sum(rank[values[i]] for i in deal) for deal in combinations(range(len(values)), len(after))]
    return sum(deal >= seen - 1e-9 for deal in deals) / len(deals)


@given(st.lists(st.integers(0, 6), min_size=5, max_size=6), st.lists(st.integers(0, 6), min_size=5, max_size=6))
def test_ranks_are_counted_out_exactly(before: list[int], after: list[int]) -> None:
    """With ties too, the chance is that of dealing all values out blindly."""
    low, high = (
        brute_force([*map(float, after)], [*map(float, before)]),
        brute_force([*map(float, before)], [*map(float, after)]),
    )

    assert f"(p = {min(low, high):.2g})" in unpaired([*map(float, before)], [*map(float, after)]).evidence


@pytest.mark.parametrize("n", [8, 40])
def test_other_seeds_of_one_model_differ_seldom(n: int) -> None:
    """Of three hundred pairs of equal models hardly one looks changed; four standard deviations do."""
    rng = Random(1)  # noqa: S311
    drawn = [
        unpaired([rng.gauss(0, 1) for _ in range(n)], [rng.gauss(0, 1) for _ in range(n)]).sign for _ in range(300)
    ]

    assert sum(map(abs, drawn)) <= 0.02 * len(drawn)
    assert unpaired([rng.gauss(0, 1) for _ in range(n)], [rng.gauss(4, 1) for _ in range(n)]).sign == 1


def test_few_other_seeds_prove_nothing() -> None:
    """Four and four cannot be told from chance, however far apart."""
    assert not unpaired([0.0] * 4, [9.0] * 4).decidable
    assert unpaired([0.0, 1, 2, 3, 4], [9.0, 10, 11, 12, 13]).sign == 1


@given(st.lists(st.floats(-9, 9), min_size=3, max_size=12))
def test_a_mirrored_change_is_mirrored(differences: list[float]) -> None:
    """What went up goes down where the sides are exchanged."""
    assert paired(differences).sign == -paired([-d for d in differences]).sign
    assert ALPHA < 0.036
