"""Specs in any layout, fixed and written: the file says what was promised, and every comment is still there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from gradaudit import remedies
from gradaudit.api import Subject
from gradaudit.auditing.search import joined
from gradaudit.cli.fix import SpecFile
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.spec import ModelSpec, Named, Plain
from gradaudit.editing.spec_changes import apply, moves_layers
from gradaudit.editing.text_diff import text_edits
from gradaudit.errors import GradauditError
from gradaudit.inputs import read
from gradaudit.inputs.yaml_text.tree import compose
from gradaudit.nn.network import build
from gradaudit.rules import ALL as RULES
from tests.attacks.documents import draw_document
from tests.attacks.layouts import Layout, comments_of
from tests.inputs.edits import applied

QUICK, ALL = 60, 2000


def fixes_for(spec: ModelSpec, rng: Random) -> tuple[Fix, ...]:
    """What a search might join, one to three of the remedies' proposals for findings drawn at random."""
    fixes: tuple[Fix, ...] = ()
    changed = spec
    for _ in range(rng.choice((1, 1, 2, 3))):
        if any(moves_layers(fix.changes) for fix in fixes):
            break
        proposals = list(proposed(changed, rng.choice(RULES).name))
        if proposals:
            fix = rng.choice(proposals)
            fixes, changed = joined(fixes, fix), apply(changed, fix.changes)
    return fixes


def proposed(spec: ModelSpec, rule: str) -> Iterator[Fix]:
    """The proposals for a finding of this rule that make a model."""
    evidence: dict[str, Plain] = {"measured": 0.1, "limit": 0.02, "better_rate": 0.03}
    finding = Finding(rule, Severity.ERROR, "m", "c", evidence, "initialised")
    rows = tuple(row for row in flatten(expand(spec)) if row.kind == "dense")
    for fix in remedies.propose(spec, rows, finding):
        edited = apply(spec, fix.changes)
        build(replace(edited, output=edited.output or Named("identity"), loss=edited.loss or Named("mse")))
        yield fix


def written(seed: int, path: Path) -> tuple[str, str]:
    """The text of the drawn spec, and that of the file after `fix --write` has made the drawn fixes in it."""
    rng = Random(seed)  # noqa: S311 - a drawing, no secret
    text = Layout(rng).text(draw_document(rng))
    path.write_bytes(text.encode())
    (spec,) = read(str(path))
    fixes = fixes_for(spec, rng)
    subject, file = Subject(spec), SpecFile.of(str(path), spec, writes=True)
    assert file is not None
    shown = file.edited(subject, fixes)
    file.write(subject, fixes)
    result = path.read_bytes().decode()
    assert shown == result == applied(text, text_edits(text, result))
    expected = spec
    for fix in fixes:
        expected = apply(expected, fix.changes)
    (made,) = read(str(path))
    assert replace(made, text="") == replace(expected, text="")
    changed = {change.path.split(".")[0].split("[")[0] for fix in fixes for change in fix.changes}
    assert_the_rest_stays(text, result, changed)
    return text, result


def assert_the_rest_stays(text: str, result: str, changed: set[str]) -> None:
    """Every comment, and the text of every key that no fix names, is there as it was."""
    assert Counter(comments_of(result)) == Counter(comments_of(text))
    if "*" not in text:  # an alias is written out where its anchor goes
        before, after = entries_of(text), entries_of(result)
        assert {key: before[key] for key in before.keys() - changed} == {
            key: after[key] for key in before.keys() - changed
        }


def entries_of(text: str) -> dict[str, str]:
    """The text of the value of each key at the top."""
    root = compose(text, "", [])
    assert root is not None
    assert isinstance(root.value, dict)
    return {
        key: text[entry.value.start : entry.value.end].split("#", maxsplit=1)[0].rstrip()
        for key, entry in root.value.items()
    }


@pytest.mark.parametrize("seeds", [range(QUICK), pytest.param(range(QUICK, ALL), marks=pytest.mark.slow)], ids=len)
def test_a_spec_of_any_layout_is_fixed_as_promised(seeds: range, tmp_path: Path) -> None:
    """Flow and block, comments, quotes, empty collections, anchors: no layout ends in a fault, none is refused."""
    path, broken, fixed = tmp_path / "model.yaml", [], 0
    for seed in seeds:
        try:
            text, result = written(seed, path)
            fixed += text != result
        except (GradauditError, AssertionError, LookupError, ValueError, TypeError) as error:
            broken.append(f"seed {seed}: {type(error).__name__}: {error}\n{path.read_text()}")
    assert not broken, f"{len(broken)} of {len(seeds)}; the first: {broken[0]}"
    assert fixed > len(seeds) / 2
