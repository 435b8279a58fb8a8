"""ONNX graphs node by node: what is read, and how what is not read is named."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import DropoutSpec, Named, ResidualSpec
from tests.inputs.onnx.writing import RNG, between, dense, field, model, node, port, tensor

V3 = np.array([1.0, 2.0, 3.0], "<f4")


def graph(*nodes, tensors=(), outputs=("y",)):
    """A model of these nodes, whose dense layers bring tensors with them."""
    flat, own = [], list(tensors)
    for each in nodes:
        flat.append(each[0] if isinstance(each, tuple) else each)
        own += each[1] if isinstance(each, tuple) else []
    return model(flat, own, outputs=outputs)


@pytest.mark.parametrize(
    ("op", "attributes", "activation"),
    [
        ("Relu", {}, Named("relu")),
        ("LeakyRelu", {}, Named("leaky_relu")),
        ("Elu", {"alpha": 0.2}, Named.of("elu", alpha=0.2)),
        ("Selu", {}, Named("selu")),
        ("Gelu", {}, Named("gelu")),
        ("HardSigmoid", {"alpha": 1 / 6}, Named("hard_sigmoid")),
        ("Swish", {}, Named("silu")),
        ("Exp", {}, Named("exponential")),
        ("Mish", {}, Named("mish")),
    ],
)
def test_an_operation_that_is_an_activation(load, op, attributes, activation):
    """With its parameters, and ONNX's defaults for them."""
    assert load(between(node(op, ["a"], "b", **attributes))).activation == activation


@pytest.mark.parametrize(
    ("op", "attributes"),
    [("HardSigmoid", {}), ("Gelu", {"approximate": "tanh"}), ("Selu", {"gamma": 2.0}), ("Swish", {"alpha": 2.0})],
)
def test_an_operation_with_other_parameters_is_named(fault, op, attributes):
    """Another function under the same name is no activation of a spec."""
    found = fault(between(node(op, ["a"], "b", **attributes)))

    assert found == f"m.onnx: node 1 ({op} 'a {op}'): its parameters make another function of it than a spec's"


def test_a_product_and_a_sum_are_a_dense_layer(load, outputs):
    """MatMul + Add, with the bias on either side; a MatMul alone has no biases."""
    W = RNG.normal(size=(4, 3)).astype("<f4")
    for operands in (["a", "v"], ["v", "a"]):
        spec = load(
            model([node("MatMul", ["x", "W"], "a"), node("Add", operands, "y")], [tensor("W", W), tensor("v", V3)])
        )
        X = RNG.normal(size=(5, 4))
        np.testing.assert_allclose(outputs(spec, X), X @ W + V3, atol=1e-12)
    bare = load(model([node("MatMul", ["x", "W"], "y")], [tensor("W", W)]))
    assert bare.bias is False
    assert bare.weights.each("bias") == ()


def test_a_kernel_may_be_transposed_by_a_node(load):
    """A Transpose of a constant is a constant."""
    W = RNG.normal(size=(3, 4)).astype("<f4")
    spec = load(model([node("Transpose", ["W"], "V"), node("MatMul", ["x", "V"], "y")], [tensor("W", W)]))

    np.testing.assert_array_equal(spec.weights.each("weight")[0], W.T)


def test_norms_and_dropout(load):
    """A norm before the activation belongs to the dense layer; ε and scale are read, running statistics are not."""
    stored = [tensor(name, V3) for name in ("s", "t", "m", "v")]
    norm = node("BatchNormalization", ["a", "s", "t", "m", "v"], "n", epsilon=0.25)
    own = load(between(norm, node("Tanh", ["n"], "b"), tensors=stored))
    apart = load(between(node("LayerNormalization", ["a", "s"], "n"), node("Dropout", ["n"], "b"), tensors=stored))

    assert (own.layers[0].norm, own.activation) == (Named.of("batch_norm", eps=0.25), Named("tanh"))
    assert own.weights.each("scale")[0].tolist() == own.weights.each("shift")[0].tolist() == V3.tolist()
    assert (apart.layers[0].norm, apart.layers[1]) == (Named("layer_norm"), DropoutSpec(0.5))
    assert apart.weights.each("shift") == ()


def test_a_sum_of_a_tensor_and_what_was_made_of_it_is_a_residual_block(load):
    """In either order, and inside one another."""
    inner = [dense("a", "c", 3, 3), node("Relu", ["c"], "d"), dense("d", "e", 3, 3), node("Add", ["e", "d"], "f")]
    spec = load(graph(dense("x", "a", 4, 3), *inner, node("Add", ["a", "f"], "b"), dense("b", "y", 3, 2)))

    (_, outer, _) = spec.layers
    assert isinstance(outer, ResidualSpec)
    assert [type(layer).__name__ for layer in outer.layers] == ["DenseSpec", "ResidualSpec"]


