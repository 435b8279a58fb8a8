"""Described layers as a reader would find them, each at a line of a file."""

from __future__ import annotations

import numpy as np

from gradaudit.errors import Location
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.to_spec import spec_of


def at(line):
    """A place in the file."""
    return Place(f"layer {line}", Location("m.x", line, 1))


def dense(inputs=2, units=2, line=1, **keys):
    """A dense layer with weights that tell where they are from."""
    arrays = {"weight": np.full((inputs, units), line), "bias": np.zeros(units)}
    return DescribedLayer("dense", at(line), {"units": units, **keys}, arrays)


def bare(line=1, **keys):
    """A dense layer of which no weights are known."""
    return DescribedLayer("dense", at(line), {"units": 2, **keys})


def norm(line=2, width=2, kind="layer_norm", **keys):
    """A norm with a scale of its own."""
    return DescribedLayer(kind, at(line), keys, {"scale": np.full(width, line)})


def act(name="tanh", line=3):
    """An activation in a place of its own."""
    return DescribedLayer("activation", at(line), {"activation": name})


def dropout(line=2, rate=0.5):
    """Dropout."""
    return DescribedLayer("dropout", at(line), {"rate": rate})


def block(*layers, line=2, **keys):
    """A residual block."""
    return DescribedLayer("residual", at(line), keys, layers=layers)


def scale(line, *numbers):
    """A scaling by these numbers."""
    return DescribedLayer("input_scaling", at(line), weights={"offset": np.array([1.0]), "scale": np.array(numbers)})


def spec(*layers, inputs=2, leaves_output_open=False, **settings):
    """The model of these layers."""
    lines = dict.fromkeys(settings, Location("m.x", 9, 1))
    place = Place("", Location("m.x"))
    model = DescribedModel("m", place, layers, (inputs,), "x", settings, lines, ("a note",), leaves_output_open)
    return spec_of(model)
