"""CSV files are read as people write them, and whatever is wrong is told with its line and column."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gradaudit.datasets import limits, prepare, rows
from gradaudit.datasets.interface import Raw
from gradaudit.datasets.table import read_csv
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import InputError, Location


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Writes the text as `d.csv` into the working directory and reads it."""
    monkeypatch.chdir(tmp_path)

    def write(content: str | bytes, target: str | int | None = None) -> Raw:
        data = content if isinstance(content, bytes) else content.encode()
        Path("d.csv").write_bytes(data)
        return read_csv("d.csv", target)

    return write


def complaint(written: object, content: str | bytes, target: str | int | None = None) -> str:
    """The message that the text is answered with."""
    with pytest.raises(InputError) as error:
        written(content, target)  # type: ignore[operator]
    return str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        "a,b,y\n1,2,5\n3,4,6\n",
        "1,2,5\n3,4,6\n",
        "a;b;y\n1;2;5\n3;4;6\n",
        "a\tb\ty\n1\t2\t5\n3\t4\t6\n",
        "\ufeffa,b,y\r\n1,2,5\r\n3,4,6",
        '"a","b","y"\n"1","2","5"\n\n"3","4","6"\n\n',
        " 1 , 2 , 5\n 3, 4 ,6 ",
        "a,b,\n1,2,5\n3,4,6\n",
        ",b,y\n1,2,5\n3,4,6\n",
    ],
)
def test_one_table_in_many_spellings(written: object, content: str) -> None:
    """Header or none, comma, semicolon or tab, quotes, blanks, byte order mark, Windows line ends: the same table."""
    raw = written(content)  # type: ignore[operator]
    assert raw.X.tolist() == [[1, 2], [3, 4]]
    assert raw.y.tolist() == [5, 6]
    assert raw.description == "d.csv, 2 rows"


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        (("1", "-2"), "i", [1, -2]),
        (("1", "2.0"), "f", [1, 2]),
        (("1e3", "2"), "f", [1000, 2]),
        (("cat", "dog"), "O", ["cat", "dog"]),
        (("1", "2b"), "O", ["1", "2b"]),
        (("none", "mild"), "O", ["none", "mild"]),
        (("True", "False"), "O", ["True", "False"]),
        (("12345678901234567890", "1"), "f", [12345678901234567890.0, 1]),
    ],
)
def test_targets_are_integers_numbers_or_text(
    written: object, column: tuple[str, str], kind: str, values: list[object]
) -> None:
    """Text anywhere in the column makes it text; a point or exponent makes integers numbers."""
    raw = written(f"a,y\n1,{column[0]}\n2,{column[1]}\n")  # type: ignore[operator]
    assert raw.y.dtype.kind == kind
    assert raw.y.tolist() == values


@pytest.mark.parametrize(
    ("target", "X"), [("a", [[2, 3]]), (0, [[2, 3]]), ("1", [[1, 3]]), (-1, [[1, 2]]), (-3, [[2, 3]])]
)
def test_the_target_by_name_or_number(written: object, target: str | int, X: list[list[float]]) -> None:
    """Columns are numbered from 0, or from −1 backwards; text from the command line may be a number too."""
    assert written("a,b,y\n1,2,3\n", target).X.tolist() == X  # type: ignore[operator]


def test_a_text_target_without_a_header(written: object) -> None:
    """The first row of iris.data is a row, although it has text in it."""
    raw = written("5.1,3.5,setosa\n4.9,3.0,setosa\n6.0,2.2,virginica\n")  # type: ignore[operator]
    assert len(raw.X) == 3


def test_a_missing_value_in_the_first_row_makes_no_header(written: object) -> None:
    """A question mark above a number is a missing value, not a name."""
    assert complaint(written, "?,2,1\n3,4,0\n").startswith("d.csv:1:1: column 0: '?' is a missing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b,y\n1,2,0\n3,,1\n", "d.csv:3:3: column 'b': the value is missing"),
        ("a,b,y\n1,NaN,0\n", "d.csv:2:3: column 'b': 'NaN' is a missing or infinite value"),
        ("a,b,y\n1,inf,0\n", "d.csv:2:3: column 'b': 'inf' is a missing or infinite value"),
        ("a,b,y\n1,1e999,0\n", "d.csv:2:3: column 'b': '1e999' is no finite number"),
        ("a,b,y\n1,1_0,0\n", "d.csv:2:3: column 'b': '1_0' is no finite number; inputs must be numbers"),
        ("a,city,y\n1,Rome,0\n", "d.csv:2:3: column 'city': 'Rome' is no finite number; inputs must be numbers"),
        ("1,2,0\n1,x,0\n", "d.csv:2:3: column 1: 'x' is no finite number"),
        ('a,b,y\n"1,5",2,0\n', "d.csv:2:1: column 'a': '1,5' is no finite number"),
        ('a,b,y\n"1","x",0\n', "d.csv:2:5: column 'b': 'x' is no finite number"),
        ('a,b,y\n"1\n",x,0\n', "d.csv:3: column 'b': 'x' is no finite number"),
        ("a,b,y\n1,2,\n", "d.csv:2:5: column 'y': the value is missing"),
        ("a,b,y\n1,2,nan\n1,2,0\n", "d.csv:2:5: column 'y': 'nan' is a missing or infinite value"),
        ("a,b,y\n1,2,0\n1,2\n", "d.csv:3: this row has 2 values, the first has 3"),
        ("a,b,y\n1,2,0\n1,2,3,4\n", "d.csv:3: this row has 4 values, the first has 3"),
        ("", "data: d.csv: is empty"),
        ("\n\n", "d.csv: the file has no rows"),
        ("a,b,y\n", "d.csv: the file has a header but no rows"),
        ("1\n2\n", "d.csv:1: the file has one column; it needs inputs and a target"),
        ('a,b\n1,"2\n', "d.csv:2: no valid CSV: unexpected end of data"),
        (b"a,b\n1,2\n3,\xff4\n", "d.csv:3:3: the file is not UTF-8 text"),
        ("a,b\n1,2".encode("utf-16"), "d.csv:1:1: the file is not UTF-8 text"),
    ],
)
def test_faults_are_told_with_line_and_column(written: object, content: str | bytes, message: str) -> None:
    """Each fault is one line that begins with its place."""
    assert complaint(written, content).startswith(message)


