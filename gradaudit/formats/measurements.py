"""Measurements as plain values of JSON, in the names of the report's schema."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from gradaudit.domain.measurements import (
    CriticalPoint,
    Curvature,
    Descent,
    LayerSignal,
    LayerUnits,
    LearningRate,
    Measurements,
    PerSeed,
    Prediction,
    Stage,
    ThroughTime,
    Trajectory,
)

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_SIGNAL = ("loss", "data_loss", "gradient_norm", "error_signal_ratio", "error_signal_norm_ratio", "largest")
_ROW = ("error_signal_rms", "activation_mean", "activation_std")
_DENSE_ROW = ("weight_gain", "activation_gain")
_OPTIONAL_ROW = ("weight_gradient_norm", "bias_gradient_norm", "path_gain", "update_ratio", "distinctness")
_TIME = ("ratio", "gain", "memory", "spectral_radius")
_CURVATURE = ("gradient_norm", "lambda_max", "lambda_min", "residual_max", "residual_min", "negative_share")
_CRITICAL = ("predicted_decrease", "lambda_max", "lambda_min", "residual_min", "loss", "escape_loss", "gradient_loss")
_NON_FINITE, _WORDS = "_non_finite", ("inf", "-inf", "nan")
_UNDEFINED, _MOST_SEEDS = "_undefined", 1000
_TRAJECTORY = ("best", "final", "progress", "oscillation")


def plain_json(value: Plain) -> Json:
    """The same value; a number that is not finite is null."""
    if isinstance(value, dict):
        return plain_mapping(value)
    if isinstance(value, list):
        return [plain_json(item) for item in value]
    return None if _is_non_finite(value) else value


def plain_mapping(values: Mapping[str, Plain] | Mapping[str, float]) -> dict[str, Json]:
    """A number that is not finite is null, and `<key>_non_finite` beside it says which it was, in lists by place."""
    numbers = {key: plain_json(value) for key, value in values.items()}
    words = {f"{key}{_NON_FINITE}": _word(value) for key, value in values.items()}
    return numbers | {key: word for key, word in words.items() if word is not None}


def restored(values: Mapping[str, Json]) -> dict[str, Plain]:
    """The inverse of `plain_mapping` for one mapping: words are numbers again; mappings inside are left as they are."""
    found: dict[str, Plain] = dict(values)
    for key, word in values.items():
        of = key.removesuffix(_NON_FINITE)
        if of != key and of in values and _fits(values[of], word):
            found[of] = _merged(values[of], word)
            del found[key]
    return found


def _is_non_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _word(value: Plain) -> Json:
    """`inf`, `-inf` or `nan`; for a list that holds one, a list with the words in their places; else None."""
    if isinstance(value, list):
        words = [_word(item) for item in value]
        return words if any(word is not None for word in words) else None
    return str(value) if _is_non_finite(value) else None


def _fits(value: Json, word: Json) -> bool:
    if isinstance(value, list) and isinstance(word, list) and len(value) == len(word):
        return all(w is None or _fits(v, w) for v, w in zip(value, word, strict=True))
    return value is None and word in _WORDS


def _merged(value: Json, word: Json) -> Plain:
    if isinstance(value, list) and isinstance(word, list):
        return [_merged(v, w) for v, w in zip(value, word, strict=True)]
    return float(word) if isinstance(word, str) else value


def measurements_as_json(measurements: Measurements) -> Json:
    """All stages in the report's order, the training runs and what theory predicts."""
    written: dict[str, Json] = {"stages": {name: _stage(stage) for name, stage in measurements.stages.items()}}
    if measurements.data is not None:
        written["data"] = plain_mapping({key: getattr(measurements.data, key) for key in measurements.data.__slots__})
    if measurements.descent is not None:
        written["descent"] = _descent(measurements.descent)
    if measurements.prediction is not None:
        written["prediction"] = _prediction(measurements.prediction)
    return written


def _stage(stage: Stage) -> Json:
    written: dict[str, Json] = {}
    if stage.signal is not None:
        written |= _triples(stage.signal, _SIGNAL)
        written["underflow"] = _all_triples(stage.signal.underflow)
    if stage.signal is not None or stage.units is not None:
        written["layers"] = _layers(stage)
    if stage.curvature is not None:
        written["curvature"] = _curvature(stage.curvature)
    if stage.learning_rate is not None:
        written["learning_rate"] = _learning_rate(stage.learning_rate)
    if stage.critical_point is not None:
        written["critical_point"] = _critical_point(stage.critical_point)
    return written


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
    is_dense = row.weight_gradient_norm is not None
    gains = [key for key in _DENSE_ROW if is_dense or getattr(row, key) is not None]
    others = [key for key in _OPTIONAL_ROW if getattr(row, key) is not None]
    written = {"index": row.index, **_triples(row, (*_ROW, *gains, *others))}
    return written | (_through_time(row.time) if row.time else {})


