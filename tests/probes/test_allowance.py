"""Budgets bind for a network of any size, and what was cut is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit.auditing.pipeline import audit
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.eigen import extremes
from gradaudit.nn.network import build
from gradaudit.probes import ProbeContext, allowance, curvature, measure_trial, signal
from gradaudit.probes.allowance import LEAST_SAMPLES
from gradaudit.probes.budget import BUDGETS, FEWEST_STEPS, pass_cost
from gradaudit.probes.descent import LONGER
from gradaudit.probes.interface import Sight, draw_weights
from gradaudit.probes.stages import bytes_for

WIDE = ModelSpec("wide", 64, (DenseSpec(4096, repeat=2), DenseSpec(10)), loss=Named("cross_entropy"))
DEEP = ModelSpec("deep", 64, (DenseSpec(16, repeat=990), DenseSpec(10)), loss=Named("cross_entropy"))
PLAIN = ModelSpec("plain", 64, (DenseSpec(30, repeat=8), DenseSpec(10)), loss=Named("cross_entropy"))
ROWS = 1797


def allowed(spec: ModelSpec, effort: str, rows: int = ROWS, **asked: int) -> allowance.Allowance:
    """What this network may take."""
    return allowance.afford(spec, build(spec), rows, Settings(**{"seeds": 8, **asked}, effort=effort))


@pytest.mark.parametrize("effort", ["quick", "standard", "thorough"])
def test_an_ordinary_network_gets_what_was_asked_for(effort):
    """Nothing is cut, so nothing is said."""
    got = allowed(PLAIN, effort)
    assert got == allowance.Allowance(Settings(effort=effort), ROWS, BUDGETS[effort], trials=True)


@pytest.mark.parametrize("effort", ["quick", "standard"])
@pytest.mark.parametrize("spec", [WIDE, DEEP])
def test_a_large_network_fits_the_budget(spec, effort):
    """The least that it takes is below the effort's most, in operations and in memory."""
    got, network = allowed(spec, effort), build(spec)
    rung = allowance.Rung(got.settings.seeds, got.settings.samples, got.rows, got.budget.fewest_steps)
    assert allowance.least_cost(spec, network, rung) <= 1.25 * got.budget.least
    assert bytes_for(network, got.settings, got.rows) <= 1.25 * got.budget.enough_bytes
    assert got.settings.seeds < 8
    assert got.cuts


def test_seeds_give_way_before_samples_and_samples_before_steps():
    """The larger the network, the further down; never up again."""
    sizes = [
        ModelSpec("m", 64, (DenseSpec(n, repeat=2), DenseSpec(10)), loss=Named("mse")) for n in range(100, 5000, 300)
    ]
    got = [allowed(spec, "quick") for spec in sizes]
    levels = [(each.settings.seeds, each.rows, each.settings.samples, each.budget.fewest_steps) for each in got]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] == (8, ROWS, 256, 30)
    assert all(rows == ROWS or seeds <= allowance.FEWEST_SEEDS for seeds, rows, _, _ in levels)
    assert all(steps == 30 or rows == LEAST_SAMPLES for _, rows, _, steps in levels)


def test_every_cut_is_a_sentence():
    """Asked and granted, side by side; what is left out altogether too."""
    said = " ".join(allowed(WIDE, "standard").cuts)
    assert "of 8 seeds" in said
    assert "of 256 rows" in said
    assert "instead of 1,797" in said
    assert "critical points were not examined" in said
    assert "no changed copies" in said


def test_small_batches_keep_all_rows():
    """The run's cost is its batch's: where that is small no row need be left out."""
    got = allowed(replace(WIDE, batch_size=8), "quick")
    assert got.rows == ROWS
    assert got.settings.samples < 256


def test_a_large_network_is_audited_on_less_and_the_report_says_so(monkeypatch):
    """From the spec to the report: passes, products and rows stay within what was granted."""
    monkeypatch.setitem(BUDGETS, "quick", replace(BUDGETS["quick"], least=3e8))
    rows, products = [], []
    counting = Backprop.gradient
    monkeypatch.setattr(Backprop, "gradient", lambda bp: rows.append(bp.seeds * bp.X.shape[-2]) or counting(bp))
    product = Backprop.hessian_product
    monkeypatch.setattr(Backprop, "hessian_product", lambda bp: products.append(1) or product(bp))
    spec = ModelSpec("m", 64, (DenseSpec(32, repeat=20), DenseSpec(10)), data=Named("digits"), epochs=500)
    report = audit(spec, AuditOptions(effort="quick")).report
    assert (report.settings.seeds, report.settings.samples) == (1, LEAST_SAMPLES)
    assert report.settings.reservations[0].startswith(
        "the network is large: it was measured with 1 of 4 seeds, on 16 of"
    )
    assert max(rows) == LEAST_SAMPLES
    assert report.measurements.descent is not None
    assert report.measurements.descent.planned_steps == 500
    assert report.measurements.descent.configured.steps[-1] <= LONGER * BUDGETS["quick"].most_steps


