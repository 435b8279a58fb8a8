"""Full audits whose every number is odd, of one layer or a hundred, of one seed or a thousand: a page stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from gradaudit.domain.measurements import Signal, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.html import FORMAT
from gradaudit.formats.page import PAPER, build
from tests.formats.page_views import UNSAID, at_stage, longest_line, measuring, page_of, pictures, strings, tables


def everywhere(node: Any, change: Callable[[PerSeed], PerSeed]) -> Any:
    """The same measurements with every number over seeds changed."""
    if isinstance(node, PerSeed):
        return change(node)
    if isinstance(node, tuple):
        return tuple(everywhere(item, change) for item in node)
    if isinstance(node, dict):
        return {key: everywhere(item, change) for key, item in node.items()}
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{f.name: everywhere(getattr(node, f.name), change) for f in fields(node)})
    return node


def changed(report: Report, change: Callable[[PerSeed], PerSeed]) -> ModelReport:
    """The report's only model, measured otherwise."""
    model = report.reports[0]
    return replace(model, measurements=everywhere(model.measurements, change))


def sound(model: ModelReport) -> None:
    """Every chart has its sentence and no line too many points; every row its cells; no word is a program's."""
    for page in (page_of(model), build(Report((model,)), PAPER).models[0]):
        for picture in pictures(page):
            assert picture.wide.title
            assert longest_line(picture) <= 200
        for table in tables(page):
            assert {len(row) for row in table.rows} <= {len(table.columns)}
        assert not UNSAID - {"NaN"} & {word for text in strings(page) for word in text.replace("×", "").split()}
        assert len(page.figures) <= 4
    assert FORMAT.render(Report((model,)))


@pytest.mark.parametrize("value", [None, math.inf, 0.0, 5e-324, 1e308, -1.0])
def test_every_number_may_be_odd(sick: Report, value: float | None) -> None:
    """In all seeds alike, or in one of them."""
    sound(changed(sick, lambda seeds: PerSeed((value,) * len(seeds.values))))
    sound(changed(sick, lambda seeds: PerSeed((value, *seeds.values[1:]))))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [0, 1, 1000])
def test_there_may_be_any_number_of_seeds(sick: Report, seeds: int) -> None:
    """None, one, or more than anybody draws."""
    model = changed(sick, lambda values: PerSeed((values.values * 1000)[:seeds]))

    sound(model)
    assert max((len(table.columns) for table in tables(page_of(model))), default=0) <= 21


@pytest.mark.parametrize("hidden", [0, 1, 100])
def test_there_may_be_any_number_of_layers(deep: Callable[[int], Report], hidden: int) -> None:
    """The output layer alone, or a hundred."""
    (model,) = deep(hidden).reports
    page = page_of(model)

    sound(model)
    assert page.picture is not None
    assert max(len(table.rows) for table in tables(page)) <= 41
    if hidden == 0:
        assert page.sections[0].lead == "Before training, there is one layer, and the gradient reaches it directly."


@pytest.mark.slow
def test_a_thousand_layers_are_thinned(deep: Callable[[int], Report]) -> None:
    """Both ends are kept, and the page still goes into a mail."""
    (model,) = deep(100).reports
    stage = model.measurements.stages["initialised"]
    assert stage.signal is not None
    assert stage.units is not None
    row, units = stage.signal.layers[0], stage.units.layers[0]
    signal: Signal = replace(stage.signal, layers=tuple(replace(row, index=i) for i in range(1000)))
    many = Units(tuple(replace(units, index=i) for i in range(1000)))
    long = at_stage(at_stage(model, "initialised", signal=signal, units=many), "trained", signal=signal, units=many)

    sound(long)
    assert len(FORMAT.render(Report((long,)))) <= 400_000


def test_pictures_do_not_need_each_other(sick: Report) -> None:
    """Whatever was too dear to measure leaves the rest of the page as it is."""
    model = sick.reports[0]
    for missing in ({"prediction": None}, {"descent": None}, {"stages": {}}):
        sound(measuring(model, **missing))
