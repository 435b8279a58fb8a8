"""Which of an ONNX graph's inputs and outputs are the network's: a policy also hands states and constants through."""

from __future__ import annotations

from gradaudit.inputs.described.model import Place
from gradaudit.inputs.onnx.proto import Graph, Port

HANDS_ON = frozenset(("Identity", "Cast", "Concat", "Reshape", "Squeeze", "Unsqueeze", "Flatten"))
"""Operations that compute nothing with what they are given."""


def input_of(graph: Graph, place: Place) -> Port:
    """The one input that is computed with. Raises InputError for several, and for none."""
    ports = [port for port in graph.inputs if port.name not in graph.tensors]
    passed = handed_through(graph)
    used = [port for port in ports if port.name not in passed] or ports
    if len(used) != 1:
        named = f" ({', '.join(port.name for port in used[:5])})" if used else ""
        says = f"it has {len(used)} inputs{named}; a network with one is audited, so export it with one"
        raise place.refusal(says)
    return used[0]


def handed_through(graph: Graph) -> frozenset[str]:
    """Inputs with which nothing is computed, such as a policy's `state_ins`, and all that is made of them."""
    found: set[str] = set()
    computed = {name for node in graph.nodes if node.op not in HANDS_ON for name in node.inputs}
    for port in graph.inputs:
        made = {port.name}
        for node in graph.nodes:  # in a topological order
            if node.op in HANDS_ON and made & set(node.inputs[:1]):
                made |= set(node.outputs)
        if not made & computed:
            found |= made
    return frozenset(found)