def _through_time(directions: tuple[ThroughTime, ...]) -> dict[str, Json]:
    """`time` has all that is known of each direction; ratio and profile once more, alone where there is one."""
    ratios = [_without_values(_triple(one.ratio)) for one in directions]
    profiles = [[{"step": t, **_points(v)} for t, v in zip(d.at, d.profile, strict=True)] for d in directions]
    alone = len(directions) == 1
    return {
        "time_ratio": ratios[0] if alone else list(ratios),
        "time_profile": list(profiles[0]) if alone else [list(profile) for profile in profiles],
        "time": [_direction(each) for each in directions],
    }


def _direction(one: ThroughTime) -> Json:
    return {
        "direction": one.direction,
        "steps": one.steps,
        **_triples(one, _TIME),
        "at": list(one.at),
        "profile": [_triple(values) for values in one.profile],
        "predicted": one.predicted,
    }


def _points(values: PerSeed) -> dict[str, Json]:
    triple = _without_values(_triple(values))
    return triple if isinstance(triple, dict) else {}


def _without_values(triple: Json) -> Json:
    return {key: value for key, value in triple.items() if key != "values"} if isinstance(triple, dict) else triple


def _units_row(row: LayerUnits) -> dict[str, Json]:
    optional = ("twin_fraction",) if row.twin_fraction is not None else ()
    written = _triples(row, ("dead_fraction", "saturated_fraction", *optional))
    if row.gates:
        written["gates"] = [{"name": g.name, **_triples(g, ("mean", "saturated_fraction"))} for g in row.gates]
    if not row.histogram:
        return written
    slopes: dict[str, Json] = {"derivative": list(row.derivative)} if row.derivative else {}
    return {**written, "histogram": list(row.histogram), "histogram_range": list(row.histogram_range), **slopes}


def _curvature(curvature: Curvature) -> Json:
    return {**_triples(curvature, _CURVATURE), "density": [list(node) for node in curvature.density]}


def _learning_rate(rate: LearningRate) -> Json:
    return {"configured": rate.configured, **_triples(rate, ("stable_limit", "recommended"))}


def _critical_point(point: CriticalPoint) -> Json:
    return {"kinds": list(point.kinds), **_triples(point, _CRITICAL), "direction": list(point.direction)}


def _descent(descent: Descent) -> Json:
    return {
        **plain_mapping({"trivial_loss": descent.trivial_loss, "floor": descent.floor}),
        "planned_steps": descent.planned_steps,
        "plan_is_assumed": descent.plan_is_assumed,
        "batch_size": descent.batch_size,
        "configured": _trajectory(descent.configured),
        "others": [_trajectory(run) for run in descent.others],
    }


def _trajectory(run: Trajectory) -> Json:
    """`loss` holds one list a look, with one value a seed."""
    return {
        "learning_rate": run.learning_rate,
        "steps": list(run.steps),
        "loss": [_values(look) for look in run.loss],
        "finished": run.finished,
        **_triples(run, _TRAJECTORY),
    }


def _prediction(prediction: Prediction) -> Json:
    keys = ("index", "gain", "derivative_bound", "variance", "depth_scale")
    return {"layers": [plain_mapping({key: getattr(layer, key) for key in keys}) for layer in prediction.layers]}


def _triples(holder: object, keys: Iterable[str]) -> dict[str, Json]:
    return _all_triples({key: getattr(holder, key) for key in keys})


def _all_triples(columns: Mapping[str, PerSeed | None]) -> dict[str, Json]:
    """Where every seed's value is undefined, `<key>_undefined` beside the null counts them."""
    triples = {key: _triple(values) for key, values in columns.items()}
    nulls = {key: values for key, values in columns.items() if values is not None and triples[key] is None}
    return triples | {f"{key}{_UNDEFINED}": len(values.values) for key, values in nulls.items()}


class Undefined(int):
    """So many seeds without a value; a few letters of JSON must not become a long list for each of a million keys."""


def undefined_counted(values: Mapping[str, Plain]) -> dict[str, Plain]:
    """The inverse: the null is `Undefined`."""
    found = dict(values)
    for key, seeds in values.items():
        of = key.removesuffix(_UNDEFINED)
        if of != key and values.get(of, 0) is None and type(seeds) is int and 0 <= seeds <= _MOST_SEEDS:
            found[of] = Undefined(seeds)
            del found[key]
    return found


def _triple(values: PerSeed | None) -> Json:
    """Median, min and max of the finite values; null where every seed's is undefined."""
    if values is None or all(value is None for value in values.values):
        return None
    triple: dict[str, Json] = {"median": values.median, "min": values.min, "max": values.max}
    if values.non_finite:
        triple["non_finite"] = values.non_finite
    return {**triple, "values": _values(values)}


def _values(values: PerSeed) -> Json:
    """One a seed: a number, null where it is undefined, `"inf"` where it is not finite."""
    return ["inf" if _is_non_finite(value) else value for value in values.values]
