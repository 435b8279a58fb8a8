"""Objects in the person's own code are found, called and told apart; whatever fails there is told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from gradaudit.api import subjects
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import Location
from gradaudit.inputs.python_object import Loaded, load_object, subjects_of
from gradaudit.inputs.readers import PYTHON_OBJECT
from tests.inputs.conftest import Complaint, Write

ESTIMATOR = """
from sklearn.neural_network import MLPClassifier
import numpy as np

model = MLPClassifier((7,))
X, y = np.eye(6)[:, :4], [0, 1, 2, 0, 1, 2]

def with_data():
    return model, X, y
"""


@pytest.mark.parametrize(
    "source",
    [
        "a.py:model",
        "a/b.py:f",
        "a.py:best.model",
        "pkg.mod:net",
        "mod:net",
        r"C:\work\a.py:net",
        "C:/a.py:net",
        "A.PY:é",
    ],
)
def test_sources_of_the_form(source: str) -> None:
    """A file or a dotted module, a colon, a name."""
    assert PYTHON_OBJECT.reads(source)


@pytest.mark.parametrize(
    "source",
    [
        "a.py",
        "a.yaml",
        r"C:\work\a.py",
        "C:/models/a.yaml",
        "a.py:",
        ":net",
        "a.py:2x",
        "a-b:net",
        "m.yaml:net",
        "d/m:x",
        "",
    ],
)
def test_sources_of_other_forms(source: str) -> None:
    """The colon behind a drive's letter makes no object, nor does one behind another kind of file."""
    assert not PYTHON_OBJECT.reads(source)


def test_an_estimator_with_its_data(write: Write) -> None:
    """A function may return (model, X, y); the model takes its widths from them, its name and place from the source."""
    write(ESTIMATOR)
    loaded = load_object("own.py:with_data")
    assert np.asarray(loaded.X).shape == (6, 4)
    assert loaded.y == [0, 1, 2, 0, 1, 2]
    (spec,) = PYTHON_OBJECT.read("own.py:with_data")
    assert (spec.inputs, spec.layers) == (4, (DenseSpec(7), DenseSpec(3)))
    assert (spec.name, spec.source, spec.framework) == ("with_data", "own.py:with_data", "sklearn")
    assert spec.locate("layers[1].activation") == Location("own.py", 8, 1)


def test_an_estimator_without_data_takes_those_it_is_handed(write: Write, complaint: Complaint) -> None:
    """A bare estimator that was never fitted says what it lacks, at its line; with X and y it is a model."""
    write(ESTIMATOR.replace("X, y =", "rows, classes =").replace("X, y", "rows, classes"))
    assert complaint("own.py:model").startswith("own.py:5:1: this MLPClassifier was never fitted")
    spec = subjects_of(load_object("own.py:model"), np.zeros((5, 9)), [0, 1, 0, 1, 0])[0].spec
    assert (spec.inputs, spec.output) == (9, Named("sigmoid"))


def test_an_estimator_that_was_never_fitted_takes_the_data_beside_it(write: Write) -> None:
    """What its module calls X and y, as `fit` would take them, and the report says so; other data go before them."""
    write(ESTIMATOR)
    (beside,), (named,) = PYTHON_OBJECT.read("own.py:model"), PYTHON_OBJECT.read("own.py:with_data")
    assert (beside.inputs, beside.layers, beside.output) == (named.inputs, named.layers, named.output)
    assert ["X and y" in note for note in beside.notes] == [True]
    np.savez("rows.npz", X=np.zeros((5, 9)), y=np.array([0, 1, 0, 1, 0]))
    (subject,) = subjects("own.py:model", data=Named.of("npz", path="rows.npz"))
    assert (subject.spec.inputs, subject.spec.notes) == (9, ())


def test_data_as_the_network_sees_them(write: Write) -> None:
    """An estimator's data come transformed and with classes as numbers."""
    write(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import FunctionTransformer\n"
        "from sklearn.neural_network import MLPClassifier\n"
        "model = make_pipeline(FunctionTransformer(lambda X: 2 * X), MLPClassifier())"
    )
    loaded = load_object("own.py:model")
    (network,) = subjects_of(loaded, np.array([[1.0], [2.0], [3.0]]), ["b", "a", "b"])
    assert np.array_equal(np.asarray(network.X), [[2], [4], [6]])
    assert np.array_equal(np.asarray(network.y), [1, 0, 1])
    assert network.spec.name == "model.steps[1].mlpclassifier"
    spec = subjects_of(Loaded(loaded.model), [[1.0], [2.0]], ["a", "b"])[0].spec
    assert spec.name == "steps[1].mlpclassifier"


