"""Standardised targets: proposed where numbers are predicted and their scale may be what makes a run diverge."""

import pytest

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.targets_scale import StandardisedTargets

FINDING = Finding("learning-rate-too-high", Severity.ERROR, "it diverges", "its scale", {})


def proposals(**changes) -> list:
    """What is proposed for a regression with these changes."""
    spec = ModelSpec(
        "m", 3, (DenseSpec(1),), **{"loss": Named("mse"), "data": Named.of("csv", path="x.csv"), **changes}
    )
    return [(fix, spec) for fix in StandardisedTargets().propose(spec, (), FINDING)]


def test_numeric_targets_are_standardised():
    """One edit: `data.standardize_targets`, which a spec with it keeps the rest of its data section."""
    ((fix, spec),) = proposals()
    edited = apply(spec, fix.changes)
    assert edited.data == Named.of("csv", path="x.csv", standardize_targets=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": Named("cross_entropy")},
        {"loss": Named("poisson")},
        {"data": Named.of("csv", path="x.csv", standardize_targets=True)},
    ],
)
def test_nothing_is_proposed_where_it_cannot_help(changes):
    """Classes, counts, and targets that are scaled already."""
    assert proposals(**changes) == []
