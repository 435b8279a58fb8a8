from __future__ import annotations

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.unscaled_targets import UnscaledTargets

RULE = UnscaledTargets()


def network(given, progress=0.0, after=0.8, kind="standardised-targets", **facts):
    """A regression on targets with these facts, and the same run on standardised ones."""
    trials = () if after is None else (given.trial(kind, after),)
    return given.case(None, given.descent(progress), data=given.data(**facts), trials=trials)


def test_large_targets_whose_scaling_makes_the_run_learn_are_an_error(given):
    """The plain case: targets of hundreds throw the weights away, standardised ones do not."""
    finding = given.one(RULE, network(given, target_mean=152.0, target_std=77.0))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (2,)
    assert finding.path == "data"
    assert finding.evidence == {
        "measured": 77.0,
        "limit": RULE.scale_limit,
        "target_mean": 152.0,
        "target_std": 77.0,
        "progress": pytest.approx(0.0),
        "progress_after": pytest.approx(0.8),
        **given.counted("seeds_better", 8),
    }
    assert finding.message.startswith("the targets' standard deviation is 77, and training does no better")


@pytest.mark.parametrize(
    ("facts", "said", "measured"),
    [
        ({"target_std": 0.001}, "standard deviation is 0.001", 1000.0),
        ({"target_mean": -20.0}, "mean is 20 standard deviations from 0", 20.0),
    ],
)
def test_small_targets_and_an_offset_are_named(given, facts, said, measured):
    """What is unusual about them, in their own units."""
    finding = given.one(RULE, network(given, **facts))
    assert said in finding.message
    assert finding.evidence["measured"] == pytest.approx(measured)


def test_classes_have_no_scale(given):
    """One-hot targets are not looked at."""
    assert not given.all(RULE, network(given, targets_are_numbers=False, target_std=77.0))


def test_equal_targets_and_missing_trials_are_no_finding(given):
    """Nothing to scale, or nothing that was tried."""
    assert not given.all(RULE, network(given, target_std=0.0, target_mean=5.0))
    assert not given.all(RULE, network(given, after=None, target_std=77.0))
    assert not given.all(RULE, network(given, kind="standardised-inputs", target_std=77.0))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"target_mean": 0.0, "target_std": 77.0}, "its errors are as large as the targets"),
        ({"target_mean": 0.0, "target_std": 0.01}, "its errors drown targets this small"),
        ({"target_mean": 50.0, "target_std": 1.0}, "the first steps go into the targets' mean"),
    ],
)
def test_the_cause_says_what_such_targets_do(given, facts, why):
    """And nothing of steps, which may be too large for one optimizer and too small for another."""
    assert why in given.one(RULE, network(given, **facts)).cause.partition("; ")[0]
