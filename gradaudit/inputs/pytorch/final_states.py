"""What people read of a recurrent module's results: every step, the last one, or the final state.

A tensor that is cut out of them is known by its numbers, however it was indexed, squeezed or joined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradaudit.inputs.described.model import DescribedLayer
from gradaudit.inputs.pytorch.trace import Value, values_in


@dataclass(frozen=True, eq=False)
class Final:
    """The final state of a recurrent module's last layer."""

    tensor: Any
    """Rows × units, of both directions side by side."""
    before: str
    """The value that the module was given."""
    layers: tuple[DescribedLayer, ...]
    """The module's, the last giving its last step alone."""


@dataclass(eq=False)
class States:
    """The results of recurrent modules so far."""

    sequences: set[str] = field(default_factory=set)
    """Values that are rows × steps × features."""
    pending: dict[str, Final] = field(default_factory=dict)
    """A final state of all layers, or a part of it → what it is to become."""
    are_fresh: bool = True
    """Whether all recurrent weights so far may be PyTorch's own draw."""

    def is_sequence(self, value: Value) -> bool:
        return value.key in self.sequences and len(value.shape) == 3

    def keep(self, state: Any, final: Final) -> None:  # noqa: ANN401 - a value, or a pair of them
        """Remember a module's final states."""
        self.pending |= {value.key: final for value in values_in(state)}

    def carry(self, before: Value, after: Value) -> None:
        """A step that keeps rows and steps makes a sequence of a sequence."""
        if self.is_sequence(before) and before.shape[:2] == after.shape[:2] and len(after.shape) == 3:
            self.sequences.add(after.key)


def final_of(state: Value, directions: int) -> Any:  # noqa: ANN401 - torch has no types here
    """The last layer's part of h (levels·directions × rows × units), directions side by side."""
    own = state.tensor[-directions:]
    return own.permute(1, 0, 2).reshape(own.shape[1], -1)


def are_equal(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Whether two tensors hold the same numbers."""
    return one.shape == other.shape and bool((one == other).all())
