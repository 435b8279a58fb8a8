"""The corpus counts false alarms and misses. Here its labels are checked, and the counting; nothing is audited."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import gradaudit
from gradaudit.rules import ALL
from tests.corpus.judging import RULES, VERDICTS, Diagnosis, Label, by_rule, judge, read, requirements, totals, unmet

CORPUS = Path(__file__).parent / "corpus"
SPECS = sorted(CORPUS.glob("*.yaml"))
LABELS = {path.stem: Label.of(path.read_text(encoding="utf-8")) for path in SPECS}

FAULTY = Label(
    frozenset({"error"}),
    present=(frozenset({"dead-units", "plateau"}), frozenset({"vanishing-gradient"})),
    cause=(frozenset({"dead-units"}),),
    absent=frozenset({"saddle-point"}),
    headline=frozenset({"dead-units"}),
)
HEALTHY = Label(frozenset({"healthy"}), absent=frozenset({"dead-units", "saddle-point"}))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_loads_and_says_why(path: Path) -> None:
    """It is a model, and its header gives the reason and the source."""
    assert gradaudit.load(str(path)).layers

    comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    for key in ("# because: ", "# source: "):
        assert any(line.startswith(key) and line != key for line in comments), key


@pytest.mark.parametrize("name", LABELS)
def test_a_label_uses_known_words_and_does_not_contradict_itself(name: str) -> None:
    """Verdicts and rules are spelt as they are, and no rule is asked for and forbidden at once."""
    label = LABELS[name]
    asked = frozenset().union(*label.present, *label.cause)

    assert label.verdicts
    assert label.verdicts <= VERDICTS
    assert asked | label.absent <= RULES
    assert not asked & label.absent


@pytest.mark.parametrize("name", LABELS)
def test_faults_are_named_and_healthy_models_forbid_alarms(name: str) -> None:
    """A faulty model says what must be found, a healthy one what must not."""
    label = LABELS[name]

    assert label.is_faulty != label.is_clean
    assert label.present if label.is_faulty else not label.present
    assert label.is_faulty or len(label.absent) >= 10


def test_the_corpus_is_large_enough_to_count_on() -> None:
    """Both kinds are there, and each rule is asked for by more than one model."""
    asked = Counter(rule for label in LABELS.values() for rule in frozenset().union(*label.present))

    assert len(LABELS) >= 60
    assert sum(label.is_clean for label in LABELS.values()) >= 25
    assert {rule for rule in RULES if asked[rule] < 2} == set()


def test_every_rule_of_the_program_is_in_the_catalogue() -> None:
    """A rule that labels cannot name would be counted nowhere."""
    assert {rule.name for rule in ALL} <= RULES


def test_a_header_is_read() -> None:
    """Verdicts are parted by spaces, groups by commas, the rules of a group by bars; it ends where the spec begins."""
    label = Label.of("# verdict: error warning\n# present: a|b, c\n# cause: c\n# absent: d, e\nlayers: []\n# cause: x")

    present = (frozenset("ab"), frozenset("c"))
    assert label == Label(frozenset({"error", "warning"}), present, (frozenset("c"),), frozenset("de"))


def test_a_right_diagnosis_has_nothing_against_it() -> None:
    """One rule of each group is enough, and further rules that are not forbidden do not count."""
    found = frozenset({"dead-units", "vanishing-gradient", "seed-sensitivity"})
    mark = judge("m", FAULTY, Diagnosis("error", found, headline="dead-units"))

    assert mark.is_right


def test_misses_and_false_alarms_are_told_apart() -> None:
    """What was missed, which cause was not named, what was said first or wrongly, and the wrong verdict."""
    mark = judge("m", FAULTY, Diagnosis("warning", frozenset({"plateau", "saddle-point"}), headline="plateau"))

    assert mark.missed == (frozenset({"vanishing-gradient"}),)
    assert mark.unnamed == (frozenset({"dead-units"}),)
    assert mark.false == {"saddle-point"}
    assert not mark.verdict_is_right
    assert str(mark) == (
        "m: missed vanishing-gradient; cause not named: dead-units; headline not dead-units; false: saddle-point; "
        "verdict warning, not error (found plateau, saddle-point)"
    )


def test_a_model_that_was_not_audited_is_a_miss_and_no_false_alarm() -> None:
    """It lowers detection, and says why it failed."""
    mark = judge("m", FAULTY, Diagnosis(failure="no answer in 1 s"))

    assert not mark.is_right
    assert mark.false == set()
    assert totals([mark])["detection"] == 0
    assert totals([mark])["not_audited"] == 1
    assert str(mark) == "m: not audited: no answer in 1 s"


def test_totals_are_shares_of_what_they_ask_about() -> None:
    """Detection of the faulty, false alarms of the healthy, groups and forbidden rules over all that were audited."""
    found = Diagnosis("error", frozenset({"dead-units", "vanishing-gradient"}), 1.0, headline="dead-units")
    marks = [
        judge("found", FAULTY, found),
        judge("half", FAULTY, Diagnosis("error", frozenset({"vanishing-gradient"}), 2.0)),
        judge("quiet", HEALTHY, Diagnosis("healthy", frozenset(), 3.0)),
        judge("alarmed", HEALTHY, Diagnosis("warning", frozenset({"dead-units"}), 6.0)),
    ]

    assert totals(marks) == {
        "specs": 4,
        "not_audited": 0,
        "verdict": 3 / 4,
        "detection": 1.0,
        "present": 3 / 4,
        "cause": 1 / 2,
        "headline": 0.5,
        "false_alarm": 1 / 2,
        "absent": 1 / 6,
        "median_seconds": 2.5,
        "max_seconds": 6.0,
    }


def test_rules_are_counted_one_by_one() -> None:
    """A missed group counts for each rule that would have met it, a false alarm names its model."""
    marks = [
        judge("half", FAULTY, Diagnosis("error", frozenset({"vanishing-gradient"}))),
        judge("alarmed", HEALTHY, Diagnosis("warning", frozenset({"dead-units"}))),
    ]
    table = by_rule(marks)

    assert (table["vanishing-gradient"].hits, table["vanishing-gradient"].misses) == (1, 0)
    assert (table["dead-units"].hits, table["dead-units"].misses) == (0, 1)
    assert table["plateau"].misses == 1
    assert table["dead-units"].false_alarms == ["alarmed"]


def test_requirements_know_which_way_is_better() -> None:
    """A share of hits must be reached, one of false alarms not exceeded; what is undefined meets nothing."""
    figures = {"detection": 0.9, "false_alarm": 0.1, "cause": math.nan}

    assert unmet(figures, {"detection": 0.9, "false_alarm": 0.1}) == []
    assert unmet(figures, {"detection": 0.95}) == ["detection is 0.9, asked 0.95"]
    assert unmet(figures, {"false_alarm": 0.05}) == ["false_alarm is 0.1, asked 0.05"]
    assert unmet(figures, {"cause": 0.5}) == ["cause is nan, asked 0.5"]
    assert requirements("detection=0.95, absent=0.02") == {"detection": 0.95, "absent": 0.02}
    with pytest.raises(ValueError, match="detecton"):
        requirements("detecton=0.95")


def test_a_report_is_read_for_what_counts() -> None:
    """Information and suppressed findings do not; without a report the last line said is the failure."""
    findings = [
        {"rule": "dead-units", "severity": "warning"},
        {"rule": "plateau", "severity": "info"},
        {"rule": "saddle-point", "severity": "error", "suppressed": "known"},
    ]
    report = json.dumps({"reports": [{"verdict": "warning", "findings": findings}]})

    assert read(report, "", 1.0) == Diagnosis("warning", frozenset({"dead-units"}), 1.0, headline="dead-units")
    assert read('{"reports": []}', "one\nm.yaml: no layers\n", 1.0).failure == "m.yaml: no layers"


def test_the_scorer_is_a_program_that_says_how_it_is_used() -> None:
    """It runs from anywhere, and refuses a requirement that it does not know before it audits anything."""
    script = str(CORPUS / "score.py")
    asked = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True, cwd="/")
    refused = subprocess.run([sys.executable, script, "--require", "x=1"], capture_output=True, text=True, check=False)

    assert "--markdown" in asked.stdout
    assert refused.returncode == 2
    assert "--require" in refused.stderr
