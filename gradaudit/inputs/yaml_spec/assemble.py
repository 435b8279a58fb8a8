"""A checked spec becomes the ModelSpec that everything behind the readers works on; defaults are filled in here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.inputs.described.to_spec import ASSUMED, drawn_and_assumed
from gradaudit.layers.plain import layer_of


def model_spec(spec: Mapping[str, Any], *, name: str, source: str, folder: str) -> ModelSpec:
    """A spec as `schema.SPEC` reads it, in nouns; `name` is for one that gives none, relative paths start at `folder`.

    Weights are not read yet: `audits_initialisation` and `assumed` already count on them.
    """
    layers = tuple(layer_of(entry) for entry in spec["layers"][1:])
    defaults, shape = ModelSpec(name="", inputs=0, layers=()), _shape(spec)
    said = [key for key in ("init", *ASSUMED) if key in spec]
    draws, assumed = drawn_and_assumed(layers, said, has_weights="weights" in spec)
    return ModelSpec(
        name=spec.get("name", name),
        inputs=shape[-1],
        positions=shape[:-1],
        layers=layers,
        activation=spec.get("activation", defaults.activation),
        output=spec.get("output"),
        init=spec.get("init", defaults.init),
        bias=spec.get("bias"),
        loss=spec.get("loss"),
        l2=float(spec.get("l2", defaults.l2)),
        optimizer=spec.get("optimizer", defaults.optimizer),
        batch_size=spec.get("batch_size"),
        epochs=spec.get("epochs"),
        precision=spec.get("precision", defaults.precision),
        data=_placed(spec["data"], folder) if "data" in spec else defaults.data,
        audits_initialisation=draws,
        audit=_audit(spec.get("audit", {})),
        assumed=assumed,
        source=source,
    )


def _shape(spec: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of one input."""
    first = spec["layers"][0]
    if not isinstance(first, int | tuple):
        raise TypeError(f"the first entry of layers is {first!r}: geometry should have refused it")
    return (first,) if isinstance(first, int) else first


def _placed(data: Named, folder: str) -> Named:
    """The data with its path relative to the working directory."""
    path = data.get("path")
    return data if path is None else data.having(path=placed(str(path), folder))


def placed(path: str, folder: str) -> str:
    """A path of the spec, seen from the working directory."""
    return str(PurePath(folder) / path)


def _audit(audit: Mapping[str, Any]) -> AuditOptions:
    rules: Mapping[str, Mapping[str, Any]] = audit.get("rules", {})
    triples = tuple((rule, key, value) for rule, given in rules.items() for key, value in given.items())
    return AuditOptions(**{key: value for key, value in audit.items() if key != "rules"}, thresholds=triples)
