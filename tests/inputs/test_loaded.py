"""A model with what trains it: a tuple or a dict, known by its keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import GradauditError, InputError
from gradaudit.inputs.loaded import is_setup, loaded_from
from gradaudit.inputs.python_object import subjects_of

SPEC = {"layers": [2, 8, 1]}


def spec_of(given: Any) -> ModelSpec:
    """The one model in it."""
    (network,) = subjects_of(loaded_from(given, "own.py:setup"))
    return network.spec


def test_a_dict_says_what_trains_the_model() -> None:
    """In a spec's words for a spec; none of it is assumed then."""
    spec = spec_of({"model": SPEC, "loss": "mae", "optimizer": {"name": "adam"}, "epochs": 7, "batch_size": 16})
    assert (spec.loss, spec.optimizer, spec.epochs, spec.batch_size) == (Named("mae"), Named("adam"), 7, 16)
    assert spec.assumed == ("init", "data")


def test_a_spec_is_no_setup() -> None:
    """It has layers, whatever else it has."""
    assert is_setup({"model": SPEC})
    assert not is_setup({"layers": [2, 1], "model": 1})
    assert not is_setup([SPEC])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"model": SPEC, "optimiser": "adam"},
            "own.py:setup has the key 'optimiser', which says nothing here",
        ),
        ({"model": SPEC, "epochs": 0}, "epochs is 0; write a whole number from 1 up"),
        ({"model": SPEC, "batch_size": True}, "batch_size is True; write a whole number"),
        ({"model": 3}, "an object of type int is no model"),
        ({"model": SPEC, "loss": "mea"}, "'mea' is no loss"),
        ((SPEC, 1), "own.py:setup gives 2 values; a model with its data is (model, X, y)"),
    ],
)
def test_what_is_no_setup_is_told(given: Any, message: str) -> None:
    """With what to write instead."""
    with pytest.raises(GradauditError) as error:
        spec_of(given)
    assert message in str(error.value)


def test_an_estimator_trains_itself() -> None:
    """What trains it is among its own parameters."""
    from sklearn.neural_network import MLPClassifier

    given = {"model": MLPClassifier((3,)), "X": [[0.0], [1.0]], "y": [0, 1]}
    assert spec_of(given).inputs == 1
    with pytest.raises(InputError, match="epochs is for a PyTorch module; a MLPClassifier has its own parameters"):
        spec_of({**given, "epochs": 3})


@pytest.mark.torch
def test_a_module_with_its_loader() -> None:
    """Alone with it in a tuple, or as X; the loader says how large the batches are."""
    torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
    from torch.utils.data import DataLoader, TensorDataset

    net = torch.nn.Sequential(torch.nn.Linear(3, 20), torch.nn.ReLU(), torch.nn.Linear(20, 2))
    loader = DataLoader(TensorDataset(torch.zeros(10, 3), torch.arange(10) % 2), batch_size=5)
    for given in ((net, loader, torch.nn.CrossEntropyLoss()), {"model": net, "X": loader, "loss": "cross_entropy"}):
        (network,) = subjects_of(loaded_from(given))
        assert (network.spec.batch_size, network.spec.loss) == (5, Named("cross_entropy"))
        assert network.X.shape == (10, 3)  # type: ignore[attr-defined]
    with_own = spec_of({"model": net, "X": loader, "batch_size": 2})
    assert with_own.batch_size == 2


def test_a_dict_of_arrays_names_no_model() -> None:
    """A state dict, or X and y alone: the message says what a dict is for, not what a spec may hold."""
    for given in ({"X": np.zeros((4, 2)), "y": np.zeros(4)}, {"0.weight": np.zeros((3, 2))}):
        with pytest.raises(InputError, match="name the model that they belong to"):
            loaded_from(given, "own.py:weights")
    with pytest.raises(GradauditError, match="layers"):
        spec_of({"layer": [2, 1], "loss": "mae"})
