"""`gradaudit schema`: the model spec's JSON Schema, for editors."""

from __future__ import annotations

import json

import click

from gradaudit.cli.streams import put


@click.command("schema")
def command() -> int:
    """Print the model spec's JSON Schema (2020-12).

    Keep it as gradaudit.schema.json and begin a spec with `# yaml-language-server: $schema=gradaudit.schema.json`:
    an editor then completes and checks as you type. `gradaudit init` does so for you.
    """
    from gradaudit.inputs.yaml_spec.schema import json_schema

    return put(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
