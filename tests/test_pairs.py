"""A few of the pairs by which `gradaudit diff` is judged; `make pairs` measures all forty."""

from __future__ import annotations

from collections import Counter

import pytest

from gradaudit.domain.findings import PAIRS
from tests.corpus.pairs import Pair, compared, is_right, pairs

ALL = [*pairs()]


def test_half_of_the_pairs_are_one_model() -> None:
    """Of the others as many become better as worse, and no two are alike."""
    assert Counter(pair.truth for pair in ALL) == {"neither": 20, "worse": 10, "better": 10}
    assert len({(str(pair.base), str(pair.head), pair.seeds) for pair in ALL}) == len(ALL)
    assert sum(pair.seeds[0] != pair.seeds[1] for pair in ALL) == 10


@pytest.mark.parametrize("pair", ALL[24:28], ids=lambda pair: pair.name)
def test_a_pair_is_called_right(pair: Pair) -> None:
    """Other seeds and a cosmetic edit are neither better nor worse; a harm is worse, and its repair better."""
    found = compared(pair)

    assert is_right(pair, found)
    assert found.paired == (pair.seeds[0] == pair.seeds[1])
    assert [settings.seeds for settings in found.settings if settings] == [PAIRS, PAIRS]
