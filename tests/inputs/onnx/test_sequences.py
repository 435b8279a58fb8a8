"""ONNX files of recurrent networks and of maps: axes exchanged, joined and cut. Held against onnxruntime's outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradaudit.inputs import read
from tests.inputs.computing import outputs
from tests.inputs.onnx.writing import RNG, model, node, port, tensor

FILES = Path(__file__).parent / "files" / "sequences"
OUTPUTS = np.load(FILES / "outputs.npz")
NAMES = sorted(path.stem for path in FILES.glob("*.onnx"))
STEPS, FEATURES, UNITS = 6, 3, 4


def ours(name: str) -> np.ndarray:
    """Rows first, channels last."""
    kind = name.rpartition("-")[0]
    X = OUTPUTS[f"{kind} X"]
    if kind.endswith("steps-first"):
        X = X.swapaxes(0, 1)
    return np.moveaxis(X, 1, -1) if kind.startswith(("image", "conv")) else X


@pytest.mark.parametrize("name", NAMES)
def test_a_file_computes_what_onnxruntime_does(name):
    """By both of PyTorch's exporters, however the axes lie."""
    (spec,) = read(str(FILES / f"{name}.onnx"))
    due = OUTPUTS[name]

    np.testing.assert_allclose(outputs(spec, ours(name)).reshape(due.shape), due, atol=1e-6)


@pytest.mark.onnx
@pytest.mark.parametrize("name", NAMES)
def test_the_runtime_itself_says_the_same(name):
    """The stored outputs are what onnxruntime computes from the file as it is."""
    runtime = pytest.importorskip("onnxruntime", reason="compares with onnxruntime")
    session = runtime.InferenceSession(FILES / f"{name}.onnx")
    found = session.run(None, {"x": OUTPUTS[f"{name.rpartition('-')[0]} X"]})[0]
    np.testing.assert_allclose(found, OUTPUTS[name], atol=1e-6)


CELLS = {"RNN": 1, "LSTM": 4, "GRU": 3}


def drawn(op: str, directions: int, biased: bool = True) -> list[bytes]:
    """Weights of a node, and the integers that graphs around it need."""
    sides = {"W": (FEATURES,), "R": (UNITS,), "B": ()}
    shapes = {k: (directions, CELLS[op] * UNITS * (2 if k == "B" else 1), *rest) for k, rest in sides.items()}
    found = [tensor(k, RNG.normal(size=shape).astype("<f4")) for k, shape in shapes.items() if biased or k != "B"]
    head = tensor("H", RNG.normal(size=(directions * UNITS, 2)).astype("<f4"))
    numbers = {"one": [1], "last": [-1], "flat": [-1, STEPS, directions * UNITS], "zero": [0], "end": [1 << 40]}
    return [*found, head, *(tensor(k, np.array(v, "<i8"), 7) for k, v in numbers.items())]


def graph(op: str, *behind: bytes, directions: int = 1, biased: bool = True, **attributes: object) -> bytes:
    """Rows × steps × features into the node; its Y is called Y, its last state S."""
    own = [*(["W", "R"]), *(["B"] if biased else [])]
    cell = node(op, ["t", *own], "Y", hidden_size=UNITS, **attributes) + b"\x12\x01S"
    first = node("Transpose", ["x"], "t", name="first", perm=(1, 0, 2))
    return model([first, cell, *behind], drawn(op, directions, biased), [port("x", None, STEPS, FEATURES)])


def each_step() -> list[bytes]:
    """Y as rows × steps × units of both directions, and a product."""
    turned = node("Transpose", ["Y"], "a", perm=(2, 0, 1, 3))
    return [turned, node("Reshape", ["a", "flat"], "b"), node("MatMul", ["b", "H"], "y")]


def last_step() -> list[bytes]:
    """S of one direction."""
    return [node("Squeeze", ["S", "zero"], "b"), node("MatMul", ["b", "H"], "y")]


def sliced() -> list[bytes]:
    """Y from its last step on."""
    cut = node("Slice", ["Y", "last", "end", "zero"], "a")
    return [cut, node("Squeeze", ["a"], "b"), node("MatMul", ["b", "H"], "y")]


