"""The report as SARIF 2.1.0, which code scanning and editors read: rules with their manuals, results with places."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gradaudit.domain.report import Failure, Report
from gradaudit.formats.places import location
from gradaudit.formats.plain_values import Json
from gradaudit.formats.sarif_results import result
from gradaudit.rules.manuals import MANUALS
from gradaudit.text.visible import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/gradaudit/gradaudit"


class SarifFormat:
    """One run with a result for each finding, the suppressed ones marked as such."""

    name = "sarif"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        """One JSON document in ASCII, ending in a line feed."""
        text = json.dumps(_visible(_document(report)), indent=1, allow_nan=False)
        return f"{text.replace('##[', '##' + chr(92) + 'u005b')}\n".encode()  # `##[` would be a runner's command


FORMAT = SarifFormat()


def _document(report: Report) -> Json:
    names = list(_rule_names(report))
    results: list[Json] = [
        result(model, finding, names.index(finding.rule)) for model in report.reports for finding in model.findings
    ]
    run: dict[str, Json] = {
        "tool": {"driver": _driver(report, names)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule_names(report: Report) -> Iterator[str]:
    """Those that were checked or that speak: the known ones in their order, then what has no manual."""
    met = {name for model in report.reports for name in (*model.rules, *(finding.rule for finding in model.findings))}
    yield from (name for name in MANUALS if name in met)
    yield from sorted(met - MANUALS.keys())


def _driver(report: Report, names: list[str]) -> Json:
    version: dict[str, Json] = {"version": report.version} if report.version else {}
    return {"name": "gradaudit", **version, "informationUri": HOME, "rules": [_rule(name) for name in names]}


def _rule(name: str) -> Json:
    manual = MANUALS.get(name)
    if manual is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": manual.summary},
        "fullDescription": {"text": manual.text.split("\n\n", maxsplit=1)[0]},
        "help": {"text": manual.text, "markdown": manual.markdown},
        "helpUri": f"{HOME}#the-rules",
    }


def _invocation(report: Report) -> Json:
    """Whether all of it was audited, and what was not."""
    return {
        "executionSuccessful": not report.errors,
        "toolExecutionNotifications": [_notification(failure) for failure in report.errors],
    }


def _notification(failure: Failure) -> Json:
    place = location(failure.location, failure.source)
    said = "a fault of gradaudit's own: " if failure.internal else ""
    return {
        "level": "error",
        "message": {"text": f"{failure.source}: {said}{failure.message}"},
        **({"locations": [{"physicalLocation": place}]} if place else {}),
    }


def _visible(value: Json) -> Json:
    """Controls, and halves of characters that no JSON reader need accept, written out in every text."""
    if isinstance(value, dict):
        return {visible(key): _visible(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_visible(part) for part in value]
    return visible(value) if isinstance(value, str) else value
