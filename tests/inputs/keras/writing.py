"""Keras configurations by hand, in the forms of Keras 2 and 3, no longer than a test needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradaudit.errors import GradauditError, Location
from gradaudit.inputs import read

Config = dict[str, Any]


def fault(path: Path) -> str:
    """The one message that a file ends in, without the folder."""
    with pytest.raises(GradauditError) as caught:
        read(str(path))
    (problem,) = caught.value.problems
    assert problem.location == Location(str(path))
    return problem.message


def layer(kind: str, **config: Any) -> Config:
    """A layer of a class."""
    return {"class_name": kind, "config": config}


def dense(units: int = 3, **config: Any) -> Config:
    """A dense layer."""
    return layer("Dense", units=units, **config)


def start(*sides: int | None) -> Config:
    """An InputLayer of Keras 3."""
    return layer("InputLayer", batch_shape=[None, *sides], name="start")


def sequential(*layers: Config, **more: Any) -> Config:
    """A Sequential model on four inputs."""
    return {"class_name": "Sequential", "config": {"name": "m", "layers": [start(4), *layers]}, **more}


def called(inner: Config, name: str, *sources: str, keras: int = 3) -> Config:
    """A layer in a functional model that takes the outputs of others."""
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}} for source in sources]
    nodes: list[Any] = [{"args": [tensors] if len(tensors) > 1 else tensors, "kwargs": {}}]
    if keras == 2:
        nodes = [[[source, 0, 0, {}] for source in sources]]
    return {
        **inner,
        "name": name,
        "config": {"name": name, **inner["config"]},
        "inbound_nodes": nodes if sources else [],
    }


def functional(*layers: Config, end: str = "end", keras: int = 3) -> Config:
    """A functional model on four inputs, from `start` to `end`."""
    ports = [[name, 0, 0] for name in ("start", end)]
    key = "batch_shape" if keras == 3 else "batch_input_shape"
    first = called(layer("InputLayer", **{key: [None, 4]}), "start")
    config = {
        "name": "m",
        "layers": [first, *layers],
        "input_layers": ports[0] if keras == 3 else ports[:1],
        "output_layers": ports[1] if keras == 3 else ports[1:],
    }
    return {"class_name": "Functional", "config": config, "keras_version": f"{keras}.4.1"}


def compiled(loss: object = "mse", optimizer: object = "sgd", **config: Any) -> Config:
    """A Sequential model with one dense layer, compiled."""
    given = {"loss": loss, "optimizer": optimizer}
    return sequential(dense(**{"units": 1, "name": "out", **config}), compile_config=given)


def named(kind: str, **config: Any) -> Config:
    """A serialised initializer, optimizer, loss, …"""
    return {"module": "keras", "class_name": kind, "config": config, "registered_name": None}
