"""Whether every number in every sentence of a report is one of its JSON's, rounded once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite, prod, sqrt
from typing import Any

from gradaudit.domain.measurements import Stage
from gradaudit.domain.report import ModelReport, Report
from gradaudit.evidence.plain_words import about, amount, most, portion
from gradaudit.formats.json import FORMAT
from gradaudit.formats.page import SCREEN, build
from gradaudit.text.numbers import count, large, number, percent, share_left, times

_NUMBER = re.compile(r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?: (?:million|billion|trillion))?[%×]?(?![\w/])")
_NAMED = re.compile(
    r"[Ll]ayers? \d+(?: to \d+)?|dense_\d+|seed \d+|\(?arXiv:\S+|float\d\d|bfloat16|95% confidence|under 5%|"
    r"smaller than \S+, half|a quarter|sections? [\d. to]+|\w+ \d{4}\b"
)
"""What is counted or cited, and limits that a rule's manual states."""


def without_source(report: ModelReport) -> list[str]:
    """Each number of a sentence that no value of the JSON gives, with its sentence."""
    known = _forms(report)
    return [
        f"{said} in {text!r}"
        for text in _sentences(report)
        for said in _NUMBER.findall(_NAMED.sub("", text))
        if said.rstrip(",") not in known
    ]


def _sentences(report: ModelReport) -> Iterator[str]:
    """Summary, findings, and what the page takes away of each chapter and chart."""
    yield report.summary
    for finding in report.findings:
        yield from (finding.plainly, finding.message, finding.cause)
    (page,) = build(Report((report,)), SCREEN).models
    yield page.picture.heading if page.picture is not None else ""
    for section in page.sections:
        headings = (picture.heading for picture in section.pictures)
        # How far theory is off is the largest of many ratios, which the test of its chart holds.
        yield from (section.lead, *(heading for heading in headings if "mean-field" not in heading))
    if page.tried is not None:
        yield from (f"{before} {after}" for _, before, after in page.tried.gains)


def _forms(report: ModelReport) -> set[str]:
    """Every way in which the formats write the JSON's numbers, and the few that are their inverse, root or ratio."""
    document = json.loads(FORMAT.render(Report((report,))))
    values = {v for v in _values(document) if isfinite(v)}
    values |= {sqrt(v) for v in values if v > 0} | {len(report.model.layers) - 1, *_derived(report)}
    forms: set[str] = set()
    for v in values:
        forms |= {number(v), percent(v), share_left(v), times(v), large(v), amount(v), f"{abs(v):.0%}", f"{v:.2g}"}
        forms |= {f"{v:.3g}", amount(float(f"{v:.3g}")), *_words(v)}
        forms |= {count(int(v))} if v == int(v) else set()
        forms |= {large(1 / v), number(1 / v), *_words(1 / v)} if abs(v) > 1e-300 else set()
    return forms | {text.split(" times")[0] for text in forms}


def _words(v: float) -> set[str]:
    """The rounder forms of the plain sentence."""
    texts = {about(v), portion(abs(v)), most(abs(v))} if v >= 0 else set()
    return {match for text in texts for match in _NUMBER.findall(text)}


def _derived(report: ModelReport) -> Iterator[float]:
    """What a sentence states of several values: a loss over the baseline, a rate over the stable one, a mean gain."""
    descent = report.measurements.descent
    if descent is not None and descent.trivial_loss > 0:
        for run in (descent.configured, *descent.others):
            ends = (run.final.median, run.final.min, run.final.max)
            yield from (1 - v / descent.trivial_loss for v in ends if v is not None)
    for stage in report.measurements.stages.values():
        yield from _mean_gains(report, stage)
        for row in stage.unit_layers:
            slopes = zip(row.histogram, row.derivative, strict=False)
            yield sum(share * slope for share, slope in slopes) / (sum(row.histogram) or 1.0)
        rate = stage.learning_rate
        limit = rate.stable_limit.median if rate is not None and rate.stable_limit is not None else None
        if rate is not None and limit and rate.configured is not None:
            yield rate.configured / limit


def _mean_gains(report: ModelReport, stage: Stage) -> Iterator[float]:
    """What activations and weights multiply by on the average of the logarithms, the change of width apart."""
    rows = stage.signal.layers if stage.signal is not None else ()
    units = {layer.index: layer.units for layer in report.model.layers}
    width = sqrt(units[rows[-1].index] / units[rows[0].index]) if rows else 1.0
    for field, apart in (("activation_gain", 1.0), ("weight_gain", width)):
        gains = [gain.median for row in rows if (gain := getattr(row, field)) is not None and gain.median]
        if gains:
            yield (prod(gains) / apart) ** (1 / len(gains))


def _values(node: Any) -> Iterator[float]:
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _values(item)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield float(node)
