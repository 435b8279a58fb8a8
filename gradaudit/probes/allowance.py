"""What an audit may take of a network of this size: seeds, samples and steps that its budget pays for.

The parts of an audit have budgets, and least amounts without which they say nothing. Of a large network the least
amounts alone would exceed any budget; then first seeds give way, then samples, then steps, and every cut is a sentence
of the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.nn.network import Network
from gradaudit.probes.budget import BUDGETS, FEWEST_STEPS, Budget, pass_cost
from gradaudit.probes.curvature import FEWEST_PRODUCTS
from gradaudit.probes.interface import Sight
from gradaudit.probes.stages import bytes_for
from gradaudit.text.numbers import count

PER_PARAMETER = 60.0
"""What one weight costs in a pass beside the products, in operations of one: it is read and its gradient written."""
PER_DRAW = 500.0
"""What drawing one weight costs (measured: 30 ns)."""
PER_SIGHT = 900.0
"""What looking at one weight's gradient costs a stage: norms, underflow, the first step, twins."""
PER_SIGHTED_ROW = 2e7
"""What looking at one row costs a stage, whatever its size (measured: 1 ms)."""
PER_UPDATE = {"sgd": 40.0}
PER_ADAPTIVE_UPDATE = 190.0
"""What one weight costs in a step of the optimizer beside the pass."""
FEWEST_SEEDS, FEWEST_SAMPLES = 2, 64
"""One seed cannot show what is luck, and fewer rows hardly what is data: only memory, or a network for which even
these are too many, takes more away …"""
FEWEST_SEEN = 3
"""Seeds of a look at a changed copy: a median of fewer is none."""
LEAST_SAMPLES = 16
"""… down to here."""
SHORTER_RUNS = (20, 10)
"""Steps of the run where even one seed on the fewest rows is too dear."""
OF_A_WALK, OF_TRIALS = 1.0, 0.75
"""Shares of what the least amounts may cost together that one examined critical point, and the trials, may add."""
WALK = 230
"""Passes of one examined critical point: two spectra, two walks, and what lies along a direction."""
TRIALS = 12
"""Changed copies of a model that is sick."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is affordable: at most what was asked for."""

    settings: Settings
    """With the seeds and samples that the audit runs with."""
    rows: int
    """Of the data, for the training run."""
    budget: Budget
    """The effort's, parts that are too dear taken out."""
    trials: bool
    """Whether changed copies can be measured too."""
    cuts: tuple[str, ...] = ()
    """Sentences: what was measured on less than asked for, or not at all."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One size of an audit."""

    seeds: int
    samples: int
    batch: int
    steps: int = FEWEST_STEPS


def afford(spec: ModelSpec, network: Network, rows: int, settings: Settings) -> Allowance:
    """The largest audit of this network whose least cost and memory the effort pays for; the smallest where none is.

    `rows` are those of the data. An ordinary network gets all that was asked for.
    """
    budget = BUDGETS[settings.effort]
    batch = min(spec.batch_size or rows, rows)
    asked = Rung(settings.seeds, min(settings.samples, rows), batch)
    rungs = list(_rungs(asked))
    memory = max(budget.enough_bytes, min(_bytes(network, rung) for rung in rungs))
    fits = (r for r in rungs if least_cost(spec, network, r) <= budget.least and _bytes(network, r) <= memory)
    chosen = next(fits, rungs[-1])
    return _granted(spec, network, rows, settings, asked, chosen)


def _rungs(asked: Rung) -> Iterator[Rung]:
    """From what was asked for down: seeds, samples, the last seed, more samples, steps."""
    fewest = min(asked.seeds, FEWEST_SEEDS)
    for seeds in range(asked.seeds, fewest, -1):
        yield replace(asked, seeds=seeds)
    for rows in _halved(max(asked.samples, asked.batch), FEWEST_SAMPLES):
        yield _of_rows(asked, fewest, rows)
    for rows in _halved(min(max(asked.samples, asked.batch), FEWEST_SAMPLES), LEAST_SAMPLES):
        yield _of_rows(asked, 1, rows)
    last = _of_rows(asked, 1, LEAST_SAMPLES)
    yield from (replace(last, steps=steps) for steps in SHORTER_RUNS)


def _of_rows(asked: Rung, seeds: int, rows: int) -> Rung:
    return replace(asked, seeds=seeds, samples=min(asked.samples, rows), batch=min(asked.batch, rows))


