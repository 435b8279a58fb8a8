"""A label beside a diagnosis: what was missed, what was a false alarm, and how often over a whole corpus.

A spec begins with comment lines; `because`, `source` and `fix` are for people, the others are the label:

    # verdict: error warning       the verdicts that are right, one or more
    # present: a|b, c              of each group one rule must be found, as a warning or an error
    # cause: a|b                   the stricter question, asked where the cause is clear
    # headline: a|b                the first finding is of one of these rules
    # absent: d, e                 none of these may be found

and `truth` and `rescue` are what train.py holds against training.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

Group = frozenset[str]

VERDICTS = frozenset({"error", "warning", "healthy"})
RULES = frozenset(
    {
        "dead-units",
        "exploding-gradient",
        "gradient-underflow",
        "init-activation-mismatch",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "loss-output-mismatch",
        "no-learning",
        "non-finite-values",
        "plateau",
        "representation-collapse",
        "saddle-point",
        "saturated-units",
        "seed-sensitivity",
        "symmetric-units",
        "unscaled-inputs",
        "unscaled-targets",
        "vanishing-gradient",
    }
)
"""Of the whole catalogue, written out: a label may name a rule before it is there."""
LESS_IS_BETTER = frozenset({"not_audited", "false_alarm", "absent", "median_seconds", "max_seconds"})


@dataclass(frozen=True)
class Label:
    """What the leading comment lines of a spec say of it."""

    verdicts: Group
    present: tuple[Group, ...] = ()
    cause: tuple[Group, ...] = ()
    absent: Group = frozenset()
    headline: Group = frozenset()

    @classmethod
    def of(cls, text: str) -> Label:
        """From the text of a spec; words that are no rule are kept, and a test looks for them."""
        lines = dict(comments(text))
        return cls(
            verdicts=frozenset(lines.get("verdict", "").split()),
            present=_groups(lines.get("present", "")),
            cause=_groups(lines.get("cause", "")),
            absent=frozenset().union(*_groups(lines.get("absent", ""))),
            headline=frozenset().union(*_groups(lines.get("headline", ""))),
        )

    @property
    def is_faulty(self) -> bool:
        """Nobody would call it healthy."""
        return bool(self.verdicts) and "healthy" not in self.verdicts

    @property
    def is_clean(self) -> bool:
        """Nobody would call it broken; a warning may be a matter of taste."""
        return "healthy" in self.verdicts and "error" not in self.verdicts


def comments(text: str) -> Iterator[tuple[str, str]]:
    """`# key: value` pairs up to the first line that is no comment."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        key, _, value = line[1:].partition(":")
        yield key.strip(), value.strip()


def _groups(text: str) -> tuple[Group, ...]:
    """`a|b, c` as {a, b} and {c}."""
    return tuple(frozenset(name.strip() for name in part.split("|")) for part in text.split(",") if part.strip())


@dataclass(frozen=True)
class Diagnosis:
    """What an audit said: the verdict, and the rules found as a warning or an error."""

    verdict: str = ""
    found: Group = frozenset()
    seconds: float = 0.0
    failure: str = ""
    """Why there is no diagnosis; empty where there is one."""
    headline: str = ""
    """The rule of the first finding."""


@dataclass(frozen=True)
class Mark:
    """One spec's label beside its diagnosis, with what is wrong between them."""

    name: str
    label: Label
    said: Diagnosis
    missed: tuple[Group, ...] = ()
    """Groups of `present` of which nothing was found."""
    unnamed: tuple[Group, ...] = ()
    """The same of `cause`."""
    false: Group = frozenset()
    """Rules of `absent` that were found."""
    verdict_is_right: bool = False

    @property
    def is_headed(self) -> bool:
        """The first finding is one that may be, where the label says which."""
        return not self.label.headline or self.said.headline in self.label.headline

    @property
    def is_right(self) -> bool:
        """Nothing to complain about."""
        faults = self.said.failure or self.missed or self.unnamed or self.false
        return not faults and self.verdict_is_right and self.is_headed

    def __str__(self) -> str:
        if self.said.failure:
            return f"{self.name}: not audited: {self.said.failure}"
        wanted = "/".join(sorted(self.label.verdicts))
        complaints = (
            ("missed", _shown(self.missed)),
            ("cause not named:", _shown(self.unnamed)),
            ("headline not", "" if self.is_headed else _shown([self.label.headline])),
            ("false:", ", ".join(sorted(self.false))),
            (f"verdict {self.said.verdict}, not", "" if self.verdict_is_right else wanted),
        )
        found = ", ".join(sorted(self.said.found)) or "nothing"
        return f"{self.name}: {'; '.join(f'{what} {which}' for what, which in complaints if which)} (found {found})"


