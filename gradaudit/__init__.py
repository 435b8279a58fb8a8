"""gradaudit: will this network's gradients let it learn? Why not, in numbers, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradaudit.api import Report, assert_healthy, audit, load

__version__ = "0.1.0"

__all__ = ["Report", "__version__", "assert_healthy", "audit", "load"]


def __getattr__(name: str) -> object:
    """The public names, imported when one is asked for: `import gradaudit` alone costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'gradaudit' has no attribute {name!r}")
    from gradaudit import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
