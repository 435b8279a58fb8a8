"""Fixes the labelled faulty models and prints how often that works, how long it takes, and how random changes fare.

For each model: is a fix of `check` verified; does the plan of `fix`, applied, give a model that a fresh check with
other seeds calls healthy; and do random changes, as many of them tried and measured in the same way?

usage: python tests/corpus/fixes.py [FOLDER|FILE …] [--every 1] [--jobs 1] [--seed 7] [--markdown]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from judging import Label

import gradaudit
from gradaudit import remedies
from gradaudit.auditing.pipeline import Audited, audit
from gradaudit.auditing.search import Search, search
from gradaudit.auditing.search_plan import SearchOptions
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.errors import GradauditError

FOLDER = Path(__file__).parent
MOST_AT_ONCE = 2
"""Changes that a random candidate joins: the plans that work have one or two."""
RATES = (0.01, 0.1, 10.0, 100.0)
"""Factors of the learning rate among the random changes."""


@dataclass(frozen=True)
class Outcome:
    """What became of one faulty model."""

    name: str
    found: bool
    """The check found its fault at all: only then can it be fixed."""
    verified: bool
    healed: bool
    """The plan, applied, gives what a fresh check with other seeds calls healthy."""
    healed_at_random: bool
    seconds: float
    """Of the audit and the search."""
    plan: str
    left: str
    """What the fresh check still finds."""


def faulty(sources: Sequence[Path]) -> list[Path]:
    """The specs that nobody would call healthy, in order of their paths."""
    paths = sorted(path for source in sources for path in (source.glob("*.yaml") if source.is_dir() else [source]))
    return [path for path in paths if Label.of(path.read_text(encoding="utf-8")).is_faulty]


def outcome(path: Path, seed: int) -> Outcome:
    """Audit, search, apply, audit again with other seeds; and the same with random changes."""
    spec = gradaudit.load(path)
    start = time.perf_counter()
    audited = audit(spec)
    plan = search(audited, spec)
    seconds = time.perf_counter() - start
    changed = spec
    for fix in plan.fixes:
        changed = apply(changed, fix.changes)
    left = rules(changed, seed) if plan.fixes else "no plan"
    return Outcome(
        path.stem,
        audited.report.verdict != "healthy",
        any(fix.verified for finding in audited.report.findings for fix in finding.fixes),
        not left,
        at_random(audited, spec, len(plan.tried), seed),
        seconds,
        plan.whole.title if plan.whole else "",
        left,
    )


def rules(spec: ModelSpec, seed: int) -> str:
    """What a fresh check finds, errors and warnings, by name."""
    report = audit(spec, AuditOptions(seed=seed)).report
    return ", ".join(sorted({finding.rule for finding in report.counted if finding.severity > Severity.INFO}))


def at_random(audited: Audited, spec: ModelSpec, trials: int, seed: int) -> bool:
    """As many random candidates, examined by the same measure; the first that leaves nothing, else the best of them."""
    rng, hunt = random.Random(spec.name), Search(audited, spec, SearchOptions(), lambda *step: None)  # noqa: S311 - no secret
    pool = list(changes(spec, audited))
    for _ in range(trials):
        fixes = tuple(rng.sample(pool, min(len(pool), rng.randint(1, MOST_AT_ONCE))))
        try:
            changed = hunt.root.spec
            for fix in fixes[:-1]:
                changed = apply(changed, fix.changes)
            examined = hunt.examined(fixes, replace(hunt.root, spec=changed))
        except (GradauditError, KeyError, TypeError, AttributeError):  # two changes of one place
            continue
        if examined is not None and examined.badness < hunt.best.badness:
            hunt.best = examined
        if examined is not None and not examined.left:
            break
    return bool(hunt.best.fixes) and not rules(hunt.best.spec, seed)


def changes(spec: ModelSpec, audited: Audited) -> Iterator[Fix]:
    """Everything that any remedy may change, whatever is found, and other learning rates."""
    case = audited.case
    seen: set[str] = set()
    for remedy in remedies.ALL:
        for rule in remedy.addresses:
            finding = Finding(rule, Severity.ERROR, "", "", {}, "initialised")
            for fix in remedy.propose(case.spec, case.linear_maps, finding):
                if fix.edit not in seen:
                    seen.add(fix.edit)
                    yield Fix(fix.title, fix.changes, fix.why, (remedy.name,))
    rate = spec.optimizer.number("learning_rate", 0.01)
    for factor in RATES:
        change = Change("optimizer.learning_rate", rate, rate * factor)
        yield Fix(f"learning rate × {factor:g}", (change,), kinds=("learning-rate",))


def table(outcomes: Sequence[Outcome]) -> str:
    """The figures, as Markdown."""
    n = len(outcomes)
    shares = {
        "a fix of `check` is verified": sum(o.verified for o in outcomes) / n,
        "the plan of `fix` heals it (fresh check, other seeds)": sum(o.healed for o in outcomes) / n,
        "as many random changes heal it": sum(o.healed_at_random for o in outcomes) / n,
    }
    times = sorted(o.seconds for o in outcomes)
    rows = [f"| {name} | {share:.0%} |" for name, share in shares.items()]
    rows += [f"| seconds for audit and search, median | {median(times):.1f} |", f"| at most | {times[-1]:.0f} |"]
    return "\n".join([f"| of {n} faulty models | |", "|---|---|", *rows])


def main() -> int:
    """Print a line for each model that is not healed, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path, default=[FOLDER], help="folders or files (this folder)")
    parser.add_argument("--every", type=int, default=1, help="take each n-th of the faulty models (1)")
    parser.add_argument("--jobs", type=int, default=1, help="models side by side (1)")
    parser.add_argument("--seed", type=int, default=7, help="first seed of the fresh check (7)")
    parser.add_argument("--markdown", action="store_true", help="print the README's table alone")
    asked = parser.parse_args()
    outcomes = []
    with ProcessPoolExecutor(asked.jobs) as pool:
        for each in pool.map(partial(outcome, seed=asked.seed), faulty(asked.sources)[:: asked.every]):
            outcomes.append(each)
            if not asked.markdown and not each.healed:
                print(f"{each.name}: {each.plan or 'nothing'}; left: {each.left}", flush=True)
    print(table(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
