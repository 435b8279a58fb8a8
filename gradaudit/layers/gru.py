"""The GRU layer in its two forms (Cho et al. 2014, arXiv:1406.1078; with reset_after as PyTorch and Keras have it)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.gru_before import ResetBefore
from gradaudit.layers.gru_cell import ResetAfter
from gradaudit.layers.interface import key
from gradaudit.layers.recurrent import ForgetBias, GateBias, RecurrentSpec
from gradaudit.layers.unrolled import CellType

UPDATE, CANDIDATE = 1, 2
"""Gates in the order r z n."""
SAYS_UPDATE = (
    "Bias of the update gate at the start (0): above 0 the state is kept for longer; `chrono` draws it for the "
    "length of the sequences."
)


@dataclass(frozen=True, slots=True)
class GruSpec(RecurrentSpec):
    """A gated recurrent unit layer."""

    type: ClassVar[str] = "gru"
    noun: ClassVar[str] = "a gru layer"
    gates: ClassVar[int] = 3

    reset_after: bool = key("flag", "Whether the reset gate acts behind the recurrent product.", default=True)
    update_bias: ForgetBias | None = key("memory", SAYS_UPDATE, None)

    def _gate_bias(self, inputs: Shape) -> GateBias:
        drawn = super(GruSpec, self)._gate_bias(inputs)
        twice = drawn.twice - {CANDIDATE} if self.reset_after else drawn.twice
        return replace(drawn, twice=twice, forget=self.update_bias, keeps=UPDATE)

    def _biases(self, inputs: Shape) -> Iterator[Parameter]:
        drawn = self._gate_bias(inputs)
        yield from super(GruSpec, self)._biases(inputs)
        if self.reset_after:
            inside = GateBias(self.units, 1, drawn.init)
            yield Parameter("recurrent_bias", (self.units,), "bias", draw=inside, may_be_absent=True)

    def cell(self) -> CellType:
        return ResetAfter if self.reset_after else ResetBefore
