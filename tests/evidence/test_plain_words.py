from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.measurements import Stage
from gradaudit.domain.spec import BatchNormSpec, DenseSpec, ModelSpec, Named, Weights
from gradaudit.evidence import learning_outcome, plain_words
from gradaudit.layers.lstm import LstmSpec
from gradaudit.rules import ALL

SGD, ADAM = Named.of("sgd", learning_rate=0.1), Named.of("adam", learning_rate=0.001)
EVEN = (4, 8, 8, 8)
"""Widths between which no signal changes."""
CURVE = (1.0, 0.5, *(2.0, 0.5) * 5)
SAID = {
    "non-finite-values": (
        lambda given: given.case(given.signal(1.0, largest=1e300), activation="exponential"),
        (
            "Numbers of the first pass grow too large for float32 in all 8 seeds: each exponential unit turns the size "
            "of what it gets into an exponent."
        ),
    ),
    "loss-output-mismatch": (
        lambda given: given.case(
            None, given.descent(0.2), loss=Named("mse"), trials=(given.trial("output", title="identity"),)
        ),
        (
            "With mse over a softmax output training brings the loss only to 80% of the constant-prediction baseline: "
            "the output takes the gradient away; if you identity, training learns more."
        ),
    ),
    "exploding-gradient": (
        lambda given: given.case(
            given.signal(6247.0, activation_gain=0.7, weight_gain=3.4), given.descent(inf), activation="relu"
        ),
        (
            "The gradient grows about 6,200 times from layer 3 back to layer 1, and training diverges: the weights "
            "are too large and multiply it by about 4.3 at each layer."
        ),
    ),
    "vanishing-gradient": (
        lambda given: given.case(given.signal(7e-7), given.descent(0.0), optimizer=ADAM),
        (
            "The gradient is about 1.4 million times smaller at layer 1 than at layer 3, and training does no better "
            "than a constant prediction: each sigmoid passes back at most a quarter of it."
        ),
    ),
    "no-learning": (
        lambda given: given.case(None, given.descent(0.0), trials=(given.trial("activation", title="relu"),)),
        ("Training does no better than a constant prediction in 100 of 100 planned steps: if you relu, it learns."),
    ),
    "symmetric-units": (
        lambda given: given.case(given.units(twins={0: 1.0}), given.descent(0.0)),
        (
            "All of layer 1's 8 units are copies of one another, and training keeps them so: equal weights get equal "
            "gradients, so the layer acts as a single unit."
        ),
    ),
    "dead-units": (
        lambda given: given.case(given.units(dead={1: (1.0,) * 7 + (0.0,)}), given.descent(0.0), activation="relu"),
        (
            "Layer 2 is dead in 7 of 8 seeds, and no gradient passes back through it: whatever the input, its units "
            "stay where relu is flat."
        ),
    ),
    "saturated-units": (
        lambda given: given.case(given.units(saturated={0: 0.63}), given.descent(0.0), activation="tanh"),
        (
            "63% of layer 1's outputs lie on the flat ends of tanh, where hardly any gradient passes back: inputs or "
            "weights are too large for it."
        ),
    ),
    "init-activation-mismatch": (
        lambda given: given.case(
            given.signal(1e-3), given.descent(0.0), trials=(given.trial("initializer", 0.93, given.signal(1.0)),)
        ),
        (
            "The initial weights do not suit sigmoid, and training does no better than a constant prediction: with "
            "glorot_normal it learns."
        ),
    ),
    "unscaled-inputs": (
        lambda given: given.case(
            None,
            given.descent(-5.0),
            data=given.data(input_rms=440.0),
            trials=(given.trial("standardised-inputs", 0.73),),
        ),
        (
            "The inputs are too large (root mean square 440), and training does worse than a constant prediction: "
            "with standardised inputs it learns."
        ),
    ),
    "unscaled-targets": (
        lambda given: given.case(
            None,
            given.descent(0.05),
            data=given.data(target_std=0.0125),
            trials=(given.trial("standardised-targets", 0.73),),
        ),
        (
            "The targets are not scaled (standard deviation 0.0125), and training hardly does better than a constant "
            "prediction: with standardised targets it learns."
        ),
    ),
    "learning-rate-too-high": (
        lambda given: given.case(None, given.descent(inf, {0.01: 0.93})),
        ("At a learning rate of 0.1 training diverges, while at 0.01 it learns: its steps overshoot."),
    ),
    "learning-rate-too-low": (
        lambda given: given.case(None, given.descent(0.01, {10.0: 0.97})),
        (
            "At a learning rate of 0.1 training hardly does better than a constant prediction after 100 steps, while "
            "at 10 it learns: the steps are too small for so few of them."
        ),
    ),
    "saddle-point": (
        lambda given: given.case(None, None, trained=given.point("strict", loss=0.693, escape=1e-12)),
        (
            "Training stops at a saddle point in all 8 seeds: the loss can be lowered nearby, from 0.693 to almost 0, "
            "but the gradient is almost zero."
        ),
    ),
    "plateau": (
        lambda given: given.case(None, given.descent(0.0, {1.0: 0.8}), trained=given.point("plateau", escape=None)),
        (
            "Training stops on a plateau in all 8 seeds, at a loss of 1, though this network can reach 0.2: the "
            "gradient is almost zero, and a search nearby found no lower loss."
        ),
    ),
    "representation-collapse": (
        lambda given: given.case(
            given.signal(1.0, distinctness=(0.1, 0.003, 0.003)), given.descent(0.0), data=given.data()
        ),
        (
            "The outputs of layer 2 are nearly identical for all inputs in all 8 seeds, and training does no better "
            "than a constant prediction: layer by layer the outputs for different inputs grow more alike."
        ),
    ),
    "seed-sensitivity": (
        lambda given: given.case(Stage(), given.descent((0.0,) * 5 + (0.8,) * 3)),
        (
            "Whether the network learns depends on the seed (5 of 8 seeds do no better than a constant prediction, 3 "
            "learn): in deep and narrow networks the gradient differs much from seed to seed."
        ),
    ),
    "gradient-underflow": (
        lambda given: given.case(given.signal(1.0, underflow={"float16": 0.21}), precision="float16"),
        ("In float16 21% of the gradients become zero: they are too small for it."),
    ),
}
"""Of each rule a case that it finds something in, and what it says then."""


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_means(given, rule):
    """In one sentence a person would say, from its own numbers."""
    case, said = SAID[rule.name]
    assert given.one(rule, case(given)).plainly == said


def vanishing(given, case):
    """What is said of it."""
    return given.one(next(rule for rule in ALL if rule.name == "vanishing-gradient"), case).plainly


def test_a_factor_that_not_all_seeds_have_is_said_of_those_that_have_it(given):
    """The limit that they crossed, and how many of them."""
    small = given.case(given.signal((1e-6,) * 4 + (0.5,) * 4), given.descent(0.0))
    large = given.case(given.signal((1e6,) * 5 + (0.5,) * 3), given.descent(0.0))
    exploding = next(rule for rule in ALL if rule.name == "exploding-gradient")
    assert "over 1,000 times smaller at layer 1 than at layer 3 in 4 of 8 seeds" in vanishing(given, small)
    assert "grows over 100 times in 5 of 8 seeds from layer 3" in given.one(exploding, large).plainly


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


def test_a_fitted_models_own_training_is_told(given):
    """It went up and down, or stopped too early."""
    weights = Weights((), loss_curve=CURVE)
    rule = next(rule for rule in ALL if rule.name == "learning-rate-too-high")
    said = given.one(rule, given.case(weights=weights)).plainly
    assert said.startswith("The model's own training oscillated, from a loss of 1 to 0.5: its steps overshoot")
