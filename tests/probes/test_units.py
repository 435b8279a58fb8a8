from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, DropoutSpec, Named
from gradaudit.probes import descent, units

X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
T = np.zeros((4, 1))


def hidden(make, activation, biases, weights=None, **given):
    """One hidden row whose units see w·x + b, and its state."""
    w = np.ones(len(biases)) if weights is None else np.array(weights)
    theta = np.concatenate([w, np.array(biases, float), np.zeros(len(biases) + 1)])
    subject = make((1, len(biases), 1), X, T, activation=activation, weights={"fitted": theta}, **given)
    return units.measure(subject, "fitted").layers[0]


def test_a_relu_that_is_never_on_is_dead(make):
    """Constant output and derivative 0 on the whole batch: biases of −2 and −3, not of −1, 0 and 3."""
    assert hidden(make, Named("relu"), [-3, -2, -1, 0, 3]).dead_fraction.values == (0.4,)


def test_a_constant_unit_whose_derivative_is_not_zero_lives(make):
    """Weights of 0 and a positive bias: the unit gives one value, and passes gradient all the same."""
    assert hidden(make, Named("relu"), [1, -1], [0, 0]).dead_fraction.values == (0.5,)


def test_a_unit_that_jumps_between_two_flat_sides_lives(make):
    """hard_tanh of 10·x is −1 or 1: derivative 0 everywhere, but not one value."""
    layer = hidden(make, Named("hard_tanh"), [0, 100], [10, 1])
    assert layer.dead_fraction.values == (0.5,)
    assert layer.saturated_fraction.values == (1.0,)


@pytest.mark.parametrize(
    ("activation", "edge"),
    [
        ("sigmoid", 4.3559),  # s(1 − s) = 0.05/4
        ("tanh", 2.1783),  # half of the sigmoid's
        ("softsign", np.sqrt(20) - 1),
        ("hard_sigmoid", 3.0),
        ("hard_tanh", 1.0),
    ],
)
def test_saturation_begins_where_the_derivative_is_a_twentieth_of_its_largest(make, activation, edge):
    """Just inside the edge no pair counts, just outside all of them do."""
    for shift, expected in ((-1e-3, 0.0), (1e-3, 1.0)):
        layer = hidden(make, Named(activation), [edge + shift, -edge - shift], [0, 0])
        assert layer.saturated_fraction.values == (expected,)


def test_saturation_is_a_share_of_units_and_samples(make):
    """tanh(x + b): |x| = 2 with a bias of 1 saturates one of four samples, a bias of 9 all of them."""
    assert hidden(make, Named("tanh"), [1, 9]).saturated_fraction.values == ((1 + 4) / 8,)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "identity", "softplus", "exponential"])
def test_what_does_not_flatten_on_both_sides_has_no_saturation(make, activation):
    """The number would mean nothing there."""
    assert hidden(make, Named(activation), [0]).saturated_fraction is None


def test_softmax_has_no_units_of_its_own(make):
    """An output without an elementwise derivative has neither share."""
    subject = make((1, 2), X, np.eye(2)[[0, 1, 0, 1]], output=Named("softmax"), loss=Named("cross_entropy"))
    layer = units.measure(subject, "initialised").layers[0]
    assert layer.dead_fraction is layer.saturated_fraction is None


def test_each_seed_has_its_own_share(make):
    """Two sets of weights, one alive and one dead."""
    theta = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, -9.0, 1.0, 0.0]])
    subject = make((1, 1, 1), X, T, activation=Named("relu"), weights={"initialised": theta})
    assert units.measure(subject, "initialised").layers[0].dead_fraction.values == (0.0, 1.0)


def test_the_histogram_is_of_shares_between_outer_quantiles(make):
    """Forty bins of one width; all but the outermost 0.2 % of z are in it."""
    rows = np.random.default_rng(0).standard_normal((5000, 1))
    subject = make((1, 1), rows, np.zeros((5000, 1)), samples=5000, weights={"fitted": np.array([1.0, 0.0])})
    layer = units.measure(subject, "fitted").layers[0]
    assert len(layer.histogram) == units.BINS
    assert layer.histogram_range == pytest.approx(tuple(np.quantile(rows, (0.001, 0.999))))
    assert sum(layer.histogram) == pytest.approx(0.998, abs=1e-3)
    assert max(layer.histogram) == max(layer.histogram[15:25])


@pytest.mark.parametrize(("most", "step"), [(100, 50), (99, 51), (2600, 2), (4999, 2), (5000, 1), (10**6, 1)])
def test_a_large_batch_is_thinned_evenly(most, step):
    """To no more points than are wanted, from the whole of it, and left as it is."""
    z = np.arange(5000.0).reshape(2, 500, 5)
    points = units._thinned(z, most)  # noqa: SLF001
    assert len(points) <= most
    assert points.tolist() == list(range(0, 5000, step))
    assert not np.shares_memory(points, z)


def test_the_derivative_stands_beside_each_bin(make):
    """f′ in its middle; none where there is no elementwise derivative."""
    layer = hidden(make, Named("tanh"), [0.0, 1.0, -2.0])
    low, high = layer.histogram_range
    width = (high - low) / units.BINS
    middles = low + width * (np.arange(units.BINS) + 0.5)
    assert layer.derivative == pytest.approx(1 - np.tanh(middles) ** 2)
    subject = make((1, 2), X, np.eye(2)[[0, 1, 0, 1]], output=Named("softmax"), loss=Named("cross_entropy"))
    assert units.measure(subject, "initialised").layers[0].derivative == ()


def test_one_value_is_one_bin(make):
    """All pre-activations equal: a histogram without width."""
    layer = hidden(make, Named("tanh"), [1.5], [0])
    assert layer.histogram == (1.0,)
    assert layer.histogram_range == (1.5, 1.5)


