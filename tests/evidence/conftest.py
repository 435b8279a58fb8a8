"""The evidence is held against the same hand-written measurements as the rules that read it."""

from tests.rules.conftest import given

__all__ = ["given"]
