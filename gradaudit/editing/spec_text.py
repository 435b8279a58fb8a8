"""A model as the text of a spec file: what the reader of specs reads back as the same model.

Numbers are written so that they are read as the same numbers. What is assumed stays unwritten; what a spec has no
words for is told by `losses_of`, and stands in a comment above everything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.spec import ModelSpec, Named, Plain
from gradaudit.editing.flow_style import pair, written
from gradaudit.errors import GradauditError, InputError
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.layers.interface import LinearMap
from gradaudit.layers.plain import first_entry

WIDTH = 110
"""Characters from which a list or a mapping takes several lines."""
_DEFAULTS = ModelSpec(name="", inputs=0, layers=())


def spec_text(spec: ModelSpec, folder: Path, weights: str | None = None, origin: str = "") -> str:
    """The text of a spec file in `folder`, with the path of the weights file as that file is to name it.

    `origin` is what the comment names as the source. Raises InputError where no spec can say what the model is.
    """
    said = [f"Written by gradaudit convert{f' from {origin}' if origin else ''}.", *losses_of(spec)]
    plain = ("".join(letter if letter.isprintable() else "?" for letter in text) for text in said)
    comments = "".join(f"# {text}\n" for text in plain)
    body = "\n".join(_block(document(spec, folder, weights)))
    _check(spec, body, folder, weights)
    return f"{comments}{body}\n"


def losses_of(spec: ModelSpec) -> tuple[str, ...]:
    """Sentences: what the model has and a spec cannot say."""
    found, row = [], OPTIMIZERS.get(spec.optimizer.name)
    if row is None:
        found.append(
            f"A spec has no {spec.optimizer.name}: without an optimizer sgd with learning rate 0.01 is assumed."
        )
    elif spec.framework in row.forms and "eps" in row.parameters:
        found.append(f"{spec.framework}'s {row.name} adds its epsilon in another place; a spec's is PyTorch's.")
    if spec.framework == "keras" and row is not None and not row.decouples_decay and spec.optimizer.get("weight_decay"):
        found.append("A spec's weight_decay joins the gradient; Keras's shrinks the weights beside the step.")
    if spec.random_state is not None:
        found.append(f"A spec draws its own first weights, not scikit-learn's for random_state={spec.random_state}.")
    if spec.scalings:
        found.append("The model scales its inputs, which a spec does not: its data are as the first layer sees them.")
    if spec.framework == "pytorch" and spec.weights is None:
        found.append("The weights are a fresh draw of `init` and not kept: many draws are audited in their place.")
    if "own_weights" in spec.assumed:
        found.append("How the weights were drawn cannot be told from them: that init is PyTorch's default is assumed.")
    if spec.weights is not None and spec.trains_anew:
        found.append(
            f"The audit's training run starts at the weights of a spec, but anew for a model of {spec.framework}: "
            "what it tells of learning differs."
        )
    if spec.weights is not None and spec.weights.loss_curve:
        found.append("The loss curve of the model's own training is not kept.")
    return (*found, *spec.notes)


def document(spec: ModelSpec, folder: Path, weights: str | None = None) -> dict[str, Any]:
    """The spec as the mapping that its file holds; what is left out is read as it is here."""
    draws = spec.init if weights is None or spec.audits_initialisation else None
    optimizer = spec.optimizer if spec.optimizer.name in OPTIMIZERS else None
    said: dict[str, Any] = {
        "name": spec.name,
        "layers": [first_entry(spec.input_shape), *(layer.plain() for layer in spec.layers)],
        "activation": spec.activation.plain(),
        "output": _output(spec),
        "init": None if draws is None or _is_assumed(spec, "init") else draws.plain(),
        "bias": spec.bias if spec.bias is False else _plain(spec.bias),
        "loss": _plain(spec.loss),
        "l2": spec.l2 or None,
        "optimizer": None if _is_assumed(spec, "optimizer") else _plain(optimizer),
        "batch_size": spec.batch_size,
        "epochs": spec.epochs,
        "precision": None if spec.precision == _DEFAULTS.precision else spec.precision,
        "data": None if _is_assumed(spec, "data") else _placed(spec.data, folder).plain(),
        "weights": weights,
        "audit": _audit(spec.audit),
    }
    return {key: value for key, value in said.items() if value is not None}


def _is_assumed(spec: ModelSpec, key: str) -> bool:
    """Whether the key can stay away, because the reader assumes the same and says so."""
    return key in spec.assumed and bool(getattr(spec, key) == getattr(_DEFAULTS, key))


def _plain(thing: Named | None) -> Plain:
    return None if thing is None else thing.plain()


def _output(spec: ModelSpec) -> Plain:
    """Nothing where the last layer names another activation, which is the one that counts."""
    last = spec.layers[-1]
    own = last.activation if isinstance(last, LinearMap) else None
    return None if spec.output is None or (own is not None and own != spec.output) else spec.output.plain()


def _placed(data: Named, folder: Path) -> Named:
    """The data with its path as a file in `folder` names it."""
    path = data.get("path")
    return data if path is None else data.having(path=relative(str(path), folder))


def relative(path: str, folder: Path) -> str:
    """A path of the working directory, seen from the folder; absolute ones stay."""
    if os.path.isabs(path):  # noqa: PTH117 - as text, which it stays
        return path
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return str(Path(path).resolve())


def _audit(audit: AuditOptions) -> Plain:
    rules: dict[str, dict[str, Plain]] = {}
    for rule, key, value in audit.thresholds:
        rules.setdefault(rule, {})[key] = value
    said = {key: getattr(audit, key) for key in ("seeds", "seed", "samples", "effort", "fail_on")}
    lists = {"select": list(audit.select), "ignore": list(audit.ignore), "rules": rules}
    given: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    return {**given, **{key: value for key, value in lists.items() if value}} or None


def _check(spec: ModelSpec, text: str, folder: Path, weights: str | None) -> None:
    """Read it back, but for the weights. Raises InputError where that gives another model."""
    lines = [line for line in text.split("\n") if weights is None or not line.startswith("weights: ")]
    try:
        read = from_text("\n".join(lines), str(folder / "model.yaml"))
    except GradauditError as error:
        said = "; ".join(problem.message for problem in error.problems[:3])
        raise InputError(f"'{spec.name}' cannot be written as a spec: {said}") from None
    asked, found = document(spec, folder, weights), document(read, folder, weights)
    differing = [key for key in asked if asked[key] != found.get(key)]
    if differing:
        raise InputError(f"'{spec.name}' cannot be written as a spec: {' and '.join(differing)} would change")


def _block(value: Mapping[str, Any] | list[Any], indent: str = "") -> Iterator[str]:
    """Lines of block style; whatever fits into one line stays in it."""
    pairs = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    for key, item in pairs:
        line = f"{indent}- {written(item)}" if key is None else f"{indent}{pair(key, item)}"
        if len(line) <= WIDTH or not isinstance(item, Mapping | list) or not item:
            yield line
        elif key is None:
            first, *rest = _block(item, f"{indent}  ")
            yield from (f"{indent}- {first.lstrip()}", *rest)
        else:
            yield from (f"{indent}{written(key)}:", *_block(item, f"{indent}  "))
