"""Is `gradaudit diff` right? Pairs of models of which theory knows whether the second is worse, better or the same.

Half of the pairs are one model: measured with other seeds, or after an edit that changes nothing. The others differ
by one change that decides whether the network learns, half of them for the worse and half, turned round, for the
better. Run it as `python tests/corpus/pairs.py`; `--every N` takes each N-th.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal

import gradaudit
from gradaudit.comparison import ModelComparison, compare_reports
from gradaudit.domain.report import Report

Spec = dict[str, Any]
Truth = Literal["worse", "better", "neither"]


def spec(layers: list[Any], data: Any, **others: Any) -> Spec:
    """A small network that learns in a few seconds' work."""
    plain = {"activation": "relu", "init": "he_normal", "batch_size": 32, "epochs": 40}
    return {"layers": layers, "data": data, **plain, "optimizer": sgd(0.1), **others}


def sgd(rate: float, **others: Any) -> Spec:
    """The optimizer that hides nothing."""
    return {"name": "sgd", "learning_rate": rate, **others}


IRIS, WINE = {"name": "iris", "standardize": True}, {"name": "wine", "standardize": True}
CANCER, DIABETES = (
    {"name": "breast_cancer", "standardize": True},
    {"name": "diabetes", "standardize": True, "standardize_targets": True},
)
MODELS: dict[str, Spec] = {
    "iris-relu": spec([4, 16, 16, 3], IRIS),
    "iris-tanh": spec([4, 12, 12, 12, 3], IRIS, activation="tanh", init="glorot_normal"),
    "iris-logistic": spec([4, 20, 3], IRIS, activation="sigmoid", init="sklearn", optimizer=sgd(0.5)),
    "wine-relu": spec([13, 24, 24, 3], WINE),
    "wine-adam": spec([13, 20, 3], WINE, optimizer={"name": "adam", "learning_rate": 0.01}),
    "cancer-tanh": spec([30, 16, 16, 1], CANCER, activation="tanh", init="lecun_normal"),
    "cancer-momentum": spec([30, 24, 1], CANCER, optimizer=sgd(0.02, momentum=0.9)),
    "moons-relu": spec([2, 24, 24, 1], {"name": "moons", "samples": 200}, loss="binary_cross_entropy"),
    "circles-elu": spec([2, 24, 24, 1], {"name": "circles", "samples": 200}, activation="elu", epochs=80),
    "diabetes-relu": spec([10, 16, 16, 1], DIABETES, loss="mse", optimizer=sgd(0.02)),
}
"""All of them learn, as sizes, initialisations and rates of this kind do in any textbook."""

FRAGILE: dict[str, Spec] = {
    "moons-lottery": spec([2, *[3] * 8, 1], {"name": "moons", "samples": 200}, loss="binary_cross_entropy"),
    "iris-edge": spec([4, 8, 8, 3], IRIS, activation="tanh", init="glorot_normal", optimizer=sgd(3.0)),
    "xor-four": spec([2, 4, 1], "xor", activation="tanh", optimizer=sgd(0.5), batch_size=4, epochs=300),
}
"""Models of which each seed says something else: where a comparison may take luck for a change."""

HARMS: tuple[tuple[str, str, Spec], ...] = (
    ("iris-relu", "a rate a thousand times too large", {"optimizer": sgd(100.0)}),
    ("iris-tanh", "twelve sigmoid layers", {"layers": [4, *[12] * 12, 3], "activation": "sigmoid"}),
    ("iris-logistic", "a rate of a hundred-thousandth", {"optimizer": sgd(1e-5)}),
    ("wine-relu", "weights of a thousandth", {"layers": [13, *[24] * 6, 3], "init": {"name": "normal", "std": 0.001}}),
    ("wine-adam", "a rate of a millionth", {"optimizer": {"name": "adam", "learning_rate": 1e-6}}),
    ("cancer-tanh", "all weights zero", {"init": "zeros"}),
    (
        "cancer-momentum",
        "a dead layer",
        {"layers": [30, {"units": 24, "bias": {"name": "constant", "value": -100}}, 1]},
    ),
    ("moons-relu", "biases that kill every unit", {"bias": {"name": "constant", "value": -50}}),
    ("circles-elu", "ten sigmoid layers", {"layers": [2, *[24] * 10, 1], "activation": "sigmoid"}),
    ("diabetes-relu", "a rate a hundred times too large", {"optimizer": sgd(2.0)}),
)
"""Model, what is done to it, and the keys that do it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two specs, the first seed of each, and what is true of the change."""

    name: str
    base: Spec
    head: Spec
    truth: Truth
    seeds: tuple[int, int] = (0, 0)


def pairs() -> Iterator[Pair]:
    """Forty."""
    lucky = [*[*MODELS.items()][len(FRAGILE) :], *FRAGILE.items()]
    for k, (name, model) in enumerate(MODELS.items()):
        yield Pair(f"{lucky[k][0]}, other seeds", lucky[k][1], lucky[k][1], "neither", (0, 100 + k))
        yield Pair(f"{name}, cosmetic edit", model, cosmetic(model, k), "neither")
        who, what, changes = HARMS[k]
        harmed = {**MODELS[who], **changes}
        yield Pair(f"{who}, {what}", MODELS[who], harmed, "worse")
        yield Pair(f"{who}, without {what}", harmed, MODELS[who], "better")


def cosmetic(model: Spec, k: int) -> Spec:
    """Another order of keys, what is assumed written out, a name; nothing that computes."""
    edited = deepcopy(dict(reversed(model.items())))
    edited["precision"] = "float32"
    if k % 2:
        edited["layers"] = [model["layers"][0], *({"units": units} for units in model["layers"][1:])]
    return {**edited, "name": "called otherwise"} if k % 3 == 0 else edited


def measured(model: Spec, seed: int) -> Report:
    """By eight seeds, without the search for causes and fixes."""
    shown = gradaudit.audit({**model, "audit": {"seeds": 8, "seed": seed, "effort": "quick"}})
    # a source of its own, as a file would give it, so that the two sides are the same model
    reports = tuple(replace(each, model=replace(each.model, source="model.yaml")) for each in shown.reports)
    return Report(reports, shown.errors, shown.version)


def compared(pair: Pair) -> ModelComparison:
    """The one model of both sides."""
    base, head = (measured(model, seed) for model, seed in zip((pair.base, pair.head), pair.seeds, strict=True))
    (model,) = compare_reports(base, head).models
    return model


def is_right(pair: Pair, found: ModelComparison) -> bool:
    """Worse where it is worse, better where it is better, neither where it is one model."""
    said = found.trend if found.trend in ("worse", "better") else "neither"
    return said == pair.truth


def main() -> int:
    """Print every pair and the share that is called right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    given = parser.parse_args()
    right = []
    for pair in [*pairs()][:: given.every]:
        found = compared(pair)
        right.append(is_right(pair, found))
        print(f"{'  ' if right[-1] else '✗ '}{pair.name}: {found.trend}, should be {pair.truth}", flush=True)
        if given.verbose or not right[-1]:
            for number in found.numbers:
                print(f"     {number.outcome:8}{number.key}: {number.before} -> {number.after} {number.evidence}")
            for each in found.findings:
                print(f"     {each.kind} {each.finding.severity} {each.finding.rule} {each.excuse}")
    print(f"{sum(right)} of {len(right)} pairs are called right: {sum(right) / len(right):.1%}")
    return 0 if sum(right) >= 0.95 * len(right) else 1


if __name__ == "__main__":
    sys.exit(main())
