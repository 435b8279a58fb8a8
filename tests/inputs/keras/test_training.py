"""What a compiled Keras model says of its training."""

from __future__ import annotations

import pytest

from gradaudit.domain.spec import Named
from tests.inputs.keras.writing import compiled, named

MOMENTS = {"beta_1": 0.9, "beta_2": 0.999, "eps": 1e-7}


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", Named("mse")),
        ("mean_squared_error", Named("mse")),
        (named("MeanAbsoluteError", reduction="sum_over_batch_size"), Named("mae")),
        (named("Huber", delta=1.0), Named("huber")),
        (
            named("BinaryCrossentropy", from_logits=False, label_smoothing=0.0, reduction="auto"),
            Named("binary_cross_entropy"),
        ),
        (named("SparseCategoricalCrossentropy"), Named("cross_entropy")),
        ({"class_name": "function", "config": "poisson"}, Named("poisson")),
        (["mse"], Named("mse")),
        (named("MeanSquaredError", reduction="sum"), Named.of("mse", reduction="sum")),
    ],
)
def test_losses(load, loss, expected):
    """As text, class, function or in a list of one."""
    assert load(compiled(loss)).loss == expected


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ("sgd", Named.of("sgd", learning_rate=0.01, momentum=0.0)),
        (
            named("SGD", learning_rate=0.009999999776482582, momentum=0.9, nesterov=True, weight_decay=0.1),
            Named.of("sgd", learning_rate=0.01, momentum=0.9, nesterov=True, weight_decay=0.1),
        ),
        ("adam", Named.of("adam", learning_rate=0.001, **MOMENTS)),
        (named("Adam", weight_decay=0.1), Named.of("adamw", learning_rate=0.001, weight_decay=0.1, **MOMENTS)),
        ("AdamW", Named.of("adamw", learning_rate=0.001, weight_decay=0.004, **MOMENTS)),
        ("rmsprop", Named.of("rmsprop", learning_rate=0.001, alpha=0.9, momentum=0.0, eps=1e-7)),
        (
            named("Adagrad", initial_accumulator_value=0.2),
            Named.of("adagrad", learning_rate=0.001, initial_accumulator_value=0.2, eps=1e-7),
        ),
        (
            named("SGD", global_clipnorm=2.0, clipnorm=None),
            Named.of("sgd", learning_rate=0.01, momentum=0.0, clip_norm=2.0),
        ),
        (
            named("LossScaleOptimizer", inner_optimizer=named("Adam", learning_rate=0.5)),
            Named.of("adam", learning_rate=0.5, **MOMENTS),
        ),
    ],
)
def test_optimizers(load, optimizer, expected):
    """With Keras's own defaults; rates as they were before float32; a decay beside Adam makes it AdamW."""
    assert load(compiled(optimizer=optimizer)).optimizer == expected


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_the_defaults_are_keras_s(monkeypatch, load, kind):
    """A name alone means what the class itself writes of its defaults."""
    pytest.importorskip("torch", reason="Keras needs a backend")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="compares with Keras")
    written = keras.optimizers.serialize(getattr(keras.optimizers, kind)())

    assert load(compiled(optimizer=kind)).optimizer == load(compiled(optimizer=written)).optimizer


@pytest.mark.parametrize(
    ("optimizer", "note"),
    [
        (named("Adam", amsgrad=True), "compile_config.optimizer.config: amsgrad is not read"),
        (named("RMSprop", centered=True), "centered is not read"),
        (named("SGD", clipvalue=1.0), "clipvalue is not read"),
        (named("SGD", clipnorm=1.0), "clipnorm bounds each array's gradient"),
        (
            named("SGD", learning_rate=named("CosineDecay", initial_learning_rate=0.1)),
            "compile_config.optimizer.config.learning_rate: the schedule CosineDecay is not followed",
        ),
    ],
)
def test_what_is_not_read_is_said(load, optimizer, note):
    """The report says it beside what was assumed."""
    assert any(note in found for found in load(compiled(optimizer=optimizer)).notes)


