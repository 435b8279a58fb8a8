"""YAML text as a stream of tokens, by libyaml: nothing is built, so depth and size are checked before they cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias

import yaml
from yaml.reader import Reader

from gradaudit.domain.spec import Scalar
from gradaudit.errors import Location, Problem, SpecError

MAX_CHARACTERS = 1 << 20
MAX_DEPTH = 32
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; a spec needs far fewer"

_BOM = "\ufeff"

Kind: TypeAlias = Literal["document", "scalar", "sequence", "mapping", "end", "alias"]
_KINDS: dict[type[yaml.Event], Kind] = {
    yaml.DocumentStartEvent: "document",
    yaml.ScalarEvent: "scalar",
    yaml.SequenceStartEvent: "sequence",
    yaml.MappingStartEvent: "mapping",
    yaml.SequenceEndEvent: "end",
    yaml.MappingEndEvent: "end",
    yaml.AliasEvent: "alias",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A value's beginning (all of it, for a scalar) or the end of a list or mapping; offsets count characters."""

    kind: Kind
    location: Location
    start: int
    end: int
    text: str = ""
    """Of a scalar."""
    is_plain: bool = False
    """A scalar without quotes: a number or word by YAML's rules."""
    anchor: str | None = None
    tag: str | None = None


def tokens(text: str, file: str) -> Iterator[Token]:
    """The tokens of every document in the text; raises SpecError where it is no YAML."""
    _check_characters(text, file)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            if kind := _KINDS.get(type(event)):
                yield _token(kind, event, file)
    except yaml.MarkedYAMLError as error:
        _explain(error, text, file)
    except yaml.YAMLError as error:
        _stop(f"no valid YAML: {error}", Location(file))


def _token(kind: Kind, event: Any, file: str) -> Token:  # noqa: ANN401  PyYAML's stubs give events no attributes
    start, end = event.start_mark, event.end_mark
    location = Location(file, start.line + 1, start.column + 1)
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if kind != "scalar":
        return Token(kind, location, start.index, end.index, anchor=anchor, tag=tag)
    return Token(kind, location, start.index, end.index, event.value, not event.style, anchor, tag)


def _check_characters(text: str, file: str) -> None:
    if len(text) > MAX_CHARACTERS:
        _stop(f"is larger than {MAX_CHARACTERS:,} characters, too large for a spec", Location(file))
    # what YAML cannot hold is compiled by the library already: a class of so many characters takes milliseconds
    if found := Reader.NON_PRINTABLE.search(text.replace(_BOM, "\0")):
        place = Location(
            file, text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        )
        if text[found.start()] == _BOM:
            _stop("a byte order mark; save the file as UTF-8 without BOM", place)
        _stop(f"the control character U+{ord(found.group()):04X} cannot stand here; remove it", place)


def _explain(error: yaml.MarkedYAMLError, text: str, file: str) -> NoReturn:
    """Raise SpecError in words that say what to do, for the faults that people make."""
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    if mark is None:
        _stop(f"no valid YAML: {error.problem}", Location(file))
    place = Location(file, mark.line + 1, mark.column + 1)
    if text[mark.index : mark.index + 1] == "\t":
        _stop("a tab cannot stand here in YAML; use spaces", place)
    if "nesting depth" in str(error.problem):  # libyaml looks ahead, and from 0.2.6 on has a limit of its own
        _stop(TOO_DEEP, place)
    if opened is None or not error.context:
        _stop(f"no valid YAML: {error.problem}", place)
    bracket = text[opened.index : opened.index + 1]
    if mark.index >= len(text.rstrip()) and bracket in {"[", "{", "'", '"'}:
        _stop(f"this {bracket} is never closed", Location(file, opened.line + 1, opened.column + 1))
    _stop(f"no valid YAML: {error.problem} ({error.context} that begins on line {opened.line + 1})", place)


def _stop(message: str, place: Location) -> NoReturn:
    raise SpecError(Problem(message, place))


MAX_DIGITS = 20

_MEANINGS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **{spelling: value for word, value in _MEANINGS.items() for spelling in (word, word.capitalize(), word.upper())},
}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> Scalar | None:
    """The value of a plain scalar.

    Raises ValueError for a whole number of more than 20 digits: Python takes quadratic time to read one.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _whole(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _SPECIAL.fullmatch(text) else text


def _whole(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    digits = text[2:] if base != 10 else text.lstrip("+-")
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits; at most {MAX_DIGITS} are read")
    return int(text[2:], base) if base != 10 else int(text)