def _halved(most: int, fewest: int) -> Iterator[int]:
    """most, most/2, … and fewest."""
    while most > fewest:
        yield most
        most //= 2
    yield fewest


def _granted(spec: ModelSpec, network: Network, rows: int, settings: Settings, asked: Rung, chosen: Rung) -> Allowance:
    budget = replace(BUDGETS[settings.effort], fewest_steps=chosen.steps)
    cuts = [sentence] if (sentence := _said(asked, chosen)) else []
    a_pass = _pass(network, chosen.samples, 1)
    if WALK * a_pass > OF_A_WALK * budget.least:
        budget = replace(budget, walk=0.0)
        cuts.append("critical points were not examined: for a network of this size that is too dear")
    if chosen.steps * _step(spec, network, chosen.batch, chosen.seeds) > budget.race > 0:
        budget = replace(budget, rates=0.0)
        cuts.append("no other learning rate was tried: for a network of this size that is too dear")
    a_trial = min(FEWEST_SEEDS, chosen.seeds) * (PER_DRAW * network.layout.size + _sight(network, chosen.samples, 1))
    trials = not budget.trials or TRIALS * a_trial <= OF_TRIALS * budget.least
    if not trials:
        cuts.append("no changed copies of the network were measured: at this size that is too dear")
    given = replace(
        settings,
        seeds=chosen.seeds,
        samples=settings.samples if chosen.samples == asked.samples else chosen.samples,
    )
    return Allowance(given, chosen.batch if chosen.batch < asked.batch else rows, budget, trials, tuple(cuts))


def _said(asked: Rung, chosen: Rung) -> str:
    """`the network is large: it was measured with 1 of 4 seeds, …`; empty where nothing was cut."""
    parts = []
    if chosen.seeds < asked.seeds:
        parts.append(f"with {chosen.seeds} of {asked.seeds} seeds")
    if chosen.samples < asked.samples:
        parts.append(f"on {chosen.samples} of {count(asked.samples)} rows")
    if chosen.batch < asked.batch:
        parts.append(f"in a trial run on {counted(chosen.batch, 'row')} a step instead of {count(asked.batch)}")
    if chosen.steps < asked.steps:
        parts.append(f"in a trial run of at most {counted(chosen.steps, 'step')}")
    return f"the network is large: it was measured {', '.join(parts)}" if parts else ""


def _bytes(network: Network, rung: Rung) -> float:
    return bytes_for(network, Settings(seeds=rung.seeds, samples=rung.samples), rung.batch)


def least_cost(spec: ModelSpec, network: Network, rung: Rung) -> float:
    """Operations of the least that an audit does: two stages seen, their curvature, and the shortest run."""
    drawn = PER_DRAW * rung.seeds * network.layout.size
    spectra = 1 if spec.optimizer.name == "sgd" else 2
    curvature = 2 * FEWEST_PRODUCTS * spectra * _pass(network, rung.samples, 1)
    running = min(rung.seeds, BUDGETS["standard"].fewest_seeds)
    run = rung.steps * _step(spec, network, rung.batch, running)
    return drawn + 2 * _sight(network, rung.samples, rung.seeds) + curvature + run


def affordable_sight(network: Network, rows: int, seeds: int, budget: float) -> Sight:
    """What a look at one stage may see for so many operations: first seeds give way, then rows, down to the fewest."""
    fewest = min(seeds, FEWEST_SEEN)
    sights = [Sight(many, rows) for many in range(seeds, fewest, -1)]
    sights += [Sight(fewest, some) for some in _halved(rows, min(rows, FEWEST_SAMPLES))]
    return next((each for each in sights if _looking(network, each) <= budget), sights[-1])


def _looking(network: Network, sight: Sight) -> float:
    return _pass(network, sight.rows, sight.seeds) + PER_SIGHT * sight.seeds * network.layout.size


def _sight(network: Network, samples: int, seeds: int) -> float:
    """One gradient pass of a stage, and all that the probes read from it."""
    seen = PER_SIGHT * network.layout.size + PER_SIGHTED_ROW * len(network.rows)
    return _pass(network, samples, seeds) + seeds * seen


def _step(spec: ModelSpec, network: Network, batch: int, seeds: int) -> float:
    update = PER_UPDATE.get(spec.optimizer.name, PER_ADAPTIVE_UPDATE)
    return _pass(network, batch, seeds) + seeds * update * network.layout.size


def _pass(network: Network, samples: int, seeds: int) -> float:
    return pass_cost(network, samples, seeds) + seeds * PER_PARAMETER * network.layout.size
