"""Which sources the arguments of a command stand for: files as they are, folders and globs looked through."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from gradaudit.errors import GradauditError, Location, Problem, SpecError
from gradaudit.files.opening import STDIN
from gradaudit.files.text_file import read_text
from gradaudit.inputs import content
from gradaudit.inputs.interface import Reader
from gradaudit.inputs.readers import SPEC_SUFFIXES

if TYPE_CHECKING:
    from gradaudit.inputs.yaml_text.tokens import Token

SCHEMA_FILE = "gradaudit.schema.json"
"""What specs name as their schema, beside them; in a folder it is not worth a word."""
_LAYERS = re.compile(r"""^\s*["']?layers["']?\s*:""", re.MULTILINE)
_WILD = frozenset("*?[")
_MODELS = frozenset((".pt", ".pth", ".ckpt", ".pt2", ".tflite", ".pmml", ".mlmodel"))
"""Suffixes of models that are not read, counted where they stand in a folder."""
_LAYER_KEYS = frozenset({"units", "activation", "init", "norm", "repeat", "rate", "eps"})


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the arguments stand for, in their order; what one folder or glob gives is sorted."""

    sources: tuple[str, ...]
    passed_over: tuple[str, ...]
    """YAML and JSON files in folders and globs that are no specs."""
    failures: tuple[Problem, ...]
    """One for each argument that stands for nothing; the location's file is the argument."""
    left_out: tuple[tuple[str, int], ...] = ()
    """Models in folders and globs that are not read: what they are and what to do, and how many."""


def discover(arguments: Sequence[str], readers: Sequence[Reader], *, only_specs: bool = False) -> Discovery:
    """The sources that some reader reads, without repetitions; `only_specs` sifts the files that are named, too."""
    sources: dict[str, str] = {}
    passed_over: dict[str, str] = {}
    failures: list[Problem] = []
    left_out: Counter[str] = Counter()
    for argument in arguments:
        candidates = _files(argument)
        if candidates is None:
            found, others, problem = _single(argument, readers)
            if only_specs:
                found, others = _specs_among(found)
        else:
            found, others, problem = _sifted(argument, candidates, readers)
            left_out.update(_left_out(candidates, readers))
        sources |= {_identity(source): source for source in found if _identity(source) not in sources}
        passed_over |= {_identity(other): other for other in others}
        failures += [problem] if problem else []
    left = tuple(other for key, other in passed_over.items() if key not in sources)
    return Discovery(tuple(sources.values()), left, tuple(failures), tuple(left_out.items()))


Sifted = tuple[list[str], list[str], Problem | None]


def _identity(source: str) -> str:
    """Equal for two spellings of one file; what is no file stands for itself."""
    return os.path.abspath(source) if os.path.isfile(source) else source  # noqa: PTH100, PTH113  no symlinks followed


def _files(argument: str) -> list[str] | None:
    """The files in a folder or of a glob; None where the argument names one source."""
    path = Path(argument)
    if argument == STDIN or _exists(path):
        is_folder = argument != STDIN and path.is_dir() and not content.is_saved_model(argument)
        return sorted(_walk(path)) if is_folder else None
    return sorted(_matches(argument)) if _WILD & set(argument) else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _single(argument: str, readers: Sequence[Reader]) -> Sifted:
    """One source, whether it exists or not; a path that no reader claims fails here."""
    if any(reader.reads(argument) for reader in readers):
        missing = argument.lower().endswith(SPEC_SUFFIXES) and not _exists(Path(argument))
        return ([], [], _problem("there is no such file", argument)) if missing else ([argument], [], None)
    if not _exists(Path(argument)):
        return [], [], _problem("there is no such file or folder", argument)
    return ([argument], [], None) if reader_of(argument, readers) else ([], [], unknown(argument, readers))


def reader_of(source: str, readers: Sequence[Reader]) -> Reader | None:
    """The reader of a source, by its name, else by its first bytes; None where it is of no kind."""
    named = next((reader for reader in readers if reader.reads(source)), None)
    if named is not None or not Path(source).is_file() or Path(source).suffix.lower() in content.WAYS_OUT:
        return named
    kind = content.kind_of(source) or ("spec" if is_spec(source) else "")
    return next((reader for reader in readers if kind in reader.kinds), None)


def unknown(source: str, readers: Sequence[Reader]) -> Problem:
    """Why a file is not read, and what to do."""
    said = content.way_out(source)
    known = ", ".join(reader.name for reader in readers)
    return _problem(said or f"no kind of source by its name, nor by its first bytes; known are {known}", source)


def _left_out(files: Sequence[str], readers: Sequence[Reader]) -> Iterator[str]:
    """What the models among the files are that nobody reads; data and weights belong to others."""
    for file in files:
        suffix = PurePath(file).suffix.lower()
        is_model = PurePath(file).name == "saved_model.pb" or suffix in _MODELS
        if is_model and not any(reader.reads(file) for reader in readers):
            yield content.WAYS_OUT[suffix]


def _sifted(argument: str, files: list[str], readers: Sequence[Reader]) -> Sifted:
    """The sources among the files of a folder or glob."""
    files = [file for file in files if Path(file).name != SCHEMA_FILE]
    readable = [file for file in files if any(reader.reads(file) for reader in readers)]
    found, others = _specs_among(readable)
    if found:
        return found, others, None
    if not readable and not Path(argument).is_dir() and not files:
        return [], [], _problem("nothing matches", argument)
    seen = f" ({len(others)} YAML or JSON files without a `layers` list were passed over)" if others else ""
    left = Counter(_left_out(files, readers))
    more = "".join(f"; {with_number(said, count)}" for said, count in left.items())
    return [], others, _problem(f"no source in it{seen}{more}; `gradaudit init` writes a spec to start from", argument)


def with_number(said: str, count: int) -> str:
    """`3 files, each a PyTorch file …`."""
    return f"1 file is {said}" if count == 1 else f"{count} files are each {said}"


def _specs_among(files: list[str]) -> tuple[list[str], list[str]]:
    """Those that are no YAML or JSON, or are specs; and the others."""
    found = [file for file in files if not file.lower().endswith(SPEC_SUFFIXES) or is_spec(file)]
    return found, [file for file in files if file not in set(found)]


def _problem(message: str, argument: str) -> Problem:
    return Problem(message, Location(argument))


def _walk(folder: Path) -> Iterator[str]:
    """Every file below the folder but in hidden folders, virtual environments and node_modules."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_skipped(Path(parent, name))]
        yield from (str(Path(parent, name)) for name in files)


def _is_skipped(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name == "node_modules" or (folder / "pyvenv.cfg").is_file()


def _matches(pattern: str) -> Iterator[str]:
    """The files that match, and those in matching folders; `**` stands for any number of folders."""
    walked: list[Path] = []
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  keeps the spelling of the pattern
        path = Path(match)
        if any(_is_skipped(folder) for folder in _below(pattern, path)):
            continue
        if path.is_file():
            yield str(path)
        elif path.is_dir() and not any(folder in path.parents for folder in walked):
            walked.append(path)
            yield from _walk(path)


def _below(pattern: str, path: Path) -> Iterator[Path]:
    """The folders of a match that wildcards stood for, itself included where it is one."""
    literal = next((n for n, part in enumerate(Path(pattern).parts) if _WILD & set(part)), 0)
    for depth in range(literal + 1, len(path.parts) + path.is_dir()):
        yield Path(*path.parts[:depth])


def is_spec(file: str) -> bool:
    """Whether a YAML or JSON file is a mapping with a `layers` list as a network has it, or what Keras writes.

    Maps, drawings and images have lists of that name too: some item must be a width, or a mapping that has one of a
    layer's own keys. A file that is no valid YAML counts as a spec where a line looks like its `layers`: its error is
    to be shown.
    """
    try:
        text = read_text(file)
    except GradauditError:
        return False
    keys: set[str] = set()
    try:
        for key, value in _top_level(text):
            if key == "layers" and value.kind == "sequence":
                return _has_widths(text, value)
            keys.add(key)
    except SpecError:
        return bool(_LAYERS.search(text))
    return {"class_name", "config"} <= keys


def _has_widths(text: str, start: Token) -> bool:
    """Whether the list has an item that only a network's has; an empty one is for the spec's reader to refuse."""
    from gradaudit.inputs.yaml_text.tokens import tokens

    depth, is_key, empty = 0, True, True
    for token in tokens(text, ""):
        if token.start < start.start:
            continue
        opens = token.kind in {"sequence", "mapping"}
        if token.kind == "end":
            depth -= 1
            if depth == 0:
                break
        elif depth == 1:
            empty = False
            if token.kind == "scalar" and token.text.lstrip("-").isdigit():
                return True
            is_key = True
        elif depth == 2:
            if is_key and token.text in _LAYER_KEYS:
                return True
            is_key = not is_key
        depth += opens
    return empty


def _top_level(text: str) -> Iterator[tuple[str, Token]]:
    """The keys of the document's mapping, each with its value's first token; nothing where it is no mapping."""
    from gradaudit.inputs.yaml_text.tokens import tokens

    depth, key = 0, None
    for token in tokens(text, ""):
        if depth == 0 and token.kind in {"scalar", "sequence"}:
            return
        if depth == 1 and token.kind != "end":
            if key is not None:
                yield key, token
            key = token.text if key is None else None
        depth += (token.kind in {"sequence", "mapping"}) - (token.kind == "end")
