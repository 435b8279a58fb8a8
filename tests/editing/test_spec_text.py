"""What is written as a spec is read back as the same model, whatever the model; what cannot be said is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from gradaudit.domain.spec import (
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerNormSpec,
    ModelSpec,
    Named,
    Scaling,
    Weights,
)
from gradaudit.editing.spec_text import losses_of, spec_text
from gradaudit.errors import InputError
from gradaudit.inputs.yaml_spec.document import from_document
from gradaudit.inputs.yaml_spec.file import from_text
from tests.editing.documents import DOCUMENTS

ROOT = Path(__file__).parents[2]
HERE = Path()


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(DOCUMENTS)
def test_every_model_is_read_back_as_it_is(document: dict[str, Any]) -> None:
    """Whatever a spec can say is written so that it is read as the same, to the last bit of every number."""
    last = document["layers"][-1]
    if isinstance(last, dict) and "activation" in last:
        document.pop("output", None)  # two that disagree are an error of the spec
    spec = from_document(document)
    read = from_text(spec_text(spec, HERE), "model.yaml")
    assert replace(read, source=spec.source) == spec


@pytest.mark.parametrize("file", sorted(ROOT.glob("sample_models/*.yaml")), ids=lambda path: path.stem)
def test_the_sample_models_are_read_back_as_they_are(file: Path) -> None:
    """What people write."""
    spec = from_text(file.read_text(), str(file))
    assert replace(from_text(spec_text(spec, file.parent), str(file)), source=spec.source) == spec


def test_the_text_is_what_a_person_would_write() -> None:
    """Numbers alone where a layer says no more; short things in one line, long ones in several."""
    layers = (
        DenseSpec(30),
        DropoutSpec(0.5),
        LayerNormSpec(),
        DenseSpec(30, Named("tanh"), repeat=2),
        DenseSpec(3),
    )
    spec = ModelSpec("net", 64, layers, init=Named("he_normal"), assumed=("optimizer", "loss", "epochs", "data"))
    long = replace(spec, layers=(*(DenseSpec(100 + k, name=f"layer_{k}") for k in range(4)), DenseSpec(3)))
    assert spec_text(spec, HERE, origin="net.py:net") == (
        "# Written by gradaudit convert from net.py:net.\n"
        "name: net\n"
        "layers: [64, 30, {type: dropout, rate: 0.5}, layer_norm, {units: 30, activation: tanh, repeat: 2}, 3]\n"
        "activation: relu\n"
        "init: he_normal\n"
    )
    assert "layers:\n  - 64\n  - {units: 100, name: layer_0}\n" in spec_text(long, HERE)


WEIGHTS = Weights((), ())


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"framework": "sklearn", "optimizer": Named("adam")}, "sklearn's adam adds its epsilon in another place"),
        ({"framework": "keras", "optimizer": Named("rmsprop")}, "keras's rmsprop adds its epsilon in another place"),
        ({"framework": "sklearn", "optimizer": Named("lbfgs")}, "A spec has no lbfgs: without an optimizer sgd"),
        ({"framework": "sklearn", "weights": WEIGHTS}, "training run starts at the weights of a spec"),
        ({"weights": replace(WEIGHTS, loss_curve=(1.0,))}, "The loss curve of the model's own training is not kept"),
        ({"framework": "keras", "optimizer": Named.of("sgd", weight_decay=0.1)}, "Keras's shrinks the weights beside"),
        ({"framework": "keras", "weights": WEIGHTS}, "but anew for a model of keras"),
        ({"framework": "sklearn", "random_state": 7}, "not scikit-learn's for random_state=7"),
        (
            {"framework": "onnx", "scalings": (Scaling(np.zeros(1), np.ones(1)),)},
            "The model scales its inputs",
        ),
        ({"framework": "onnx", "notes": ("node a: its label is not read",)}, "node a: its label is not read"),
        ({"framework": "pytorch"}, "The weights are a fresh draw of `init` and not kept"),
        ({"framework": "pytorch", "weights": WEIGHTS, "assumed": ("own_weights",)}, "that init is PyTorch's default"),
    ],
)
def test_what_a_spec_cannot_say_is_told_and_stands_above_it(changes: dict[str, Any], text: str) -> None:
    """One sentence each; nothing where nothing is lost."""
    plain = ModelSpec("m", 2, (DenseSpec(1),))
    assert losses_of(plain) == ()
    spec = replace(plain, **changes)
    (said,) = losses_of(spec)
    assert text in said
    assert f"# {said}\n" in spec_text(spec, HERE, "w.npz" if spec.weights else None)


def test_weights_of_an_onnx_file_lose_nothing() -> None:
    """The training run starts at them here as there."""
    spec = ModelSpec("m", 2, (DenseSpec(1),), weights=WEIGHTS, framework="onnx", audits_initialisation=False)
    assert losses_of(spec) == ()


def test_weights_keep_the_stages_of_their_model() -> None:
    """With an initializer both stages are audited, without one the given weights alone."""
    spec = ModelSpec("m", 2, (DenseSpec(1),), weights=WEIGHTS, init=Named("he_normal"))
    assert "init: he_normal\n" in spec_text(spec, HERE, "w.npz")
    alone = spec_text(replace(spec, audits_initialisation=False), HERE, "w.npz")
    assert "init" not in alone
    assert alone.endswith("weights: w.npz\n")


def test_paths_are_seen_from_the_spec_s_folder() -> None:
    """The data's path is the working directory's in a model, and the file's own in its text."""
    spec = ModelSpec("m", 2, (DenseSpec(1),), data=Named.of("csv", path="data/rows.csv"))
    assert "path: ../data/rows.csv" in spec_text(spec, Path("specs"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": Named.of("sgd", learning_rate=0.0)}, r"0\.0 is impossible"),
        ({"name": ""}, "the text is empty"),
    ],
)
def test_a_model_that_no_spec_can_say_is_refused(changes: dict[str, Any], message: str) -> None:
    """With what the reader would say of it."""
    spec = replace(ModelSpec("m", 2, (DenseSpec(1),)), **changes)
    with pytest.raises(InputError, match=f"cannot be written as a spec: .*{message}"):
        spec_text(spec, HERE)


def test_a_name_is_kept_whatever_it_is() -> None:
    """A dropout that is called nearly like another type stays one; a comment stays one line."""
    layers = (DenseSpec(2), DropoutSpec(0.5, name="residul"), BatchNormSpec(name="bn"), DenseSpec(1))
    text = spec_text(ModelSpec("m", 2, layers), HERE, origin="a\nlayers: [9]")
    assert "{type: dropout, rate: 0.5, name: residul}, {type: batch_norm, name: bn}, 1]" in text
    assert text.startswith("# Written by gradaudit convert from a?layers: [9].\n")
