"""Audits networks that nobody picked: drawn by seed, their truth from training in full with PyTorch.

usage: python tests/corpus/drawn.py [--truth FILE] [--jobs 2] [--fixes]     audits draws whose truth is known
       python tests/corpus/drawn.py --truth FILE --train 60 --seed 5        makes a new one (goes on where it ended)
       python tests/corpus/drawn.py --truth FILE --train 30 --kind images   the same of convolutional networks

`--train` and `--fixes` need the extra `torch`. A network learns where four of five seeds end above 0.3 of what the
constant prediction leaves, and fails where three end under 0.1 (training.Run.truth).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import drawing
import drawing_positions
from truth import Answer, Network, table, wilson

from gradaudit.auditing.pipeline import audit
from gradaudit.editing.spec_changes import apply
from gradaudit.inputs import from_document

TRUTHS = sorted(Path(__file__).parent.glob("drawn*.json"))
DRAWS = {
    "tables": (drawing.draw, drawing.variants),
    "images": (drawing_positions.draw_images, drawing_positions.variants),
    "sequences": (drawing_positions.draw_sequences, drawing_positions.variants),
}
"""What draws a kind of network, and the single changes that are tried on one that fails."""
FRESH = range(100, 105)
"""Seeds that a fix is trained with."""


def answer(document: dict[str, Any]) -> Answer:
    """Audit it, as `check` would."""
    spec = from_document(document)
    report = audit(spec).report
    by_severity = sorted(report.findings, key=lambda finding: -finding.severity)
    fix = next((fix for finding in by_severity for fix in finding.fixes if fix.verified), None)
    found = frozenset(finding.rule for finding in report.findings)
    return Answer(report.verdict, found, fix and apply(spec, fix.changes), fix.title if fix else "")


def learn_truth(path: Path, kind: str, seed: int, count: int) -> None:
    """Train what the file lacks, and where a network fails its variants; the file is written after each."""
    from train import merged
    from training import train

    known = (
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"kind": kind, "seed": seed, "networks": []}
    )
    draw, variants = DRAWS[known["kind"]]
    for index in range(len(known["networks"]), count):
        document = draw(known["seed"], index)
        (run,) = train([from_document(document)])
        entry: dict[str, Any] = {"truth": run.truth, "progress": _stored(run.progress)}
        if run.truth == "fails":
            changes = variants(document)
            runs = train([from_document(merged(document, change)) for change in changes.values()])
            entry["rescues"] = [name for name, run in zip(changes, runs, strict=True) if run.truth == "learns"]
        known["networks"].append(entry)
        path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def _stored(progress: Iterable[float]) -> list[float | None]:
    return [round(p, 4) if math.isfinite(p) else None for p in progress]


def try_fixes(networks: Sequence[Network], said: Sequence[Answer]) -> None:
    """Train the first verified fix of each network that fails, with fresh seeds, and print how many learn."""
    from training import train

    failing = [i for i, network in enumerate(networks) if network.truth == "fails" and said[i].fixed]
    runs = [train([said[i].fixed], FRESH)[0] for i in failing]
    for i, run in zip(failing, runs, strict=True):
        if run.truth != "learns":
            print(f"{i:4} fixed by {said[i].title!r}: {run}")
    print(f"first verified fix rescues: {wilson(sum(run.truth == 'learns' for run in runs), len(runs))}")


def main() -> int:
    """Make a truth, or hold audits against those that are known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, help="where the truth of a draw is kept (all drawn*.json here)")
    parser.add_argument("--train", type=int, default=0, metavar="N", help="train N networks and audit nothing")
    parser.add_argument("--seed", type=int, default=1, help="of the draw that --train begins (1)")
    parser.add_argument("--kind", choices=DRAWS, default="tables", help="of networks that --train draws (tables)")
    parser.add_argument("--jobs", type=int, default=1, help="audits side by side (1)")
    parser.add_argument("--fixes", action="store_true", help="train the first verified fixes too")
    asked = parser.parse_args()
    if asked.train:
        if asked.truth is None:
            parser.error("--train needs the --truth that it writes")
        learn_truth(asked.truth, asked.kind, asked.seed, asked.train)
        return 0
    for path in [asked.truth] if asked.truth else TRUTHS:
        compare(json.loads(path.read_text(encoding="utf-8")), asked.jobs, fixes=asked.fixes)
    return 0


def compare(known: dict[str, Any], jobs: int, *, fixes: bool) -> None:
    """Audit a draw, and print a line for each network that is judged wrongly and the table."""
    networks = [Network(n["truth"], tuple(n["progress"]), tuple(n.get("rescues", ()))) for n in known["networks"]]
    documents = [DRAWS[known["kind"]][0](known["seed"], index) for index in range(len(networks))]
    said: list[Answer] = []
    with ProcessPoolExecutor(jobs) as pool:
        for index, each in enumerate(pool.map(answer, documents)):
            said.append(each)
            if each.is_wrong(networks[index]):
                found = ", ".join(sorted(each.found)) or "nothing"
                print(f"{index:4} {networks[index]}; said {each.verdict}: {found}", flush=True)
    print(f"{known['kind']}, draw {known['seed']}, {len(networks)} networks\n{table(networks, said)}")
    if fixes:
        try_fixes(networks, said)


if __name__ == "__main__":
    sys.exit(main())
