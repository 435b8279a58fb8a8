"""A graph of tensors as layers with residual blocks: what leads to each tensor, where branches meet again."""

from __future__ import annotations

from gradaudit.inputs.described.model import DescribedLayer, Place


class Trails:
    """From each tensor back to the input: the tensor before it, and the layers between the two."""

    def __init__(self, start: str) -> None:
        self.start = start
        self.before: dict[str, tuple[str, tuple[DescribedLayer, ...]]] = {}

    def __contains__(self, tensor: str) -> bool:
        """Whether a trail leads to this tensor."""
        return tensor == self.start or tensor in self.before

    def step(self, tensor: str, before: str, *layers: DescribedLayer) -> None:
        """The tensor is what the layers make of the one before it."""
        self.before[tensor] = before, layers

    def add(self, tensor: str, branches: tuple[str, str], place: Place) -> None:
        """The tensor is the sum of two that were made from one; the shorter way is the shortcut.

        Raises InputError where they have nothing in common.
        """
        first = self._origins(branches[0])
        start = next((origin for origin in self._origins(branches[1]) if origin in first), None)
        if start is None:
            raise place.refusal("it adds two tensors that are not made from one; such a sum is not audited")
        ways = sorted((self._between(start, branch) or () for branch in branches), key=len)
        if not ways[1]:
            raise place.refusal("it adds a tensor to itself; such a sum is not audited")
        self.before[tensor] = start, (DescribedLayer("residual", place, layers=ways[1], shortcut=ways[0]),)

    def _origins(self, tensor: str) -> list[str]:
        """The tensors on its trail, from itself back to the input."""
        found = [tensor]
        while tensor in self.before:
            tensor, _ = self.before[tensor]
            found.append(tensor)
        return found

    def layers_to(self, tensor: str) -> tuple[DescribedLayer, ...]:
        """All layers from the input to the tensor."""
        return self._between(self.start, tensor) or ()

    def _between(self, start: str, end: str) -> tuple[DescribedLayer, ...] | None:
        """The layers from one tensor to another, None where the trail to it does not pass there."""
        found: list[DescribedLayer] = []
        while end != start:
            if end not in self.before:
                return None
            end, layers = self.before[end]
            found += reversed(layers)
        return tuple(reversed(found))
