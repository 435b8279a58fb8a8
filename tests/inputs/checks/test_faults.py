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


@pytest.mark.parametrize("key", ["activation", "output"])
def test_prelu_is_shown_its_nearest_kin(key: str) -> None:
    """It is said what differs: the slope that is learned."""
    assert "its slope is learned, which is not supported; write leaky_relu" in said(**{key: "PReLU"})


def test_what_one_layer_lacks_is_said_once() -> None:
    """All of its missing keys, each with an example."""
    (message,) = said(layers=[[8, 8, 1], {"type": "conv2d"}, "flatten", 1]).splitlines()
    assert "'channels' and 'kernel_size' are missing; write them, such as channels: 16, kernel_size: 3" in message


@pytest.mark.parametrize("first", ["dense", {"type": "dense"}, []])
def test_what_is_no_number_of_inputs_is_said_once(first: object) -> None:
    """That it is no layer either is nothing more to mend."""
    (message,) = said(layers=[first, 1]).splitlines()
    assert "the first entry is the number of inputs" in message


@pytest.mark.parametrize("axes", [[4, 12, 12, 3], [None, 12, 12, 3], [-1, 12, 12, 3]])
def test_a_batch_in_front_of_a_shape_is_left_out(axes: list[int | None]) -> None:
    """The shape to write is shown."""
    (message,) = said(layers=[axes, "flatten", 1]).splitlines()
    assert message.endswith("without the number of samples (the batch) in front; write [12, 12, 3]")
