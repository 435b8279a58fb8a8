"""A checked spec becomes the ModelSpec that everything behind the readers works on; defaults are filled in here."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.inputs.described.to_spec import ASSUMED, drawn_and_assumed
from gradaudit.layers.plain import layer_of

if TYPE_CHECKING:
    from gradaudit.inputs.yaml_spec import schema


def model_spec(spec: schema.Spec, *, name: str, source: str, folder: str) -> ModelSpec:
    """The spec's nouns; `name` is for a spec that gives none, relative paths start at `folder`.

    Weights are not read yet: `audits_initialisation` and `assumed` already count on them.
    """
    layers = tuple(layer_of(_entry(layer)) for layer in spec.layers[1:])
    defaults, shape = ModelSpec(name="", inputs=0, layers=()), _shape(spec)
    said = [key for key in ("init", *ASSUMED) if getattr(spec, key) is not None]
    draws, assumed = drawn_and_assumed(layers, said, has_weights=spec.weights is not None)
    return ModelSpec(
        name=spec.name or name,
        inputs=shape[-1],
        positions=shape[:-1],
        layers=layers,
        activation=spec.activation or defaults.activation,
        output=spec.output,
        init=spec.init or defaults.init,
        bias=spec.bias,
        loss=spec.loss,
        l2=float(spec.l2),
        optimizer=spec.optimizer or defaults.optimizer,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        precision=spec.precision,
        data=_placed(spec.data, folder) if spec.data else defaults.data,
        audits_initialisation=draws,
        audit=_audit(spec.audit),
        assumed=assumed,
        source=source,
    )


def _shape(spec: schema.Spec) -> tuple[int, ...]:
    """Of one input."""
    first = spec.layers[0]
    if not isinstance(first, int | list):
        raise TypeError(f"the first entry of layers is {first!r}: geometry should have refused it")
    return (first,) if isinstance(first, int) else tuple(first)


def _entry(entry: schema.Layer) -> Any:  # noqa: ANN401 - as a spec writes it, but for names that are read already
    """A checked entry of `layers` without its model."""
    if isinstance(entry, int | str):
        return entry
    said = {key: getattr(entry, key) for key in entry.model_fields_set}
    inside = {key: [_entry(each) for each in said[key]] for key in ("layers", "shortcut") if key in said}
    return {**said, **inside}


def _placed(data: Named, folder: str) -> Named:
    """The data with its path relative to the working directory."""
    path = data.get("path")
    if path is None:
        return data
    return Named.of(data.name, **{**dict(data.parameters), "path": placed(str(path), folder)})


def placed(path: str, folder: str) -> str:
    """A path of the spec, seen from the working directory."""
    return str(PurePath(folder) / path)


def _audit(audit: schema.Audit | None) -> AuditOptions:
    if audit is None:
        return AuditOptions()
    thresholds = tuple((rule, key, value) for rule, given in audit.rules.items() for key, value in given.items())
    return AuditOptions(
        audit.seeds,
        audit.seed,
        audit.samples,
        audit.effort,
        tuple(audit.select),
        tuple(audit.ignore),
        audit.fail_on,
        thresholds,
    )
