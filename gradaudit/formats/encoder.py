"""A report's dataclasses as plain values of JSON, by their fields: the inverse of the decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.measurements import LayerSignal, LayerUnits, Measurements, Stage, ThroughTime, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport, ReportedLayer
from gradaudit.formats.plain_values import Json, beside, each_value, plain_json, triple

KEYS = {"old": "from", "new": "to", "reservations": "stand_ins"}
"""Field → its key, where the two differ."""

_SIGNAL = ("loss", "data_loss", "gradient_norm", "error_signal_ratio", "error_signal_norm_ratio", "largest")
_ROW = ("index", "error_signal_rms", "activation_mean", "activation_std")
_WEIGHTED_ROW = ("weight_gain", "activation_gain")
_OPTIONAL_ROW = ("weight_gradient_norm", "bias_gradient_norm", "path_gain", "update_ratio", "distinctness")
_ORDER: Mapping[type, str] = {
    ModelReport: "model settings verdict conclusive covered planned summary findings measurements command versions "
    "origin rules unchecked",
    Finding: "rule severity stage layers path location message plainly cause evidence cleared_by regret symptom_of "
    "fixes suppressed",
    Fix: "title kind changes why code verified better still_fails clears introduces before after course edits",
    ReportedLayer: "index path name kind units activation init line shape parameters unit_word",
    ThroughTime: "direction steps ratio gain memory spectral_radius at profile predicted",
    Trajectory: "learning_rate steps loss finished best final progress oscillation",
}
"""The fields in the order of the document, where that is not their own."""


def encoded(value: Any) -> Json:  # noqa: ANN401 - whatever a report holds
    """The value with every dataclass a mapping and every tuple a list."""
    if type(value) in _WRITERS:
        return _WRITERS[type(value)](value)
    if isinstance(value, PerSeed):
        return triple(value)
    if is_dataclass(value):
        return record(value)
    if isinstance(value, Severity):
        return str(value)
    if isinstance(value, tuple):
        return [encoded(item) for item in value]
    return _pairs(value.items()) if isinstance(value, Mapping) else plain_json(value)


def record(holder: Any, keys: Sequence[str] = ()) -> dict[str, Json]:  # noqa: ANN401
    """A dataclass by these fields, or by all of them."""
    return _pairs((KEYS.get(key, key), getattr(holder, key)) for key in keys or _keys(holder.__class__))


@cache
def _keys(kind: type) -> tuple[str, ...]:
    return tuple(_ORDER[kind].split()) if kind in _ORDER else tuple(each.name for each in fields(kind))


def _pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Json]:
    """What stands beside a null comes behind the last of the numbers of its sort."""
    found: dict[str, Json] = {}
    late: dict[str, Json] = {}
    group: type | None = None
    for key, value in pairs:
        sort = PerSeed if isinstance(value, PerSeed) else float if isinstance(value, float | list | dict) else str
        if value is not None and sort is not group:
            found, late, group = found | late, {}, sort
        found[key] = encoded(value)
        late |= beside(key, value)
    return found | late


def _measurements(measured: Measurements) -> Json:
    """All stages in the report's order, the training runs and what theory predicts."""
    others = {key: getattr(measured, key) for key in ("data", "descent", "prediction")}
    return {"stages": encoded(measured.stages), **_known(others)}


def _stage(stage: Stage) -> Json:
    others = {key: getattr(stage, key) for key in ("curvature", "learning_rate", "critical_point")}
    signal = stage.signal
    first = {} if signal is None else {**record(signal, _SIGNAL), "underflow": encoded(signal.underflow)}
    layers: dict[str, Json] = {"layers": _layers(stage)} if signal is not None or stage.units is not None else {}
    return {**first, **layers, **_known(others)}


def _known(values: Mapping[str, Any]) -> dict[str, Json]:
    return {key: encoded(value) for key, value in values.items() if value is not None}


def _layers(stage: Stage) -> list[Json]:
    """Signal and units of one row in one object, rows in forward order."""
    rows: dict[int, dict[str, Json]] = {}
    for signal in stage.signal.layers if stage.signal else ():
        rows[signal.index] = _signal_row(signal)
    for units in stage.units.layers if stage.units else ():
        rows[units.index] = rows.get(units.index, {"index": units.index}) | _units_row(units)
    return [rows[index] for index in sorted(rows)]


def _signal_row(row: LayerSignal) -> dict[str, Json]:
    """A dense row has both gains, null behind the last layer; the others are absent where there are none."""
    has_weights = row.weight_gradient_norm is not None
    gains = [key for key in _WEIGHTED_ROW if has_weights or getattr(row, key) is not None]
    others = [key for key in _OPTIONAL_ROW if getattr(row, key) is not None]
    return record(row, (*_ROW, *gains, *others)) | (_through_time(row.time) if row.time else {})


def _through_time(directions: tuple[ThroughTime, ...]) -> dict[str, Json]:
    """`time` has all that is known of each direction; ratio and profile once more, alone where there is one."""
    ratios: list[Json] = [_short(one.ratio) for one in directions]
    profiles: list[Json] = [
        [{"step": t, **(_short(values) or {})} for t, values in zip(one.at, one.profile, strict=True)]
        for one in directions
    ]
    alone = len(directions) == 1
    return {
        "time_ratio": ratios[0] if alone else ratios,
        "time_profile": profiles[0] if alone else profiles,
        "time": encoded(directions),
    }


def _short(values: PerSeed) -> dict[str, Json] | None:
    whole = triple(values)
    return whole and {key: value for key, value in whole.items() if key != "values"}


def _units_row(row: LayerUnits) -> dict[str, Json]:
    optional = ("twin_fraction",) if row.twin_fraction is not None else ()
    gates = ("gates",) if row.gates else ()
    bins = ("histogram", "histogram_range", *(("derivative",) if row.derivative else ())) if row.histogram else ()
    return record(row, ("dead_fraction", "saturated_fraction", *optional, *gates, *bins))


def _trajectory(run: Trajectory) -> Json:
    """`loss` holds one list a look, with one value a seed."""
    return {**record(run), "loss": [each_value(look) for look in run.loss]}


def _finding(finding: Finding) -> Json:
    found = record(finding)
    return found if finding.suppressed is not None else {k: v for k, v in found.items() if k != "suppressed"}


def _layer(layer: ReportedLayer) -> Json:
    keys = _keys(ReportedLayer)
    return {**record(layer, keys[:8]), "type": layer.kind, **record(layer, keys[8:])}


_WRITERS: Mapping[type, Callable[[Any], Json]] = {
    Measurements: _measurements,
    Stage: _stage,
    Trajectory: _trajectory,
    Finding: _finding,
    ReportedLayer: _layer,
}
"""Of what is not written field by field."""
