"""The room's own functions: which data sets there are, and how a file is named on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradaudit.datasets import LOADERS, Dataset, named_file, prepare, read_file
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import InputError, SpecError


def test_every_data_set_of_the_contract_has_a_loader() -> None:
    """No name is missing and none is extra."""
    names = "gaussian uniform xor spirals moons circles blobs digits iris wine breast_cancer diabetes csv npz"
    assert set(LOADERS) == {*names.split(), "adding", "copy", "sines", "shapes"}


def test_an_unknown_data_set_is_an_error() -> None:
    """A ModelSpec made by hand may name anything."""
    with pytest.raises(SpecError, match="data: 'mnist' is no data set"):
        prepare(ModelSpec("m", 2, (DenseSpec(1),), data=Named("mnist")), 0)


@pytest.mark.parametrize(
    ("argument", "data"),
    [
        ("d.csv", Named.of("csv", path="d.csv")),
        ("d.csv:y", Named.of("csv", path="d.csv", target="y")),
        ("d.csv:-2", Named.of("csv", path="d.csv", target="-2")),
        ("a.b/d.TSV:the class", Named.of("csv", path="a.b/d.TSV", target="the class")),
        ("d.npz", Named.of("npz", path="d.npz")),
        ("d.npz:labels", Named.of("npz", path="d.npz", target="labels")),
        (r"C:\data\d.csv", Named.of("csv", path=r"C:\data\d.csv")),
        (r"C:\data\d.csv:y", Named.of("csv", path=r"C:\data\d.csv", target="y")),
    ],
)
def test_a_file_and_its_target_on_the_command_line(argument: str, data: Named) -> None:
    """FILE[:TARGET]; the colon behind a drive's letter is part of the file."""
    assert named_file(argument) == data


def test_a_file_whose_name_has_a_colon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there is taken by its whole name."""
    monkeypatch.chdir(tmp_path)
    Path("a.x:b.csv").write_text("1,2\n")
    assert named_file("a.x:b.csv") == Named.of("csv", path="a.x:b.csv")


@pytest.mark.parametrize("argument", ["d.parquet", "d", "", ":", "d.xlsx:y"])
def test_other_files_are_refused(argument: str) -> None:
    """Only CSV and npz are read."""
    with pytest.raises(InputError, match="--data"):
        named_file(argument)


def test_a_file_can_be_read_before_any_model_is_known(tmp_path: Path) -> None:
    """An estimator that was never fitted needs to know its columns first."""
    path = tmp_path / "d.csv"
    path.write_text("a,b,y\n1,2,x\n3,4,z\n")
    raw = read_file(named_file(f"{path}:y"))
    assert raw.X.tolist() == [[1, 2], [3, 4]]
    assert raw.y.tolist() == ["x", "z"]


def test_some_of_the_rows_are_drawn_in_pairs_and_in_their_order() -> None:
    """With one seed the same ones; a data set that is no larger stays as it is."""
    X = np.arange(100.0)[:, None]
    whole = Dataset(X, 2 * X, "numbers", "a ramp, 100 rows")
    part = whole.some(10, seed=3)

    assert (len(part.X), part.rows_in_all) == (10, 100)
    assert np.array_equal(part.T, 2 * part.X)
    assert np.all(np.diff(part.X[:, 0]) > 0)
    assert np.array_equal(part.X, whole.some(10, seed=3).X)
    assert not np.array_equal(part.X, whole.some(10, seed=4).X)
    assert whole.some(100, seed=3) is whole
