"""scikit-learn's data sets arrive as they are, without waiting for scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

from gradaudit.datasets import bundled, prepare
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named


@pytest.mark.parametrize(
    ("name", "columns", "units", "loss"),
    [
        ("digits", 64, 10, "cross_entropy"),
        ("iris", 4, 3, "cross_entropy"),
        ("wine", 13, 3, "cross_entropy"),
        ("breast_cancer", 30, 1, "binary_cross_entropy"),
        ("diabetes", 10, 1, "mse"),
    ],
)
def test_rows_and_targets_are_scikit_learns(name: str, columns: int, units: int, loss: str) -> None:
    """Inputs unscaled, targets encoded, the loss decided by them; equal in every bit."""
    spec, data = prepare(ModelSpec("m", columns, (DenseSpec(units),), data=Named(name)), 0)
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    assert np.array_equal(data.X, X)
    assert np.array_equal(data.T.argmax(axis=1) if units > 1 else data.T[:, 0], y)
    assert spec.loss == Named(loss)
    assert data.description == f"{name}, {len(X):,} rows"
    assert not data.stand_in


def test_no_data_set_waits_for_scikit_learn() -> None:
    """A fresh process reads all of them without importing it."""
    code = (
        "import sys; from gradaudit.datasets import bundled; "
        "[bundled.table(name) for name in bundled.NAMES]; sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_table_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is asked for, and nobody can change it for the next one."""
    bundled.table.cache_clear()
    decoded = []
    monkeypatch.setattr(
        np, "loadtxt", lambda *given, _read=np.loadtxt, **named: decoded.append(1) or _read(*given, **named)
    )
    spec = ModelSpec("m", 64, (DenseSpec(10),), data=Named("digits"))
    first, second = (prepare(spec, seed)[1] for seed in (0, 1))
    assert len(decoded) == 1
    assert first.X is second.X
    with pytest.raises(ValueError, match="read-only"):
        first.X[0, 0] = 1.0


def test_files_that_moved_are_left_to_scikit_learn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another release may keep them elsewhere."""
    bundled.table.cache_clear()
    monkeypatch.setattr(bundled, "folder", lambda: tmp_path)
    X, y = bundled.table("iris")
    bundled.table.cache_clear()
    assert X.shape == (150, 4)
    assert np.array_equal(y, datasets.load_iris().target)
