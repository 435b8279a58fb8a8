"""Does the diagnosis stand on gaps or on edges? Every threshold moved by 20 %, the stored measurements judged again.

usage: python tests/corpus/perturb.py [FOLDER ...] [--by 0.2] [--options]

Each model is measured once, with its trials. Then every number that a rule compares with (the fields of the rules, and
the constants of the modules that they share) is moved down and up, and the verdict is taken again. Prints each
threshold that changes a verdict, and the share of all verdicts that change.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

from gradaudit import load
from gradaudit.auditing.judge import diagnose, judge_trials
from gradaudit.auditing.pipeline import audit
from gradaudit.domain.report import verdict
from gradaudit.errors import GradauditError
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules import ALL, Rule

Threshold = tuple[str, str]
"""A rule's name or a module's, and the name of the number."""


def measured(folders: list[Path]) -> dict[str, RuleContext]:
    """Every model's measurements, trials included."""
    cases = {}
    for path in sorted(file for folder in folders for file in folder.glob("*.yaml")):
        try:
            cases[path.stem] = audit(load(path)).case
        except GradauditError as error:
            print(f"{path.stem}: {error}", file=sys.stderr)
        print(f"\rmeasured {len(cases)}", end="", file=sys.stderr, flush=True)
    return cases


def judge(case: RuleContext, rules: tuple[Rule, ...]) -> str:
    """The verdict under these rules."""

    def crash(name: str, error: Exception) -> None:
        raise error

    return verdict(diagnose(judge_trials(case, rules, crash), rules, crash))


def of_rules() -> Iterator[Threshold]:
    """The numbers that a spec may set."""
    for rule in ALL:
        yield from ((rule.name, field.name) for field in fields(rule) if isinstance(getattr(rule, field.name), float))


def shared() -> Iterator[Threshold]:
    """The constants of the modules behind the rules, each once, where it is defined."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith(("gradaudit.rules.", "gradaudit.evidence.")):
            tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
            targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
            names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
            yield from ((name, key) for key in names if isinstance(getattr(module, key), float))


@contextmanager
def moved(threshold: Threshold, factor: float) -> Iterator[tuple[Rule, ...]]:
    """The rules with one number multiplied, everywhere it was imported to."""
    where, name = threshold
    if not where.startswith("gradaudit."):
        yield tuple(replace(r, **{name: getattr(r, name) * factor}) if r.name == where else r for r in ALL)
        return
    value = getattr(sys.modules[where], name)
    users = [m for key, m in sys.modules.items() if key.startswith("gradaudit.") and getattr(m, name, None) == value]
    there = value * factor if abs(value) > 1 else max(-1.0, min(1.0, value * factor))  # no share is over all
    for module in users:
        setattr(module, name, there)
    try:
        yield ALL
    finally:
        for module in users:
            setattr(module, name, value)


def main() -> int:
    """Measure, move, judge, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path(__file__).parent])
    parser.add_argument("--by", type=float, default=0.2)
    parser.add_argument("--most", type=float, default=0.03, help="exit 1 where a threshold changes a larger share")
    given = parser.parse_args()
    cases = measured(given.folders)
    before = {name: judge(case, ALL) for name, case in cases.items()}
    worst, judged, changed = 0.0, 0, 0
    for threshold in (*of_rules(), *shared()):
        for factor in (1 - given.by, 1 + given.by):
            with moved(threshold, factor) as rules:
                other = {name: judge(case, rules) for name, case in cases.items()}
            differ = [f"{name} ({before[name]} -> {other[name]})" for name in cases if other[name] != before[name]]
            judged, changed = judged + len(cases), changed + len(differ)
            worst = max(worst, len(differ) / len(cases))
            if differ:
                print(f"{threshold[0]}.{threshold[1]} x {factor:g}: {len(differ)}: {', '.join(differ)}", flush=True)
    print(f"models {len(cases)}; verdicts {judged}; changed {changed / judged:.2%}; worst threshold {worst:.2%}")
    return int(worst > given.most)


if __name__ == "__main__":
    sys.exit(main())