@pytest.mark.onnx
@pytest.mark.parametrize("op", CELLS)
@pytest.mark.parametrize(
    ("behind", "directions", "biased", "attributes"),
    [
        (each_step, 1, True, {}),
        (each_step, 2, True, {"direction": "bidirectional"}),
        (each_step, 2, False, {"direction": "bidirectional", "linear_before_reset": 1}),
        (each_step, 1, True, {"linear_before_reset": 1}),
        (last_step, 1, True, {}),
        (last_step, 1, False, {"linear_before_reset": 1}),
        (sliced, 1, True, {}),
    ],
)
def test_cells_in_all_forms_compute_what_onnxruntime_does(load, op, behind, directions, biased, attributes, tmp_path):
    """Orders of gates, two biases, both directions, both forms of a GRU, weights of any numbers."""
    runtime = pytest.importorskip("onnxruntime", reason="compares with onnxruntime")
    if op != "GRU":
        attributes = {key: value for key, value in attributes.items() if key != "linear_before_reset"}
    data = graph(op, *behind(), directions=directions, biased=biased, **attributes)
    spec = load(with_opset(data))
    X = RNG.normal(size=(5, STEPS, FEATURES))
    (due,) = runtime.InferenceSession(with_opset(data)).run(None, {"x": X.astype("f4")})

    np.testing.assert_allclose(outputs(spec, X).reshape(due.shape), due, atol=2e-6)


def with_opset(data: bytes) -> bytes:
    """onnxruntime asks for the version of the operations."""
    return data + b"\x42\x02\x10\x11"


def test_weights_may_be_cut_and_joined_by_nodes(load):
    """As PyTorch exports a module in training: gates are put in order by Slice and Concat, biases by Concat."""
    parts = [
        node("Slice", ["W", start, end, "one"], f"w{k}")
        for k, (start, end) in enumerate((("zero", "four"), ("four", "end")))
    ]
    joined = node("Concat", ["w0", "w1"], "V", axis=1)
    first = node("Transpose", ["x"], "t", perm=(1, 0, 2))
    numbers = [tensor("four", np.array([4], "<i8"), 7)]
    cell = node("LSTM", ["t", "V", "R", "B"], "Y", hidden_size=UNITS) + b"\x12\x01S"
    tensors = [*drawn("LSTM", 1), *numbers]
    made = model([*parts, joined, first, cell, *last_step()], tensors, [port("x", None, STEPS, FEATURES)])
    plain = model(
        [first, node("LSTM", ["t", "W", "R", "B"], "Y", hidden_size=UNITS) + b"\x12\x01S", *last_step()],
        tensors,
        [port("x", None, STEPS, FEATURES)],
    )
    for one, other in zip(load(made).weights.rows, load(plain).weights.rows, strict=True):
        np.testing.assert_equal(one, other)


def test_a_length_that_is_left_open_is_said(load):
    """Fifty steps are taken."""
    cell = node("LSTM", ["t", "W", "R", "B"], "Y", hidden_size=UNITS) + b"\x12\x01S"
    nodes = [node("Transpose", ["x"], "t", perm=(1, 0, 2)), cell, *last_step()]
    spec = load(model(nodes, drawn("LSTM", 1), [port("x", None, None, FEATURES)]))

    assert spec.input_shape == (50, FEATURES)
    assert spec.notes == ("nothing says how long its sequences are; 50 steps are taken",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (graph("LSTM", *each_step(), directions=2), "its weights are 2 × 16 × 3, which is not what LSTM takes"),
        (graph("LSTM", *each_step(), direction="reverse"), "a layer that reads backwards alone is not audited"),
        (graph("LSTM", *each_step(), clip=1.0), "clip and input_forget are not audited"),
        (
            graph("GRU", node("Gather", ["Y", "zero"], "a"), node("MatMul", ["a", "H"], "y")),
            "it takes a part of positions × directions × rows × features; the last step of a recurrent layer is",
        ),
        (
            graph("GRU", node("Squeeze", ["Y", "one"], "a"), node("Add", ["x", "a"], "y")),
            "it adds rows × positions × features to positions × rows × features, which is not audited",
        ),
        (
            graph("LSTM", node("Relu", ["S"], "a"), node("MatMul", ["a", "H"], "y")),
            "its final state is used in another way than that of the last layer",
        ),
        (
            graph("RNN", node("Squeeze", ["Y", "one"], "a"), node("Conv", ["a", "W"], "y")),
            "it takes rows × features × positions, and is given positions × rows × features",
        ),
        (
            graph("RNN", node("Squeeze", ["Y", "zero"], "a")),
            "it takes an axis of several values out of positions × directions × rows × features",
        ),
        (
            graph("RNN", node("Squeeze", ["Y", "one"], "a"), node("Reshape", ["a", "odd"], "y")).replace(
                b"odd", b"end"
            ),
            "which cuts through an axis; such is not audited",
        ),
        (graph("RNN", node("Transpose", ["Y"], "y", perm=(0, 1))), "it exchanges 2 axes, where there are 4"),
        (
            graph("RNN", node("Squeeze", ["Y", "one"], "a"), node("LSTM", ["a", "H", "R"], "y")),
            "its weights are 4 × 2, which is not what LSTM takes",
        ),
    ],
)
def test_what_is_not_audited_is_named(fault, data, message):
    """With the axes in words."""
    assert message in fault(data)
