"""A document written as YAML in one of the many ways that people and programs write it, drawn at random."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from random import Random

from gradaudit.domain.spec import Plain
from gradaudit.inputs.yaml_text.tokens import resolve

_PLAIN = re.compile(r"\w[\w .+/-]*\w|\w")
_COMMENTS = ("# note", "#", "# key: [value", "#x {", "# 'quoted", "# ümläut → 🙂", "#\ttab", "# - item, # again")


class Layout:
    """One drawing: equal seeds write equal texts. `comments` counts what was written as comments."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.density = rng.choice((0.0, 0.1, 0.4))
        """How likely a comment is at each place for one."""
        self.flow = rng.choice((0.1, 0.5, 1.0))
        """How likely a collection is in brackets."""
        self.anchors: list[tuple[str, str]] = []
        """Name, and the value as JSON."""
        self.names = (f"a{number}" for number in count())
        self.marks = rng.random() < 0.4

    def text(self, document: dict[str, Plain]) -> str:
        """The document, with what may stand before and behind it."""
        if self.rng.random() < 0.1:
            return json.dumps(document, indent=self.rng.choice((None, 1, 4)), ensure_ascii=False)
        is_flow = self.rng.random() < self.flow * 0.2
        body = self._flow(document, 1) + "\n" if is_flow else self._block_mapping(document, 0)
        head = self.rng.choice(("", "", "---\n", "# first line\n\n", "%YAML 1.2\n---\n", "--- # begins\n"))
        tail = self.rng.choice(("", "", "# the end\n", "\n\n", "...\n"))
        text = head + body + tail
        if self.rng.random() < 0.15 and not text.endswith("...\n"):
            text = text.rstrip("\n")
        return text.replace("\n", "\r\n") if self.rng.random() < 0.15 else text

    def _says(self) -> bool:
        return self.rng.random() < self.density

    def _behind(self) -> str:
        """A comment at a line's end, or nothing, or blanks."""
        if self._says():
            return self.rng.choice((" ", "  ", "\t", " \t ")) + self.rng.choice(_COMMENTS)
        return self.rng.choice((" ", "  ")) if self.rng.random() < 0.05 else ""

    def _between(self, indent: int) -> str:
        """Whole lines between two entries of a block."""
        lines = ""
        while self._says():
            at = self.rng.choice((0, indent, indent, indent + 2))
            lines += self.rng.choice((" " * at + self.rng.choice(_COMMENTS), "", "  ")) + "\n"
        return lines

    def _block_mapping(self, mapping: dict[str, Plain], indent: int) -> str:
        """Every entry on lines of its own, from a line's beginning on."""
        lines = ""
        for key, value in mapping.items():
            lines += self._between(indent)
            name = self._word(key)
            if self.rng.random() < 0.03:
                lines += f"{' ' * indent}? {name}\n{' ' * indent}:{self._value(value, indent)}"
            else:
                lines += f"{' ' * indent}{name}{self.rng.choice(('', '', '', ' '))}:{self._value(value, indent)}"
        return lines

    def _block_list(self, items: list[Plain], indent: int) -> str:
        lines = ""
        for item in items:
            lines += self._between(indent)
            compact = isinstance(item, dict) and item and self.rng.random() > self.flow and not self._says()
            if compact and isinstance(item, dict):
                gap = self.rng.choice((1, 1, 3))
                inner = self._without_first_lines(item, indent + 1 + gap)
                lines += f"{' ' * indent}-{' ' * gap}{inner.lstrip(' ')}"
            else:
                lines += f"{' ' * indent}-{self._value(item, indent)}"
        return lines

    def _without_first_lines(self, item: dict[str, Plain], indent: int) -> str:
        """A block mapping that begins with its first key: nothing may stand before it behind a dash."""
        density, self.density = self.density, 0.0
        text = self._block_mapping(item, indent)
        self.density = density
        return text

    def _value(self, value: Plain, indent: int) -> str:
        """What stands behind a colon or dash, its last line's break included."""
        mark = self._mark(value)
        if mark.startswith(" *"):
            return f"{mark}{self._behind()}\n"
        is_collection = isinstance(value, dict | list) and bool(value)
        if is_collection and self.rng.random() > self.flow:
            head = f"{mark}{self._behind()}\n".replace("\t", " ")  # behind a dash a tab might be indentation
            deeper = indent + self.rng.choice((1, 2, 2, 4))
            if isinstance(value, dict):
                return head + self._block_mapping(value, deeper)
            assert isinstance(value, list)
            return head + self._block_list(value, deeper)
        if isinstance(value, str) and not self.density and self.rng.random() < 0.1:  # comments below would be text
            style = self.rng.choice(("|-", ">-", ">2-", "|-  # text"))
            return f"{mark} {style}\n{' ' * (indent + 2)}{value}\n"
        below = f"\n{' ' * (indent + 2)}" if self.rng.random() < 0.05 else " "
        return f"{mark}{below}{self._flow(value, indent + 1)}{self._behind()}\n"

    def _mark(self, value: Plain) -> str:
        """An anchor, an alias of an equal value above, or nothing."""
        if not self.marks:
            return ""
        same = [name for name, said in self.anchors if said == json.dumps(value)]
        if same and self.rng.random() < 0.5:
            return f" *{self.rng.choice(same)}"
        if self.rng.random() < 0.25:
            name = next(self.names)
            if not (isinstance(value, dict | list) and value):  # a collection's anchor is complete behind it
                self.anchors.append((name, json.dumps(value)))
            return f" &{name}"
        return ""

    def _flow(self, value: Plain, indent: int) -> str:
        """The value in flow style, over several lines or on one."""
        if isinstance(value, dict):
            pairs = [f"{self._key(key)}{self._inner(item, indent)}" for key, item in value.items()]
            return self._brackets("{}", pairs, indent)
        if isinstance(value, list):
            return self._brackets("[]", [self._item(item, indent) for item in value], indent)
        return self._word(value) if isinstance(value, str) else self._number(value)

    def _key(self, key: str) -> str:
        word = self._word(key)
        return f"{word}:" if word[0] in "'\"" and self.rng.random() < 0.2 else f"{word}: "

    def _item(self, item: Plain, indent: int) -> str:
        """An item of a list; a mapping of one key may do without braces."""
        if isinstance(item, dict) and len(item) == 1 and self.rng.random() < 0.3:
            ((key, value),) = item.items()
            return f"{self._word(key)}: {self._flow(value, indent)}"
        return self._inner(item, indent)

    def _inner(self, value: Plain, indent: int) -> str:
        mark = self._mark(value).lstrip()
        if mark[:1] == "*":
            return f"{mark} "  # a colon or comma that touches it would be part of its name
        return f"{mark} {self._flow(value, indent)}".lstrip()

    def _brackets(self, pair: str, items: list[str], indent: int) -> str:
        begin, end = pair
        if not items:
            return begin + self.rng.choice(("", "", " ", f" # none\n{' ' * indent}" if self._says() else "")) + end
        is_long = self.rng.random() < 0.3
        comma = self.rng.choice((", ", ",", ", ", " , "))
        text = begin + (self._line_gap(indent) if is_long else self.rng.choice(("", " ")))
        for place, item in enumerate(items):
            is_last = place == len(items) - 1
            gap = self._line_gap(indent) if is_long and self.rng.random() < 0.8 else ""
            trailing = self.rng.choice(("", "", ","))
            text += item + ((trailing + gap) if is_last else (comma.rstrip() + gap if gap else comma))
        return text + end

    def _line_gap(self, indent: int) -> str:
        """A line break in brackets, comments and blank lines before it."""
        lines = "\n"
        while self._says():
            lines += self.rng.choice((f"{' ' * indent}{self.rng.choice(_COMMENTS)}\n", "\n"))
        return self._behind() + lines + " " * (indent + self.rng.choice((0, 1, 3)))

    def _word(self, text: str) -> str:
        escapes = text.isascii() or (max(text) < "\U00010000" and self.rng.random() < 0.5)  # YAML has no surrogates
        styles = [json.dumps(text, ensure_ascii=escapes), "'" + text.replace("'", "''") + "'"]
        if _PLAIN.fullmatch(text) and resolve(text) == text:
            styles += [text] * 6
        return self.rng.choice(styles)

    def _number(self, value: Plain) -> str:
        if isinstance(value, bool):
            return self.rng.choice((str(value).lower(), str(value)))
        if isinstance(value, float):
            return self.rng.choice(
                (repr(value), f"{value:e}", f"{value:.8f}", f"+{value:e}" if value > 0 else repr(value))
            )
        return (
            self.rng.choice((str(value), str(value), f"+{value}"))
            if isinstance(value, int) and value > 0
            else str(value)
        )


def comments_of(text: str) -> Iterator[str]:
    """The comments of a text, in their order, without what they stand behind."""
    from gradaudit.editing.source_text import comments

    for start, end in comments(text):
        yield text[start:end].rstrip()
