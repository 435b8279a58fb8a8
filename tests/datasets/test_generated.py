"""Generated data are reproducible and are the problems that they are named after."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import Dataset, prepare
from gradaudit.datasets.generated import STAND_INS, TOYS
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import GradauditError


def made(name: str, *, inputs: int = 2, units: int = 1, seed: int = 0, **rest: object) -> Dataset:
    """The data set for a small network; `loss` and `output` by name, the rest are parameters of the data."""
    loss, output = (rest.pop(key, None) for key in ("loss", "output"))
    spec = ModelSpec(
        "m",
        inputs,
        (DenseSpec(4), DenseSpec(units)),
        loss=Named(str(loss)) if loss else None,
        output=Named(str(output)) if output else None,
        data=Named.of(name, **rest),  # type: ignore[arg-type]
    )
    return prepare(spec, seed)[1]


@pytest.mark.parametrize("name", [*STAND_INS, *TOYS])
def test_same_seed_same_data(name: str) -> None:
    """A seed fixes every bit; another seed changes them, except for the truth table."""
    first, again, other = (made(name, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.T, again.T)
    assert np.array_equal(first.X, other.X) == (name == "xor")


@pytest.mark.parametrize("name", [*STAND_INS, *TOYS])
def test_global_randomness_is_left_alone(name: str) -> None:
    """Making data draws nothing from NumPy's global generator."""
    np.random.seed(1)  # noqa: NPY002 - the global generator is what is tested
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    made(name)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("name", [*STAND_INS, *TOYS])
def test_samples_scale_and_offset(name: str) -> None:
    """`samples` is the number of rows; inputs are multiplied and moved, targets are not."""
    plain, moved = made(name, samples=40), made(name, samples=40, scale=100.0, offset=7.0)
    assert len(plain.X) == len(plain.T) == 40
    assert np.array_equal(moved.X, plain.X * 100.0 + 7.0)
    assert np.array_equal(moved.T, plain.T)


def test_xor_is_the_truth_table() -> None:
    """Four rows in order, targets 0, 1, 1, 0."""
    data = made("xor")
    assert data.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.T.ravel().tolist() == [0, 1, 1, 0]
    assert made("xor", samples=6).X[4:].tolist() == [[0, 0], [0, 1]]


def test_gaussian_is_standard_normal_and_uniform_is_between_minus_one_and_one() -> None:
    """256 rows by default, as wide as the network, marked as stand-ins."""
    gaussian, uniform = made("gaussian", inputs=50), made("uniform", inputs=50)
    assert gaussian.X.shape == uniform.X.shape == (256, 50)
    assert abs(gaussian.X.mean()) < 0.02
    assert abs(gaussian.X.std() - 1) < 0.02
    assert abs(uniform.X.mean()) < 0.02
    assert np.abs(uniform.X).max() <= 1
    assert abs(uniform.X.std() - 3**-0.5) < 0.02
    assert gaussian.stand_in
    assert gaussian.description == "gaussian stand-in data, 256 rows"


@pytest.mark.parametrize("name", ["gaussian", "uniform"])
def test_the_teacher_is_linear(name: str) -> None:
    """Least squares on the inputs explains numeric targets to the last digit, and they have variance about 1."""
    data = made(name, inputs=20, units=3, loss="mse")
    W, *_ = np.linalg.lstsq(data.X, data.T, rcond=None)
    assert np.allclose(data.X @ W, data.T, atol=1e-10)
    assert 0.3 < data.T.std() < 3


@pytest.mark.parametrize(
    ("loss", "output", "kind"),
    [
        ("cross_entropy", None, "classes"),
        ("binary_cross_entropy", None, "classes"),
        (None, "softmax", "classes"),
        ("mse", "sigmoid", "classes"),
        ("mse", None, "numbers"),
        (None, "tanh", "numbers"),
        (None, None, "numbers"),
    ],
)
@pytest.mark.parametrize("units", [1, 5])
def test_the_teacher_gives_classes_where_the_network_wants_them(
    loss: str | None, output: str | None, kind: str, units: int
) -> None:
    """Classes under a cross-entropy or behind softmax or sigmoid, else numbers, as wide as the output."""
    data = made("gaussian", inputs=8, units=units, loss=loss, output=output)
    assert data.kind == kind
    assert data.T.shape == (256, units)
    assert set(np.unique(data.T)) == {0, 1} or kind == "numbers"


def test_more_outputs_than_rows_is_still_classes() -> None:
    """The teacher's classes stay classes where not every output is somebody's class."""
    data = made("gaussian", inputs=8, units=2000, loss="mse", output="softmax")
    assert data.T.shape == (256, 2000)
    assert (data.T.sum(axis=1) == 1).all()


def test_poissons_stand_in_targets_are_positive() -> None:
    """A linear teacher would give negative numbers, which the loss cannot take."""
    assert made("gaussian", loss="poisson").T.min() > 0


@pytest.mark.parametrize("name", ["moons", "circles", "blobs", "spirals"])
def test_classes_of_toy_problems_are_balanced_and_apart(name: str) -> None:
    """Half of the rows each, and the nearest neighbour is nearly always of the same class."""
    data = made(name, samples=400)
    assert data.T.sum() == 200
    gaps = ((data.X[:, None] - data.X[None]) ** 2).sum(axis=2) + 1e9 * np.eye(400)
    assert (data.T[gaps.argmin(axis=1)] == data.T).mean() > 0.9


@pytest.mark.parametrize("name", ["blobs", "spirals"])
def test_the_last_layer_says_how_many_classes(name: str) -> None:
    """Seven outputs, seven blobs or arms."""
    assert (made(name, units=7).T.sum(axis=0) > 0).all()


def test_blobs_are_as_wide_as_the_network() -> None:
    """Blobs live in as many dimensions as the network has inputs."""
    assert made("blobs", inputs=200, units=3).X.shape == (512, 200)


@pytest.mark.parametrize("name", ["xor", "moons", "circles", "spirals"])
def test_plane_problems_need_two_inputs(name: str) -> None:
    """A problem in the plane does not fit a network of three inputs."""
    with pytest.raises(GradauditError, match=rf"3 inputs, but the data \({name}\) have 2 columns"):
        made(name, inputs=3)


@pytest.mark.parametrize("samples", [0, -1, 2.5, "many", True])
def test_impossible_numbers_of_samples_are_errors(samples: object) -> None:
    """A number of rows is a whole number from 1 up."""
    with pytest.raises(GradauditError, match="samples must be a whole number"):
        made("gaussian", samples=samples)


@pytest.mark.parametrize(("inputs", "units", "samples"), [(10**9, 1, 1024), (2, 10**9, 1024), (2, 1, 10**12)])
def test_sizes_are_checked_before_memory_is_taken(inputs: int, units: int, samples: int) -> None:
    """What would need gigabytes is refused, saying how many."""
    with pytest.raises(GradauditError, match="GiB"):
        made("gaussian", inputs=inputs, units=units, samples=samples)
