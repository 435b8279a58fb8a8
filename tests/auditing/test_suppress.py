"""Comments of a spec that silence a rule: what they reach, and what is said of those that reach nothing."""

from __future__ import annotations

import pytest

from gradaudit.auditing.pipeline import audit
from gradaudit.auditing.suppress import NO_REASON, silenced, unused
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import UNUSED, Finding, Severity
from gradaudit.inputs.yaml_spec.file import from_text

RULES = ("vanishing-gradient", "dead-units", "plateau")
SPEC = """\
layers:{layers}
  - 2
  - {{units: 8, init: he_normal}}{layer}
  - 1
{above}
activation: sigmoid{activation}
loss: mse
"""


def spec_with(**comments: str):
    """The spec with comments in these places."""
    places = {"layers": "", "layer": "", "above": "# nothing", "activation": ""}
    places |= {key: f"  # gradaudit: {text}" for key, text in comments.items()}
    return from_text(SPEC.format(**places), "m.yaml")


def finding(path: str, rule: str = "vanishing-gradient") -> Finding:
    """Of the value at that path."""
    return Finding(rule, Severity.ERROR, "m", "c", {}, "initialised", (), path)


def reasons(spec, *findings: Finding) -> list[str | None]:
    """Why each does not count."""
    return [found.suppressed for found in silenced(findings, spec)]


def complaints(spec, *findings: Finding, checked=RULES) -> list[tuple[str, int | None]]:
    """What is said of comments without use, and on which line."""
    found = list(unused(silenced(findings, spec), spec, checked, RULES))
    assert all((each.rule, each.severity, each.suppressed) == (UNUSED, Severity.INFO, None) for each in found)
    return [(each.message.partition("; ")[2], each.location.line if each.location else None) for each in found]


@pytest.mark.parametrize("place", ["activation", "above"])
def test_a_comment_silences_its_rule_on_its_line(place) -> None:
    """Or on the line below; other rules and other lines speak."""
    spec = spec_with(**{place: "ignore[vanishing-gradient] a lecture"})

    found = (finding("activation"), finding("activation", "dead-units"), finding("loss"))

    assert reasons(spec, *found) == ["a lecture", None, None]
    assert complaints(spec, *found) == []


def test_a_comment_without_a_reason_is_enough() -> None:
    """Several rules may share one."""
    spec = spec_with(activation="ignore[plateau, vanishing-gradient]")

    assert reasons(spec, finding("activation"), finding("activation", "plateau")) == [NO_REASON, NO_REASON]


def test_a_value_is_on_the_line_of_its_key_too() -> None:
    """`layers:` stands above its list, and is where a person would write."""
    spec = spec_with(layers="ignore[dead-units] known")

    assert reasons(spec, finding("layers", "dead-units"), finding("layers[1].init", "dead-units")) == ["known", None]


def test_a_path_that_the_spec_lacks_is_on_the_line_around_it() -> None:
    """A layer's bias that is not given is found at the layer."""
    spec = spec_with(layer="ignore[dead-units] known")

    assert reasons(spec, finding("layers[1].bias", "dead-units")) == ["known"]


def test_what_silences_nothing_is_said() -> None:
    """Where the comment stands: for each of its rules, for one that does not exist, and where it names none."""
    spec = spec_with(activation="ignore[plateau, vanishing-gradint]", layer="ignore")

    assert complaints(spec, finding("activation")) == [
        ("it names no rule: write `# gradaudit: ignore[rule] reason`", 3),
        ("plateau finds nothing on line 6, nor on another", 6),
        ("'vanishing-gradint' is no rule; did you mean 'vanishing-gradient'?", 6),
    ]


def test_a_comment_on_the_wrong_line_is_told_the_right_one() -> None:
    """Where the finding is, and where the comment looks for it."""
    spec = spec_with(activation="ignore[plateau]")

    assert complaints(spec, finding("loss", "plateau")) == [("plateau is found on line 7, not on line 6", 6)]
    both = finding("loss", "plateau"), finding("layers[1]", "plateau")
    assert complaints(spec, *both) == [("plateau is found on line 3, not on line 6", 6)]
    (said,) = unused(both, spec, RULES, RULES)
    assert said.evidence == {"measured": 0, "limit": 1}  # of one comment nothing is silenced


def test_a_rule_that_was_not_checked_may_have_something_to_silence() -> None:
    """`--select` makes no comment useless."""
    assert complaints(spec_with(activation="ignore[plateau]"), checked=("dead-units",)) == []


def test_a_spec_without_a_file_has_no_comments() -> None:
    """JSON has none, and a model from Python has no text."""
    from gradaudit.inputs import from_document

    spec = from_document({"layers": [2, 1]})

    assert reasons(spec, finding("layers")) == [None]
    assert complaints(spec) == []


DEEP = """\
layers: [2, 6, 6, 6, 6, 6, 6, 1]
activation: sigmoid{comment}
loss: binary_cross_entropy
optimizer: {{name: sgd, learning_rate: 0.1}}
epochs: 50
data: {{name: moons, samples: 64}}
"""


def test_a_silenced_finding_decides_nothing() -> None:
    """It stays in the report, without fixes; verdict and summary are those of the rest."""
    options = AuditOptions(select=("vanishing-gradient", "dead-units"))
    comment = "  # gradaudit: ignore[vanishing-gradient, dead-units] on purpose"

    loud = audit(from_text(DEEP.format(comment=""), "m.yaml"), options).report
    quiet = audit(from_text(DEEP.format(comment=comment), "m.yaml"), options).report

    assert (loud.verdict, loud.rules) == ("error", ("vanishing-gradient", "dead-units"))
    assert loud.findings[0].fixes[0].edits
    assert (quiet.verdict, quiet.findings[0].suppressed) == ("healthy", "on purpose")
    assert quiet.findings[0].fixes == ()
    assert quiet.summary == "Not counted: vanishing-gradient (suppressed)."
    assert [(f.rule, f.location.line if f.location else None) for f in quiet.counted] == [(UNUSED, 2)]
