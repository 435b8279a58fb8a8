"""The stable pairs against the general ones, at ordinary numbers and at the ends of the range."""

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.losses import LOSSES
from gradaudit.nn.objective import ElementwisePair, Objective, SoftmaxPair, pair_of

RNG = np.random.default_rng(0)
Z, RZ = RNG.standard_normal((2, 2, 7, 3))
T = RNG.random((7, 3))  # rows of any sum: targets need not be one-hot
EACH = RNG.random((2, 7, 3))  # each seed's own, as in a run over shuffled batches
STABLE = {
    ("softmax", "cross_entropy"): SoftmaxPair(LOSSES["cross_entropy"]),
    ("sigmoid", "binary_cross_entropy"): ElementwisePair(
        ACTIVATIONS["sigmoid"].bind(Named("sigmoid")), LOSSES["binary_cross_entropy"]
    ),
}


@pytest.mark.parametrize("t", [T, EACH], ids=["common", "own"])
@pytest.mark.parametrize("names", STABLE, ids=str)
def test_a_stable_pair_is_the_general_one(names, t):
    """Output, terms, delta and its change along a direction, away from the clip."""
    stable, general = pair_of(*map(Named, names)), STABLE[names]
    assert type(stable) is not type(general)
    h = stable.output(Z)
    np.testing.assert_allclose(h, general.output(Z), rtol=1e-14)
    np.testing.assert_allclose(stable.terms(Z, h, t), general.terms(Z, h, t), rtol=1e-12)
    np.testing.assert_allclose(stable.delta(Z, h, t), general.delta(Z, h, t), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(stable.tangent(Z, h, t, RZ), general.tangent(Z, h, t, RZ), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("names", "z", "t", "loss"),
    [
        (("softmax", "cross_entropy"), [1000.0, 0.0, -1000.0], [0.0, 0.0, 1.0], 2000.0),
        (("softmax", "cross_entropy"), [-5000.0, -4000.0, -6000.0], [0.0, 1.0, 0.0], 0.0),
        (("softmax", "cross_entropy"), [0.0, 0.0, -np.inf], [1.0, 0.0, 0.0], np.log(2)),
        (("sigmoid", "binary_cross_entropy"), [1000.0, -1000.0, 30.0], [0.0, 1.0, 1.0], (2000.0 + np.exp(-30.0)) / 3),
    ],
)
def test_logits_of_any_size_have_their_exact_loss(names, z, t, loss):
    """Where probabilities would be rounded or clipped."""
    objective = Objective(*map(Named, names))
    z, t = np.array([z]), np.array([t])
    h = objective.pair.output(z)
    with np.errstate(invalid="ignore"):
        assert objective.value(z, h, t) == pytest.approx(loss, rel=1e-12, abs=1e-14)
    assert np.isfinite(objective.delta(z, h, t)).all()


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_only_the_two_pairs_of_logits_are_special(output, loss):
    """All others go through the output's own function, as Keras does."""
    special = (output, loss) in STABLE
    assert isinstance(pair_of(Named(output), Named(loss)), ElementwisePair | SoftmaxPair) is not special
