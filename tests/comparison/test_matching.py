"""Which model of one report is which of the other, and what of it was edited."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.comparison import compare_reports
from gradaudit.domain.findings import Severity
from tests.comparison.reports import LAYERS, found, model, one, outcomes, report


def test_equal_layers_are_counted() -> None:
    """A deep network's widths stay one word."""
    deep = replace(model().model, layers=(LAYERS[0],) * 9 + LAYERS[1:])

    assert "widths: 4-8-3 -> 4-8×9-3" in one(model(), replace(model(), model=deep)).edits


def test_the_edit_is_told() -> None:
    """What of the model is another, as far as the report knows it."""
    before = model()
    facts = {**before.model.facts, "optimizer": "sgd, learning_rate 10"}

    compared = one(before, replace(before, model=replace(before.model, facts=facts)))

    assert compared.edits == ("optimizer: sgd, learning_rate 0.1 -> sgd, learning_rate 10",)


def test_losses_of_other_data_are_not_compared() -> None:
    """What a constant output reaches is another number there; the share of it that is taken away is comparable."""
    before = model()
    after = replace(before, model=replace(before.model, facts={**before.model.facts, "data": "wine"}))

    assert "loss_after" not in outcomes(one(before, after))
    assert "progress" in outcomes(one(before, after))


def test_models_are_told_apart_by_name_and_file() -> None:
    """A name survives another file; what one side alone has was added or deleted, and counts if it is new and sick."""
    other = model(source="b.yaml", name="b")
    other = replace(other, model=replace(other.model, parameters=7))
    base = report(model(source="old.yaml", name="A", named=True), other)
    head = report(model(found(), source="c.yaml", name="c"), model(source="new.yaml", name="A", named=True))

    states = {m.name: (m.state, m.was, m.harm) for m in compare_reports(base, head).models}

    assert states == {"A": ("both", "old.yaml", None), "b": ("deleted", "", None), "c": ("added", "", Severity.ERROR)}


def test_a_renamed_file_is_the_same_model() -> None:
    """Where nothing else of it changed: an old error is no new one because its file moved."""
    sick, other = model(found(), source="old.yaml", name="old"), model(source="x.yaml", name="x")
    wider = replace(other, model=replace(other.model, parameters=7))
    moved = replace(sick, model=replace(sick.model, source="new.yaml", name="new"))

    states = {
        m.name: (m.state, m.was, m.harm) for m in compare_reports(report(wider, sick), report(moved, wider)).models
    }

    assert states == {"new": ("both", "old.yaml", None), "x": ("both", "", None)}


def test_two_files_beside_each_other_are_one_model() -> None:
    """Whatever they are called, and whether they got a name meanwhile."""
    assert one(model(source="a.yaml", name="a"), model(source="b.yaml", name="b")).was == "a.yaml"
    assert one(model(), model(name="Called", named=True)).was == "m"
