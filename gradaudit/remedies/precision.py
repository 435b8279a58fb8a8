"""A number format with the range that the gradients need."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec

WIDER = {"float16": ("bfloat16", "float32"), "bfloat16": ("float32",)}
"""Formats of more range or digits, the one of equal size first."""
WHY = {
    "bfloat16": "bfloat16 has float32's range in float16's size, so that small gradients need no loss scaling "
    "(Kalamkar et al. 2019, arXiv:1905.12322)",
    "float32": "float32 holds numbers from 1e-45 to 3e38, and float16 makes zero of gradients below 6e-8 "
    "(Micikevicius et al. 2018, arXiv:1710.03740)",
}


class Precision:
    """For gradients that float16 rounds to zero, and values that overflow in it."""

    name = "precision"
    tells_cause = True
    addresses = ("gradient-underflow", "non-finite-values")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix a wider format."""
        for wider in WIDER.get(spec.precision, ()):
            yield Fix(f"train in {wider}", (Change("precision", spec.precision, wider),), WHY[wider])
