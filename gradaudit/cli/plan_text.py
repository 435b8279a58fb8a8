"""A plan as a terminal shows it: the diff, the numbers before and after, and what was tried where nothing helps."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from gradaudit.finding import Fix
from gradaudit.formats.page.wording import label
from gradaudit.formats.text import paint, printable, printable_line, value_text
from gradaudit.numbers import number, percent
from gradaudit.plan import Plan

SHARES = frozenset({"dead_fraction", "saturated_fraction", "seeds_that_learn"})
_WIDTH = 100
_DIFF = {"+": "32", "-": "31", "@": "36"}


def diff_lines(diff: str, *, color: bool) -> Iterator[str]:
    """The unified diff, its additions green and its removals red where colours are wanted."""
    for line in diff.splitlines():
        is_head = line.startswith(("+++", "---"))
        code = "1" if is_head else _DIFF.get(line[:1], "")
        yield paint(printable_line(line) if "\t" not in line else line, code if color else "")


def plan_lines(plan: Plan, *, color: bool) -> Iterator[str]:
    """What the plan does, and what it leaves."""
    if plan.whole is None:
        yield from () if plan.interrupted else _nothing(plan)
        return
    yield from _changes(plan.whole)
    yield ""
    yield from _table(plan.whole)
    yield ""
    verdict = "clears every error and warning" if plan.is_complete else f"still found: {_left(plan)}"
    proof, (better, pairs) = "verified" if plan.whole.verified else "tried", plan.whole.better
    paired = f"; the run is better in {better} of {pairs} paired seeds" if pairs else ""
    proven = "" if plan.whole.verified or not plan.is_complete else ", and 7 of 8 would prove it"
    yield paint(f"{proof}: {verdict}{paired}{proven}", ("1;32" if plan.is_complete else "1;33") if color else "")
    if plan.others:
        yield f"not asked for, and left alone: {', '.join(map(printable, plan.others))}"


def tried_lines(plan: Plan) -> Iterator[str]:
    """Every candidate that was examined, with what came of it."""
    if plan.tried:
        yield "tried:"
    for title, outcome in plan.tried:
        yield from _paragraph(f"{title}: {outcome}", "  ", "    ")


def _changes(fix: Fix) -> Iterator[str]:
    yield f"fix: {printable(fix.title)}"
    for change in fix.changes:
        old = "absent" if change.old is None else value_text(change.old)
        new = "removed" if change.new is None else value_text(change.new)
        yield f"  {printable(change.path)}: {old} -> {new}"
    if fix.code:
        yield f"  in scikit-learn: {printable(fix.code)}"
    yield from _paragraph(f"why: {printable(fix.why)}", "  ", "    ")


def _table(fix: Fix) -> Iterator[str]:
    keys = dict.fromkeys((*fix.before, *fix.after))
    rows = [(label(key), _shown(key, fix.before.get(key)), _shown(key, fix.after.get(key))) for key in keys]
    widest = max((len(name) for name, _, _ in rows), default=0)
    yield f"{'':{widest}}  {'before':>10}  {'after':>10}"
    yield from (f"{name:{widest}}  {before:>10}  {after:>10}" for name, before, after in rows)


def _shown(key: str, value: float | None) -> str:
    return percent(value) if key in SHARES else number(value)


def _nothing(plan: Plan) -> Iterator[str]:
    """Nothing to change, or nothing that helps: then that, with what was tried."""
    if plan.is_complete:
        asked = " of these rules" if plan.others else ""
        yield f"nothing to change: no error and no warning{asked}"
        if plan.others:
            yield f"not asked for, and left alone: {', '.join(map(printable, plan.others))}"
        return
    yield from _paragraph(f"no change that was tried helps; still found: {_left(plan)}")
    if not plan.tried:
        yield from _paragraph("no remedy, of those that are allowed, has a change to propose for this model")
    yield from tried_lines(plan)


def _left(plan: Plan) -> str:
    return ", ".join(sorted({printable(finding.rule) for finding in plan.left}))


def _paragraph(text: str, first: str = "", rest: str = "  ") -> Iterator[str]:
    yield from wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
