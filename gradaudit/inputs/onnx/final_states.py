"""The final states of recurrent nodes: piled up over stacked layers and directions, and what is taken off the pile."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradaudit.inputs.described.last_step import OTHERWISE, last_step
from gradaudit.inputs.described.model import DescribedLayer
from gradaudit.inputs.onnx.arrangement import Arrangement
from gradaudit.inputs.onnx.constants import Given, cuts, listed, whole
from gradaudit.inputs.onnx.layout import AxisLayout
from gradaudit.inputs.onnx.proto import OnnxNode

Pile = tuple[str, ...]
"""Final states, each rows × units of one layer and direction, one on another."""


@dataclass(eq=False)
class FinalStates:
    """The final states of all recurrent nodes so far."""

    to: Arrangement
    same: dict[str, str]
    """A tensor → the one that it is the same as."""
    piles: dict[str, Pile] = field(default_factory=dict)
    """A tensor, layers·directions × rows × units → the states in it."""
    turned: dict[str, Pile] = field(default_factory=dict)
    """The same with rows in front."""
    whole: dict[Pile, tuple[str, DescribedLayer]] = field(default_factory=dict)
    """The states of all directions of one layer → what it was given, and the layer."""

    def keep(self, output: str, before: str, layer: DescribedLayer) -> None:
        """A node's last state, directions × rows × units."""
        pile = tuple(f"{output} {k}" for k in range(2 if layer.keys.get("bidirectional") else 1))
        self.piles[output], self.whole[pile] = pile, (before, layer)
        if len(pile) == 1:
            self._become(pile[0], pile)

    def hold(self, tensors: list[str]) -> bool:
        """Whether any of these is a final state, or a part of one."""
        halves = {each for pile in self.whole for each in pile if len(pile) > 1}
        return any(tensor in self.piles or tensor in self.turned or tensor in halves for tensor in tensors)

    def take(self, node: OnnxNode, given: Given, tensors: list[str]) -> None:
        """The node hands on the final states that it is given. Raises ValueError for other uses."""
        output, first = node.outputs[0], tensors[0]
        if node.op == "Concat" and all(tensor in self.piles for tensor in tensors) and node.number("axis", 0) == 0:
            self.piles[output] = tuple(state for tensor in tensors for state in self.piles[tensor])
        elif node.op == "Concat" and node.number("axis", 0) in (1, -1):
            self._become(output, tuple(tensors))
        elif first in self.turned and node.op in ("Reshape", "Flatten"):
            self._become(output, self.turned[first])
        elif first in self.piles:
            self._part(node, given, output, self.piles[first])
        else:
            raise ValueError(OTHERWISE)

    def _part(self, node: OnnxNode, given: Given, output: str, pile: Pile) -> None:
        index = given[1] if len(given) > 1 else None
        if node.op == "Gather" and index is not None and index.ndim == 0 and not node.number("axis", 0):
            self.same[output] = pile[whole(index)[0]]
        elif node.op == "Slice" and cuts(node, given, 3)[1:] == (slice(None),) * 2:
            self.piles[output] = pile[cuts(node, given, 3)[0]]
        elif node.op == "Transpose" and [*node.attributes["perm"].integers()] == [1, 0, 2]:
            self.turned[output] = pile
        elif len(pile) == 1 and self._flattens(node, given):
            self.same[output] = pile[0]
        else:
            raise ValueError(OTHERWISE)

    def _flattens(self, node: OnnxNode, given: Given) -> bool:
        """Whether the node makes rows × units of 1 × rows × units."""
        if node.op == "Squeeze":
            return listed(node, given, 1, "axes") in ([0], None)
        return node.op == "Reshape" and given[1] is not None and given[1].size == 2

    def _become(self, tensor: str, pile: Pile) -> None:
        """The tensor is a layer's last step, of all its directions side by side."""
        if pile not in self.whole:
            raise ValueError(OTHERWISE)
        before, layer = self.whole[pile]
        units = layer.keys["units"]
        width = units * len(pile) if isinstance(units, int) else 0
        rows = self.to.of(before).sizes.get("n", float("nan"))
        self.to.step(tensor, before, AxisLayout(("n", "f")).resized(n=rows, f=width), *last_step((layer,)))
