"""PyTorch's recurrent modules and embeddings as described layers.

Sequences are rows × steps × features (`batch_first=True`), which is a spec's own order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.last_step import added
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.pytorch.parameters import Described, Shape, arrays_of, own_name

RECURRENT = {"RNN": "rnn", "LSTM": "lstm", "GRU": "gru"}
_SUFFIXES = {"": "", "reverse_": "_reverse"}
_KEEPING = {"LSTM": "forget_bias", "GRU": "update_bias"}
"""The key for the biases of the gate that keeps the memory: the second of both, in PyTorch's order."""


def recurrent(kind: str, module: Any, place: Place) -> Described:  # noqa: ANN401
    """Each of the module's stacked layers, all of which give every step. Raises InputError for what is not audited."""
    if not module.batch_first:
        raise place.refusal(f"{kind} with batch_first=False is not audited; write batch_first=True, and rows first")
    if getattr(module, "proj_size", 0):
        raise place.refusal(f"{kind} with proj_size is not audited; leave it out, and put a Linear behind")
    found: list[DescribedLayer] = []
    name, is_drawn = own_name(place), is_fresh(kind, module)
    for level in range(module.num_layers):
        if level and module.dropout:
            found.append(DescribedLayer("dropout", place, {"rate": float(module.dropout)}))
        keys: dict[str, Value] = {"units": module.hidden_size, "return_sequences": True, "init": "pytorch"}
        keys |= {"bidirectional": True} if module.bidirectional else {}
        keys |= {"activation": "relu"} if getattr(module, "nonlinearity", "tanh") == "relu" else {}
        keys |= {} if module.bias else {"bias": False}
        if is_drawn and (kept := _kept_bias(kind, module, f"_l{level}")) is not None:
            keys[_KEEPING[kind]] = kept
        keys |= {} if name is None else {"name": name if module.num_layers == 1 else f"{name}_l{level}"}
        found.append(DescribedLayer(RECURRENT[kind], place, keys, dict(_arrays(kind, module, level, place))))
    return tuple(found)


def _arrays(kind: str, module: Any, level: int, place: Place) -> Iterator[tuple[str, Array]]:  # noqa: ANN401
    """The arrays of one stacked layer; its two biases add, but for those of a GRU's candidate."""
    for prefix in ("", "reverse_")[: 1 + module.bidirectional]:
        of = f"_l{level}{_SUFFIXES[prefix]}"
        own = arrays_of(module, place, weight=f"weight_ih{of}", recurrent=f"weight_hh{of}")
        yield from ((f"{prefix}{name}", np.ascontiguousarray(array.T)) for name, array in own.items())
        if not module.bias:
            continue
        outer, inner = arrays_of(module, place, outer=f"bias_ih{of}", inner=f"bias_hh{of}").values()
        both = added(outer, inner, module.hidden_size if kind == "GRU" else 0)
        yield from ((f"{prefix}{name}", array) for name, array in both.items())


def _kept_bias(kind: str, module: Any, of: str) -> float | str | None:  # noqa: ANN401
    """What the keeping gate's biases were set to, a number or `chrono`; None where they may be PyTorch's own draw."""
    if kind not in _KEEPING or not module.bias:
        return None
    n = module.hidden_size
    both = (getattr(module, f"bias_ih{of}") + getattr(module, f"bias_hh{of}")).detach().double()[n : 2 * n]
    least, most, drawn = float(both.min()), float(both.max()), 2 * n**-0.5
    if max(-least, most) <= drawn * (1 + 1e-6):
        return None
    if most - least <= 2 * drawn:  # one of the two biases was set, the other is a draw around 0
        return round(float(both.mean()), 1)
    return "chrono" if least >= 0 else None


def is_fresh(kind: str, module: Any) -> bool:  # noqa: ANN401
    """Whether all of its parameters may be PyTorch's own draw, U(−1/√units, 1/√units), but for a keeping gate's."""
    bound = module.hidden_size**-0.5
    parameters = [part for name, each in module.named_parameters() for part in _drawn(kind, module, name, each)]
    return all(float(each.abs().max()) <= bound * (1 + 1e-6) for each in parameters) and all(
        abs(float(each.std()) / bound * 3**0.5 - 1) < 0.5 for each in parameters if each.numel() >= 64
    )


def _drawn(kind: str, module: Any, name: str, parameter: Any) -> Iterator[Any]:  # noqa: ANN401
    """The parameter; of biases each gate's part, without what was set for the memory's sake."""
    values = parameter.detach().double()
    kept = _kept_bias(kind, module, name[len("bias_ih") :]) if name.startswith("bias") else None
    if kept is None:
        yield values
        return
    gates = values.split(module.hidden_size)
    yield from gates[2:]
    if (kind, kept) != ("LSTM", "chrono"):  # else the gate that admits may be shut as far as that one keeps
        yield gates[0]


def embedding(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    """A table of vectors."""
    if module.max_norm is not None or module.scale_grad_by_freq or module.sparse:
        raise place.refusal("an Embedding with max_norm, scale_grad_by_freq or sparse is not audited")
    keys: dict[str, Value] = {"vocabulary": module.num_embeddings, "units": module.embedding_dim, "init": "pytorch"}
    keys["name"] = own_name(place)
    return (DescribedLayer("embedding", place, keys, arrays_of(module, place, weight="weight")),)
