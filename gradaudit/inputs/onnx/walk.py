"""An ONNX graph as described layers: node by node, each taken for what a spec can say, or named in the refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradaudit.domain.spec import Plain
from gradaudit.errors import InputError, Location
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.last_step import OTHERWISE
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.described.trails import Trails
from gradaudit.inputs.onnx.arrangement import Arrangement, taken
from gradaudit.inputs.onnx.constants import Constants, Given
from gradaudit.inputs.onnx.final_states import FinalStates
from gradaudit.inputs.onnx.forms import ELEMENTWISE, OPERATIONS, SOFTMAX, Formulas
from gradaudit.inputs.onnx.moves import MOVES
from gradaudit.inputs.onnx.operations import LAYERS, constant_scaling
from gradaudit.inputs.onnx.ports import handed_through
from gradaudit.inputs.onnx.proto import Graph, OnnxNode, Port
from gradaudit.inputs.onnx.recurrent import CELLS
from gradaudit.text.suggest import quoted

LABELS = {"ArgMax", "ZipMap", "ArrayFeatureExtractor", "Binarizer", "LabelEncoder"}
"""Operations that turn a classifier's outputs into labels."""
_AROUND_LABELS = {"Concat", "Cast", "Reshape", "Identity", "Squeeze"}
_OTHER_MODELS = {
    "SVMClassifier": "a support vector machine",
    "SVMRegressor": "a support vector machine",
    "TreeEnsembleClassifier": "an ensemble of decision trees",
    "TreeEnsembleRegressor": "an ensemble of decision trees",
    "TreeEnsemble": "an ensemble of decision trees",
    "LinearClassifier": "a linear classifier",
    "LinearRegressor": "a linear regression",
}
"""Operations of ai.onnx.ml that are a whole model, but no network."""
_HINTS = {"PRelu": ": its slope is learned; a LeakyRelu's is fixed"}
_FLOATS = {1, 10, 11, 16}
_INTEGERS = {6, 7}
_KERNELS = ("Gemm", "MatMul", "Conv", *CELLS)
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}


