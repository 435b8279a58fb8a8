"""The findings in full, the glances of page one, and the glossary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Change, Fix
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page.build import SCREEN
from gradaudit.formats.page.findings import MOST_AT_A_GLANCE
from gradaudit.formats.page.glossary import GLOSSARY, used
from tests.formats.page_views import found, page_of

FIX = Fix(
    "relu",
    (Change("activation", "sigmoid", "relu"),),
    "It passes all.",
    verified=True,
    clears=("a",),
    better=(8, 8),
    before={"progress": 0.0},
    after={"progress": 0.9},
    code="MLPClassifier(activation='relu')",
)


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model."""
    return sick.reports[0]


def test_a_fix_is_shown_in_full_once(model: ModelReport) -> None:
    """Under the first finding that has it; others name it, and of the one on page one stands why it helps."""
    again = replace(FIX, title="relu again", verified=False)
    best = replace(FIX, title="shown at the top", why="It keeps the size", changes=(Change("init", None, "he_normal"),))
    views = page_of(
        replace(model, findings=(found("a", best, FIX), found("b", again), found("c", Fix("other", ()))))
    ).findings
    best_again, first = views[0].fixes

    assert (first.why, len(first.changes), first.code) == ("It passes all.", 1, FIX.code)
    assert first.gains == (("Training loss, share of the baseline", "100%", "10%"),)
    assert (views[1].fixes, views[1].again) == ((), "relu again")
    assert (views[2].fixes[0].why, views[2].again) == ("", "")
    assert (best_again.why, best_again.changes) == ("It keeps the size.", ())
    assert (best_again.is_above, first.is_above) == (True, False)


def test_a_reason_is_given_once(model: ModelReport) -> None:
    """The same change beside another rate has the same reason."""
    plain, changes = replace(FIX, why="it passes all"), (*FIX.changes, Change("optimizer.learning_rate", 0.1, 1.0))
    faster = replace(FIX, changes=changes, why="it passes all; fast")
    (view,) = page_of(replace(model, findings=(found("a", Fix("other", ()), plain, faster),))).findings

    assert [fix.why for fix in view.fixes] == ["", "It passes all.", "Fast."]


def test_a_fix_that_brings_a_fault_is_not_marked_as_proven(model: ModelReport) -> None:
    """Whatever the report says of it."""
    harmful = replace(FIX, introduces=("exploding-gradient",))
    fix = page_of(replace(model, findings=(found("a", harmful),))).findings[0].fixes[0]

    assert not fix.verified
    assert fix.status.endswith("introduces exploding-gradient")


def test_a_finding_is_said_plainly_and_then_in_numbers(model: ModelReport) -> None:
    """Where there is no plain sentence, the message is the heading and stands once."""
    plain = replace(found("a"), message="ratio 1e-7", plainly="the first layer learns nothing")
    first, second = page_of(replace(model, findings=(plain, found("b")))).findings

    assert (first.heading, first.measured) == ("The first layer learns nothing.", "Ratio 1e-7.")
    assert (second.heading, second.measured) == ("B was found.", "")


def test_the_first_few_findings_are_at_a_glance(model: ModelReport) -> None:
    """Each leads to the whole of it; what the summary says is not said again."""
    many = tuple(replace(found(f"fault{i}"), message=f"fault {i} is there", layers=(i, i + 1)) for i in range(9))
    page = page_of(replace(model, findings=many, summary="Fault 0 is there."))

    assert len(page.findings) == 9
    assert [glance.id for glance in page.glances] == [view.id for view in page.findings[:MOST_AT_A_GLANCE]]
    assert [glance.said for glance in page.glances[:2]] == ["", "Fault 1 is there."]
    assert page.glances[2].where == "layers 3 and 4"


def test_more_fixes_than_anyone_reads_are_cut(model: ModelReport) -> None:
    """Those that speak most for themselves stand first."""
    many = found("a", *[replace(FIX, title=str(i), changes=(Change("init", None, i),)) for i in range(50)])
    (view,) = page_of(replace(model, findings=(many,))).findings

    assert len(view.fixes) == SCREEN.fixes


def test_the_glossary_is_in_order_and_explains_each_word_once() -> None:
    """A reader looks a word up by the alphabet, and finds a sentence."""
    words = [term.word for term in GLOSSARY]

    assert words == sorted(words, key=str.casefold)
    assert len(set(words)) == len(words)
    for term in GLOSSARY:
        assert term.meaning[0].isupper()
        assert term.meaning.endswith(".")


def test_the_glossary_explains_what_the_chapters_are_about() -> None:
    """The words that the page cannot do without."""
    words = " ".join(term.word for term in GLOSSARY).casefold()

    for word in ("baseline", "seed", "trial run", "verified fix"):
        assert word in words


def test_a_word_that_no_text_says_is_not_explained(model: ModelReport) -> None:
    """A glossary of what is not there is a page to turn."""
    assert {term.word for term in used("A trial run in one of 8 seeds.")} == {"Seed", "Trial run"}


def test_a_symptom_of_the_first_finding_is_told_in_two_lines(model: ModelReport) -> None:
    """What it means, and that the same change cures it; its fixes are those of the first."""
    symptom = replace(found("b", FIX), symptom_of="a")
    page = page_of(replace(model, findings=(found("a", FIX), symptom)))

    assert [(view.root, len(view.fixes)) for view in page.findings] == [("", 1), ("a", 0)]
    assert page.glances[1].root == "cured by the same change as a"


def test_what_page_one_says_is_not_said_again(model: ModelReport) -> None:
    """Under the finding that the summary is of: neither the sentence nor its cause; of a longer cause, the rest."""
    first = replace(found("a"), plainly="It is broken", cause="a flat sigmoid")
    page = page_of(replace(model, findings=(first,), summary="It is broken."))
    assert (page.cause, page.findings[0].heading, page.findings[0].cause) == ("A flat sigmoid.", "", "")

    longer = replace(first, cause="a flat sigmoid; and deep")
    page = page_of(replace(model, findings=(longer,), summary="It is broken."))
    assert (page.cause, page.findings[0].cause) == ("A flat sigmoid.", "")
    assert page.findings[0].evidence == "And deep."
