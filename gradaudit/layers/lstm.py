"""The LSTM layer, with a forget gate and without peepholes, as PyTorch and Keras have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import key
from gradaudit.layers.lstm_cell import LstmCell
from gradaudit.layers.recurrent import ForgetBias, GateBias, RecurrentSpec
from gradaudit.layers.unrolled import CellType

INPUT, FORGET = 0, 1
"""Gates in the order i f g o."""
SAYS_FORGET = "Bias of the forget gate at the start (1); `chrono` draws it for the length of the sequences."


@dataclass(frozen=True, slots=True)
class LstmSpec(RecurrentSpec):
    """A long short-term memory layer."""

    type: ClassVar[str] = "lstm"
    noun: ClassVar[str] = "an lstm layer"
    gates: ClassVar[int] = 4

    forget_bias: ForgetBias | None = key("memory", SAYS_FORGET, None)

    def _gate_bias(self, inputs: Shape) -> GateBias:
        drawn = super(LstmSpec, self)._gate_bias(inputs)
        return replace(drawn, forget=self._forgets(), keeps=FORGET, admits=INPUT)

    def _forgets(self) -> ForgetBias | None:
        if self.forget_bias is not None:
            return self.forget_bias
        return None if self.framework == "pytorch" else 1.0

    def cell(self) -> CellType:
        return LstmCell
