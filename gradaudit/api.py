"""The Python API: `gradaudit.load`, `audit`, `assert_healthy` and the Report that they work with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias, TypedDict, Unpack

from gradaudit import report as reports
from gradaudit.errors import GradauditError, InputError, Location, Problem
from gradaudit.finding import Severity
from gradaudit.spec import AuditOptions, Effort, ModelSpec, Named, Scalar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from gradaudit.pipeline import Audited

Choice: TypeAlias = str | Mapping[str, Scalar]
"""A name, or a mapping of `name` and parameters, as in a spec."""


class Report(reports.Report):
    """One run of gradaudit over any number of models, which can be printed and saved."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report whole or not at all; the suffix chooses the format: .html, .pdf or .json.

        Raises InputError for another suffix and for a place that cannot be written, MissingLibraryError where the
        PDF's system libraries are missing.
        """
        from gradaudit.formats import SUFFIXES, get, named

        file = Path(path)
        name = named(file.name)
        if name is None:
            raise InputError(f"'{file}': the suffix chooses the format, one of {', '.join(SUFFIXES)}")
        check_writable(file)
        write_whole(file, get(name).render(self))

    def __str__(self) -> str:
        """The findings as `gradaudit check` prints them, without the source's lines."""
        from gradaudit.formats import get

        return get("text").render(self).decode()


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A model to audit, with the data that came with it as arrays."""

    spec: ModelSpec
    X: ArrayLike | None = None
    y: ArrayLike | None = None


class AuditKeywords(TypedDict, total=False):
    """The keyword arguments of `audit`."""

    loss: Choice | None
    optimizer: Choice | None
    seeds: int
    seed: int
    effort: Effort
    select: Sequence[str]
    ignore: Sequence[str]


def load(source: str | os.PathLike[str]) -> ModelSpec:
    """The model in a source. Raises SpecError or InputError, also where the source holds several models."""
    specs = [subject.spec for subject in subjects(os.fspath(source))]
    if len(specs) == 1:
        return specs[0]
    names = ", ".join(spec.name for spec in specs)
    held = f"holds {len(specs)} models; name one of them: {names}" if specs else "holds no model"
    raise InputError(Problem(held, Location(os.fspath(source))))


def audit(
    model: object,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    loss: Choice | None = None,
    optimizer: Choice | None = None,
    seeds: int = 8,
    seed: int = 0,
    effort: Effort = "standard",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Report:
    """Audit a model: a source, a ModelSpec, a dict in the form of a spec, or a scikit-learn estimator.

    X and y take the place of the data that the model names. A setting left at its default leaves the word to the
    spec's own `audit` section. Raises GradauditError for what cannot be audited.
    """
    options = _options(seeds=seeds, seed=seed, effort=effort, select=select, ignore=ignore)
    changes = _training(loss, optimizer)
    audited = [_audited(subject, changes, options) for subject in _subjects_of(model, X, y)]
    failures = tuple(failure for each in audited for failure in each.failures)
    from gradaudit import __version__

    return Report(tuple(each.report for each in audited), failures, __version__)


def assert_healthy(
    model: object,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    fail_on: Literal["error", "warning"] = "error",
    **audit_options: Unpack[AuditKeywords],
) -> None:
    """Raise AssertionError, with the findings as text, where a finding is at or above `fail_on`.

    Takes the keyword arguments of `audit`. A rule or probe that broke fails the assertion too: nothing was proven.
    """
    levels = {"error": Severity.ERROR, "warning": Severity.WARNING}
    if fail_on not in levels:
        raise InputError(f"fail_on is {fail_on!r}; write 'error' or 'warning'")
    report = audit(model, X, y, **audit_options)
    if report.errors or (report.worst is not None and report.worst >= levels[fail_on]):
        broken = "".join(f"{failure.source}: {failure.message}\n" for failure in report.errors)
        raise AssertionError(f"\n{report}{broken}")


def subjects(source: str, *, stdin: BinaryIO | None = None) -> tuple[Subject, ...]:
    """Every model of a source, with its data where it is a Python object that brings some.

    Raises SpecError or InputError.
    """
    from gradaudit.inputs import read
    from gradaudit.inputs.python_object import READER, load_object

    if not READER.reads(source):
        return tuple(Subject(spec) for spec in read(source, stdin=stdin))
    loaded = load_object(source)
    return tuple(
        replace(subject, spec=replace(subject.spec, source=source))
        for subject in _subjects_of(loaded.model, loaded.X, loaded.y)
    )


def _subjects_of(model: object, X: ArrayLike | None, y: ArrayLike | None) -> tuple[Subject, ...]:
    if isinstance(model, str | os.PathLike):
        found = subjects(os.fspath(model))  # type: ignore[arg-type]
        return found if X is None else tuple(Subject(subject.spec, X, y) for subject in found)
    if isinstance(model, ModelSpec):
        return (Subject(model, X, y),)
    from gradaudit.inputs import from_document

    if isinstance(model, Mapping):
        return (Subject(from_document(dict(model)), X, y),)
    from gradaudit.inputs.estimator import from_estimator

    return tuple(Subject(spec, X, y) for spec in from_estimator(model, X, y))


def _audited(subject: Subject, changes: Mapping[str, Named], options: AuditOptions) -> Audited:
    from threadpoolctl import threadpool_limits

    from gradaudit.pipeline import audit as run

    kept = tuple(key for key in subject.spec.assumed if key not in changes)
    spec = replace(subject.spec, assumed=kept, **changes)
    with threadpool_limits(1):  # two threads sum in another order than one, and equal input must give an equal report
        return run(spec, options, X=subject.X, y=subject.y)
