"""State dicts give the numbers that torch.save wrote; whatever else is in the file is inert or refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.errors import Location
from gradaudit.inputs.pytorch.state_dict import StateDict
from gradaudit.inputs.weight_files.reading import read_weights
from gradaudit.inputs.yaml_spec.document import from_document

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn = torch.nn
pytestmark = pytest.mark.torch


def saved(thing: object, **given: Any) -> io.BytesIO:
    """What torch.save writes."""
    stream = io.BytesIO()
    torch.save(thing, stream, **given)
    stream.seek(0)
    return stream


def module() -> Any:
    """The decoder is named before the encoder in the alphabet, and not in the module."""
    net = nn.Sequential()
    net.add_module("encoder", nn.Linear(4, 6))
    net.add_module("norm", nn.BatchNorm1d(6))
    net.add_module("act", nn.ReLU())
    net.add_module("decoder", nn.Linear(6, 2, bias=False))
    return net


SPEC = {"layers": [4, {"units": 6, "norm": "batch_norm"}, {"units": 2, "bias": False}], "loss": "mse"}


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"epoch": 3, "state_dict": s}, lambda s: {"model": s}])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_weights_of_a_spec(wrap: Callable[[Any], Any], dtype: str, tmp_path: Path) -> None:
    """The state dict alone, and where people keep it; every type of number."""
    net = module().to(getattr(torch, dtype))
    path = tmp_path / "model.pt"
    path.write_bytes(saved(wrap(net.state_dict())).getvalue())
    weights = read_weights(str(path), from_document(SPEC), Location("m.yaml"))
    np.testing.assert_array_equal(weights.each("weight")[0], net.encoder.weight.detach().double().numpy().T)
    np.testing.assert_array_equal(weights.each("weight")[1], net.decoder.weight.detach().double().numpy().T)
    np.testing.assert_array_equal(weights.each("scale")[0], net.norm.weight.detach().double().numpy())
    assert len(weights.each("bias")) == 1


def test_a_checkpoint_with_its_optimizer(tmp_path: Path) -> None:
    """As a trainer writes it: Adam's moments are larger than the weights."""
    net = module()
    optimizer = torch.optim.Adam(net.parameters())
    optimizer.step(lambda: net(torch.ones(3, 4)).sum().backward())
    moments = [optimizer.state_dict()]
    state = {"state_dict": net.state_dict(), "optimizer_states": moments, "hyper_parameters": {"lr": 1}}
    path = tmp_path / "last.ckpt"
    path.write_bytes(saved(state).getvalue())
    weights = read_weights(str(path), from_document(SPEC), Location("m.yaml"))
    np.testing.assert_array_equal(weights.each("bias")[0], net.encoder.bias.detach().double().numpy())  # type: ignore[arg-type]


def test_tensors_that_share_a_storage() -> None:
    """Transposed, cut out, a scalar, and a parameter."""
    base = torch.arange(12.0).reshape(3, 4)
    state = {"t": base.T, "cut": base[1:, 2:], "one": torch.tensor(3.0), "p": nn.Parameter(base)}
    file = StateDict(saved(state))
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == dict(file.shapes)
    for name, tensor in state.items():
        np.testing.assert_array_equal(file.load(name), tensor.detach().numpy())


class Evil:
    """Runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("evil",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: io.BytesIO(b"abc"), "no archive as PyTorch writes it since 1.6; load it there and save it again"),
        (lambda: saved(module().state_dict(), _use_new_zipfile_serialization=False), "no archive as PyTorch writes it"),
        (lambda: io.BytesIO(b"PK\x03\x04 and no more"), "a damaged archive"),
        (lambda: saved({"epoch": 3}), "no state dict in it; save one"),
        (lambda: saved(3), "no state dict in it"),
        (lambda: saved({"a": torch.zeros(2), "x": Evil()}), "it calls 'posix.mkdir' when it is loaded"),
        (lambda: saved({"x": Evil()}), "only --unsafe-load lets it, of a scikit-learn file"),
        (lambda: packed({"x.txt": b""}), "it has no data.pkl"),
        (lambda: packed({"a/data.pkl": b"", "a/code/x.py": b""}), "a TorchScript archive; save the state dict"),
        (lambda: packed({"a/data.pkl": tensor(0, (4,), (1,))}, {"a/data/0": b"\0" * 8}), "lies outside of its storage"),
        (lambda: packed({"a/data.pkl": tensor(0, (9,), (0,))}, {"a/data/0": b"\0" * 8}), "repeats its numbers"),
        (lambda: packed({"a/data.pkl": tensor(-1, (1,), (1,))}), "does not say where its numbers are"),
        (lambda: packed({"a/data.pkl": tensor(0, (1 << 50,), (1,))}), "a tensor in it has no shape"),
        (lambda: packed({"a/data.pkl": tensor(0, (1,), (1,), key="../x")}), "does not say where its numbers are"),
        (lambda: packed({"a/data.pkl": tensor(0, (1,), (1,))}), "there is no 'data/0' in the archive"),
    ],
)
def test_what_is_no_state_dict_is_told(
    make: Callable[[], io.BytesIO], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing in it runs."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r".") as error:
        load_all(make())
    assert message in str(error.value)
    assert not Path("evil").exists()


def load_all(stream: io.BytesIO) -> None:
    """Every number in it."""
    file = StateDict(stream)
    for name in file.shapes:
        file.load(name)


def packed(*members: dict[str, bytes]) -> io.BytesIO:
    """An archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in {key: value for each in members for key, value in each.items()}.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def tensor(offset: int, shape: tuple[int, ...], strides: tuple[int, ...], key: str = "0") -> bytes:
    """The pickle of a state dict with one tensor of float32."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> object:
            return ("storage", torch.FloatStorage, key, "cpu", 2) if isinstance(thing, _Storage) else None

        def reducer_override(self, thing: object) -> object:
            made = (_Storage(), offset, shape, strides, False, None)
            return (torch._utils._rebuild_tensor_v2, made) if isinstance(thing, _Marker) else NotImplemented  # noqa: SLF001

    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump({"w": _Marker()})
    return stream.getvalue()


class _Marker:
    """Stands for the tensor."""


class _Storage:
    """Stands for where its numbers are."""
