"""Sequential and functional models as chains with residual additions."""

from __future__ import annotations

import pytest

from gradaudit.domain.spec import ResidualSpec
from tests.inputs.keras.writing import called, dense, functional, layer, sequential, start


def residual(keras=3, kind="Add", **more):
    """x + dense(x) between two dense layers."""
    layers = [
        called(dense(), "a", "start", keras=keras),
        called(dense(), "b", "a", keras=keras),
        called({**layer(kind), **more}, "sum", "a", "b", keras=keras),
        called(dense(1), "end", "sum", keras=keras),
    ]
    return functional(*layers, keras=keras)


@pytest.mark.parametrize("keras", [2, 3])
def test_a_residual_sum_in_both_forms(load, keras):
    """Keras 2 writes its calls as lists, Keras 3 as tensors among arguments."""
    spec = load(residual(keras))

    assert spec.inputs == 4
    assert [type(each) for each in spec.layers][1] is ResidualSpec
    assert len(spec.layers) == 3


def test_a_sum_of_tensors_is_a_sum(load):
    """`x + y` is an operation with the name of the layer."""
    assert isinstance(load(residual(module="keras.src.ops.numpy")).layers[1], ResidualSpec)


def test_the_order_of_layers_does_not_matter(load):
    """What counts is who takes whose output."""
    layers = [called(dense(1), "end", "b"), called(dense(), "b", "a"), called(dense(2), "a", "start")]

    assert [each.units for each in load(functional(*layers)).layers] == [2, 3, 1]


def test_a_model_as_a_layer(load):
    """Its layers stand where it is called, whether it is functional or not."""
    inner = functional(called(dense(2), "end", "start"))
    spec = load(
        functional(called(sequential(dense(5)), "s", "start"), called(inner, "f", "s"), called(dense(1), "end", "f"))
    )

    assert [each.units for each in spec.layers] == [5, 2, 1]


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        ({"class_name": "Sequential", "config": {"layers": [dense(batch_input_shape=[None, 7])]}}, 7),
        ({"class_name": "Sequential", "config": [dense(batch_input_shape=[None, 7])]}, 7),
        (
            {
                "class_name": "Sequential",
                "config": {"layers": [{**dense(), "build_config": {"input_shape": [None, 6]}}]},
            },
            6,
        ),
        ({"class_name": "Sequential", "config": {"layers": [dense()], "build_input_shape": [None, 5]}}, 5),
        ({"class_name": "Sequential", "config": {"layers": [sequential(dense()), dense()]}}, 4),
        ({"class_name": "Sequential", "config": {"layers": [start(2, 3), layer("Flatten"), dense()]}}, 6),
    ],
)
def test_where_the_number_of_inputs_stands(load, model, inputs):
    """Keras has kept it in many places; images need a Flatten."""
    assert load(model).inputs == inputs


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"class_name": "Sequential", "config": {"layers": [dense()]}}, "the number of inputs is not in the file"),
        (
            {"class_name": "Sequential", "config": {"layers": [start(None), dense()]}},
            "the shape of an input must be known",
        ),
        ({"class_name": "Mine", "config": {"layers": []}}, "a model of the class 'Mine' is not audited"),
        ({"class_name": "Sequential", "config": {}}, "config: 'layers' is missing"),
        (
            functional(called(dense(), "end", "nobody")),
            "config.layers[1] (end): it takes an output that no layer gives",
        ),
        (
            functional(called(dense(), "end", "b"), called(dense(), "b", "end")),
            "it takes an output that no layer gives",
        ),
        (functional(called(dense(), "other", "start")), "config.output_layers: there is no layer 'end'"),
        (functional(called(dense(), "end")), "it is never called; a layer is audited that is called once"),
        (functional(called(dense(), "end", "start", "start")), "it takes 2 inputs; only a sum of two may take more"),
        (functional(called(layer("Concatenate"), "end", "start", "start")), "'Concatenate' is not audited"),
        (sequential(layer("ReLU"), dense()), "config.layers[1]: an activation in front of any layer"),
    ],
)
def test_models_that_are_not_audited(fault, model, message):
    """By path and name, with the reason."""
    assert message in fault(model)


def test_several_outputs_and_shared_layers(fault):
    """One input, one output, each layer called once."""
    model = functional(called(dense(), "end", "start"))
    model["config"]["output_layers"] = [["end", 0, 0], ["start", 0, 0]]
    assert fault(model) == "config.output_layers: 2 of them; a model with one input and one output is audited"

    model = functional(called(dense(), "end", "start"))
    model["config"]["layers"][1]["inbound_nodes"] *= 2
    assert "it is called 2 times; a layer is audited that is called once" in fault(model)


def test_calls_with_more_than_tensors(fault):
    """Named arguments may change what a layer does."""
    model = functional(called(dense(), "end", "start", keras=2), keras=2)
    model["config"]["layers"][1]["inbound_nodes"][0][0][3] = {"training": True}
    assert "a call with named arguments is not audited" in fault(model)

    model = functional(called(dense(), "end", "start"))
    node = model["config"]["layers"][1]["inbound_nodes"][0]
    node["kwargs"] = {"mask": node["args"]}
    assert "a tensor as a named argument is not audited" in fault(model)


def test_models_inside_models_have_an_end(fault):
    """Every file's own limit on levels holds here, too."""
    model = sequential(dense())
    for _ in range(9):
        model = {"class_name": "Sequential", "config": {"layers": [model]}}
    assert "nested more than 32 levels deep" in fault(model)