@pytest.mark.parametrize("values", [(1.0, 1.0 + 2**-51), (-1.5e308, 1.5e308)], ids=["narrow", "wide"])
def test_a_range_that_cannot_be_divided_is_one_bin(values):
    """Neighbouring numbers, or a range beyond the largest one: no forty edges lie between."""
    with np.errstate(all="ignore"):
        shares, (low, high) = units._histogram(np.array([values, values]))  # noqa: SLF001
    assert shares == (1.0,)
    assert low < high


def test_infinite_values_are_left_out_of_the_histogram(make):
    """Nothing finite: no bins."""
    with np.errstate(all="ignore"):
        layer = hidden(make, Named("relu"), [np.inf])
    assert (layer.histogram, layer.histogram_range) == ((), (0.0, 0.0))


RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((20, 3))
CLASSES = np.eye(2)[RNG.integers(0, 2, 20)]
SOFT = {"output": Named("softmax"), "loss": Named("cross_entropy")}


def twins(make, edit, activation="tanh", stage="initialised", **given):
    """The shares of copies in two hidden rows of eight units, once `edit` has changed the drawn parameters' views."""
    subject = make((3, 8, 8, 2), ROWS, CLASSES, activation=Named(activation), **{**SOFT, **given})
    edit(subject.network.layout.views(subject.weights[stage]))
    found = units.measure(subject, stage).layers
    assert found[2].twin_fraction is None  # an output's units are told apart by their targets
    return found[0].twin_fraction.values, found[1].twin_fraction.values


def copy(views, row, unit, of):
    """Make one hidden unit of the first or second row the copy of another one, on both of its sides."""
    views[row, "weight"][..., unit] = views[row, "weight"][..., of]
    views[row, "bias"][..., unit] = views[row, "bias"][..., of]
    views[row + 1, "weight"][..., unit, :] = views[row + 1, "weight"][..., of, :]


def test_independent_units_are_no_twins(make):
    """However many a layer has: two of a thousand are near, and none equal."""
    assert twins(make, lambda views: None) == ((0.0, 0.0), (0.0, 0.0))
    subject = make((3, 1000, 2), ROWS, CLASSES, **SOFT)
    assert units.measure(subject, "initialised").layers[0].twin_fraction.values == (0.0, 0.0)


def test_exact_copies_are_found_whichever_they_are(make):
    """Three of eight units alike are three with a twin; a pair elsewhere adds two."""

    def edit(views):
        for unit in (3, 7):
            copy(views, 0, unit, 1)
        copy(views, 0, 6, 4)
        copy(views, 1, 0, 5)

    assert twins(make, edit) == ((5 / 8,) * 2, (2 / 8,) * 2)


def test_constant_weights_make_copies_of_all(make):
    """One number for all weights of a layer and no bias."""

    def edit(views):
        for array in views.values():
            array[:] = 0.1

    assert twins(make, edit) == ((1.0, 1.0), (1.0, 1.0))


def test_copies_that_are_told_apart_by_what_follows_are_no_twins(make):
    """Equal weights with different outgoing weights get different gradients, and part at the first step."""

    def edit(views):
        views[0, "weight"][..., 1] = views[0, "weight"][..., 0]
        views[0, "bias"][..., 1] = views[0, "bias"][..., 0]

    assert twins(make, edit)[0] == (0.0, 0.0)


def test_dead_units_with_weights_of_their_own_are_no_twins(make):
    """Their gradients are equally zero, their weights are not."""

    def edit(views):
        views[0, "bias"][:] = -100.0

    assert twins(make, edit, "relu")[0] == (0.0, 0.0)


@pytest.mark.parametrize(("apart", "share"), [(1e-12, 2 / 8), (1e-8, 0.0)])
def test_rounding_does_not_tell_copies_apart(make, apart, share):
    """A difference in the twelfth digit does not; one in the eighth is another unit."""

    def edit(views):
        copy(views, 0, 1, 0)
        views[0, "weight"][:, 0, 1] *= 1 + apart

    assert twins(make, edit)[0] == (share,) * 2


def test_each_seed_has_its_own_share_of_twins(make):
    """Copies in the first draw only."""

    def edit(views):
        copy({key: array[:1] for key, array in views.items()}, 0, 1, 0)

    assert twins(make, edit)[0] == (2 / 8, 0.0)


def test_units_without_bias_are_compared_by_their_weights(make):
    """A layer may have none."""

    def edit(views):
        views[0, "weight"][..., 1] = views[0, "weight"][..., 0]
        views[1, "weight"][..., 1, :] = views[1, "weight"][..., 0, :]

    assert twins(make, edit, bias=False)[0] == (2 / 8, 2 / 8)


@pytest.mark.parametrize(("rate", "after"), [(None, 1.0), (0.5, 0.0)])
def test_only_dropout_parts_copies_in_the_run(make, rate, after):
    """Equal units take equal steps for ever, unless noise differs between them."""
    middle = () if rate is None else (DropoutSpec(rate),)
    layers = (DenseSpec(8), *middle, DenseSpec(2))
    optimizer = Named.of("sgd", learning_rate=0.5)
    subject = make(
        (3,), ROWS, CLASSES, layers=layers, init=Named.of("constant", value=0.1), optimizer=optimizer, **SOFT
    )
    subject.network.layout.views(subject.weights["initialised"])[subject.network.linear_maps[1].index, "weight"][
        ..., 1
    ] = -0.1
    assert units.measure(subject, "initialised").layers[0].twin_fraction.values == (1.0, 1.0)
    descent.measure(subject)
    assert units.measure(subject, "trained").layers[0].twin_fraction.values == (after, after)
