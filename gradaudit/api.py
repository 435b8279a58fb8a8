"""The Python API: `gradaudit.load`, `audit`, `assert_healthy` and the Report that they work with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias, TypedDict, Unpack

from gradaudit.domain.audit_options import FAIL_ON, AuditOptions, Effort
from gradaudit.domain.spec import ModelSpec, Named, Scalar
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import STDIN
from gradaudit.formats.notebook_report import Report
from gradaudit.inputs.readers import Subject

if TYPE_CHECKING:
    from gradaudit.auditing.pipeline import Audited

__all__ = ["Report", "Subject", "assert_healthy", "audit", "load", "subjects"]

Choice: TypeAlias = str | Mapping[str, Scalar]
"""A name, or a mapping of `name` and parameters, as in a spec."""


class AuditOptionsGiven(TypedDict, total=False):
    """The keyword arguments of `audit`."""

    loss: object
    optimizer: object
    epochs: int
    batch_size: int
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
    X: object = None,
    y: object = None,
    *,
    loss: object = None,
    optimizer: object = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    seeds: int = 8,
    seed: int = 0,
    effort: Effort = "standard",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Report:
    """Audit a model: a source, a ModelSpec, a dict in the form of a spec, a scikit-learn estimator or a PyTorch module.

    A model may also come with what trains it, as a tuple or a dict (`model`, `X`, `y`, `loss`, `optimizer`, `epochs`,
    `batch_size`). X and y take the place of the data that the model names; for a PyTorch module X may be a DataLoader.
    `loss` and `optimizer` are names, or mappings of `name` and parameters, as in a spec; for a PyTorch module they may
    be PyTorch's own objects. A setting left at its default leaves the word to the spec's own `audit` section. Raises
    GradauditError for what cannot be audited.
    """
    options = _options(seeds=seeds, seed=seed, effort=effort, select=select, ignore=ignore)
    training = _Training.of(loss=loss, optimizer=optimizer, epochs=epochs, batch_size=batch_size)
    audited = [_audited(subject, training, options) for subject in _subjects_of(model, X, y, training.objects)]
    failures = tuple(failure for each in audited for failure in each.failures)
    from gradaudit import __version__

    return Report(tuple(each.report for each in audited), failures, __version__)


def assert_healthy(
    model: object,
    X: object = None,
    y: object = None,
    *,
    fail_on: Literal["error", "warning"] = "error",
    **audit_options: Unpack[AuditOptionsGiven],
) -> None:
    """Raise AssertionError, with the findings as text, where a finding is at or above `fail_on`.

    Takes the keyword arguments of `audit`. A rule or probe that broke fails the assertion too: nothing was proven.
    """
    __tracebackhide__ = True  # pytest shows the caller's line, where the model is
    level = FAIL_ON.get(fail_on)
    if level is None:
        raise InputError(f"fail_on is {fail_on!r}; write 'error' or 'warning'")
    report = audit(model, X, y, **audit_options)
    if report.errors or (report.worst is not None and report.worst >= level):
        broken = "".join(f"{failure.source}: {failure.message}\n" for failure in report.errors)
        raise AssertionError(f"{report}{broken}")


def subjects(
    source: str,
    X: object = None,
    y: object = None,
    *,
    data: Named | None = None,
    stdin: BinaryIO | None = None,
    unsafe_load: bool = False,
    training: Mapping[str, object] = MappingProxyType({}),
) -> tuple[Subject, ...]:
    """Every model of a source; X and y replace its data, `data` (a file) serves a model that names and brings none.

    `unsafe_load` lets a scikit-learn file run its code where it cannot be read otherwise. `training` are PyTorch's own
    loss and optimizer, for a PyTorch module. Raises SpecError, InputError.
    """
    from gradaudit.inputs import read, reader_of
    from gradaudit.inputs.readers import ESTIMATOR, is_object

    if training and not is_object(source):
        raise _not_for(source, training)
    if source != STDIN and reader_of(source) is ESTIMATOR:
        from gradaudit.inputs.sklearn_model.file import subjects_in

        X, y = _rows(X, y, data)
        return _all_with_data(subjects_in(source, X, y, unsafe_load=unsafe_load))
    if not is_object(source):
        return tuple(_with_data(spec, X, y, data) for spec in read(source, stdin=stdin))
    from gradaudit.inputs import python_object
    from gradaudit.inputs.sklearn_model.tree import is_estimator

    loaded = replace(python_object.load_object(source), **training)  # type: ignore[arg-type]
    if loaded.beside and data is not None and X is None and y is None:  # a file that was named goes before
        loaded = replace(loaded, X=None, y=None)
    loaded = loaded.with_rows(X, y)
    X, y = loaded.X, loaded.y
    if is_estimator(loaded.model):  # whose steps before the network transform the rows
        X, y = _rows(X, y, data)
    return _all_with_data(python_object.subjects_of(loaded, X, y), data)


def _rows(X: object, y: object, data: Named | None) -> tuple[object, object]:
    """X and y, or those of the file where neither was given."""
    if X is not None or y is not None or data is None:
        return X, y
    from gradaudit.datasets import read_file

    rows = read_file(data)
    return rows.named_inputs, rows.y


def _with_data(spec: ModelSpec, X: object, y: object, data: Named | None = None) -> Subject:
    """On X and y, else on the data that the spec names, else on `data`."""
    known = replace(spec, assumed=tuple(key for key in spec.assumed if key != "data"))
    if X is not None:
        return Subject(known, X, y)
    return Subject(replace(known, data=data)) if data and "data" in spec.assumed else Subject(spec, X, y)


def _all_with_data(found: Sequence[Subject], data: Named | None = None) -> tuple[Subject, ...]:
    return tuple(_with_data(subject.spec, subject.X, subject.y, data) for subject in found)


def _subjects_of(model: object, X: object, y: object, objects: Mapping[str, object]) -> tuple[Subject, ...]:
    """The models of whatever was handed over; `objects` are PyTorch's own loss and optimizer for a module."""
    from gradaudit.inputs.loaded import is_setup, loaded_from

    if isinstance(model, str | os.PathLike):
        return subjects(os.fsdecode(model), X, y, training=objects)
    is_spec = isinstance(model, ModelSpec) or (isinstance(model, Mapping) and not is_setup(model))
    if is_spec and objects:
        raise _not_for("a spec", objects)
    if isinstance(model, ModelSpec):
        return (_with_data(model, X, y),)
    if isinstance(model, Mapping) and is_spec:
        from gradaudit.inputs import from_document

        return (_with_data(from_document(model), X, y),)
    from gradaudit.inputs.python_object import subjects_of

    return _all_with_data(subjects_of(replace(loaded_from(model), **objects), X, y))  # type: ignore[arg-type]


