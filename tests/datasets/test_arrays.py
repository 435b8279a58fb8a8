"""Arrays and data frames given in Python become plain arrays or one clear message."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from scipy.sparse import csr_array

from gradaudit.datasets import prepare
from gradaudit.datasets.arrays import given, input_table, target_array
from gradaudit.domain.spec import DenseSpec, ModelSpec
from gradaudit.errors import GradauditError, InputError

X = np.arange(6.0).reshape(3, 2)


class Frame:
    """As much of a pandas DataFrame as is looked at."""

    def __init__(self, **columns: list[object]) -> None:
        """By column."""
        self.columns = list(columns)
        self.values = np.array(list(columns.values()), dtype=object).T

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        """Of Python objects, as a frame of mixed columns gives it."""
        return self.values


@pytest.mark.parametrize(
    "values",
    [X.astype(np.float32), X.astype(np.int8), X.tolist(), csr_array(X), np.asfortranarray(X), X.astype(object)],
)
def test_every_kind_of_table_becomes_float64(values: object) -> None:
    """Lists, integers, sparse matrices and columns-first arrays are the same table."""
    table = input_table(values)
    assert table.dtype == np.float64
    assert table.flags.c_contiguous
    assert np.array_equal(table, X)


def test_a_data_frame_is_a_table() -> None:
    """Columns of integers, floats and truth values become numbers."""
    frame = Frame(age=[1, 2, 3], wage=[0.5, 1.5, 2.5], member=[True, False, True])
    assert input_table(frame).tolist() == [[1, 0.5, 1], [2, 1.5, 0], [3, 2.5, 1]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(3), "X has the shape (3,); it must be rows × columns"),
        (np.zeros((2, 2, 2, 2, 2)), "X has the shape (2, 2, 2, 2, 2)"),
        (np.zeros((0, 2)), "X is empty: its shape is (0, 2)"),
        (np.zeros((2, 0)), "X is empty"),
        ([[1, 2], [3]], "X cannot be read as an array"),
        ([["a", "b"]], "X holds text; it must hold numbers"),
        (np.zeros((2, 2), complex), "X holds complex numbers"),
        (np.zeros((2, 2), "datetime64[s]"), "X holds dates"),
        ([[1.0, 2.0], [3.0, np.nan]], "X[1, 1] is nan, not a finite number"),
        ([[np.inf, np.nan], [3.0, -np.inf]], "X[0, 0] is inf, not a finite number (2 more are not finite)"),
        (Frame(age=[1, 2], city=["Rome", "Bonn"]), "X[0, 1] (column 'city') is 'Rome', not a number"),
        (Frame(age=[1, None], wage=[1, 2]), "X[1, 0] (column 'age') is nan, not a finite number"),
        (Frame(age=[1, 2], wage=[float("nan"), 2]), "X[0, 1] (column 'wage') is nan, not a finite number"),
        ([[10**400, 1]], "X[0, 0] is 1000"),
        ({"a": 1}, "X has the shape ()"),
    ],
)
def test_what_is_no_table_of_finite_numbers_is_told(values: object, message: str) -> None:
    """The message names the first bad cell, by row and column from 0 as in NumPy, and its column's name."""
    with pytest.raises(InputError) as error:
        input_table(values)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "i"),
        (np.array([1, 2, 3], np.uint8), "i"),
        (np.array([1, 2, 3], object), "i"),
        ([True, False, True], "i"),
        ([1.0, 2.0, 3.0], "f"),
        ([2**64 - 1, 1, 2], "f"),
        ([Decimal("0.5"), 1, 2], "f"),
        (["a", "b", "a"], "O"),
        ([b"a", b"b", b"a"], "O"),
        (np.array(["a", "b", "a"], object), "O"),
        (np.array([[1], [2], [3]]), "i"),
        ([[1, 2], [3, 4], [5, 6]], "f"),
    ],
)
def test_targets_keep_their_kind(values: object, kind: str) -> None:
    """Integers, numbers and text are told apart, because the contract treats them differently."""
    y = target_array(values)
    assert y.dtype.kind == kind
    assert len(y) == 3


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 1 has no such strings")
def test_numpys_variable_strings_are_text() -> None:
    """NumPy 2's own string type is text like the others."""
    assert target_array(np.array(["a", "b"], dtype="T")).tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan], "y[1] is nan"),
        (np.array(["a", None], object), "y[1] is None, while other values are text"),
        (np.array([1, None], object), "y[1] is nan, not a finite number"),
        ([], "y is empty"),
        (3, "y has the shape ()"),
        (np.zeros((1, 1, 1, 1, 2)), "y has the shape (1, 1, 1, 1, 2)"),
        ([["a", "b"], ["c", "d"]], "y holds text; it must hold numbers"),
        ([b"\xff", b"a"], "y holds bytes that are no ASCII text"),
        ([1j, 2], "y holds complex numbers"),
    ],
)
def test_targets_that_cannot_be_used_are_told(values: object, message: str) -> None:
    """One line, with the place of the value."""
    with pytest.raises(InputError) as error:
        target_array(values)
    assert message in str(error.value)


@pytest.mark.parametrize(("X", "y", "message"), [(X, None, "X without y"), (None, [1, 2], "y was given without X")])
def test_one_without_the_other_is_an_error(X: object, y: object, message: str) -> None:
    """Inputs alone or targets alone are no data."""
    with pytest.raises(InputError, match=message):
        given(X, y)


def test_x_and_y_must_have_as_many_rows() -> None:
    """Both numbers are said."""
    with pytest.raises(GradauditError, match="X has 3 rows, y has 2"):
        prepare(ModelSpec("m", 2, (DenseSpec(1),)), 0, X, [0.5, 1.5])


def test_a_long_double_beyond_float64_is_told_without_a_warning() -> None:
    """The conversion gives infinity, which is an error like any other infinity."""
    huge = np.array([[np.longdouble(10) ** 400, 1]])
    if not np.isfinite(huge[0, 0]):
        pytest.skip("long double is float64 on this platform")
    with pytest.raises(InputError, match="is inf"):  # warnings are errors in these tests
        input_table(huge)
