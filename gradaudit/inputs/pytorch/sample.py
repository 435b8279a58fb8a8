"""A few rows for a module's forward pass to run on: the person's own, else random ones of the width that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isqrt
from typing import Any

import numpy as np

from gradaudit.errors import InputError, Location
from gradaudit.inputs.described.model import Place
from gradaudit.inputs.pytorch.reading import ForwardPass, read_trace
from gradaudit.inputs.pytorch.trace import run
from gradaudit.layers.windows import by

_MOST_WIDTHS = 4
_SIDES, _LENGTHS = (28, 32, 64, 224, 28, 96, 48, 16, 8), (100, 128, 50, 64, 28, 1000, 187, 32)
"""Of images and of signals that people use, the first of which the forward pass takes is audited on."""
_STEPS = (50, 100, 20)
"""The same of sequences."""


def read_module(module: Any, X: object, path: str, location: Location | None) -> ForwardPass:  # noqa: ANN401 - no types here
    """The module's layers, from a run on X's first rows, else on random ones of the first shape that it takes.

    Raises InputError for what no spec can say; where no shape is taken, what came of the first.
    """
    _check_forward(module, Place(path, location))
    first: InputError | None = None
    for rows in _samples(module, X):
        trace = run(module, rows, path)
        try:
            return _noted(read_trace(trace, location, path), X)
        except InputError as error:
            if trace.error is None:
                raise
            first = first or error
    raise first or Place(path, location).refusal("it has no weights, so there is nothing to train")


def _noted(found: ForwardPass, X: object) -> ForwardPass:
    """The forward pass, noting where positions are a guess."""
    is_guess = len(found.inputs) > 1 or any(layer.type == "embedding" for layer in found.layers[:1])
    if X is not None or not is_guess:
        return found
    note = (
        f"nothing says how large its inputs are; {by(found.inputs)} is the first usual size that the forward pass takes"
    )
    return replace(found, notes=(*found.notes, note))


def _check_forward(module: Any, place: Place) -> None:  # noqa: ANN401
    """One tensor goes in."""
    import inspect

    if type(module).__module__.startswith("torch.jit"):
        raise place.refusal(
            "a scripted module does not show what it computes; hand over the module that it was made of"
        )
    given = list(inspect.signature(module.forward).parameters.values())
    needed = [p for p in given if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(needed) > 1:
        names = ", ".join(p.name for p in needed)
        raise place.refusal(f"its forward pass takes {len(needed)} inputs ({names}); a network with one is audited")


def _samples(module: Any, X: object) -> Iterator[Any]:  # noqa: ANN401
    """Rows in the module's own type and on its device, none as many as a layer is wide."""
    import torch

    parameters = list(module.parameters())
    if not parameters:
        return
    if any(isinstance(p, torch.nn.parameter.UninitializedParameter) for p in parameters) and X is None:
        raise InputError("a lazy layer takes its width from the data: name the module with X and y")
    widths = {side for p in parameters if p.numel() for side in p.shape}
    count = next(n for n in (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, *range(41, 10**6)) if n not in widths)
    like = next(p for p in parameters if p.is_floating_point())
    first, generator = _first(module), torch.Generator().manual_seed(0)
    if isinstance(first, torch.nn.Embedding):
        yield from _tokens(first, X, count, generator)
        return
    if X is not None and (own := _first_rows(X, count)) is not None:
        yield torch.as_tensor(own).to(like)
    for shape in _shapes(module):
        yield torch.randn(count, *shape, generator=generator, dtype=torch.float64).to(like)


def _first_rows(X: object, count: int) -> np.ndarray | None:
    """So many rows as numbers, repeated where there are fewer; None for what is no table of numbers."""
    try:
        rows = np.asarray(X[:count] if hasattr(X, "shape") and not hasattr(X, "iloc") else X)  # type: ignore[index]
        rows = rows[:count].astype(np.float64)
    except (TypeError, ValueError, IndexError):
        return None
    return np.resize(rows, (count, *rows.shape[1:])) if rows.ndim > 1 and rows.size else None


def _first(module: Any) -> Any:  # noqa: ANN401
    """The first part with parameters of its own."""
    return next((part for part in module.modules() if any(True for _ in part.parameters(recurse=False))), None)


def _tokens(embedding: Any, X: object, count: int, generator: Any) -> Iterator[Any]:  # noqa: ANN401
    """Rows of whole numbers that the embedding knows, first as long as those of X, which may hold others."""
    import torch

    own = None if X is None else _first_rows(X, count)
    shapes = [own.shape[1:]] if own is not None else []
    for shape in (*shapes, *((steps,) for steps in _STEPS)):
        yield torch.randint(0, embedding.num_embeddings, (count, *shape), generator=generator)


def _shapes(module: Any) -> Iterator[tuple[int, ...]]:  # noqa: ANN401
    """Of one row: of images or signals where it has convolutions; else the widths of the Linears, then such images."""
    first = _first(module)
    if hasattr(first, "input_size") and hasattr(first, "hidden_size"):
        yield from ((steps, first.input_size) for steps in _STEPS)
        return
    if hasattr(first, "kernel_size"):
        axes = len(first.kernel_size)
        usual = _LENGTHS if axes == 1 else _SIDES if first.in_channels == 1 else _SIDES[1:]
        yield from ((first.in_channels, *(side,) * axes) for side in usual)
        return
    widths = [part.in_features for part in module.modules() if hasattr(part, "in_features")]
    widths += [side for p in module.parameters(recurse=False) if p.dim() == 2 for side in p.shape]
    distinct = list(dict.fromkeys(widths))[:_MOST_WIDTHS] or [1]
    yield from ((width,) for width in distinct)
    for width in distinct[:2]:
        for channels in (1, 3):
            side = isqrt(width // channels)
            if side > 1 and channels * side * side == width:
                yield channels, side, side
