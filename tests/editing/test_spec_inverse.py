"""Every change has an inverse, whatever the spec."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import (
    BatchNormSpec,
    DenseSpec,
    LayerNormSpec,
    ModelSpec,
    Named,
    ResidualSpec,
)
from gradaudit.editing.spec_changes import apply, everywhere, hidden_layers

names = st.sampled_from(["relu", "tanh", "elu"]).map(Named)

inits = st.sampled_from(["zeros", "he_normal"]).map(Named) | st.floats(0.1, 2.0).map(
    lambda s: Named.of("normal", std=s)
)

dense = st.builds(
    DenseSpec, st.integers(1, 4), activation=st.none() | names, init=st.none() | inits, repeat=st.integers(1, 3)
)
layers = st.recursive(
    dense | st.sampled_from([BatchNormSpec(), LayerNormSpec()]),
    lambda inner: st.builds(ResidualSpec, st.lists(inner, min_size=1, max_size=2).map(tuple)),
    max_leaves=5,
)

specs = st.builds(
    lambda found, activation, init, rate: ModelSpec(
        "m", 3, (*found, DenseSpec(2)), activation=activation, init=init, optimizer=Named.of("sgd", learning_rate=rate)
    ),
    st.lists(layers, max_size=3),
    names,
    inits,
    st.floats(0.001, 1.0),
)


@given(specs, st.sampled_from(["activation", "init"]), inits)
def test_a_change_and_its_inverse_give_the_spec_back(spec, key, new):
    """Whatever the layers' nesting: old and new of every change are what stands there before and after."""
    changes = (
        *everywhere(spec, key, lambda _: new.plain()),
        Change("optimizer.learning_rate", spec.optimizer.get("learning_rate"), 7.0),
        Change("optimizer.momentum", None, 0.9),
        *(Change(f"{path}.bias", None, "ones") for path, _ in hidden_layers(spec)),
    )
    edited = apply(spec, changes)
    assert all(layer.bias == Named("ones") for _, layer in hidden_layers(edited))
    assert not everywhere(edited, key, lambda _: new.plain())
    assert apply(edited, [Change(c.path, c.new, c.old) for c in changes]) == spec