def _shown(groups: Iterable[Group]) -> str:
    return ", ".join("|".join(sorted(group)) for group in groups)


def judge(name: str, label: Label, said: Diagnosis) -> Mark:
    """Hold a diagnosis against its label. A model that was not audited is right in nothing and false in nothing."""
    if said.failure:
        return Mark(name, label, said, missed=label.present, unnamed=label.cause)
    return Mark(
        name,
        label,
        said,
        missed=tuple(group for group in label.present if not group & said.found),
        unnamed=tuple(group for group in label.cause if not group & said.found),
        false=label.absent & said.found,
        verdict_is_right=not label.verdicts or said.verdict in label.verdicts,
    )


@dataclass(frozen=True)
class Tally:
    """How often a rule was right and wrong over all marks."""

    hits: int = 0
    misses: int = 0
    false_alarms: list[str] = field(default_factory=list)
    """The specs it was falsely found in."""


def totals(marks: Sequence[Mark]) -> dict[str, float]:
    """The figures of a whole corpus; a share of nothing is NaN."""
    audited = [mark for mark in marks if not mark.said.failure]
    seconds = [mark.said.seconds for mark in marks] or [0.0]
    return {
        "specs": len(marks),
        "not_audited": len(marks) - len(audited),
        "verdict": _share(mark.verdict_is_right for mark in marks),
        "detection": _share(_detected(mark) for mark in marks if mark.label.is_faulty),
        "present": _share(group not in mark.missed for mark in audited for group in mark.label.present),
        "cause": _share(group not in mark.unnamed for mark in audited for group in mark.label.cause),
        "headline": _share(mark.is_headed for mark in audited if mark.label.headline),
        "false_alarm": _share(_alarmed(mark) for mark in marks if mark.label.is_clean),
        "absent": _share(rule in mark.false for mark in audited for rule in mark.label.absent),
        "median_seconds": median(seconds),
        "max_seconds": max(seconds),
    }


def _detected(mark: Mark) -> bool:
    return mark.said.verdict in ("warning", "error")


def _alarmed(mark: Mark) -> bool:
    return not mark.verdict_is_right or bool(mark.false)


def _share(bits: Iterable[bool]) -> float:
    known = list(bits)
    return sum(known) / len(known) if known else float("nan")


def by_rule(marks: Sequence[Mark]) -> dict[str, Tally]:
    """Rule → its hits, misses and false alarms. A missed group counts for each rule that would have met it."""
    table = {}
    for rule in sorted(RULES):
        asked = [(mark, group) for mark in marks for group in mark.label.present if rule in group]
        misses = sum(group in mark.missed for mark, group in asked)
        hits = sum(rule in mark.said.found for mark, _ in asked)
        table[rule] = Tally(hits, misses, [mark.name for mark in marks if rule in mark.false])
    return table


def requirements(text: str) -> dict[str, float]:
    """`detection=0.95,false_alarm=0.05` as figures and limits. Raises ValueError for what is no figure or no number."""
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    unknown = [key for key, _, _ in pairs if key not in totals([])]
    if unknown:
        raise ValueError(f"no figures: {', '.join(unknown)}")
    return {key: float(limit) for key, _, limit in pairs}


def unmet(figures: dict[str, float], required: dict[str, float]) -> list[str]:
    """A sentence for each figure that is not good enough; a figure that is undefined is not."""
    return [
        f"{key} is {figures[key]:.3g}, asked {limit:g}"
        for key, limit in required.items()
        if not (figures[key] <= limit if key in LESS_IS_BETTER else figures[key] >= limit)
    ]


def read(output: str, errors: str, seconds: float) -> Diagnosis:
    """The diagnosis in a JSON report; without one, the last line that was said."""
    try:
        report = json.loads(output)["reports"][0]
    except (ValueError, KeyError, IndexError):
        said = errors.strip().splitlines() or ["nothing was said"]
        return Diagnosis(seconds=seconds, failure=said[-1])
    counted = [finding for finding in report["findings"] if not finding.get("suppressed")]
    rules = [finding["rule"] for finding in counted if finding["severity"] in ("warning", "error")]
    return Diagnosis(report["verdict"], frozenset(rules), seconds, headline=rules[0] if rules else "")
