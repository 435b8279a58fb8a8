"""ONNX files as sources. onnxruntime's outputs were written beside the files by make_files.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.errors import GradauditError, Location
from gradaudit.inputs import read
from gradaudit.inputs.readers import ONNX
from tests.inputs.onnx.writing import between, dense, field, model, node, port, tensor

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.stem for path in FILES.glob("*.onnx"))
OUTPUTS = np.load(FILES / "outputs.npz")


def spec_of(name):
    """The model of one of the files."""
    (spec,) = read(str(FILES / f"{name}.onnx"))
    return spec


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_an_exporter_computes_what_onnxruntime_does(name, outputs):
    """To 1e-6, whatever wrote it; skl2onnx puts 1 − p beside p, which is no output of the network."""
    spec = spec_of(name)
    found = outputs(spec, OUTPUTS["X"])

    np.testing.assert_allclose(found, OUTPUTS[name][:, -found.shape[1] :], atol=1e-6)


@pytest.mark.onnx
@pytest.mark.parametrize("name", NAMES)
def test_the_runtime_itself_says_the_same(name):
    """The stored outputs are what onnxruntime computes from the file as it is."""
    runtime = pytest.importorskip("onnxruntime", reason="compares with onnxruntime")
    session = runtime.InferenceSession(FILES / f"{name}.onnx")
    found = session.run(None, {session.get_inputs()[0].name: OUTPUTS["X"]})[-1]
    if isinstance(found, list):
        found = [[row[key] for key in sorted(row)] for row in found]
    np.testing.assert_allclose(np.reshape(found, (len(OUTPUTS["X"]), -1)), OUTPUTS[name], atol=1e-6)


def test_weights_are_audited_and_nothing_is_drawn():
    """How the weights were drawn is not in the file, nor are the loss and the optimizer, which is said."""
    spec = spec_of("torch-dynamo-mlp")

    assert (spec.name, spec.framework, spec.audits_initialisation) == ("torch-dynamo-mlp", "onnx", False)
    assert spec.assumed == ("loss", "optimizer", "epochs", "data")
    assert spec.weights.origin == spec.source == str(FILES / "torch-dynamo-mlp.onnx")
    assert spec.locate("layers[1]") == Location(spec.source)
    assert [layer.units for layer in spec.layers] == [8, 8, 3]
    assert ["bias" in row for row in spec.weights.rows] == [True, False, True]


def test_modules_keep_their_names():
    """PyTorch's name of a weight is its layer's; a mere number is none."""
    inner = spec_of("torch-dynamo-residual").layers[1].layers

    assert [layer.name for layer in inner if hasattr(layer, "units")] == ["3.inner.0", "3.inner.3"]
    assert spec_of("torch-dynamo-mlp").layers[0].name is None


def test_an_output_without_activation_is_left_to_the_loss():
    """PyTorch computes its losses from logits; a softmax or sigmoid of the file stays."""
    assert spec_of("torch-script-mlp").output is None
    assert spec_of("skl2onnx-classes").output == Named("softmax")
    assert spec_of("skl2onnx-binary").output == Named("sigmoid")


def test_a_scaler_in_front_is_applied_to_the_data():
    """(x − offset)·scale, as a StandardScaler of the pipeline; it is no layer."""
    spec = spec_of("skl2onnx-numbers")
    (scaling,) = spec.scalings
    scaled = (OUTPUTS["X"] - scaling.offset) * scaling.scale

    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-6)
    assert spec.inputs == 4
    assert len(spec.layers) == 2


def test_no_onnx_library_is_imported():
    """The files are read by the program's own code."""
    code = f"import sys; from gradaudit.inputs import read; read({str(FILES / 'torch-script-mlp.onnx')!r}); "
    run = [sys.executable, "-c", code + "sys.exit('onnx' in sys.modules or 'google' in sys.modules)"]
    root = str(Path(__file__).parents[3])
    assert subprocess.run(run, check=False, env={**os.environ, "PYTHONPATH": root}).returncode == 0


@pytest.mark.parametrize(
    ("kind", "dtype", "precision"), [(1, "<f4", "float32"), (10, "<f2", "float16"), (11, "<f8", "float64")]
)
def test_the_first_kernels_type_is_the_precision(load, kind, dtype, precision):
    """A file of halves was trained in halves."""
    kernel = np.ones((4, 2), dtype)
    assert load(model([node("MatMul", ["x", "W"], "y")], [tensor("W", kernel, kind)])).precision == precision


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            [port("x", None, 2, 2)],
            "node 0 (Gemm 'a Gemm'): it takes rows × features, and is given rows × positions × features",
        ),
        ([], "it has 0 inputs; a network with one is audited, so export it with one"),
        ([port("x", None, 5)], "node 0 (Gemm 'a Gemm'): its weights are 4 × 3, where the layers make them 5 × 3"),
    ],
)
def test_inputs_that_are_not_audited(fault, inputs, message):
    """One input, a vector, as wide as the first layer's weights."""
    assert fault(between(node("Relu", ["a"], "b"), inputs=inputs)) == f"m.onnx: {message}"


def test_an_input_may_be_of_unknown_width_or_among_the_stored(load):
    """The first kernel has it; old files list stored tensors among the inputs."""
    nodes, tensors = dense("x", "y", 4, 2)

    assert load(model([nodes], tensors, [port("x", None, None), port("y.W", 4, 2), port("y.b", 2)])).inputs == 4


def test_images_are_flattened(load):
    """A Flatten in front makes vectors of them: the width is the product."""
    nodes, tensors = dense("v", "y", 12, 2)

    assert load(model([node("Flatten", ["x"], "v"), nodes], tensors, [port("x", None, 3, 4)])).inputs == 12


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there is no graph in it"),
        (b"layers: [2, 1]", "cannot be read as an ONNX model"),
        (b"\x3a\xff\xff\xff\xff\x0f", "it is cut off"),
        (field(7, b"") + field(7, b""), "there is no graph in it"),
        (field(7, 5), "it has a number where a message is due"),
        (field(7, field(1, b"") * 6000), "it has 6,000 nodes; at most 5,000 are read"),
        (field(7, field(15, b"")), "sparse tensors"),
        (b"\x0b" * 4, "it has a field of the wire type 3"),
    ],
)
def test_what_is_no_onnx_file(fault, data, message):
    """Empty, foreign, cut off and overlong files are one message each."""
    assert message in fault(data)


def test_a_missing_file_and_a_folder(tmp_path):
    """Each is one message."""
    (tmp_path / "folder.onnx").mkdir()
    for name, message in {"none": "there is no such file", "folder": "is a folder, no file"}.items():
        with pytest.raises(GradauditError, match=message):
            read(str(tmp_path / f"{name}.onnx"))


def test_the_reader_goes_by_the_name():
    """The file need not exist."""
    assert ONNX.reads("a/B.ONNX")
    assert not ONNX.reads("a.onnx.txt")


def test_a_bomb_of_empty_messages_ends_at_a_count(fault):
    """Two bytes of the file would be an object here: fields are counted over all messages."""
    assert "it has more than 200,000 fields" in fault(field(7, field(5, field(1, 1) * 250_000)))
