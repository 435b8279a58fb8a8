"""A graph of tensors as a chain of links with residual blocks: what leads to each tensor, where branches meet again."""

from __future__ import annotations

from gradaudit.inputs.links import Link, Place, ResidualLink


class Trails:
    """From each tensor back to the input: the tensor before it, and the links between the two."""

    def __init__(self, start: str) -> None:
        self.start = start
        self.before: dict[str, tuple[str, tuple[Link, ...]]] = {}

    def __contains__(self, tensor: str) -> bool:
        """Whether a trail leads to this tensor."""
        return tensor == self.start or tensor in self.before

    def step(self, tensor: str, before: str, *links: Link) -> None:
        """The tensor is what the links make of the one before it."""
        self.before[tensor] = before, links

    def add(self, tensor: str, branches: tuple[str, str], place: Place) -> None:
        """The tensor is the sum of two; raises InputError unless one of them was made from the other."""
        for skip, end in (branches, branches[::-1]):
            links = self._between(skip, end)
            if links:
                self.before[tensor] = skip, (ResidualLink(place, links),)
                return
        raise place.refusal("it adds two branches of which neither is the other's input; such a sum is not audited")

    def links_to(self, tensor: str) -> tuple[Link, ...]:
        """All links from the input to the tensor."""
        return self._between(self.start, tensor) or ()

    def _between(self, start: str, end: str) -> tuple[Link, ...] | None:
        """The links from one tensor to another, None where the trail to it does not pass there."""
        found: list[Link] = []
        while end != start:
            if end not in self.before:
                return None
            end, links = self.before[end]
            found += reversed(links)
        return tuple(reversed(found))