def test_curvature_keeps_no_more_vectors_than_fit():
    """Half a gigabyte of them, and at least two."""
    assert curvature.kept_vectors(1000) > curvature.MOST_PRODUCTS
    assert curvature.kept_vectors(build(WIDE).layout.size) * 8 * build(WIDE).layout.size <= curvature.BASIS_BYTES
    assert curvature.kept_vectors(10**9) == 2


@pytest.mark.parametrize("window", [2, 5])
def test_a_short_window_finds_the_same_ends(window):
    """Without the whole basis both ends of the spectrum are as good; only the vectors are missing."""
    rng = np.random.default_rng(0)
    q, _ = np.linalg.qr(rng.standard_normal((60, 60)))
    matrix = q * np.concatenate([[-9.0, 20.0], rng.uniform(-1, 1, 58)]) @ q.T
    start = rng.standard_normal((2, 60))
    whole = extremes(lambda v: v @ matrix, start, tolerance=1e-6)
    short = extremes(lambda v: v @ matrix, start, tolerance=1e-6, window=window)
    np.testing.assert_allclose(short.high, 20.0, rtol=1e-6)
    np.testing.assert_allclose(short.low, -9.0, rtol=1e-6)
    assert whole.low_vector.shape == (2, 60)
    assert short.low_vector.shape == (2, 0)


def test_a_look_at_a_changed_copy_gives_seeds_up_before_rows_and_keeps_the_fewest():
    """So far as its budget says: whoever pays more sees no less."""
    network = build(PLAIN)
    sights = [allowance.affordable_sight(network, 256, 8, budget) for budget in np.geomspace(1e10, 1e6, 80)]
    seen = [(sight.seeds, sight.rows) for sight in sights]
    assert seen == sorted(seen, reverse=True)
    assert set(seen) >= {(8, 256), (5, 256), (3, 256), (3, 128), (3, 64)}
    assert seen[-1] == (3, 64)


def test_a_look_sees_all_that_its_budget_just_pays_for():
    """A pass, and what is read of each weight's gradient, seed by seed."""
    network = build(WIDE)
    weights = network.layout.size
    a_seed = pass_cost(network, 256, 1) + (allowance.PER_PARAMETER + allowance.PER_SIGHT) * weights
    all_seeds = pass_cost(network, 256, 8) + 8 * (allowance.PER_PARAMETER + allowance.PER_SIGHT) * weights
    assert allowance.affordable_sight(network, 256, 8, all_seeds) == Sight(8, 256)
    assert allowance.affordable_sight(network, 256, 8, all_seeds - a_seed / 2) == Sight(7, 256)


def test_the_least_of_an_audit_is_its_draws_looks_products_and_steps():
    """A further seed is drawn and looked at in two stages; an adaptive rule has a second spectrum, and dearer steps."""
    network = build(WIDE)
    weights = network.layout.size
    plain, adam = (replace(WIDE, optimizer=Named(name)) for name in ("sgd", "adam"))
    least, another = (allowance.least_cost(plain, network, allowance.Rung(n, 256, 64)) for n in (7, 8))
    seen = pass_cost(network, 256, 8) - pass_cost(network, 256, 7)
    seen += (allowance.PER_PARAMETER + allowance.PER_SIGHT) * weights + allowance.PER_SIGHTED_ROW * len(network.rows)
    assert another - least == pytest.approx(2 * seen + allowance.PER_DRAW * weights)
    adaptive = allowance.least_cost(adam, network, allowance.Rung(8, 256, 64))
    products = 2 * curvature.FEWEST_PRODUCTS * (pass_cost(network, 256, 1) + allowance.PER_PARAMETER * weights)
    dearer = allowance.PER_ADAPTIVE_UPDATE - allowance.PER_UPDATE["sgd"]
    running = FEWEST_STEPS * BUDGETS["standard"].fewest_seeds
    assert adaptive - another == pytest.approx(products + running * dearer * weights)


def test_a_dear_look_sees_the_first_seeds_and_the_runs_keep_the_whole_batch():
    """Copies are compared on the batch that the model itself is looked at with."""
    rng = np.random.default_rng(0)
    X, T = rng.standard_normal((256, 64)), np.eye(10)[rng.integers(0, 10, 256)]
    spec = replace(PLAIN, output=Named("softmax"))
    subject = ProbeContext(spec, build(spec), X, T, Settings(seeds=8))
    subject.weights["initialised"] = draw_weights(subject.network, subject.settings)
    whole = signal.measure(subject, "initialised")
    subject.sight = Sight(3, 256)
    assert signal.measure(subject, "initialised").loss.values == pytest.approx(whole.loss.values[:3])
    dear = measure_trial(subject, frozenset({"signal"}), 0.0).stages["initialised"].signal
    assert (len(dear.loss.values), subject.sight, len(subject.batch[0])) == (3, Sight(3, 64), 256)
