"""Models that fail, and changes of them: runs of the model, at other rates and with changes, put together."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.domain.spec import Named


def changed(given, kind, own=0.0, **others):
    """A trial of this kind: progress at the model's rate of 0.1, and at others (`at_1=0.9` is rate 1)."""
    trial = given.trial(kind, own, title=kind)
    runs = {float(key.removeprefix("at_").replace("_", ".")): value for key, value in others.items()}
    descent = given.descent(own, runs)
    return replace(trial, case=replace(trial.case, measurements=replace(trial.case.measurements, descent=descent)))


def model(given, own, *trials, rates=None, optimizer=None):
    """A model with this progress, at other rates and with changes."""
    spec = {} if optimizer is None else {"optimizer": Named.of(optimizer, learning_rate=0.1)}
    return given.case(None, given.descent(own, rates), trials=trials, **spec)
