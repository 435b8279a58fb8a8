"""Templates and style sheets: the packaged ones, and a folder of someone's own that stands in front of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import read_file
from gradaudit.formats.charts.palette import FONT
from gradaudit.formats.charts.shapes import coordinate
from gradaudit.text.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_PACKAGE = Path(__file__).resolve().parents[1]
_PACKAGED, _CHECKOUT = _PACKAGE / "templates", _PACKAGE.parent / "templates"
_ORIGINAL = "gradaudit/"
_MAX_BYTES, _LONGEST = 4 << 20, 300

Found: TypeAlias = "tuple[str, str, Callable[[], bool]] | None"


def templates() -> Path:
    """The folder of the templates: inside the package where it was installed, else at the top of the checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def rendered(name: str, folder: Path | None, **values: object) -> str:
    """The template with these values; what `folder` holds stands in front of what is packaged.

    Raises InputError, with file and line, where a template of `folder` is at fault.
    """
    if folder is None:
        text: str = _packaged(templates()).get_template(name).render(values)
        return text
    try:
        return _environment(templates(), folder).get_template(name).render(values)
    except Exception as error:
        raise _blamed(error, folder) or error from error


def check_templates(folder: Path) -> None:
    """Read and compile everything in the folder that could be used. Raises InputError for what is wrong with it."""
    place = Location(str(folder))
    if not folder.is_dir():
        raise InputError(Problem("is no folder with templates", place))
    known = sorted(path.name for path in templates().iterdir() if path.is_file())
    own = [name for name in known if (folder / name).is_file()]
    if not own:
        raise InputError(Problem(f"holds none of the files that it could replace: {', '.join(known)}", place))
    for name in own:
        if name.endswith(".j2"):
            try:
                _environment(templates(), folder).get_template(name)
            except Exception as error:
                raise _blamed(error, folder) or error from error


def _blamed(error: Exception, folder: Path) -> InputError | None:
    """The error as a message about a file of the folder; None where it is no fault of one."""
    from jinja2 import TemplateSyntaxError, UndefinedError

    if isinstance(error, InputError):
        return error
    if isinstance(error, TemplateSyntaxError):
        return _fault(error, error.filename or "", error.lineno, folder)
    if isinstance(error, UndefinedError) and "does not export" in str(error):
        return InputError(Problem(" ".join(str(error).split())[:_LONGEST], Location(str(folder))))
    if isinstance(error, MemoryError):
        return InputError(Problem("takes more memory than there is", Location(str(folder))))
    step, at = error.__traceback__, None
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        at = (file, step.tb_lineno) if _is_of(file, folder) else at
        step = step.tb_next
    return _fault(error, *at, folder) if at else None


def _fault(error: Exception, file: str, line: int, folder: Path) -> InputError | None:
    from jinja2 import TemplateNotFound

    reason = (
        " ".join((getattr(error, "message", None) or str(error)).split())[:_LONGEST]
        or f"it ends in a {type(error).__name__}"
    )
    if isinstance(error, TemplateNotFound):
        reason = f"there is no template '{reason}', neither here nor in gradaudit"
    return InputError(Problem(reason, Location(file, line))) if _is_of(file, folder) else None


def _is_of(file: str, folder: Path) -> bool:
    """Whether the code of that file is a template of the folder; `<string>` and its like are no files."""
    return Path(file).is_relative_to(folder) and Path(file).is_file()


@cache
def _packaged(folder: Path) -> Environment:
    return _environment(folder, None)


def _environment(packaged: Path, folder: Path | None) -> Environment:
    """Escapes every value, whatever its template is called, fails on a name that is not there, changes nothing."""
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from gradaudit.formats.sandbox import Sandbox

    environment = (Sandbox if folder else ImmutableSandboxedEnvironment)(
        loader=FunctionLoader(lambda name: _found(name, packaged, folder)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["px"] = coordinate
    environment.filters["marked"] = marked
    environment.globals["font"] = FONT
    environment.globals["styles"] = _styles(packaged, folder)
    return environment


def _found(name: str, packaged: Path, folder: Path | None) -> Found:
    """A template's text: `gradaudit/…` is always the packaged one, so that one's own can extend what it replaces."""
    original = name.startswith(_ORIGINAL)
    if folder is not None and not original and (path := _inside(folder, name)):
        return _text(path), str(path), lambda: False
    path = _inside(packaged, name.removeprefix(_ORIGINAL))
    return (_text(path), str(path), lambda: True) if path else None


def _inside(folder: Path, name: str) -> Path | None:
    """The file of that name if it lies in the folder; links and `..` lead nowhere else. Raises InputError."""
    path = folder / name
    if not path.is_file():
        return None
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(Problem(f"lies outside '{folder}', so no template can read it", Location(str(path))))
    return path


def _text(path: Path) -> str:
    """Raises InputError for what cannot be read, is too large or is no UTF-8."""
    place = Location(str(path))
    try:
        return read_file(path, _MAX_BYTES, "a template").decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"is no UTF-8 at byte {error.start}", place)) from error


def _styles(packaged: Path, folder: Path | None) -> MappingProxyType[str, Markup]:
    """The style sheets by their stems. A style element knows no escapes, so they stand in it as they are."""
    from markupsafe import Markup

    folders = (packaged, folder) if folder else (packaged,)
    names = sorted({path.name for folder in folders for path in folder.glob("*.css")})
    files = {name: _inside(folder, name) or packaged / name if folder else packaged / name for name in names}
    return MappingProxyType({path.stem: Markup(_text(path)) for path in files.values()})  # noqa: S704


def marked(text: str) -> Markup:
    """The text as HTML, what stands between backticks as code."""
    from markupsafe import Markup, escape

    pieces = [escape(piece) for piece in visible(text).split("`")]
    if len(pieces) % 2 == 0:
        return escape(visible(text))
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(pieces))
