"""The frameworks' own forms of an update, held against the original or against its published formula."""

import numpy as np
import pytest

from gradaudit.nn.optimizers import OPTIMIZERS
from gradaudit.spec import Named


def walk(optimizer: Named, framework: str | None, gradients: np.ndarray) -> np.ndarray:
    """Parameters after each of these gradients, from ones."""
    row = OPTIMIZERS[optimizer.name]
    theta, state, path = np.ones((1, gradients.shape[1])), {}, []
    for t, g in enumerate(gradients, 1):
        row.step(theta, g[None].copy(), state, t, **row.arguments(optimizer, framework))
        path.append(theta[0].copy())
    return np.array(path)


GRADIENTS = np.random.default_rng(0).standard_normal((50, 5)) * np.geomspace(1e-9, 1, 5)


@pytest.mark.parametrize("nesterov", [True, False])
def test_sgd_is_scikit_learn_s(nesterov):
    """Momentum and Nesterov of scikit-learn's SGDOptimizer are PyTorch's at a constant rate, over 50 steps."""
    from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

    params = [np.ones(5)]
    theirs = SGDOptimizer(params, learning_rate_init=0.1, momentum=0.9, nesterov=nesterov)
    path = []
    for g in GRADIENTS:
        theirs.update_params(params, [g.copy()])
        path.append(params[0].copy())
    ours = walk(Named.of("sgd", learning_rate=0.1, momentum=0.9, nesterov=nesterov), "sklearn", GRADIENTS)
    np.testing.assert_allclose(ours, path, rtol=1e-10)


def test_adam_is_scikit_learn_s():
    """ε joins √v before the bias correction: told from PyTorch's form where gradients are near ε."""
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    params = [np.ones(5)]
    theirs = AdamOptimizer(params, learning_rate_init=0.01)
    path = []
    for g in GRADIENTS:
        theirs.update_params(params, [g.copy()])
        path.append(params[0].copy())
    optimizer = Named.of("adam", learning_rate=0.01)
    np.testing.assert_allclose(walk(optimizer, "sklearn", GRADIENTS), path, rtol=1e-10)
    assert np.abs(walk(optimizer, None, GRADIENTS) - path).max() > 1e-3


def test_keras_puts_epsilon_inside_the_root():
    """rmsprop: v ← ρv + (1 − ρ)g², θ ← θ − η·g/√(v + ε), step by step by the formula of keras.optimizers.RMSprop."""
    v, theta, path = np.zeros(5), np.ones(5), []
    for g in GRADIENTS:
        v = 0.9 * v + 0.1 * g * g
        theta = theta - 0.01 * g / np.sqrt(v + 1e-7)
        path.append(theta)
    ours = walk(Named.of("rmsprop", learning_rate=0.01, alpha=0.9, eps=1e-7), "keras", GRADIENTS)
    np.testing.assert_allclose(ours, path, rtol=1e-10)
