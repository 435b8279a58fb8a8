from __future__ import annotations

from collections.abc import Callable

import pytest

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.spec import BatchNormSpec, DenseSpec, DropoutSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec

Model = Callable[[str], ModelSpec]


def test_the_shortest_spec_gets_the_contracts_defaults(model: Model) -> None:
    """What a spec leaves out is filled in as the contract's table says, and what matters is named as assumed."""
    spec = model("layers: [2, 8, 1]")

    assert (spec.inputs, spec.layers) == (2, (DenseSpec(8), DenseSpec(1)))
    assert (spec.activation, spec.init, spec.bias) == (Named("relu"), Named("glorot_uniform"), None)
    assert (spec.output, spec.loss, spec.data) == (None, None, Named("gaussian"))
    assert spec.optimizer == Named.of("sgd", learning_rate=0.01)
    assert (spec.batch_size, spec.epochs, spec.precision, spec.l2) == (None, None, "float32", 0.0)
    assert spec.assumed == ("init", "loss", "optimizer", "epochs", "data")
    assert spec.audits_initialisation
    assert spec.audit == AuditOptions()


def test_the_contracts_example(model: Model) -> None:
    """The example of the contract, aliases in canonical spelling."""
    spec = model(
        "layers: [64, 30, 30, 10]\nactivation: sigmoid\noutput: softmax\ninit: xavier_normal\n"
        "loss: cross_entropy\noptimizer: {name: sgd, learning_rate: 0.1}\ndata: digits\n"
    )

    assert spec.init == Named("glorot_normal")
    assert spec.optimizer == Named.of("sgd", learning_rate=0.1)
    assert spec.assumed == ("epochs",)


def test_every_kind_of_layer(model: Model) -> None:
    """Dense layers with all that they can have, norms, dropout and nested blocks, each as its noun."""
    spec = model(
        "layers:\n- 4\n"
        "- {units: 8, activation: {name: leaky_relu, negative_slope: 0.2}, init: kaiming_normal, bias: zeros,"
        " norm: batch_norm, repeat: 9, name: encoder}\n"
        "- layer_norm\n- {name: batch_norm, repeat: 2}\n- {name: dropout, rate: 0.5}\n"
        "- {name: residual, layers: [8, {name: block, layers: [{units: 8, bias: false}]}], repeat: 3}\n"
        "- {units: 1, activation: linear}\n"
    )

    leaky = Named.of("leaky_relu", negative_slope=0.2)
    assert spec.layers == (
        DenseSpec(8, leaky, Named("he_normal"), Named("zeros"), Named("batch_norm"), 9, "encoder"),
        LayerNormSpec(),
        BatchNormSpec(2),
        DropoutSpec(0.5),
        ResidualSpec((DenseSpec(8), ResidualSpec((DenseSpec(8, bias=False),), name="block")), 3),
        DenseSpec(1, Named("identity")),
    )


@pytest.mark.parametrize(
    ("text", "output"), [("loss: mse\noutput: tanh", Named("tanh")), ("loss: cross_entropy", None)]
)
def test_an_output_that_is_not_given_is_left_to_the_loss_and_the_data(model: Model, text: str, output: object) -> None:
    """A given output stands; nothing is filled in before the targets are known."""
    assert model(f"layers: [2, 2]\n{text}").output == output


def test_an_initializer_on_every_layer_leaves_nothing_to_assume(model: Model) -> None:
    """`init` is assumed only where some dense layer takes it, those in blocks included."""
    own = "{units: 2, init: zeros}"

    assert "init" not in model(f"layers: [2, {own}, {{name: residual, layers: [{own}]}}]").assumed
    assert "init" in model(f"layers: [2, {own}, {{name: residual, layers: [2]}}]").assumed


def test_pytorchs_betas_are_two_numbers(model: Model) -> None:
    """The pair that PyTorch writes is read as beta_1 and beta_2."""
    spec = model("layers: [2, 1]\noptimizer: {name: adam, betas: [0.8, 0.99]}")

    assert spec.optimizer == Named.of("adam", beta_1=0.8, beta_2=0.99)


def test_the_audit_section(model: Model) -> None:
    """Every key of `audit` arrives, thresholds as triples."""
    spec = model(
        "layers: [2, 1]\naudit:\n  seeds: 3\n  seed: 7\n  samples: 99\n  effort: quick\n  select: [saddle-point]\n"
        "  ignore: [dead-units, plateau]\n  fail_on: warning\n  rules: {vanishing-gradient: {ratio_limit: 1e-4}}\n"
    )

    assert spec.audit == AuditOptions(
        seeds=3,
        seed=7,
        samples=99,
        effort="quick",
        select=("saddle-point",),
        ignore=("dead-units", "plateau"),
        fail_on="warning",
        thresholds=(("vanishing-gradient", "ratio_limit", 1e-4),),
    )


def test_a_norm_brings_what_it_adds_to_the_variance(model: Model) -> None:
    """In both of its places; PyTorch's where nothing is said."""
    spec = model(
        "layers: [2, {units: 3, norm: {name: batch_norm, eps: 0.001}}, {name: layer_norm, eps: 0.25}, batch_norm, 1]"
    )

    assert spec.layers[0].norm == Named.of("batch_norm", eps=0.001)
    assert [row.layer.eps for row in flatten(expand(spec)) if row.kind.endswith("norm")] == [0.001, 0.25, 1e-5]
