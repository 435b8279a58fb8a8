"""A count with its noun, as every text has it."""

from __future__ import annotations


def counted(n: int, thing: str) -> str:
    """1 error, 1,200 errors, 2 classes."""
    return f"{n:,} {thing}{'' if n == 1 else 'es' if thing.endswith('s') else 's'}"
