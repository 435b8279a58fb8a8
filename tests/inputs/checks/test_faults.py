"""What a message says of a key that stands in the wrong place, and of a name from elsewhere."""

from __future__ import annotations

import pytest

from gradaudit.errors import SpecError
from gradaudit.inputs import from_document


def said(**keys: object) -> str:
    """The message about a spec with these keys."""
    with pytest.raises(SpecError) as caught:
        from_document({"layers": [2, 2, 1], **keys})
    return str(caught.value)


@pytest.mark.parametrize("key", ["learning_rate", "lr", "momentum", "weight_decay", "clip_norm"])
def test_a_key_of_the_optimizer_is_shown_its_place(key: str) -> None:
    """What is written there is a spec that is read."""
    name = "learning_rate" if key == "lr" else key

    assert f"it is the optimizer's: optimizer: {{name: sgd, {name}:" in said(**{key: 0.1})
    assert from_document({"layers": [2, 2, 1], "optimizer": {"name": "sgd", name: 0.1}}).optimizer.get(name) == 0.1


def test_prelu_is_shown_its_nearest_kin() -> None:
    """ReLU has no slope below zero."""
    assert "did you mean 'leaky_relu'?" in said(activation="prelu")
