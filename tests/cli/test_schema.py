from __future__ import annotations

import json

from gradaudit.inputs.yaml_spec.schema import json_schema


def test_the_schema_is_printed(run) -> None:
    """`schema` prints the readers' JSON Schema and nothing else."""
    done = run("schema")

    assert done.err == ""
    assert done.status == 0
    assert json.loads(done.out) == json_schema()
