from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.evidence import sentences
from gradaudit.layers import RnnSpec
from gradaudit.layers.conv import Conv2dSpec
from gradaudit.layers.flatten import FlattenSpec
from gradaudit.layers.max_pool import MaxPool2dSpec


def test_rows_are_named_by_their_own_strength(given):
    """Below or above the limit times the last row's; at least the first row."""
    signal = given.signal(1e-8, rows=5).signal
    assert sentences.rows_below(signal, 1e-3) == (0, 1, 2)  # strengths 1e-8, 1e-6, 1e-4, 1e-2, 1 of the last
    assert sentences.rows_below(signal, 1e-12) == (0,)
    assert sentences.rows_above(given.signal(1e8, rows=5).signal, 1e3) == (0, 1, 2)
    assert sentences.rows_above(given.signal(inf, rows=5).signal, 1e3) == (0, 1, 2, 3)


def test_the_geometric_mean_is_the_gain_of_one_link():
    """Its power is the product; a link that passes nothing makes it 0."""
    assert sentences.geometric_mean([0.5, 2.0, 8.0]) == pytest.approx(2.0)
    assert sentences.geometric_mean([0.5, 0.0]) == 0.0
    assert sentences.geometric_mean([]) == 0.0


def test_an_activation_is_named_with_its_bound():
    """Where the derivative has one."""
    assert sentences.activation_words(Named("sigmoid")) == "sigmoid (derivative at most 0.25)"
    assert sentences.activation_words(Named("exponential")) == "exponential"


@pytest.mark.parametrize(
    ("activation", "weight", "shrinks", "who"),
    [
        (0.2, 1.0, True, "the activation's derivative:"),
        (1.0, 0.01, True, "weights that are too small:"),
        (0.2, 0.2, True, "the activation's derivative and the weights together:"),
        (0.7, 5.0, False, "weights that are too large:"),
        (0.0, 1.0, True, "the activation's derivative:"),
        (1.0, 0.0, True, "weights that are too small:"),
        (0.0, 5.0, False, "weights that are too large:"),
        (3.0, 1.0, False, "the activation's derivative:"),
        (0.5, 0.5**2.2, True, "weights that are too small:"),  # beyond twice as hard
        (0.5, 0.5**1.8, True, "the activation's derivative and the weights together:"),
        (0.5**2.2, 0.5, True, "the activation's derivative:"),
        (0.5**1.8, 0.5, True, "the activation's derivative and the weights together:"),
    ],
)
def test_the_cause_is_the_link_that_pulls_most(given, activation, weight, shrinks, who):
    """Gains on both sides are weighed by their logarithms."""
    signal = given.signal(1e-6, activation_gain=activation, weight_gain=weight).signal
    cause = sentences.chain_cause(given.case(widths=(4, 8, 8, 8)), signal, shrinks=shrinks)
    assert cause.startswith(who)
    assert "each layer multiplies the gradient by" in cause
    assert "with sigmoid (derivative at most 0.25) and by" in cause


def test_the_links_multiply_to_the_ratio_of_norms(given):
    """Gains are of one unit's strength; a norm over fewer units is shorter by the root of their number."""
    case, signal = given.case(widths=(4, 32, 8, 2)), given.signal(1.0, activation_gain=0.7, weight_gain=1.3).signal
    activation, weight = sentences.link_gains(case, signal)
    assert activation == pytest.approx(0.7)
    assert (activation * weight) ** 2 == pytest.approx((0.7 * 1.3) ** 2 * (32 / 2) ** 0.5)


def test_norms_and_skips_are_told_where_they_add_to_a_link(given):
    """As their mean gain; infinite ones are left out."""
    signal = given.signal(1e-6).signal
    assert "norms and skips" not in sentences.chain_cause(given.case(), signal, shrinks=True)
    first, second, last = signal.layers
    gains = (PerSeed((2.0,) * 8), PerSeed((8.0,) * 8), PerSeed((inf,) * 8))
    layers = tuple(replace(layer, path_gain=gain) for layer, gain in zip((first, second, last), gains, strict=True))
    assert sentences.chain_cause(given.case(), replace(signal, layers=layers), shrinks=True).endswith(
        "norms and skips by 4"
    )


def test_pooling_is_named_where_there_is_some(given):
    """It lets less of the signal through, as no norm does."""
    layers = Conv2dSpec(2, kernel_size=3), MaxPool2dSpec(), FlattenSpec(), DenseSpec(1)
    spec = ModelSpec("m", 1, layers, activation=Named("relu"), positions=(6, 6))
    signal = given.signal(1e-6, rows=2).signal
    paths = tuple(replace(layer, path_gain=PerSeed((0.5,) * 8)) for layer in signal.layers)
    case = replace(given.case(), spec=spec, rows=tuple(flatten(expand(spec))))
    assert ", norms, skips and pooling by " in sentences.chain_cause(case, replace(signal, layers=paths), shrinks=True)


def test_a_chain_without_numbers_is_told_as_an_overflow(given):
    """Where every gain is lost in infinities, the cause says so."""
    signal = given.signal(inf, activation_gain=inf, weight_gain=inf).signal
    assert "until it overflows" in sentences.chain_cause(given.case(), signal, shrinks=False)


def test_a_chain_with_a_recurrent_layer_has_one_number_a_link(given):
    """Its factors cannot be told apart, so the initializer is what decides."""
    spec = ModelSpec("m", 2, (RnnSpec(4), DenseSpec(4), DenseSpec(1)), positions=(5,))
    case = replace(given.case(), spec=spec, rows=tuple(flatten(expand(spec))))
    signal = replace(given.signal(1e-6).signal, error_signal_norm_ratio=PerSeed((1e-6,) * 8))
    said = "from layer to layer the gradient is multiplied by 0.001"
    assert sentences.chain_cause(case, signal, shrinks=True) == said
    assert sentences.chain_setting(case, signal, shrinks=True) == "layers[1]"


def test_the_setting_is_the_nearest_line_that_decides(given):
    """The row's own key, else the model's, else the row's entry."""
    own = given.case(lines=("layers[1].init", "init"))
    assert sentences.setting(own, own.rows[0], "init") == "layers[1].init"
    assert sentences.setting(own, own.rows[1], "init") == "init"
    assert sentences.setting(own, own.rows[1], "activation") == "layers[2]"
