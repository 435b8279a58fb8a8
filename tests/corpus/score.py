"""Diagnoses the labelled models and prints detection, cause and false alarms by rule.

usage: python tests/corpus/score.py [FOLDER|FILE …] [--options="--seed 1"] [--jobs 2] [--markdown]
       [--require detection=0.95,false_alarm=0.05]
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from judging import Diagnosis, Label, Mark, by_rule, judge, read, requirements, totals, unmet

FOLDER = Path(__file__).parent
CHECKOUT = FOLDER.parents[1]


def specs(sources: Sequence[Path]) -> list[Path]:
    """The files, and the specs of the folders, in order of their paths."""
    return sorted(path for source in sources for path in (source.glob("*.yaml") if source.is_dir() else [source]))


def diagnose(path: Path, options: Sequence[str], timeout: float) -> Diagnosis:
    """Run this checkout's `gradaudit check` on one spec, with this interpreter."""
    said_as = ("--format", "json", "--fail-on", "never")
    command = [sys.executable, "-m", "gradaudit", "check", *options, *said_as, str(path.resolve())]
    start = time.perf_counter()
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=CHECKOUT, check=False)
    except subprocess.TimeoutExpired:
        return Diagnosis(seconds=timeout, failure=f"no answer in {timeout:g} s")
    return read(run.stdout, run.stderr, time.perf_counter() - start)


def summary(figures: dict[str, float]) -> str:
    """All figures on one line."""
    return "; ".join(f"{key} {value:.3g}" for key, value in figures.items())


def rule_table(marks: Sequence[Mark]) -> str:
    """Hits, misses and false alarms by rule, for the terminal."""
    lines = [f"{'rule':<26}{'found':>6}{'missed':>8}{'false':>7}"]
    for rule, tally in by_rule(marks).items():
        where = f"  {', '.join(tally.false_alarms)}" if tally.false_alarms else ""
        lines.append(f"{rule:<26}{tally.hits:>6}{tally.misses:>8}{len(tally.false_alarms):>7}{where}")
    return "\n".join(lines)


def markdown(marks: Sequence[Mark]) -> str:
    """The README's two tables: the figures, and those of each rule."""
    figures = totals(marks)
    shares = ("verdict", "detection", "present", "cause", "false_alarm", "absent")
    head = f"| specs | {' | '.join(key.replace('_', ' ') for key in shares)} |\n|{'---|' * (len(shares) + 1)}"
    row = f"| {len(marks)} | {' | '.join(f'{figures[key]:.1%}' for key in shares)} |"
    rules = [f"| `{rule}` | {t.hits} | {t.misses} | {len(t.false_alarms)} |" for rule, t in by_rule(marks).items()]
    return "\n".join([head, row, "", "| rule | found | missed | false alarms |", "|---|---|---|---|", *rules])


def main() -> int:
    """Diagnose, print, and say by the exit status whether every requirement is met."""
    asked = _arguments()
    options, paths = shlex.split(asked.options), specs(asked.sources)
    with ThreadPoolExecutor(asked.jobs) as pool:
        said = list(pool.map(lambda path: diagnose(path, options, asked.timeout), paths))
    marks = [judge(p.stem, Label.of(p.read_text(encoding="utf-8")), d) for p, d in zip(paths, said, strict=True)]
    figures = totals(marks)
    if asked.markdown:
        lines = [markdown(marks)]
    else:
        lines = [*(str(mark) for mark in marks if not mark.is_right), summary(figures), rule_table(marks)]
    short = unmet(figures, asked.require)
    print(*lines, *short, sep="\n")  # noqa: T201  this is a program of its own
    return int(bool(short))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path, default=[FOLDER], help="folders or files (this folder)")
    parser.add_argument("--options", default="", help='of check, as one string: --options="--seed 1"')
    parser.add_argument("--jobs", type=int, default=1, help="audits side by side (1)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one audit (120)")
    reach = "figures that must be reached: detection=0.95,false_alarm=0.05"
    parser.add_argument("--require", type=requirements, default={}, help=reach)
    parser.add_argument("--markdown", action="store_true", help="print the tables of the README")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
