"""Which sources the arguments of a command stand for: files as they are, folders and globs looked through."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from gradaudit.errors import GradauditError, Location, Problem, SpecError
from gradaudit.files.opening import STDIN, read_text
from gradaudit.inputs import content
from gradaudit.inputs.readers import ALL, SPEC_SUFFIXES, Reader

if TYPE_CHECKING:
    from gradaudit.inputs.yaml_text.tree import TreeNode

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


def discover(arguments: Sequence[str], *, only_specs: bool = False) -> Discovery:
    """The sources that the arguments of a command stand for, without repetitions: files, folders, globs, `-`.

    With `only_specs` a YAML or JSON file that is no spec is passed over where it is named, too.
    """
    sources: dict[str, str] = {}
    passed_over: dict[str, str] = {}
    failures: list[Problem] = []
    left_out: Counter[str] = Counter()
    for argument in arguments:
        candidates = _files(argument)
        if candidates is None:
            found, others, problem = _single(argument)
            if only_specs:
                found, others = _specs_among(found)
        else:
            found, others, problem = _sifted(argument, candidates)
            left_out.update(_left_out(candidates))
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


def _single(argument: str) -> Sifted:
    """One source, whether it exists or not; a path that no reader claims fails here."""
    if any(reader.reads(argument) for reader in ALL):
        missing = argument.lower().endswith(SPEC_SUFFIXES) and not _exists(Path(argument))
        return ([], [], _problem("there is no such file", argument)) if missing else ([argument], [], None)
    if not _exists(Path(argument)):
        return [], [], _problem("there is no such file or folder", argument)
    return ([argument], [], None) if reader_of(argument) else ([], [], unknown(argument))


def reader_of(source: str) -> Reader | None:
    """The reader of a source, by its name, else by its first bytes; None where it is of no kind."""
    named = next((reader for reader in ALL if reader.reads(source)), None)
    if named is not None or not Path(source).is_file() or Path(source).suffix.lower() in content.WAYS_OUT:
        return named
    kind = content.kind_of(source) or ("spec" if is_spec(source) else "")
    return next((reader for reader in ALL if kind in reader.kinds), None)


def unknown(source: str) -> Problem:
    """Why a file is not read, and what to do."""
    said = content.way_out(source)
    known = ", ".join(reader.name for reader in ALL)
    return _problem(said or f"no kind of source by its name, nor by its first bytes; known are {known}", source)


def _left_out(files: Sequence[str]) -> Iterator[str]:
    """What the models among the files are that nobody reads; data and weights belong to others."""
    for file in files:
        suffix = PurePath(file).suffix.lower()
        is_model = PurePath(file).name == "saved_model.pb" or suffix in _MODELS
        if is_model and not any(reader.reads(file) for reader in ALL):
            yield content.WAYS_OUT[suffix]


def _sifted(argument: str, files: list[str]) -> Sifted:
    """The sources among the files of a folder or glob."""
    files = [file for file in files if Path(file).name != SCHEMA_FILE]
    readable = [file for file in files if any(reader.reads(file) for reader in ALL)]
    found, others = _specs_among(readable)
    if found:
        return found, others, None
    if not readable and not Path(argument).is_dir() and not files:
        return [], [], _problem("nothing matches", argument)
    seen = f" ({len(others)} YAML or JSON files without a `layers` list were passed over)" if others else ""
    left = Counter(_left_out(files))
    more = "".join(f"; {with_number(said, count)}" for said, count in left.items())
    return [], others, _problem(f"no source in it{seen}{more}; `gradaudit init` writes a spec to start from", argument)


def with_number(said: str, count: int) -> str:
    """`3 files, each a PyTorch file …`."""
    return f"1 file is {said}" if count == 1 else f"{count} files are each {said}"


def _specs_among(files: list[str]) -> tuple[list[str], list[str]]:
    """The sources that are no YAML or JSON, or are specs; and the others."""
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
    if "layers" not in text and "class_name" not in text:  # most files of data, which take time to read
        return False
    from gradaudit.inputs.yaml_text.tree import compose

    try:
        root = compose(text, "", [])
    except SpecError:
        return bool(_LAYERS.search(text))
    said = root.value if root else None
    if not isinstance(said, Mapping):
        return False
    layers = said["layers"].value.value if "layers" in said else None
    if isinstance(layers, tuple):  # an empty one is for the spec's reader to refuse
        return not layers or any(map(_is_layer, layers))
    return {"class_name", "config"} <= said.keys()


def _is_layer(item: TreeNode) -> bool:
    """Whether only a network's list has such an item."""
    if isinstance(item.value, Mapping):
        return not _LAYER_KEYS.isdisjoint(item.value)
    return not isinstance(item.value, tuple) and str(item.value).lstrip("-").isdigit()
