"""A plan as a terminal shows it: the diff, the numbers before and after, and what was tried where nothing helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradaudit.auditing.search_plan import SearchPlan
from gradaudit.domain.findings import Fix, Severity
from gradaudit.editing.text_diff import lines
from gradaudit.text.columns import columns, padded, wrapped
from gradaudit.text.printable import change_text, measured_text, printable
from gradaudit.text.text_style import COLORS, GOOD, STRONG, TextStyle
from gradaudit.text.visible import visible
from gradaudit.text.wording import label

_DIFF = {"+": "32", "-": "31", "@": "36"}


def diff_lines(diff: str, style: TextStyle) -> Iterator[str]:
    """The unified diff, its additions green and its removals red where colours are wanted."""
    for line in lines(diff):
        code = STRONG if line.startswith(("+++", "---")) else _DIFF.get(line[:1], "")
        yield style.paint(visible(line.removesuffix("\n").removesuffix("\r")), code)


def plan_lines(plan: SearchPlan, style: TextStyle) -> Iterator[str]:
    """What the plan does, and what it leaves."""
    if plan.whole is None:
        yield from () if plan.interrupted else _nothing(plan, style)
        return
    yield from _changes(plan.whole, style)
    yield ""
    yield from _table(plan.whole)
    yield ""
    elsewhere = " with other seeds" if plan.elsewhere else ""
    verdict = "fixes every error and warning" if plan.is_complete else f"still found{elsewhere}: {_left(plan)}"
    proof, (better, pairs) = "verified" if plan.whole.verified else "tried", plan.whole.better
    paired = f"; the run is better in {better} of {pairs} paired seeds" if pairs else ""
    proven = "" if plan.whole.verified or not plan.is_complete else ", and 7 of 8 would prove it"
    code = GOOD if plan.is_complete else COLORS[Severity.WARNING]
    for line in wrapped(f"{proof}: {verdict}{paired}{proven}", style.width, "", "  "):
        yield style.paint(line, code)
    yield from _others(plan, style)


def tried_lines(plan: SearchPlan, style: TextStyle) -> Iterator[str]:
    """Every candidate that was examined, with what came of it."""
    if plan.tried:
        yield "tried:"
    for title, outcome in plan.tried:
        yield from wrapped(printable(f"{title}: {outcome}"), style.width, "  ", "    ")


def _changes(fix: Fix, style: TextStyle) -> Iterator[str]:
    yield f"fix: {printable(fix.title)}"
    yield from (f"  {change_text(change)}" for change in fix.changes)
    if fix.code:
        yield f"  in scikit-learn: {printable(fix.code)}"
    yield from wrapped(f"why: {printable(fix.why)}", style.width, "  ", "    ")


def _table(fix: Fix) -> Iterator[str]:
    keys = dict.fromkeys((*fix.before, *fix.after))
    rows = [(label(key), _shown(key, fix.before), _shown(key, fix.after)) for key in keys]
    widest = max((columns(name) for name, _, _ in rows), default=0)
    yield f"{'':{widest}}  {'before':>10}  {'after':>10}"
    yield from (f"{padded(name, widest)}  {before:>10}  {after:>10}" for name, before, after in rows)


def _shown(key: str, values: Mapping[str, float]) -> str:
    return measured_text(key, values.get(key))


def _nothing(plan: SearchPlan, style: TextStyle) -> Iterator[str]:
    """Nothing to change, or nothing that helps: then that, with what was tried."""
    if plan.is_complete:
        asked = " of these rules" if plan.others else ""
        yield f"nothing to change: no error and no warning{asked}"
        yield from _others(plan, style)
        return
    yield from wrapped(f"no change that was tried helps; still found: {_left(plan)}", style.width, "", "  ")
    if not plan.tried:
        says = "no remedy, of those that are allowed, has a change to propose for this model"
        yield from wrapped(says, style.width, "", "  ")
    yield from tried_lines(plan, style)


def _others(plan: SearchPlan, style: TextStyle) -> Iterator[str]:
    if plan.others:
        says = f"not asked for, and left alone: {', '.join(map(printable, plan.others))}"
        yield from wrapped(says, style.width, "", "  ")


def _left(plan: SearchPlan) -> str:
    return ", ".join(sorted({printable(finding.rule) for finding in plan.left}))