@pytest.mark.parametrize(
    "code",
    [
        "net = {'layers': [2, 8, 1], 'activation': 'tanh'}",
        "def net():\n    return {'layers': [2, 8, 1], 'activation': 'tanh'}",
        "import functools\nnet = functools.partial(dict, layers=[2, 8, 1], activation='tanh')",
        "class Box:\n    def net(self): return {'layers': [2, 8, 1], 'activation': 'tanh'}\nnet = Box().net",
        "net = lambda size=8: {'layers': [2, size, 1], 'activation': 'tanh'}",
    ],
)
def test_a_spec_as_a_dict(write: Write, code: str) -> None:
    """A dict, or anything to be called without arguments that returns one; named after the object."""
    write(code)
    (spec,) = PYTHON_OBJECT.read("own.py:net")
    assert (spec.inputs, spec.layers, spec.activation) == (2, (DenseSpec(8), DenseSpec(1)), Named("tanh"))
    assert spec.name == "net"


def test_a_dicts_own_name_is_kept(write: Write) -> None:
    """`name` in the dict is above the name of the object."""
    write("net = {'layers': [2, 1], 'name': 'tiny'}")
    assert PYTHON_OBJECT.read("own.py:net")[0].name == "tiny"


def test_a_model_spec_is_taken_as_it_is(write: Write) -> None:
    """Who builds the noun gets it back."""
    write("from gradaudit.domain.spec import *\nnet = ModelSpec('mine', 2, (DenseSpec(1),))")
    assert PYTHON_OBJECT.read("own.py:net") == (ModelSpec("mine", 2, (DenseSpec(1),)),)


def test_a_dict_that_is_no_spec_is_told_with_its_fault(write: Write, complaint: Complaint) -> None:
    """The checks of a spec file apply."""
    write("net = {'layers': [2, 1], 'activation': 'sigmod'}")
    message = complaint("own.py:net")
    assert "sigmod" in message
    assert "did you mean 'sigmoid'" in message


def test_a_module_by_its_name(write: Write) -> None:
    """The working directory is searched, and sys.path is as it was afterwards."""
    write("", "zoo/__init__.py")
    write("from .sizes import width\nclass best:\n    net = {'layers': [2, width, 1]}", "zoo/nets.py")
    write("width = 5", "zoo/sizes.py")
    before = list(sys.path)
    (spec,) = PYTHON_OBJECT.read("zoo.nets:best.net")
    assert spec.layers[0] == DenseSpec(5)
    assert sys.path == before


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("model = 1", "own.py: there is no 'net' in it"),
        ("nets = 1", "own.py: there is no 'net' in it; did you mean 'nets'?"),
        ("net = 'text'", "own.py:1:1: an object of type str is no model; name a scikit-learn MLP"),
        ("\nclass net: pass", "own.py:2:1: net is a class; name an object or a function that makes one"),
        (
            "def net(size): ...",
            "own.py:1:1: net cannot be called without arguments: missing a required argument: 'size'",
        ),
        ("def net(): ...", "own.py:1:1: an object of type NoneType is no model"),
        (
            "net = ({'layers': [2, 1]}, 3)",
            "own.py:1:1: own.py:net gives 2 values; a model with its data is (model, X, y)",
        ),
        ("if True:\n    net = []", "own.py: own.py:net gives 0 values"),
        (
            "from sklearn.preprocessing import StandardScaler\nnet = StandardScaler()",
            "own.py:2:1: an object of type StandardScaler is not",
        ),
        ("from sklearn.neural_network import MLPClassifier as net", "own.py:1:1: MLPClassifier is a class"),
    ],
)
def test_what_is_no_model_is_told_with_its_line(write: Write, code: str, message: str, complaint: Complaint) -> None:
    """The line is the one that binds the name, where there is one."""
    write(code)
    told = complaint("own.py:net")
    assert told.startswith(message)
    assert "\n" not in told


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("gone.py:net", "gone.py: there is no such file"),
        ("folder.py:net", "folder.py: this is no file"),
        ("a\0b.py:net", "there is no such file"),
        ("absent_module:net", "absent_module: there is no module 'absent_module'"),
        ("absent.module:net", "absent.module: there is no module 'absent'"),
        ("json.absent:net", "json.absent: there is no module 'json.absent'"),
        ("json:lods", "json: there is no 'lods' in it; did you mean 'loads'?"),
        ("math:pi", "an object of type float is no model"),
        ("own.py", "own.py: name the object in it, as in own.py:NAME"),
    ],
)
def test_sources_that_are_not_there(write: Write, source: str, message: str, complaint: Complaint) -> None:
    """A missing file, module or name is one line."""
    write("", "folder.py/inside.txt")
    assert message in complaint(source)


def test_scikit_learn_is_imported_only_for_its_own_models(write: Write) -> None:
    """A dict in a Python file costs no import of scikit-learn, nor of PyTorch."""
    import subprocess

    write("net = {'layers': [2, 1]}")
    code = "import sys; from gradaudit.inputs.readers import PYTHON_OBJECT; PYTHON_OBJECT.read('own.py:net')"
    code += "; print('sklearn' in sys.modules or 'torch' in sys.modules)"
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
