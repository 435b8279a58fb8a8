from __future__ import annotations

import json

from gradaudit.inputs.checks.names import ACTIVATION, DATA, INITIALIZER, LOSS, OPTIMIZER
from gradaudit.inputs.yaml_spec.schema import json_schema


def test_it_is_a_document_of_2020_12() -> None:
    """The schema names its dialect and is plain JSON."""
    schema = json_schema()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema


def test_every_key_is_described() -> None:
    """Each key of the spec and of its layers says in words what it is."""
    schema = json_schema()
    mappings = [schema, *schema["$defs"].values()]

    assert not [key for mapping in mappings for key, item in mapping["properties"].items() if "description" not in item]


def test_names_are_enumerated() -> None:
    """An editor can offer every name and alias there is."""
    properties = json_schema()["properties"]
    for key, kind in {
        "output": ACTIVATION,
        "init": INITIALIZER,
        "loss": LOSS,
        "optimizer": OPTIMIZER,
        "data": DATA,
    }.items():
        offered = {
            name
            for item in properties[key]["anyOf"]
            if "properties" in item
            for name in item["properties"]["name"]["enum"]
        }
        assert offered == set(kind.names)


def test_a_name_that_needs_parameters_is_offered_as_a_mapping_only() -> None:
    """`normal` alone is no initializer: it needs its std."""
    init = json_schema()["properties"]["init"]["anyOf"]
    (mapping,) = [item for item in init if "normal" in item.get("properties", {}).get("name", {}).get("enum", ())]

    assert "normal" not in init[0]["enum"]
    assert mapping["required"] == ["name", "std"]


def test_softmax_is_offered_for_the_output_only() -> None:
    """What stands on the last layer only is no choice for hidden layers."""
    properties = json_schema()["properties"]

    assert "softmax" in properties["output"]["anyOf"][0]["enum"]
    assert "softmax" not in properties["activation"]["anyOf"][0]["enum"]


def test_nothing_may_be_null() -> None:
    """A key that is absent is left out, not null."""
    assert '"null"' not in json.dumps(json_schema())


def test_the_first_entry_of_layers_is_a_number_or_a_shape() -> None:
    """The number of inputs, or the shape of one, comes first, and one layer at least behind it."""
    layers = json_schema()["properties"]["layers"]

    assert [entry["type"] for entry in layers["prefixItems"][0]["anyOf"]] == ["integer", "array"]
    assert "array" not in [entry.get("type") for entry in layers["items"]["oneOf"]]
    assert layers["minItems"] == 2
