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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
    """The two tables of its README: the figures, and those of each rule."""
    figures = totals(marks)
    shares = ("verdict", "detection", "present", "cause", "false_alarm", "absent")
    head = f"| specs | {' | '.join(key.replace('_', ' ') for key in shares)} |\n|{'---|' * (len(shares) + 1)}"
    row = f"| {len(marks)} | {' | '.join(f'{figures[key]:.1%}' for key in shares)} |"
    rules = [f"| `{rule}` | {t.hits} | {t.misses} | {len(t.false_alarms)} |" for rule, t in by_rule(marks).items()]
    return "\n".join([head, row, "", "| rule | found | missed | false alarms |", "|---|---|---|---|", *rules])


def marked(paths: Sequence[Path], options: Sequence[str], timeout: float, jobs: int) -> Iterator[Mark]:
    """A mark for each spec, in order, as soon as it is there."""
    labels = [Label.of(path.read_text(encoding="utf-8")) for path in paths]
    with ThreadPoolExecutor(jobs) as pool:
        said = pool.map(lambda path: diagnose(path, options, timeout), paths)
        for path, label, diagnosis in zip(paths, labels, said, strict=True):
            yield judge(path.stem, label, diagnosis)


def main() -> int:
    """Diagnose, print, and say by the exit status whether every requirement is met."""
    asked, marks = _arguments(), []
    say = partial(print, flush=True)  # an audit takes seconds, and a line is of use at once
    for mark in marked(specs(asked.sources), shlex.split(asked.options), asked.timeout, asked.jobs):
        marks.append(mark)
        if not mark.is_right and not asked.markdown:
            say(mark)
    figures = totals(marks)
    say(markdown(marks) if asked.markdown else f"{summary(figures)}\n{rule_table(marks)}")
    short = unmet(figures, asked.require)
    say(*short, sep="\n", end="\n" if short else "")
    return int(bool(short))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path, default=[FOLDER], help="folders or files (this folder)")
    parser.add_argument("--options", default="", help='of check, as one string: --options="--seed 1"')
    parser.add_argument("--jobs", type=int, default=1, help="audits side by side (1)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one audit (120)")
    reach = "figures that must be reached: detection=0.95,false_alarm=0.05"
    parser.add_argument("--require", type=requirements, default={}, help=reach)
    parser.add_argument("--markdown", action="store_true", help="print the tables of the READMEs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
