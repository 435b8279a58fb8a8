"""What is refused before time is spent on it, and where that is said."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace

import pytest

from gradaudit import probes
from gradaudit.auditing.pipeline import audit
from gradaudit.auditing.refusals import refuse_single_rows
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import InputError, Location, SpecError
from gradaudit.inputs import from_document
from gradaudit.nn.network import build

NORM = Named("batch_norm")
ONE = (DenseSpec(4), DenseSpec(4, norm=NORM), DenseSpec(1))


def refused(rows=64, batch=None, samples=64, lines=(), layers=ONE):
    """The problem of a model with these numbers; None where there is none."""
    places = {path: Location("m.yaml", line) for line, path in enumerate(lines, 1)}
    spec = ModelSpec("m", 2, layers, loss=Named("mse"), batch_size=batch, lines=places)
    try:
        refuse_single_rows(spec, build(spec), rows, samples)
    except SpecError as error:
        (problem,) = error.problems
        return problem
    return None


@pytest.mark.parametrize("single", ["rows", "batch", "samples"])
def test_a_norm_over_a_batch_of_one_row_is_refused(single):
    """Its output would be the shift; two rows are enough, and without such a norm one is."""
    assert "layers[2]: batch_norm over a batch of 1 row" in refused(**{single: 1}).message
    assert refused(**{single: 2}) is None
    assert refused(**{single: 1}, layers=(DenseSpec(4, norm=Named("layer_norm")), DenseSpec(1))) is None


def test_the_first_of_several_norms_is_named():
    """One message, and the line of what makes the batch so small, else of that norm."""
    layers = (DenseSpec(4, norm=NORM), DenseSpec(4, norm=NORM), DenseSpec(1))
    found = refused(batch=1, layers=layers, lines=("layers[1]", "layers[2]"))
    assert found.message.startswith("layers[1]: batch_norm")
    assert found.location.line == 1
    assert refused(batch=1, layers=layers, lines=("layers[1]", "layers[2]", "batch_size")).location.line == 3


def test_a_model_that_is_too_large_is_refused_before_memory_is_taken():
    """Ten thousand million weights are named, not allocated."""
    wide = ModelSpec("wide", 2, (DenseSpec(100_000, repeat=2), DenseSpec(1)), data=Named("xor"), source="wide.yaml")
    tracemalloc.start()
    try:
        says = r"would take (\d+) GB of memory even .* (\d+) \(10,000,\d{3},\d{3} parameters\); .* is 8 GB"
        with pytest.raises(InputError, match=says) as refused:
            audit(wide)
        gigabytes, seeds = re.search(says, str(refused.value)).groups()
        assert int(gigabytes) == round(
            probes.bytes_for(build(replace(wide, loss=Named("mse"))), Settings(seeds=int(seeds))) / 1e9
        )
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_sequences_that_would_take_too_long_are_refused_before_they_do():
    """Ten thousand steps are audited; of two layers they are the sum."""
    layers = [[6000, 1], {"type": "rnn", "units": 2, "repeat": 2, "return_sequences": True}, 1]
    spec = from_document({"layers": layers, "data": {"name": "sines", "samples": 4}})
    with pytest.raises(SpecError, match="12,000 steps one after another would take too long"):
        audit(spec)
