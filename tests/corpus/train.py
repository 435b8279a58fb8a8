"""Trains labelled specs in full, five seeds each, and says whether their labels hold. It needs the extra `torch`.

Two comment lines of a spec are held against what comes out, in shares of the constant prediction's loss taken off:

    # truth: fails                           `learns`, `fails` or `between` (training.Run.truth)
    # rescue: {init: glorot_normal}          with this merged into the spec it learns

usage: python tests/corpus/train.py [FILE …] [--change "{optimizer: {learning_rate: 0.1}}"] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from judging import comments
from training import train

from gradaudit.domain.spec import ModelSpec
from gradaudit.inputs.yaml_spec.document import from_tree
from gradaudit.inputs.yaml_text.plain_tree import tree_of
from gradaudit.inputs.yaml_text.tree import compose

FOLDER = Path(__file__).parent


def plain(text: str) -> Any:
    """YAML as gradaudit reads it."""
    return compose(text, "change", []).plain()


def merged(old: Any, new: Any) -> Any:
    """`new` where it is no mapping or names something else, else `old` with its keys; null takes a key away."""
    if not isinstance(new, Mapping) or "name" in new:
        return new
    known = old if isinstance(old, Mapping) else {} if old is None else {"name": old}
    both = {**known, **{key: merged(known.get(key), value) for key, value in new.items()}}
    return {key: value for key, value in both.items() if value is not None}


def changed(text: str, change: Mapping[str, Any], folder: Path) -> ModelSpec:
    """The spec of this text, its paths in `folder`, with the change merged into it."""
    tree = tree_of(merged(plain(text), change), "change")
    return from_tree(tree, name="model", source="", folder=str(folder), problems=[])


def holds(path: Path, changes: Sequence[str], seeds: Sequence[int]) -> bool:
    """Train it as it is and with each change; print the runs, and say whether the file's label is true."""
    text = path.read_text(encoding="utf-8")
    label = dict(comments(text))
    tried = ["{}", *([label["rescue"]] if "rescue" in label else []), *changes]
    runs = train([changed(text, plain(change), path.parent) for change in tried], seeds)
    is_true = label.get("truth", runs[0].truth) == runs[0].truth
    is_true = is_true and ("rescue" not in label or runs[1].truth == "learns")
    print(f"{path.stem}{'' if is_true else ': NOT AS LABELLED'}")
    for change, run in zip(["", *tried[1:]], runs, strict=True):
        print(f"    {run}  {change}", flush=True)
    return is_true


def main() -> int:
    """Train, print, and say by the exit status whether every label is true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="specs (those of this folder that name their truth)")
    parser.add_argument("--change", action="append", default=[], help="also with this merged into the spec; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="the first of five seeds (0)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    files = asked.files or [p for p in sorted(FOLDER.glob("*.yaml")) if "# truth: " in p.read_text(encoding="utf-8")]
    seeds = range(asked.seed, asked.seed + 5)
    untrue = [path for path in files if not holds(path, asked.change, seeds)]
    return int(bool(untrue))


if __name__ == "__main__":
    sys.exit(main())