def _not_for(model: str, objects: Mapping[str, object]) -> InputError:
    key, thing = next(iter(objects.items()))
    says = f"{key}: {type(thing).__name__} is PyTorch's and {model} is no PyTorch module; write a name, as in a spec"
    return InputError(says)


def _options(*, seeds: int, seed: int, effort: Effort, select: Sequence[str], ignore: Sequence[str]) -> AuditOptions:
    """What was asked for beyond the defaults, checked as a spec's `audit` section is."""
    said = {"seeds": (seeds, 8), "seed": (seed, 0), "effort": (effort, "standard")}
    section: dict[str, Any] = {key: value for key, (value, default) in said.items() if value != default}
    section |= {"select": list(select)} if select else {}
    section |= {"ignore": list(ignore)} if ignore else {}
    return _checked({"audit": section}).audit if section else AuditOptions()


@dataclass(frozen=True, slots=True)
class _Training:
    """What takes the place of a model's own loss and optimizer."""

    named: Mapping[str, Any]
    """As a spec would read them; without those that were not given."""
    objects: Mapping[str, object]
    """PyTorch's own."""

    @classmethod
    def of(cls, **arguments: object) -> _Training:
        """Raises SpecError for a name, mapping or number that no spec could have."""
        from gradaudit.inputs.pytorch.training import is_loss, is_optimizer

        given = {key: value for key, value in arguments.items() if value is not None}
        objects = {key: value for key, value in given.items() if is_loss(value) or is_optimizer(value)}
        section = {key: value for key, value in given.items() if key not in objects}
        checked = _checked(section)
        return cls({key: getattr(checked, key) for key in section}, objects)


def _checked(section: Mapping[str, Any]) -> ModelSpec:
    """The spec's own reader checks it, inside the smallest spec. Raises SpecError."""
    from gradaudit.inputs import from_document

    return from_document({"layers": [1, 1], **section}, "audit()")


def _audited(subject: Subject, training: _Training, options: AuditOptions) -> Audited:
    from gradaudit.auditing.pipeline import audit as run
    from gradaudit.formats.interface import DRAWN_FROM

    # whatever format the report is saved in later finds its numbers
    return run(_changed(subject.spec, training), options, X=subject.X, y=subject.y, needs=frozenset(DRAWN_FROM))


def _changed(spec: ModelSpec, training: _Training) -> ModelSpec:
    changes: dict[str, Any] = dict(training.named)
    return replace(spec, assumed=tuple(key for key in spec.assumed if key not in changes), **changes)
