"""The person's own code runs as under pytest, and whatever fails in it is told in one line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import pytest

from gradaudit.domain.spec import DenseSpec
from gradaudit.errors import InputError
from gradaudit.inputs.python_object import load_object
from gradaudit.inputs.readers import PYTHON_OBJECT

Write = Callable[..., str]
Complaint = Callable[[str], str]


def test_a_file_in_a_package_may_import_relatively(write: Write) -> None:
    """As under pytest, the first folder upwards without __init__.py is the one on the path."""
    write("", "src/menagerie/__init__.py")
    write("width = 5", "src/menagerie/sizes.py")
    path = write("from .sizes import width\nnet = {'layers': [2, width, 1]}", "src/menagerie/nets.py")
    assert PYTHON_OBJECT.read(f"{path}:net")[0].layers[0] == DenseSpec(5)


def test_two_folders_may_each_have_their_own_neighbour(write: Write) -> None:
    """A module imported from beside one file is not taken for the one beside the next."""
    for folder, width in (("a", 3), ("b", 4)):
        write(f"width = {width}", f"{folder}/sizes.py")
        write(
            "import sizes\ndef net():\n    import sizes\n    return {'layers': [2, sizes.width, 1]}", f"{folder}/m.py"
        )
    assert PYTHON_OBJECT.read("a/m.py:net")[0].layers[0] == DenseSpec(3)
    assert PYTHON_OBJECT.read("b/m.py:net")[0].layers[0] == DenseSpec(4)
    assert "sizes" not in sys.modules


def test_a_file_named_like_a_library_hides_nothing(write: Write) -> None:
    """A person's `json.py` is loaded under a name of its own."""
    import json

    write("net = {'layers': [2, 1]}", "json.py")
    assert PYTHON_OBJECT.read("json.py:net")[0].inputs == 2
    assert sys.modules["json"] is json


def test_dataclasses_of_the_persons_own_work(write: Write) -> None:
    """The module can be looked up while it is imported."""
    write(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass C:\n    n: int = 3\nnet = {'layers': [C().n, 1]}"
    )
    assert PYTHON_OBJECT.read("own.py:net")[0].inputs == 3


def test_what_the_code_prints_goes_to_standard_error(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is for findings alone."""
    write("print('importing')\ndef net():\n    print('calling')\n    return {'layers': [2, 1]}")
    PYTHON_OBJECT.read("own.py:net")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.split() == ["importing", "calling"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\n\nnet = 1 / 0", "own.py:3: importing own.py failed: ZeroDivisionError: division by zero"),
        ("def f():\n    raise ValueError('a\\nb')\nnet = f()", "own.py:2: importing own.py failed: ValueError: a b"),
        ("net = (", "own.py:1:7: importing own.py failed: SyntaxError: "),
        ("import absent_library", "own.py:1: importing own.py failed: ModuleNotFoundError: No module named 'absent"),
        ("import json\njson.loads('{')", "own.py:2: importing own.py failed: JSONDecodeError: "),
        ("import sys\nsys.exit(3)", "own.py:2: importing own.py failed: SystemExit: 3"),
        ("class E(Exception): pass\nraise E", "own.py:2: importing own.py failed: E"),
        ("def net():\n    return {}['x']", "own.py:2: calling net() failed: KeyError: 'x'"),
        ("import other", "other.py:1: importing own.py failed: NameError: name 'boom' is not defined"),
    ],
)
def test_faults_in_the_code_are_told_with_their_line(
    write: Write, code: str, message: str, complaint: Complaint
) -> None:
    """The exception's type and text, and the last line of the person's own files; never a traceback."""
    write("boom", "other.py")
    write(code)
    told = complaint("own.py:net")
    assert told.startswith(message)
    assert "\n" not in told


def test_an_interrupt_is_not_swallowed(write: Write) -> None:
    """Ctrl-C during a long import stops the audit."""
    write("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        PYTHON_OBJECT.read("own.py:net")


def test_an_error_of_the_persons_code_keeps_its_cause(write: Write) -> None:
    """Who calls from Python can look at the exception itself."""
    write("net = 1 / 0")
    with pytest.raises(InputError) as error:
        load_object("own.py:net")
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_warnings_of_libraries_stay_off_the_terminal(write: Write) -> None:
    """What Keras or a person's other libraries say of themselves is no message of an audit."""
    path = write("import warnings\nwarnings.warn('input_shape is deprecated')\nmodel = {'layers': [2, 1]}")
    with warnings.catch_warnings(record=True) as caught:
        load_object(f"{path}:model")
    assert caught == []
