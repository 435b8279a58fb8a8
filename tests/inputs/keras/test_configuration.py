"""Keras models as sources. What Keras itself makes of X was written beside the files by make_files.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import BatchNormSpec, DenseSpec, Named, ResidualSpec
from gradaudit.inputs import from_document, read
from tests.inputs.computing import said
from tests.inputs.keras.writing import dense, layer, named, sequential

FILES = Path(__file__).parent / "files"
OLD = FILES / "keras-2.15"
SUFFIXES = (".keras", ".h5", ".pkl", ".joblib")
WHOLE = sorted(path for folder in (FILES, OLD) for path in folder.iterdir() if path.suffix in SUFFIXES)
"""Files of every format with weights, by Keras 3 and 2."""
NAMES = sorted(path.stem for path in FILES.glob("*.keras"))


def spec_of(file):
    """The model of one of the files."""
    (spec,) = read(str(FILES / file))
    return spec


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: str(path.relative_to(FILES)))
def test_a_file_computes_what_keras_did(path, outputs):
    """To 1e-6: norms with Keras's ε, by the batch's statistics as in training; logits behind the loss's sigmoid."""
    pytest.importorskip("h5py", reason="reads the weights")
    (spec,) = read(str(path))
    X, expected = said(path)

    np.testing.assert_allclose(outputs(spec, X), expected, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_archive_and_json_are_one_architecture(name):
    """The JSON has no weights, the archive those and the initialisation too."""
    pytest.importorskip("h5py", reason="reads the weights")
    archive, text = spec_of(f"{name}.keras"), spec_of(f"{name}.json")

    assert archive.layers == text.layers
    assert (archive.loss, archive.optimizer, archive.l2) == (text.loss, text.optimizer, text.l2)
    assert archive.weights is not None
    assert text.weights is None
    assert archive.audits_initialisation
    assert text.audits_initialisation


def test_a_chain_as_a_spec():
    """Layers, norms with their ε, initializers, compile settings; what is not read is said."""
    spec = spec_of("chain.json")
    truncated, glorot = Named.of("variance_scaling", scale=2.0), Named("glorot_uniform")

    assert spec.layers == (
        DenseSpec(6, init=truncated, name="dense"),
        BatchNormSpec(eps=1e-3),
        DenseSpec(6, Named("tanh"), None, False, Named.of("layer_norm", eps=1e-3), name="dense_1"),
        DenseSpec(5, Named.of("leaky_relu", negative_slope=0.3), Named.of("uniform", low=-1, high=1), name="dense_2"),
        DenseSpec(3, name="dense_3"),
    )
    assert (spec.activation, spec.output, spec.init) == (Named("relu"), Named("softmax"), glorot)
    assert (spec.name, spec.inputs, spec.framework, spec.l2) == ("chain", 4, "keras", 0.002)
    assert spec.loss == Named("cross_entropy")
    rates = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "eps": 1e-7, "weight_decay": 0.01}
    assert spec.optimizer == Named.of("adamw", **rates)
    assert spec.assumed == ("epochs", "data", "batch_size")
    (note,) = spec.notes
    assert note.endswith("the schedule ExponentialDecay is not followed, its initial rate is taken")


def test_residual_sums_and_models_inside_models():
    """Add layers and `x + y`, a Sequential as a layer, a Flatten in front; the output is left to the loss."""
    spec = spec_of("residual.json")

    assert [type(each) for each in spec.layers] == [
        DenseSpec,
        ResidualSpec,
        ResidualSpec,
        DenseSpec,
        BatchNormSpec,
        DenseSpec,
    ]
    assert spec.output is None
    assert (spec.output, spec.inputs) == (None, 4)
    assert spec.layers[0].bias == Named.of("constant", value=0.1)


def test_findings_point_into_the_json():
    """Each layer's line is that of its object in the file."""
    spec = spec_of("chain.json")
    lines = (FILES / "chain.json").read_text().splitlines()
    line = spec.locate("layers[3].init").line

    assert lines[line - 1].strip() == "{"
    assert '"name": "dense_1"' in "\n".join(lines[line - 1 : line + 6])
    assert "learning_rate" in "".join(lines[spec.locate("optimizer").line - 1 :][:8])


def test_a_dict_is_read_as_its_file_is():
    """`json.loads(model.to_json())` in Python."""
    config = json.loads((FILES / "chain.json").read_text())

    assert from_document(config).layers == spec_of("chain.json").layers


def test_a_penalty_that_differs_is_said(load):
    """One l2 of all kernels is ½·l2·Σw² with twice Keras's factor; several are not read, nor others."""
    same, other = (named("L2", l2=factor) for factor in (0.01, 0.1))

    assert load(sequential(dense(kernel_regularizer=same), dense(kernel_regularizer=same))).l2 == 0.02
    for second in (dense(kernel_regularizer=other), dense()):
        spec = load(sequential(dense(kernel_regularizer=same), second))
        assert spec.l2 == 0
        assert spec.notes == ("the kernel_regularizer is not the same in every layer, so it is not read",)
    (note,) = load(sequential(dense(kernel_regularizer=named("L1", l1=0.01)))).notes
    assert note == "config.layers[1]: its kernel_regularizer 'L1' is not read"


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [("float64", "float64"), (named("DTypePolicy", name="mixed_float16"), "float16"), ("mixed_bfloat16", "bfloat16")],
)
def test_a_dtype_policy_is_the_precision(load, dtype, precision):
    """What the first dense layer computes in."""
    assert load(sequential(dense(dtype=dtype))).precision == precision


def test_impossible_values_are_told_at_their_layer(load, fault):
    """A spec's own checks, at the line of the Keras layer."""
    assert (
        fault(sequential(dense(-1))) == "config.layers[1]: units: -1 is impossible; write a whole number of at least 1"
    )
    assert "config.layers[1]: rate: 1.5 is impossible" in fault(sequential(layer("Dropout", rate=1.5), dense()))
    assert "200,000,000" in fault(sequential(dense(10**9)))


def test_a_file_with_faults_of_its_own(fault):
    """Tags and repeated keys are faults of the JSON, told before anything is read from it."""
    assert "written twice" in fault('{"class_name": "Sequential", "config": {"a": 1, "a": 2}}')
