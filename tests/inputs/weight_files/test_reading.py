from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import GradauditError
from gradaudit.inputs import read

RNG = np.random.default_rng(0)
W = [RNG.normal(size=(2, 3)), RNG.normal(size=(3, 1))]
B = [RNG.normal(size=3), RNG.normal(size=1)]
SCIKIT = {"coefs_0": W[0], "coefs_1": W[1], "intercepts_0": B[0], "intercepts_1": B[1]}


def audited(folder: Path, file: str = "w.npz", layers: str = "[2, 3, 1]", rest: str = "") -> ModelSpec:
    """The model of a spec beside the weights."""
    (folder / "m.yaml").write_text(f"layers: {layers}\nweights: {file}\n{rest}")
    (spec,) = read(str(folder / "m.yaml"))
    return spec


def fault(folder: Path, file: str = "w.npz", layers: str = "[2, 3, 1]", rest: str = "") -> str:
    """The message, without the folder."""
    with pytest.raises(GradauditError) as caught:
        audited(folder, file, layers, rest)
    return str(caught.value).replace(f"{folder}{os.sep}", "")


def save_torch(path: Path, tensors: dict[str, np.ndarray], **shapes: list[int]) -> None:
    """A safetensors file of float32 tensors, sorted by name as PyTorch's writer sorts them; `shapes` may lie."""
    header, data = {}, b""
    for name, array in sorted(tensors.items()):
        blob = array.astype("<f4").tobytes()
        shape = shapes.get(name, list(array.shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_weights_of_an_npz(tmp_path: Path) -> None:
    """scikit-learn's names and orientation, no initialisation to audit where the spec names no `init`."""
    np.savez(tmp_path / "w.npz", **SCIKIT)
    spec = audited(tmp_path)

    assert spec.weights is not None
    assert all(np.array_equal(a, b) for a, b in zip(spec.weights.each("weight"), W, strict=True))
    assert all(a is not None and np.array_equal(a, b) for a, b in zip(spec.weights.each("bias"), B, strict=True))
    assert spec.weights.origin == str(tmp_path / "w.npz")
    assert not spec.audits_initialisation
    assert "init" not in spec.assumed


@pytest.mark.parametrize(("layers", "rest"), [("[2, 3, 1]", "init: zeros"), ("[2, {units: 3, init: ones}, 1]", "")])
def test_an_init_beside_weights_is_audited_too(tmp_path: Path, layers: str, rest: str) -> None:
    """With an `init` anywhere the drawn network is looked at as well."""
    np.savez(tmp_path / "w.npz", **SCIKIT)

    assert audited(tmp_path, layers=layers, rest=rest).audits_initialisation


def test_dense_rows_are_numbered_through_repeats_and_blocks(tmp_path: Path) -> None:
    """Repeated and nested layers count in row order, norms apart; a missing scale is 1."""
    block = "{name: residual, layers: [3, layer_norm]}"
    layers = f"[2, {{units: 3, repeat: 2, norm: batch_norm}}, {block}, {{units: 1, bias: false}}]"
    coefs = {f"coefs_{n}": np.full(shape, n) for n, shape in enumerate([(2, 3), (3, 3), (3, 3), (3, 1)])}
    biases = {f"intercepts_{n}": np.zeros(3) for n in range(3)}
    np.savez(tmp_path / "w.npz", **coefs, **biases, scale_2=np.full(3, 5.0))
    weights = audited(tmp_path, layers=layers).weights

    assert weights is not None
    assert [coef[0, 0] for coef in weights.each("weight")] == [0, 1, 2, 3]
    given = [["weight", "bias"], []] * 2 + [["weight", "bias"], ["scale"], ["weight"]]
    assert [list(row) for row in weights.rows] == given
    assert [scale.tolist() for scale in weights.each("scale")] == [[5, 5, 5]]


def test_pytorchs_names_are_transposed_and_in_natural_order(tmp_path: Path) -> None:
    """`net.10` comes after `net.2`; matrices are dense layers, vectors are norms, running statistics are left out."""
    tensors = {"net.2.weight": W[0].T, "net.2.bias": B[0], "net.10.weight": W[1].T, "net.10.bias": B[1]}
    norm = {"net.3.weight": np.full(3, 2.0), "net.3.bias": np.ones(3), "net.3.running_mean": np.ones(3)}
    save_torch(tmp_path / "w.safetensors", tensors | norm)
    weights = audited(tmp_path, "w.safetensors", "[2, {units: 3, norm: batch_norm}, 1]").weights

    assert weights is not None
    assert np.allclose(weights.each("weight")[0], W[0], atol=1e-6)
    assert np.allclose(weights.each("weight")[1], W[1], atol=1e-6)
    assert weights.each("scale")[0].tolist() == [2, 2, 2]
    assert weights.each("shift")[0].tolist() == [1, 1, 1]


def test_dense_layers_that_bear_their_modules_names_say_the_order(tmp_path: Path) -> None:
    """`out` stands behind `z_in`, which the order of the alphabet would exchange."""
    tensors = {"z_in.weight": np.eye(2), "z_in.bias": np.ones(2), "out.weight": 2 * np.eye(2), "out.bias": np.ones(2)}
    save_torch(tmp_path / "w.safetensors", tensors)
    named = audited(tmp_path, "w.safetensors", "[2, {units: 2, name: z_in}, {units: 2, name: out}]").weights
    plain = audited(tmp_path, "w.safetensors", "[2, 2, {units: 2, name: out}]").weights

    assert named is not None
    assert plain is not None
    assert [coef[0, 0] for coef in named.each("weight")] == [1, 2]
    assert [coef[0, 0] for coef in plain.each("weight")] == [2, 1]


def test_safetensors_with_scikit_learns_names(tmp_path: Path) -> None:
    """The names of an .npz are not transposed."""
    save_torch(tmp_path / "w.safetensors", SCIKIT)
    weights = audited(tmp_path, "w.safetensors").weights

    assert weights is not None
    assert np.allclose(weights.each("weight")[0], W[0], atol=1e-6)


def test_values_that_are_not_finite_are_let_through(tmp_path: Path) -> None:
    """NaN in the weights is a finding, not an error of reading."""
    np.savez(tmp_path / "w.npz", **{**SCIKIT, "coefs_0": np.full((2, 3), np.nan)})
    weights = audited(tmp_path).weights

    assert weights is not None
    assert np.isnan(weights.each("weight")[0]).all()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({**SCIKIT, "coefs_0": W[0].T}, "'coefs_0' is 3 × 2, where the layers make it 2 × 3"),
        ({**SCIKIT, "intercepts_1": np.float64(1)}, "'intercepts_1' is a single number, where the layers make it 1"),
        ({k: v for k, v in SCIKIT.items() if k != "coefs_1"}, "'coefs_1' is missing; it is to be 3 × 1"),
        (
            {**SCIKIT, "coef_1": W[1]},
            "'coef_1' has no place in this model; the file may hold coefs_0, ",
        ),
        ({**SCIKIT, "coefs_0": np.array([None])}, "'coefs_0' is no plain array of numbers"),
        ({**SCIKIT, "coefs_0": np.ones((2, 3), complex)}, "'coefs_0' is no plain array of numbers"),
        ({**SCIKIT, "coefs_0": np.full((2, 3), "1")}, "'coefs_0' is no plain array of numbers"),
        ({**SCIKIT, "junk": np.zeros(10**6)}, "bytes, too large for this model's weights"),
    ],
)
def test_weights_of_another_model_are_told_apart(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    """Shapes, missing and foreign arrays are told at the line of `weights`."""
    np.savez(tmp_path / "w.npz", **arrays)
    found = fault(tmp_path)

    assert found.startswith("m.yaml:2:10: weights: w.npz: ")
    assert message in found


def test_a_layer_without_biases_has_none_in_the_file(tmp_path: Path) -> None:
    """Intercepts of a layer that has `bias: false` have no place."""
    np.savez(tmp_path / "w.npz", **SCIKIT)

    assert "has no place in this model" in fault(tmp_path, rest="bias: false")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("none.npz", "there is no such file"),
        ("m.yaml", "no file of weights by its name; known are .npz and .safetensors"),
        ("folder.npz", "is a folder, no file"),
        ("empty.npz", "is empty"),
        ("empty.safetensors", "is empty"),
    ],
)
def test_files_that_cannot_be_weights(tmp_path: Path, file: str, message: str) -> None:
    """Missing, foreign, special and empty files are one message each."""
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "empty.npz").touch()
    (tmp_path / "empty.safetensors").touch()

    assert message in fault(tmp_path, file)


def test_a_shape_that_only_claims_to_be_huge_takes_no_memory(tmp_path: Path) -> None:
    """The shape in the header is held against the layers before any number is read."""
    save_torch(tmp_path / "w.safetensors", SCIKIT, coefs_0=[10**12, 3])

    assert "'coefs_0' is 1000000000000 × 3, where the layers make it 2 × 3" in fault(tmp_path, "w.safetensors")


def test_what_weights_will_take_is_known_before_they_are_read(tmp_path: Path) -> None:
    """A small file that would unpack to gigabytes is refused by the model's own size."""
    (tmp_path / "w.npz").write_bytes(b"unread")
    found = fault(tmp_path, layers="[10000, 10000, 1]")
    assert found.endswith("w.npz: this model has 100,020,001 weights, 0.7 GiB; 67,108,864 are the most")
