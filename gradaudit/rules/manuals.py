"""Every rule's manual as data, for whoever shows it beside a finding: names and words, nothing that judges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from textwrap import dedent

from gradaudit.domain.findings import UNUSED
from gradaudit.rules import ALL

_SECTION = re.compile(r"^(\S[^\n]*)\n([ ]{4}[^\n]*\n(?:[ ]{4}[^\n]*\n|\n)*)", re.MULTILINE)
_UNUSED = """\
A comment that silences a rule has nothing to silence.

What it measures
    Whether a rule that `# gradaudit: ignore[rule] reason` names finds anything on the comment's line, or on the next
    line with content where the comment stands alone.

Why it hurts
    A comment that has outlived its finding hides the next one that turns up on that line.

What to do
    Take the comment away, correct the rule's name, or move the comment to the line that the finding names.

References
    The section on suppressions in gradaudit's README.
"""


@dataclass(frozen=True, slots=True)
class Manual:
    """What one rule measures, why it hurts and what to do."""

    name: str
    summary: str
    """One line: when it fires."""
    text: str
    """Plain: a sentence, then sections whose text is indented by four blanks."""

    @property
    def markdown(self) -> str:
        """The manual in Markdown, the sections' titles as headings."""
        return _SECTION.sub(lambda part: f"### {part[1]}\n\n{dedent(part[2]).strip()}\n\n", f"{self.text}\n").strip()


PICTURES: Mapping[str, str] = {rule.name: rule.picture for rule in ALL}
"""Rule → where its trouble is seen best: `run`, `signal` or `units`."""

MANUALS: Mapping[str, Manual] = {
    **{rule.name: Manual(rule.name, rule.summary, cleandoc(rule.__doc__ or rule.summary)) for rule in ALL},
    UNUSED: Manual(UNUSED, "a comment that silences a rule has nothing to silence", _UNUSED.strip()),
}
"""By rule, in the order of the list; last what is said of comments."""