@pytest.mark.parametrize(
    ("loss", "optimizer", "message"),
    [
        ("hinge", "sgd", "compile_config.loss: the loss 'hinge' is not audited; known are"),
        (named("Huber", delta=2.0), "sgd", "a delta of 2 is not audited"),
        (
            named("BinaryCrossentropy", label_smoothing=0.1),
            "sgd",
            "a label_smoothing of 0.1 is not audited; compile with label_smoothing=0",
        ),
        (named("MeanSquaredError", reduction="none"), "sgd", "the reduction 'none' is not audited"),
        ("mse", "nadam", "compile_config.optimizer: the optimizer 'nadam' is not audited; known are SGD"),
        ("mse", named("Custom>Mine"), "the optimizer 'Custom>Mine' is not audited"),
        ("mse", named("SGD", learning_rate="fast"), "'fast' is no number"),
        ("mse", named("SGD", learning_rate=named("PiecewiseConstantDecay")), "says no initial_learning_rate"),
        ("mse", named("SGD", learning_rate=-1), "optimizer.learning_rate: -1.0 is impossible"),
    ],
)
def test_what_a_spec_cannot_say(fault, loss, optimizer, message):
    """By path, with what is known."""
    assert message in fault(compiled(loss, optimizer))


def test_losses_over_several_outputs(load, fault):
    """Keras's sum over a batch is of means over the outputs."""
    assert "the reduction 'sum'" in fault(compiled(named("MeanSquaredError", reduction="sum"), units=3))
    assert "poisson over several outputs" in fault(compiled("poisson", units=3))
    several = named("CategoricalCrossentropy", reduction="sum")
    assert load(compiled(several, units=3)).loss == Named.of("cross_entropy", reduction="sum")


def test_logits_leave_the_output_to_the_loss(load):
    """from_logits puts the loss's own activation behind a linear layer."""
    logits = named("SparseCategoricalCrossentropy", from_logits=True)

    assert load(compiled(logits, units=3)).output is None
    assert load(compiled("sparse_categorical_crossentropy", units=3)).output == Named("identity")


@pytest.mark.parametrize(
    ("loss", "last", "name"),
    [
        ("SparseCategoricalCrossentropy", "softmax", "cross_entropy"),
        ("CategoricalCrossentropy", "relu", "cross_entropy"),
        ("BinaryCrossentropy", "sigmoid", "binary_cross_entropy"),
    ],
)
def test_logits_behind_an_activation_are_taken_twice(load, loss, last, name):
    """As PyTorch's and JAX's backends do, so that the audit can tell; TensorFlow, Keras 2's, undoes its own kind."""
    twice = compiled(named(loss, from_logits=True, reduction="sum"), units=1 + 2 * (last != "sigmoid"), activation=last)
    found = load(twice)

    assert (found.loss, found.output) == (Named.of(name, reduction="sum", from_logits=True), Named(last))
    undone = last != "relu"
    assert any("but the last layer is" in note for note in found.notes) == undone
    older = load(twice | {"keras_version": "2.15.0"})
    assert bool(older.loss.get("from_logits", False)) != undone
    assert any("TensorFlow takes it once" in note for note in older.notes) == undone


def test_weights_of_losses_are_said(load):
    """They change the size of the gradient, and are not read."""
    weighted = compiled("mse")
    weighted["compile_config"]["loss_weights"] = [2.0]

    assert "compile_config.loss_weights is not read: the loss is taken as it is" in load(weighted).notes


def test_a_model_that_was_never_compiled(load):
    """Loss and optimizer are assumed, which is said."""
    model = compiled()
    for given in ({}, None):
        model["compile_config"] = given
        assert load(model).assumed == ("loss", "optimizer", "epochs", "data", "batch_size")