class GraphWalk:
    """Goes through the nodes in their order, which is a topological one."""

    def __init__(self, graph: Graph, start: Port, location: Location) -> None:
        self.graph, self.location, self.start = graph, location, start.name
        self.constants, self.trails, self.formulas = Constants(graph), Trails(start.name), Formulas()
        self.same: dict[str, str] = {}
        """A tensor → the one that it is the same as."""
        self.labels: set[str] = set()
        """Tensors that are labels, or on the way to them."""
        self.to = Arrangement(start, self.trails)
        self.states = FinalStates(self.to, self.same)
        kernels = [node for node in graph.nodes if node.op in _KERNELS]
        self.last_product = kernels[-1].index if kernels and kernels[-1].op in ("Gemm", "MatMul") else len(graph.nodes)
        """Behind it a tensor may have any shape: it is the output."""
        self.ends: dict[str, None] = {}
        """Tensors that the labels are made of."""
        self.notes: dict[str, None] = {}
        self.passed = handed_through(graph)
        self.makers = {output: node for node in graph.nodes for output in node.outputs}
        self.has_labels = any(node.op in LABELS for node in graph.nodes)

    def layers(self) -> tuple[DescribedLayer, ...]:
        """The layers from the input to the network's output. Raises InputError, naming the node."""
        for node in self.graph.nodes:
            try:
                self._visit(node)
            except (IndexError, OverflowError):
                raise self.place(node).refusal("its settings do not fit what it is given") from None
            except ValueError as error:
                raise self.place(node).refusal(str(error)) from None
        beside = self.constants.names() | self.passed | self.labels
        outputs = {self._origin(port.name): None for port in self.graph.outputs if port.name not in beside}
        ends = [end for end in self.ends | outputs if end not in self.labels]
        if len(ends) != 1:
            says = f"it has {len(ends)} outputs; a network with one is audited, so export it with one"
            raise Place("", self.location).refusal(says)
        return self.trails.layers_to(self._known(ends[0]))

    def precision(self) -> str | None:
        """The format that the first kernel is stored in."""
        kernels = [node.inputs[1] for node in self.graph.nodes if node.op in _KERNELS and len(node.inputs) > 1]
        return self.constants.precision(kernels[0]) if kernels else None

    def place(self, node: OnnxNode) -> Place:
        """How messages call a node."""
        name = f" {quoted(node.name)}" if node.name else ""
        return Place(f"node {node.index} ({node.op}{name})", self.location)

    def _refusal(self, node: OnnxNode | None) -> InputError:
        if node is None:
            return Place("", self.location).refusal("its output is not made from its input")
        if node.op in _OTHER_MODELS:
            says = f"it is {_OTHER_MODELS[node.op]}, no neural network; it has no gradients to audit"
            return self.place(node).refusal(says)
        domain = f" of the domain {quoted(node.domain)}" if node.domain else ""
        if node.op in CELLS and not domain:
            return self.place(node).refusal(OTHERWISE)
        hint = _HINTS.get(node.op, "")
        return self.place(node).refusal(f"the operation {quoted(node.op)}{domain} is not audited here{hint}")

    def _origin(self, tensor: str) -> str:
        return self.same.get(tensor, tensor)

    def _known(self, tensor: str) -> str:
        """The tensor, to which layers must lead: else the node that made it is the one that is not audited."""
        if tensor not in self.trails:
            raise self._refusal(self.makers.get(tensor))
        return tensor

    def _visit(self, node: OnnxNode) -> None:
        if node.domain not in _DOMAINS or any(a.is_graph for a in node.attributes.values()) or not node.outputs:
            raise self._refusal(node)
        if self.constants.takes(node):
            return
        tensors = [self._origin(name) for name in node.inputs if name and name not in self.constants]
        output = node.outputs[0]
        if not tensors:
            raise self._refusal(node)
        if self.passed.issuperset(tensors):
            return
        if self._makes_labels(node, tensors):
            self.ends |= dict.fromkeys(tensor for tensor in tensors if tensor not in self.labels)
            self.labels |= set(node.outputs)
        elif node.op == "Shape":
            self.constants.arrays[output] = self._sides(node, tensors[0])
        elif self._is_the_same(node, tensors):
            self.same[output] = tensors[0]
        elif node.op in OPERATIONS:
            self._activate(node, tensors[0], OPERATIONS[node.op](node))
        elif self.states.hold(tensors):
            self.states.take(node, self._given(node), tensors)
        else:
            self._make(node, tensors)

    def _make(self, node: OnnxNode, tensors: list[str]) -> None:
        """A move of axes, a bias, a layer of its own, or a part of something."""
        is_embedding = node.op == "Gather" and node.inputs[0] in self.constants
        if node.op in MOVES and not is_embedding:
            self._move(node, self._known(tensors[0]))
        elif not self._add_bias(node, tensors):
            self._compute(node, tensors)

    def _move(self, node: OnnxNode, before: str) -> None:
        try:
            MOVES[node.op](node, self._given(node), before, self.to, self.place(node))
        except ValueError:
            if node.index < self.last_product or node.op.startswith("Reduce"):
                raise
            self.same[node.outputs[0]] = before

    def _given(self, node: OnnxNode) -> Given:
        """Its inputs that are constants of a known size; the first is none here."""
        names = ["", *node.inputs[1:]]
        known = self.constants.names() - self.constants.zeros
        return [self.constants.array(name) if name in known else None for name in names]

    def _sides(self, node: OnnxNode, tensor: str) -> Array:
        """What a Shape gives: a size that the file does not say is NaN."""
        sides = self.to.of(tensor).sides() if tensor in self.to.layouts else np.array([np.nan])
        start, end = node.number("start", 0), node.number("end", len(sides))
        return sides[int(start) : int(end)]

    def _is_the_same(self, node: OnnxNode, tensors: list[str]) -> bool:
        """Whether the output has its input's values in the same shape."""
        to = node.number("to", 0)
        is_cast = node.op == "Cast" and (to in _FLOATS or (to in _INTEGERS and tensors[0] == self.start))
        return is_cast or node.op == "Identity" or (node.op == "Concat" and len(node.inputs) == 1)

    def _makes_labels(self, node: OnnxNode, tensors: list[str]) -> bool:
        """Whether the node is one of a classifier's labels: 1 − p beside p, what they take and give."""
        if not self.has_labels:
            return False
        is_complement = node.op == "Sub" and node.inputs[0] in self.constants
        if is_complement and bool(np.all(self.constants.array(node.inputs[0]) == 1)):
            return True
        return node.op in LABELS or (node.op in _AROUND_LABELS and any(tensor in self.labels for tensor in tensors))

    def _compute(self, node: OnnxNode, tensors: list[str]) -> None:
        """A layer of its own, or a part of something."""
        if node.op in LAYERS and len(tensors) > 1:
            raise ValueError("it takes several inputs that are not constants")
        layer = LAYERS.get(node.op, constant_scaling)(node, self.constants, self.place(node))
        if layer is None:
            self._elementwise(node, tensors)
            return
        before, output = self._known(tensors[0]), node.outputs[0]
        self.to.follow(output, taken(node, layer, before, self.to), layer)
        self.trails.step(output, before, layer)
        if node.op in CELLS and len(node.outputs) > 1:
            self.states.keep(node.outputs[1], before, layer)

    def _activate(self, node: OnnxNode, before: str, activation: Plain) -> None:
        if activation is None:
            raise ValueError("its parameters make another function of it than a spec's")
        layout = self.to.of(self._known(before))
        if node.op in SOFTMAX:
            layout = self.to.take_last(before)
            if layout.at(node.number("axis", -1)) != len(layout.axes) - 1:
                raise ValueError("a softmax over other axes than the last is not audited")
        if node.op == "LogSoftmax":
            says = "is audited as a softmax under the cross-entropy, which the negative log-likelihood makes of it"
            self.notes[f"{self.place(node).what} {says}"] = None
        layer = DescribedLayer("activation", self.place(node), {"activation": activation})
        self.to.step(node.outputs[0], before, layout, layer)

    def _add_bias(self, node: OnnxNode, tensors: list[str]) -> bool:
        """Whether the node adds a vector of constants to a product, as exporters write a dense layer."""
        if node.op != "Add" or len(tensors) != 1 or tensors[0] not in self.trails:
            return False
        before, layers = self.trails.before.get(tensors[0], ("", ()))
        added = [self.constants.array(name).ravel() for name in node.inputs if name in self.constants]
        if len(layers) != 1 or (dense := layers[0]).type != "dense" or "bias" in dense.weights or not added:
            return False
        if added[0].size != dense.keys["units"]:
            return False
        biased = replace(dense, keys={**dense.keys, "bias": None}, weights={**dense.weights, "bias": added[0]})
        self.to.step(node.outputs[0], before, self.to.of(tensors[0]), biased)
        return True

    def _elementwise(self, node: OnnxNode, tensors: list[str]) -> None:
        """A part of an activation's formula, or the end of one, or a residual sum."""
        if node.op not in ELEMENTWISE:
            raise self._refusal(node)
        numbers = {name: self._number(name) for name in node.inputs if name in self.constants or not name}
        operands = [name if name in numbers else self._origin(name) for name in node.inputs]
        if node.op == "Clip" and {"min", "max"} & node.attributes.keys():  # before opset 11
            bounds = [f"{node.number(key, 0):.6g}" if key in node.attributes else "" for key in ("min", "max")]
            numbers, operands = numbers | dict(zip(bounds, bounds, strict=True)), [*operands[:1], *bounds]
        found = self.formulas.take(node, operands, numbers)
        if found is not None:
            self._activate(node, *found)
        elif node.op == "Add" and len(tensors) == 2:
            one, other = (self.to.of(self._known(tensor)) for tensor in tensors)
            if one.axes != other.axes:
                raise ValueError(f"it adds {one.words()} to {other.words()}, which is not audited")
            self.trails.add(node.outputs[0], (tensors[0], tensors[1]), self.place(node))
            self.to.layouts[node.outputs[0]] = one

    def _number(self, name: str) -> str:
        """A constant as a formula has it: six digits; `?` for several numbers, with which there is none."""
        array = self.constants.array(name) if name else np.zeros(0)
        return "" if not name else f"{array.ravel()[0]:.6g}" if array.size == 1 else "?"
