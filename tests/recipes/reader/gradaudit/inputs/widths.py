"""A text file with the widths of a dense network: `4 16 3`."""

from __future__ import annotations

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import read_file
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.to_spec import spec_of

MAX_BYTES = 4096


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """The one model of the file. Raises InputError for what are no widths."""
    here = Location(source, 1)
    words = read_file(source, MAX_BYTES, "a file of widths").split()
    if len(words) < 2 or not all(word.isdigit() for word in words):
        raise InputError(Problem("holds no widths; write them as in 4 16 3", here))
    inputs, *units = map(int, words)
    layers = tuple(DescribedLayer("dense", Place(f"layer {k}", here), {"units": n}) for k, n in enumerate(units))
    return (spec_of(DescribedModel("widths", Place("", here), layers, (inputs,), "widths")),)
