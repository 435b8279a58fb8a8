"""A data section, or arrays that a person passes, becomes X and the targets as the loss sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gradaudit.datasets import bundled, generated, sequences
from gradaudit.datasets.arrays import given
from gradaudit.datasets.interface import Dataset, Kind, Loader, Raw
from gradaudit.datasets.scaling import scaled_as_by_model, standardized
from gradaudit.datasets.targets import completed, encoded, renumbered, target_kind, with_whole_targets
from gradaudit.datasets.widths import check_tokens, output_positions, place, shaped, vocabulary
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError, Location, Problem, SpecError
from gradaudit.functions.losses import LOSSES

__all__ = ["LOADERS", "Dataset", "load", "named_file", "prepare", "read_file"]


def _load_file(spec: ModelSpec, seed: int) -> Raw:
    """The file of the data section; a relative path in it is relative to the working directory by now."""
    return read_file(spec.data, place(spec, "data.path"))


LOADERS: Mapping[str, Loader] = {
    **dict.fromkeys(generated.NAMES, generated.load),
    **dict.fromkeys(sequences.NAMES, sequences.load),
    **dict.fromkeys(bundled.NAMES, bundled.load),
    **dict.fromkeys(("csv", "npz"), _load_file),
}
"""Every value that `data` may name, with what loads it."""


_FILES = {".npz": "npz", ".csv": "csv", ".tsv": "csv", ".txt": "csv"}


def prepare(spec: ModelSpec, seed: int, X: object = None, y: object = None) -> tuple[ModelSpec, Dataset]:
    """The spec with `loss` and `output` decided, and the data: those of its data section, or X and y.

    X and y are arrays or data frames; where they are given they replace the section's rows, and its
    `standardize` flags still apply. Raises InputError for data that cannot be used, SpecError, with the line
    of the spec, where the network's widths do not fit them.
    """
    if spec.loss is not None and spec.loss.name not in LOSSES:
        raise SpecError(Problem(f"loss: {spec.loss.name!r} is no loss", place(spec, "loss")))
    raw = load(spec, seed) if X is None and y is None else given(X, y)
    _check_rows(raw, spec)
    raw = with_whole_targets(shaped(spec, raw), spec)
    check_tokens(spec, raw)
    raw = raw if raw.stand_in else scaled_as_by_model(raw, spec.scalings)
    kind = raw.kind or target_kind(raw.y, spec)
    spec = completed(spec, kind)
    return spec, _scaled(spec, raw, kind)


def _check_rows(raw: Raw, spec: ModelSpec) -> None:
    """Raise SpecError where X and y have not equally many rows."""
    if len(raw.X) == len(raw.y):
        return
    told = f"X has {counted(len(raw.X), 'row')}, y has {len(raw.y)}"
    if raw.X.shape[-1] == len(raw.y):
        told += f": the last axis of X, {' × '.join(map(str, raw.X.shape))}, has as many; transpose X, rows first"
    raise SpecError(Problem(told, place(spec, "data")))


def load(spec: ModelSpec, seed: int) -> Raw:
    """The rows of the spec's data section, as they are. Raises SpecError for an unknown name."""
    loader = LOADERS.get(spec.data.name)
    if loader is None:
        raise SpecError(Problem(f"data: {spec.data.name!r} is no data set", place(spec, "data")))
    return loader(spec, seed)


def _scaled(spec: ModelSpec, raw: Raw, kind: Kind) -> Dataset:
    """The data as the network sees them: targets encoded, both sides standardised where the spec says so."""
    scales_targets = kind == "numbers" and spec.data.get("standardize_targets", default=False)
    if scales_targets:
        is_one_output = raw.y.shape[1:] == output_positions(spec)
        raw = replace(raw, y=standardized(raw.y[..., None] if is_one_output else raw.y))
    T = encoded(raw, kind, spec)
    X, description = raw.X, raw.description + renumbered(raw.y, kind)
    if spec.data.get("standardize", default=False) and vocabulary(spec) is None:
        X, description = standardized(X), f"{description}, standardised"
    if scales_targets:
        description += ", targets standardised"
    return Dataset(X, T, kind, description, raw.stand_in)


def named_file(argument: str) -> Named:
    """`--data FILE[:TARGET]` as a data section. Raises InputError where FILE is neither CSV nor npz."""
    path, target = argument, ""
    head, colon, tail = argument.rpartition(":")
    if colon and not Path(argument).exists() and Path(head).suffix:  # a drive's letter has no suffix
        path, target = head, tail
    name = _FILES.get(Path(path).suffix.lower())
    if name is None:
        raise InputError(f"--data {argument}: only .csv and .npz files are read")
    return Named.of(name, path=path, **({"target": target} if target else {}))


def read_file(data: Named, where: Location | None = None) -> Raw:
    """Inputs and targets of a data section that is a file; `where` is the place that names it."""
    if data.name == "npz":
        from gradaudit.datasets.archive import read_npz as read
    else:
        from gradaudit.datasets.table import read_csv as read
    return read(str(data.get("path", "")), data.get("target"), where)
