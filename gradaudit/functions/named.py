"""A named thing of a spec, with its parameters, and the plain values that a spec is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain] | None"


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the spec that is its canonical name, with parameters where any were given."""

    name: str
    parameters: tuple[tuple[str, Scalar], ...] = ()
    """Pairs sorted by key; only those that the spec gives, defaults are the table's."""
    spelling: str = field(default="", compare=False, repr=False)
    """The alias that the spec has (`xavier_normal`), by which a person is told of it; empty where that is the name."""

    @classmethod
    def of(cls, name: str, **parameters: Scalar) -> Named:
        """Named.of("leaky_relu", negative_slope=0.2)."""
        return cls(name, tuple(sorted(parameters.items())))

    @classmethod
    def read(cls, value: Plain | Named) -> Named:
        """A name, or a mapping of name and parameters, as a spec writes it; what is read already stays."""
        if isinstance(value, Named):
            return value
        if isinstance(value, dict):
            return cls.of(str(value["name"]), **{k: v for k, v in value.items() if k != "name"})  # type: ignore[arg-type]
        return cls(str(value))

    def having(self, **parameters: Scalar) -> Named:
        """The same with these parameters, in place of its own of the same name."""
        return Named.of(self.name, **{**dict(self.parameters), **parameters})

    def get(self, key: str, default: Scalar | None = None) -> Scalar | None:
        """The parameter, or the default where the spec does not give it."""
        return dict(self.parameters).get(key, default)

    def number(self, key: str, default: float) -> float:
        """The parameter as a float, or the default where the spec does not give it."""
        return float(dict(self.parameters).get(key, default))

    def plain(self) -> Plain:
        """As it is written in a spec: the name, or a mapping of name and parameters."""
        return {"name": self.name, **dict(self.parameters)} if self.parameters else self.spelling or self.name

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.parameters)
        return f"{self.name}({inside})" if inside else self.spelling or self.name
