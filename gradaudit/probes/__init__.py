"""The probes: they run the mathematics and write down numbers. `measure` runs those that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from gradaudit.domain.measurements import Descent, Measurements, Stage, StageName
from gradaudit.nn.engine import Engine
from gradaudit.probes import critical_point, curvature, data, descent, prediction, signal, units
from gradaudit.probes.allowance import Allowance, afford, affordable_sight
from gradaudit.probes.comparison import compare
from gradaudit.probes.interface import ProbeContext
from gradaudit.probes.stages import MOST_BYTES, MOST_STEPS, bytes_for, reservations, starting_weights

__all__ = [
    "ALL",
    "FAULTS",
    "MOST_BYTES",
    "MOST_STEPS",
    "Allowance",
    "ProbeContext",
    "afford",
    "bytes_for",
    "compare",
    "measure",
    "measure_trial",
    "reservations",
    "starting_weights",
]

ALL: tuple[ModuleType, ...] = (
    data,
    signal,
    units,
    curvature,
    descent,
    critical_point,
    prediction,
)
"""Every probe. `_Session` runs those that are needed, each behind what it builds on."""

TRIED = frozenset({"data", "signal", "units", "curvature", "descent"})
"""The probes of a trial."""

FAULTS = (ArithmeticError, ValueError, LookupError, TypeError, AssertionError, np.linalg.LinAlgError)
"""What a fault of a probe looks like; an interrupt and a lack of memory are the caller's."""

T = TypeVar("T")
Progress = Callable[[str, float], None]
Crash = Callable[[str, Exception], None]


def measure(subject: ProbeContext, needs: frozenset[str], progress: Progress, crash: Crash) -> Measurements:
    """Run the needed probes; one that breaks is told to `crash`, and the others go on."""
    session = _Session(subject, needs, progress, crash)
    with np.errstate(all="ignore"):
        found = session.run()
    subject.let_go()
    return found


def measure_trial(subject: ProbeContext, needs: frozenset[str], looking: float) -> Measurements:
    """The start and the configured run alone, as far as they are needed: what tells whether a change helps.

    `looking` are the operations that the look at its start may take.
    """
    subject.sight = affordable_sight(subject.network, len(subject.batch[0]), subject.settings.seeds, looking)
    session = _Session(subject, needs & TRIED, _unwatched, _unwatched)
    with np.errstate(all="ignore"):
        found = session.first_pass_and_run()
    subject.let_go()
    return found


def _unwatched(name: str, what: object) -> None:
    """Progress that nobody sees, and faults of a trial: what is missing then clears nothing."""


class _Session:
    """One pass through the probes of one subject."""

    def __init__(self, subject: ProbeContext, needs: frozenset[str], progress: Progress, crash: Crash) -> None:
        self.subject, self.needs, self.progress, self.crash = subject, needs, progress, crash
        self.stages: dict[StageName, Stage] = {}

    def first_pass_and_run(self) -> Measurements:
        for name in list(self.subject.weights):
            self.stages[name] = self.stage(name)
        found = Measurements(stages=self.stages)
        if "data" in self.needs:
            found = replace(found, data=self.attempt("data", lambda: data.measure(self.subject)))
        if self.needs & {"descent", "critical_point"}:
            self.progress("trial run", 0.4)
            found = replace(found, descent=self.attempt("descent", self.descend))
        return found

    def run(self) -> Measurements:
        found = self.first_pass_and_run()
        if "prediction" in self.needs and "initialised" in self.stages:
            predicted = self.attempt("prediction", lambda: prediction.measure(self.subject))
            found = replace(found, prediction=predicted)
        if found.descent is not None:
            self.recommend(found.descent)
        if found.descent is not None and "trained" in self.subject.weights:
            self.stages["trained"] = self.stage("trained")
        if found.descent is not None and "critical_point" in self.needs:
            self.progress("critical points", 0.8)
            self.critical_points(found.descent)
        return found

    def descend(self) -> Descent:
        self.subject.let_go()
        return descent.measure(self.subject, self.limit(), profile="rates" in self.needs)

    def limit(self) -> float | None:
        """The stable rate where the run starts; None where curvature was not measured."""
        start = self.stages.get(descent.start_stage(self.subject), Stage())
        limits = start.learning_rate.stable_limit if start.learning_rate else None
        return limits.median if limits else None

    def recommend(self, run: Descent) -> None:
        """The runs have the last word on the rate at the stage where they began."""
        name = descent.start_stage(self.subject)
        rate = self.stages[name].learning_rate
        if rate is not None:
            rate = replace(rate, recommended=descent.recommended(run, rate.stable_limit))
            self.stages[name] = replace(self.stages[name], learning_rate=rate)

    def stage(self, name: StageName) -> Stage:
        stage = Stage()
        if self.needs & {"signal", "units"}:
            self.progress(f"signal, {name}", 0.7 if name == "trained" else 0.1)
            stage = self.passes(name)
        if "curvature" in self.needs and name != "trained":
            self.progress(f"curvature, {name}", 0.2)
            pair = self.attempt("curvature", lambda: curvature.measure(self.subject, name))
            if pair is not None:
                stage = replace(stage, curvature=pair[0], learning_rate=pair[1])
        return stage

    def passes(self, name: StageName) -> Stage:
        """Signal and units, as far as they are needed, from the same passes; each breaks by itself."""
        wanted = [module for module in (signal, units) if _name(module) in self.needs]
        seen = self.subject.observe(name, lambda bp: {of: _caught(of, self.subject, bp) for of in wanted})

        def table(of: ModuleType) -> Any:  # noqa: ANN401 - each probe's own noun
            parts = [part[of] for part in seen]
            broken = next((part for part in parts if isinstance(part, Exception)), None)
            if broken is not None:
                raise broken
            return of.table(self.subject, parts)

        return Stage(**{_name(of): self.attempt(_name(of), partial(table, of)) for of in wanted})

    def critical_points(self, run: Descent) -> None:
        names: tuple[StageName, ...] = ("fitted", "trained")
        for name in names:
            if name in self.stages and (name == "trained" or descent.start_stage(self.subject) == "fitted"):
                found = self.attempt("critical_point", partial(critical_point.measure, self.subject, name, run))
                self.stages[name] = replace(self.stages[name], critical_point=found)

    def attempt(self, name: str, probe: Callable[[], T]) -> T | None:
        try:
            return probe()
        except FAULTS as error:
            self.crash(name, error)
            return None


def _caught(probe: ModuleType, subject: ProbeContext, bp: Engine) -> object:
    """What a probe sees in a pass, or the fault that it has."""
    try:
        return probe.observe(subject, bp)
    except FAULTS as error:
        return error


def _name(module: ModuleType) -> str:
    """What rules call a probe: its module's own name."""
    return module.__name__.rpartition(".")[2]
