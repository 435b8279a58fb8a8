"""Targets become what the contract's section 1 says, for every combination of type, loss and width."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import Dataset, prepare
from gradaudit.domain.spec import DenseSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec
from gradaudit.errors import InputError, Location, SpecError

X = np.random.default_rng(0).normal(size=(6, 3))


def model(units: int, loss: str | None = None, output: str | None = None, **rest: object) -> ModelSpec:
    """A network of three inputs and `units` outputs."""
    return ModelSpec(
        "m",
        3,
        (DenseSpec(5), DenseSpec(units)),
        loss=Named(loss) if loss else None,
        output=Named(output) if output else None,
        **rest,  # type: ignore[arg-type]
    )


def prepared(y: object, units: int, loss: str | None = None) -> tuple[ModelSpec, Dataset]:
    """The spec and data for targets y."""
    return prepare(model(units, loss), 0, X, np.asarray(y))


def test_text_is_classes_in_sorted_order() -> None:
    """Text becomes one-hot, classes in alphabetical order, whatever the loss."""
    spec, data = prepared(["b", "a", "c", "a", "b", "c"], 3, "mse")
    assert data.kind == "classes"
    assert data.T.argmax(axis=1).tolist() == [1, 0, 2, 0, 1, 2]
    assert data.T.sum() == 6
    assert spec.loss == Named("mse")


def test_two_classes_for_one_output_are_zero_and_one() -> None:
    """Two classes become 0 and 1 in one column where the network has one output."""
    spec, data = prepared([-1, 1, 1, -1, 1, -1], 1)
    assert data.T.tolist() == [[0], [1], [1], [0], [1], [0]]
    assert (spec.loss, spec.output) == (Named("binary_cross_entropy"), Named("sigmoid"))


def test_cross_entropy_over_one_output_is_not_refused() -> None:
    """Softmax over one unit is a fault to be found by a rule, not an error of the data."""
    spec, data = prepared([0, 1, 0, 1, 0, 1], 1, "cross_entropy")
    assert data.kind == "classes"
    assert data.T.shape == (6, 1)
    assert spec.output == Named("softmax")


@pytest.mark.parametrize(
    ("y", "units", "loss", "kind"),
    [
        (range(6), 6, "cross_entropy", "classes"),
        ([3, 4, 5, 3, 4, 5], 3, "binary_cross_entropy", "classes"),
        ([3, 4, 5, 3, 4, 5], 3, "mse", "classes"),
        ([3, 4, 5, 3, 4, 5], 1, "mse", "numbers"),
        ([3, 4, 5, 3, 4, 5], 4, None, "classes"),
        ([0, 1, 0, 1, 0, 1], 1, "half_sse", "numbers"),
        ([True, False] * 3, 1, None, "classes"),
        ([0.0, 1.0] * 3, 1, None, "numbers"),
        ([0.0, 1.0] * 3, 1, "binary_cross_entropy", "numbers"),
    ],
)
def test_kind_of_one_column(y: object, units: int, loss: str | None, kind: str) -> None:
    """Integers are classes or numbers by loss and width; floats are numbers."""
    _, data = prepared(list(y), units, loss)  # type: ignore[call-overload]
    assert data.kind == kind
    assert data.T.shape == (6, units)


@pytest.mark.parametrize(("distinct", "units", "loss"), [(20, 20, "cross_entropy"), (21, 1, "mse")])
def test_twenty_integers_are_classes_unasked_and_twenty_one_are_numbers(distinct: int, units: int, loss: str) -> None:
    """Where no loss is named, at most twenty distinct integers are classes."""
    y = np.arange(2 * distinct) % distinct
    spec, data = prepare(model(units), 0, np.random.default_rng(0).normal(size=(len(y), 3)), y)
    assert spec.loss == Named(loss)
    assert data.T.shape == (len(y), units)


def test_as_many_integers_as_outputs_are_classes_even_beyond_twenty() -> None:
    """Thirty distinct integers and thirty outputs are classes without a named loss, too."""
    y = np.arange(60) % 30
    spec, _ = prepare(model(30), 0, np.random.default_rng(0).normal(size=(60, 3)), y)
    assert spec.loss == Named("cross_entropy")


@pytest.mark.parametrize("dtype", [np.int64, np.float32, bool])
def test_several_columns_go_as_they_are(dtype: type) -> None:
    """A table of targets, one-hot or not, is numbers."""
    y = np.eye(3, dtype=dtype)[[0, 1, 2, 0, 1, 2]]
    spec, data = prepared(y, 3)
    assert data.kind == "numbers"
    assert np.array_equal(data.T, y.astype(float))
    assert (spec.loss, spec.output) == (Named("mse"), Named("identity"))


def test_a_table_of_one_column_is_a_column() -> None:
    """y of shape (N, 1) means what y of shape (N,) means."""
    _, data = prepared(np.array([[0], [1], [2]] * 2), 3)
    assert data.kind == "classes"


def test_integers_that_are_output_numbers_keep_them() -> None:
    """Class 3 is output 3 where all classes are outputs' numbers, as for a trained network it must be."""
    _, data = prepared([0, 1, 3, 0, 1, 3], 4, "cross_entropy")
    assert data.T.argmax(axis=1).tolist() == [0, 1, 3, 0, 1, 3]


def test_other_integers_take_the_first_outputs() -> None:
    """Classes 10, 20 and 30 are outputs 0, 1 and 2; further outputs stay empty."""
    _, data = prepared([10, 20, 30, 10, 20, 30], 4, "cross_entropy")
    assert data.T.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2]
    assert data.T.shape[1] == 4