def test_casts_and_identities_are_looked_through(load):
    """On the data as on the weights."""
    W = tensor("W", RNG.normal(size=(4, 2)).astype("<f4"))
    nodes = [node("Cast", ["x"], "c", to=1), node("Identity", ["W"], "V"), node("MatMul", ["c", "V"], "p")]
    spec = load(model([*nodes, node("Identity", ["p"], "y")], [W]))

    assert spec.layers[0].units == 2
    assert spec.precision == "float32"


def test_scaling_in_front_by_vectors(load):
    """x − c, x/c, x·c and x + c before the first layer are done to the data."""
    by = {op: RNG.uniform(1, 2, 4).astype("<f4") for op in ("Sub", "Div", "Mul", "Add")}
    names = ["x", *by]
    scale = [node(op, [before, f"c{op}"], op) for before, op in zip(names, by, strict=False)]
    first, own = dense("Add", "y", 4, 2)
    stored = [tensor(f"c{op}", vector) for op, vector in by.items()]
    spec = load(model([*scale, first], [*own, *stored]))

    X = data = RNG.normal(size=(3, 4))
    for scaling in spec.scalings:
        X = (X - scaling.offset) * scaling.scale
    np.testing.assert_allclose(X, (data - by["Sub"]) / by["Div"] * by["Mul"] + by["Add"])


def test_a_log_softmax_at_the_end_is_said(load):
    """With the negative log-likelihood it is the softmax with cross-entropy."""
    spec = load(graph(dense("x", "a", 4, 3), node("LogSoftmax", ["a"], "y", axis=1)))

    assert spec.output == Named("softmax")
    assert "audited as a softmax under the cross-entropy" in spec.notes[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            between(node("Relu", ["a"], "b", domain="com.mine")),
            "node 1 (Relu 'a Relu'): the operation 'Relu' of the domain",
        ),
        (
            between(node("Conv", ["a", "v"], "b"), tensors=[tensor("v", V3)]),
            "a convolution over -1 axes",
        ),
        (between(node("ConvTranspose", ["a"], "b")), "the operation 'ConvTranspose' is not audited here"),
        (between(node("ReduceMean", ["a"], "b")), "export with opset 17 or later"),
        (between(node("Sigmoid", ["a"], "s"), node("Add", ["s", "a"], "b")), "an activation in front of any layer"),
        (between(node("Abs", ["a"], "b")), "node 1 (Abs 'a Abs'): the operation 'Abs' is not audited here"),
        (between(node("Mul", ["a", "a"], "b")), "node 1 (Mul 'a Mul')"),
        (between(node("Add", ["a", "a"], "b")), "it adds a tensor to itself"),
        (
            between(node("Mul", ["a", "v"], "b"), tensors=[tensor("v", V3)]),
            "a scaling is audited in front of the first",
        ),
        (between(node("If", ["a"], "b") + field(5, field(1, "then") + field(6, b""))), "the operation 'If' is not"),
        (between(node("Gemm", ["a", "v"], "b", alpha=2.0), tensors=[tensor("v", V3)]), "alpha and beta"),
        (between(node("MatMul", ["a", "a"], "b")), "it takes several inputs that are not constants"),
        (between(node("MatMul", ["a", "v"], "b"), tensors=[tensor("v", V3)]), "its weights have 1 axes"),
        (between(node("Reshape", ["a", "v"], "b"), tensors=[tensor("v", V3)]), "is given 1 × rows × features"),
        (graph(dense("x", "y", 4, 3), node("Relu", ["y"], "z"), outputs=("y", "z")), "it has 2 outputs"),
        (graph(dense("x", "a", 4, 3)), "its output is not made from its input"),
        (
            graph(dense("x", "a", 4, 3), dense("a", "y", 5, 2)),
            "its weights are 5 × 2, where the layers make them 3 × 2",
        ),
        (graph(dense("u", "y", 4, 3)), "its output is not made from its input"),
    ],
)
def test_what_is_not_audited_is_named(fault, data, message):
    """The node with its index, operation and name, and why."""
    found = fault(data)

    assert found.startswith("m.onnx: ")
    assert message in found


def test_external_data_are_not_opened(fault, tmp_path):
    """A tensor that names another file is refused, whatever it names."""
    outside = field(1, 4) + field(1, 3) + field(2, 1) + field(8, "W") + field(14, 1)
    where = field(13, field(1, "location") + field(2, "../../etc/passwd"))

    assert "'W' lies in another file, which is not opened" in fault(
        model([node("MatMul", ["x", "W"], "y")], [outside + where])
    )


def test_many_nodes_on_one_tensor_take_its_memory_once(load):
    """A tensor is turned into an array once, however many layers use it."""
    layers = [node("MatMul", ["x" if k == 0 else f"t{k}", "W"], f"t{k + 1}") for k in range(50)]
    spec = load(model(layers, [tensor("W", np.eye(4, dtype="<f4"))], [port("x", None, 4)], ["t50"]))

    assert len({id(coef) for coef in spec.weights.each("weight")}) == 1
