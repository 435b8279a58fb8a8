"""What is judged and proven is held against the same hand-written measurements as the rules that read them."""

from tests.rules.conftest import given

__all__ = ["given"]