def test_what_was_filled_in_is_said_as_assumed() -> None:
    """A missing loss is filled in and named in `assumed`; a given one is not."""
    assert prepared([0, 1] * 3, 1)[0].assumed == ("loss", "output")
    assert prepared([0, 1] * 3, 1, "mse")[0].assumed == ("output",)
    again, _ = prepare(prepared([0, 1] * 3, 1)[0], 0, X, [0, 1] * 3)
    assert again.assumed == ("loss", "output")


@pytest.mark.parametrize(
    ("loss", "output"), [("mse", "identity"), ("huber", "identity"), ("cross_entropy", "softmax"), ("mae", "identity")]
)
def test_a_missing_output_follows_the_loss(loss: str, output: str) -> None:
    """The default output activation is the one the loss is made for."""
    assert prepared([0, 1, 2] * 2, 3, loss)[0].output == Named(output)


def test_the_last_layers_own_activation_is_the_output() -> None:
    """An activation on the last layer is kept, not covered by a default."""
    spec = ModelSpec("m", 3, (DenseSpec(2, activation=Named("tanh")),))
    assert prepare(spec, 0, X, [0, 1] * 3)[0].output == Named("tanh")


LINES = {
    "layers[0]": Location("m.yaml", 2, 10),
    "layers[2]": Location("m.yaml", 2, 17),
    "loss": Location("m.yaml", 4, 7),
}


@pytest.mark.parametrize(
    ("y", "units", "loss", "message"),
    [
        ([0, 1, 2] * 2, 2, None, "layers[2] has 2 units, but the targets have 3 classes (0, 1, 2); write 3 there"),
        (["a", "b", "c"] * 2, 1, "mse", "layers[2] has 1 unit, but the targets have 3 classes ('a', 'b', 'c')"),
        ([0.5] * 6, 2, "mse", "layers[2] has 2 units, but the targets are 1 column of numbers; write 1 there"),
        ([3, 4, 5] * 2, 2, "mse", "if these integers are classes"),
        ([1.0, 2.0, 3.0] * 2, 3, "cross_entropy", "1, not 1.0"),
        (np.zeros((6, 4)), 1, "mse", "layers[2] has 1 unit, but the targets are 4 columns of numbers; write 4 there"),
    ],
)
def test_a_last_layer_that_does_not_fit_is_an_error_with_its_line(
    y: object, units: int, loss: str | None, message: str
) -> None:
    """Too few units for the classes, or not as many as there are numbers, is told at the last layer."""
    with pytest.raises(SpecError) as error:
        prepare(model(units, loss, lines=LINES), 0, X, y)
    assert message in str(error.value)
    assert str(error.value).startswith("m.yaml:2:17: ")


def test_two_signs_as_labels_are_told_how_to_become_probabilities() -> None:
    """Where they come as numbers; other numbers have no such answer."""
    for y, advice in (([-1.0, 1.0] * 3, "give (y + 1) / 2"), ([-2.0, 1.0] * 3, "from -2 to 1")):
        with pytest.raises(InputError) as error:
            prepare(model(1, "binary_cross_entropy", lines=LINES), 0, X, y)
        assert str(error.value).endswith(advice)


def test_a_first_width_that_does_not_fit_is_an_error_with_its_line() -> None:
    """The number of inputs must be the number of columns."""
    with pytest.raises(SpecError) as error:
        prepare(model(2, lines=LINES), 0, X[:, :2], [0, 1] * 3)
    assert str(error.value) == ("m.yaml:2:10: layers[0] says 3 inputs, but your own data have 2 columns; write 2 there")


def test_a_frameworks_model_is_not_told_to_write_a_line() -> None:
    """A model that does not live in a spec hears both numbers and no advice about a file."""
    with pytest.raises(SpecError) as error:
        prepare(model(2, framework="sklearn", source="m.py:clf"), 0, X[:, :2], [0, 1] * 3)
    assert str(error.value) == "m.py:clf: layers[0] says 3 inputs, but your own data have 2 columns"


def test_the_last_dense_layer_may_stand_inside_a_block() -> None:
    """Norms behind it and blocks around it do not hide the layer whose width must fit."""
    block = ResidualSpec((DenseSpec(4), DenseSpec(3)))
    spec = ModelSpec("m", 3, (DenseSpec(3), block, LayerNormSpec()), loss=Named("mse"))
    with pytest.raises(SpecError, match=r"layers\[2\]\.layers\[1\] has 3 units"):
        prepare(spec, 0, X, np.zeros((6, 2)))


def test_a_model_without_a_dense_layer_is_an_error() -> None:
    """There is nothing to train in it."""
    with pytest.raises(SpecError, match="no dense layer"):
        prepare(ModelSpec("m", 3, (LayerNormSpec(),)), 0, X, [0, 1] * 3)


def test_one_class_alone_is_an_error() -> None:
    """There is nothing to learn where all targets are one class."""
    with pytest.raises(InputError, match="all targets are of one class, 'a'"):
        prepared(["a"] * 6, 2)


def test_negative_counts_are_an_error_under_poisson() -> None:
    """The deviance of a negative number is no number."""
    with pytest.raises(InputError, match=r"m\.yaml:4:7: loss: poisson takes targets from 0 up"):
        prepare(model(1, "poisson", lines=LINES), 0, X, [-1.0, 2.0, 3.0, 1.0, 0.0, 4.0])


def test_an_unknown_loss_of_a_spec_made_by_hand_is_an_error() -> None:
    """A ModelSpec need not come from a reader that knows the names."""
    with pytest.raises(SpecError, match="'msle' is no loss"):
        prepared([0.5] * 6, 1, "msle")


def test_a_one_hot_table_that_needs_too_much_memory_is_refused() -> None:
    """The width is looked at before the table is made, and the message says what it would need."""
    with pytest.raises(InputError, match="GiB"):
        prepared([0, 1, 2] * 2, 10**9, "cross_entropy")