def test_all_faults_are_told_at_once_up_to_ten(written: object) -> None:
    """A file with many faults is answered with the first ten."""
    assert len(complaint(written, "a,y\nx,1\n2,1\nz,1\n").splitlines()) == 2
    assert len(complaint(written, "a,y\n" + "x,1\n" * 50).splitlines()) == 10


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("labl", "d.csv:1: target: there is no column 'labl'; did you mean 'label'?"),
        ("zzz", "d.csv:1: target: there is no column 'zzz'"),
        (2, "d.csv:1: target: there is no column 2; the file has 2, numbered from 0"),
        (True, "d.csv:1: target: there is no column True"),
    ],
)
def test_a_target_that_is_not_there(written: object, target: str | int, message: str) -> None:
    """The nearest name is suggested."""
    assert complaint(written, "a,label\n1,2\n", target) == message


def test_a_target_by_name_needs_a_header(written: object) -> None:
    """A file of bare numbers has no names."""
    assert "no header line" in complaint(written, "1,2\n3,4\n", "label")


def test_large_files_are_refused_unread(written: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """By size before opening, by rows and columns, and by the length of a row while reading."""
    content = "a,y\n" + "1,2\n" * 100
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 2**8)
    assert "d.csv: is larger than 256 bytes" in complaint(written, content)
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 2**20)
    with monkeypatch.context() as patch:
        patch.setattr(limits, "MAX_BYTES", 50 * limits.bytes_for(1, 2))
        assert complaint(written, content).startswith("d.csv:52: the file has more than 50 rows, which are the most")
    monkeypatch.setattr(rows, "MAX_ROW_CHARACTERS", 100)
    assert "is a quote not closed?" in complaint(written, 'a,y\n1,2\n"' + content)


@pytest.mark.parametrize(
    ("path", "message"), [("none.csv", "there is no such file"), (".", "is a folder"), ("a\0b", "cannot be read")]
)
def test_files_that_are_not_there_are_told_at_the_spec(path: str, message: str) -> None:
    """The line of the spec that names the file is the place of the error."""
    spec = ModelSpec("m", 2, (DenseSpec(1),), data=Named.of("csv", path=path), lines={"data": Location("m.yaml", 6, 7)})
    with pytest.raises(InputError, match=r"^m\.yaml:6:7: data: ") as error:
        prepare(spec, 0)
    assert f"data: {path}: {message}" in str(error.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening one would block for ever."""
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="no regular file"):
        read_csv(str(tmp_path / "pipe.csv"))


def test_a_spec_reads_its_table(written: object) -> None:
    """Through `prepare`, a text target becomes one-hot and the loss follows."""
    written("kind,a,b\nx,1,2\ny,3,4\nz,5,6\n", "kind")  # type: ignore[operator]
    spec = ModelSpec("m", 2, (DenseSpec(3),), data=Named.of("csv", path="d.csv", target="kind"))
    complete, data = prepare(spec, 0)
    assert np.array_equal(data.T, np.eye(3))
    assert complete.loss == Named("cross_entropy")
    assert data.description == "d.csv, 3 rows"


def test_the_inputs_keep_their_names(written: object) -> None:
    """Those of the header but the target's; none where there is no header."""
    assert written("a,label,b\n1,0,2\n3,1,4\n", "label").columns == ("a", "b")  # type: ignore[operator]
    raw = written("1,0\n3,1\n")  # type: ignore[operator]
    assert raw.columns == ()
    assert raw.named_inputs is raw.X


def test_one_row_is_no_rows(written) -> None:
    """In the description, which reports and messages begin with."""
    assert written("1,2,5\n").description == "d.csv, 1 row"
