from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.spec import BatchNormSpec, DenseSpec, ModelSpec, Named
from gradaudit.evidence import learning_outcome, plain_words
from gradaudit.layers.lstm import LstmSpec

EVEN = (4, 8, 8, 8)
"""Widths between which no signal changes."""


@pytest.mark.parametrize(
    ("activation", "gain", "weight", "said"),
    [
        ("hard_sigmoid", 0.1, 1.0, "each hard_sigmoid passes back at most a sixth of it"),
        ("tanh", 0.4, 1.0, "each tanh passes back only about 40% of it"),
        ("relu", 0.9, 1e-3, "the weights are too small and pass back only about 0.1% of it at each layer"),
        ("relu", 0.1, 0.1, "relu and the weights together pass back only about 1% of it at each layer"),
        ("relu", 2.0, 2.0, "from layer to layer only about 10% of it is left"),
    ],
)
def test_who_weakens_the_error_is_named(given, activation, gain, weight, said):
    """The one that pulls most; and only what is left, where neither explains it."""
    case = given.case(activation=activation, widths=EVEN)
    signal = given.signal(0.01, activation_gain=gain, weight_gain=weight).signal
    assert plain_words.shrinking(case, signal) == said


@pytest.mark.parametrize(
    ("gain", "weight", "ratio", "said"),
    [
        (0.7, 4.0, 100.0, "the weights are too large and multiply it by about 4 at each layer"),
        (4.0, 1.0, 100.0, "each exponential multiplies it by about 4"),
        (2.0, 2.0, 100.0, "exponential and the weights together multiply it by about 4 at each layer"),
        (0.5, 0.5, 100.0, "each layer multiplies it by about 10 during backpropagation"),
        (inf, inf, inf, "each layer multiplies it during backpropagation"),
    ],
)
def test_who_strengthens_the_error_is_named(given, gain, weight, ratio, said):
    """The same on the other side; no number where all of them overflowed."""
    signal = given.signal(ratio, activation_gain=gain, weight_gain=weight).signal
    assert plain_words.growing(given.case(activation="exponential", widths=EVEN), signal) == said


def test_activations_of_several_kinds_are_not_named(given):
    """`each sigmoid` would be false of the others."""
    case = given.case(given.signal(1e-6))
    assert plain_words.hidden_name(case) == "sigmoid"
    mixed = given.case(given.signal(1e-6), widths=(4, 8, 8, 3))
    rows = (mixed.rows[0], *given.case(activation="tanh").rows[1:])
    object.__setattr__(mixed, "rows", rows)
    assert plain_words.hidden_name(mixed) is None
    assert plain_words.shrinking(mixed, given.signal(1e-6).signal).startswith("from layer to layer")


def test_layers_are_counted_from_the_input_without_norms(given):
    """People do not count the normalisation between two layers."""
    case = given.case()
    assert [plain_words.numbered_layer(case, row) for row in case.linear_maps] == ["layer 1", "layer 2", "layer 3"]


def test_recurrent_layers_are_counted_like_all_others(given):
    """They have units that saturate or die, too."""
    case = given.case()
    layers = LstmSpec(3), BatchNormSpec(), DenseSpec(1)
    cells = expand(ModelSpec("m", 2, layers, activation=Named("relu"), positions=(5,)))
    case = replace(case, rows=tuple(flatten(cells)))
    assert [plain_words.numbered_layer(case, row) for row in case.weighted] == ["layer 1", "layer 2"]


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (0.0, "0"),
        (1e-12, "almost 0"),
        (0.00001, "0.00001"),
        (0.0693, "0.0693"),
        (2.5, "2.5"),
        (1.4e6, "1.4 million"),
        (1e20, "more than a million billion"),
        (-1e20, "less than minus a million billion"),
        (None, "infinity"),
        (inf, "infinity"),
    ],
)
def test_an_amount_has_no_exponent(x, said):
    """Digits as far as people count them, then words."""
    assert plain_words.amount(x) == said


@drawn(st.floats(min_value=0.0, allow_nan=False))
def test_no_factor_and_no_share_has_an_exponent(x):
    """Whatever the number is."""
    for text in (plain_words.amount(x), plain_words.about(x), plain_words.portion(x), plain_words.most(min(x, 1.0))):
        assert "e+" not in text
        assert "e-" not in text


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (-inf, "diverges"),
        (-0.5, "does worse than a constant prediction"),
        (0.0, "does no better than a constant prediction"),
        (0.07, "hardly does better than a constant prediction"),
        (0.71, "brings the loss to 29% of the constant-prediction baseline"),
    ],
)
def test_a_run_is_told_by_its_progress(progress, said):
    """From the worst to one that learns."""
    assert learning_outcome.describe_progress_plainly(progress) == said


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        ((True,), ""),
        ((True, True), " in both seeds"),
        ((True,) * 8, " in all 8 seeds"),
        ((True,) * 7 + (False,), " in 7 of 8 seeds"),
    ],
)
def test_seeds_are_counted(bits, said):
    """One set of weights has none to count."""
    assert plain_words.in_seeds(bits) == said


@pytest.mark.parametrize(("share", "said"), [(1.0, "all"), (0.999, "almost all"), (0.63, "63%"), (0.001, "under 1%")])
def test_all_is_said_of_nothing_less(share, said):
    """A rounded 100% would claim more than was seen."""
    assert plain_words.most(share) == said
