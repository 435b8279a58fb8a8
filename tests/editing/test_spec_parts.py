"""What remedies ask of a spec: its hidden layers, its norms, a value everywhere."""

from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import (
    DenseSpec,
    DropoutSpec,
    LayerNormSpec,
    ModelSpec,
    Named,
    ResidualSpec,
)
from gradaudit.editing.spec_changes import everywhere, has_norms, hidden_layers, last_layer
from tests.editing.nested import NESTED


@pytest.mark.parametrize(
    ("layers", "has"),
    [
        ((DenseSpec(4), DropoutSpec(0.5)), False),
        ((DenseSpec(4, norm=Named("batch_norm")),), True),
        ((ResidualSpec((LayerNormSpec(), DenseSpec(2))),), True),
        ((LayerNormSpec(),), True),
    ],
)
def test_a_norm_is_seen_wherever_it_stands(layers, has):
    """In a layer, in a block, on its own."""
    assert has_norms(ModelSpec("m", 2, (*layers, DenseSpec(1)))) is has


def test_names_are_written_as_in_a_spec():
    """`plain` and `named` are each other's inverse."""
    for value in ("relu", {"name": "elu", "alpha": 0.5}):
        assert Named.read(value).plain() == value


def test_hidden_layers_are_all_dense_ones_but_the_last():
    """Residual blocks are opened, norms and dropout passed over."""
    paths = [path for path, _ in hidden_layers(NESTED)]
    assert paths == ["layers[1]", "layers[2].layers[0]", "layers[2].layers[1].layers[1]"]
    assert last_layer(NESTED) == ("layers[4]", DenseSpec(2))


def test_everywhere_is_the_default_and_each_own_value():
    """The model's default where a layer follows it, and every layer that says otherwise."""
    assert everywhere(NESTED, "init", lambda _: "he_normal") == (
        Change("init", "glorot_uniform", "he_normal"),
        Change("layers[1].init", "zeros", "he_normal"),
    )


def test_everywhere_leaves_a_default_that_nobody_follows():
    """Where every hidden layer has its own, the model's default is not touched."""
    spec = ModelSpec("m", 2, (DenseSpec(4, init=Named("zeros")), DenseSpec(1)))
    assert everywhere(spec, "init", lambda _: "he_normal") == (Change("layers[1].init", "zeros", "he_normal"),)


def test_everywhere_writes_an_assumed_key_as_new():
    """A key that the spec does not have has no old value."""
    spec = ModelSpec("m", 2, (DenseSpec(4), DenseSpec(1)), assumed=("init",))
    assert everywhere(spec, "init", lambda _: "he_normal") == (Change("init", None, "he_normal"),)


@pytest.mark.parametrize("assumed", [(), ("init",)])
def test_everywhere_proposes_no_change_that_changes_nothing(assumed):
    """What is there already, written or assumed, is no change."""
    spec = ModelSpec("m", 2, (DenseSpec(4, init=Named("he_normal")), DenseSpec(4), DenseSpec(1)), assumed=assumed)
    assert everywhere(spec, "init", lambda old: old.plain()) == ()


def test_a_model_without_hidden_layers_changes_its_only_one():
    """A linear model's weights have an initializer, too."""
    spec = ModelSpec("m", 2, (DenseSpec(1),))
    assert everywhere(spec, "init", lambda _: "zeros") == (Change("init", "glorot_uniform", "zeros"),)
