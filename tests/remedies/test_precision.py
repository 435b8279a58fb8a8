from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.precision import Precision

REMEDY = Precision()


def model(precision, **given):
    """One hidden layer, trained in this format."""
    return ModelSpec("m", 4, (DenseSpec(8), DenseSpec(3)), precision=precision, **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
@pytest.mark.parametrize(
    ("precision", "wider"),
    [("float16", ["bfloat16", "float32"]), ("bfloat16", ["float32"]), ("float32", []), ("float64", [])],
)
def test_a_narrow_format_becomes_a_wider_one(propose, rule, precision, wider):
    """One of equal size first; what has float32's range needs none."""
    spec = model(precision)
    fixes = propose(REMEDY, spec, rule)
    assert [fix.changes for fix in fixes] == [(Change("precision", precision, new),) for new in wider]
    assert [apply(spec, fix.changes).precision for fix in fixes] == wider


def test_the_numbers_that_it_gives_are_the_formats_own(propose):
    """float32 from its least subnormal up; float16 rounds to zero what is below its own."""
    why = propose(REMEDY, model("bfloat16"), "gradient-underflow")[0].why
    info, half = np.finfo(np.float32), np.finfo(np.float16)
    assert f"from {info.smallest_subnormal:.0e} to {info.max:.0e}".replace("+", "") in why
    assert f"below {half.smallest_subnormal:.0e}".replace("e-0", "e-") in why
