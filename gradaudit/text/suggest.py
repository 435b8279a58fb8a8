"""How a wrong value is shown in a message, and which name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

MAX_SHOWN = 60
_MOST_BITS = (10**MAX_SHOWN).bit_length()

ELSEWHERE = {
    "lr": "learning_rate",
    "eta": "learning_rate",
    "learning_rate_init": "learning_rate",
    "epsilon": "eps",
    "rho": "alpha",
    "l2_reg": "l2",
    "alpha": "l2",
    "clipnorm": "clip_norm",
    "max_norm": "clip_norm",
    "stddev": "std",
    "minval": "low",
    "maxval": "high",
    "batch": "batch_size",
    "bn": "batch_norm",
    "batchnormalization": "batch_norm",
    "groupnormalization": "group_norm",
    "layernormalization": "layer_norm",
    "crossentropy": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "nll": "cross_entropy",
    "log_loss": "cross_entropy",
    "bce": "binary_cross_entropy",
    "mean_squared_error": "mse",
    "squared_error": "mse",
    "l1": "mae",
    "mean_absolute_error": "mae",
    "zero": "zeros",
    "one": "ones",
    "random_normal": "normal",
    "random_uniform": "uniform",
    "gaussian": "normal",
    "hidden": "layers",
    "n_units": "units",
    "width": "units",
}
"""What other tools call it, lower case → the spec's name; it counts only where that name is known."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None."""
    from difflib import get_close_matches

    names = list(known)
    text = name[:MAX_SHOWN].lower()
    foreign = ELSEWHERE.get(text)
    if foreign in names:
        return foreign
    squeezed = {candidate.replace("_", ""): candidate for candidate in names}
    if match := squeezed.get(text.replace("_", "").replace("-", "").replace(" ", "")):
        return match
    close = get_close_matches(text, names, n=1, cutoff=0.6)
    return close[0] if close else None


def hint(name: object, known: Iterable[str]) -> str:
    """`; did you mean 'sigmoid'?`, or the whole list where nothing is near."""
    names = list(known)
    if isinstance(name, str) and (match := nearest(name, names)):
        return f"; did you mean '{match}'?"
    return f"; known {'are' if len(names) > 1 else 'is'} {', '.join(names)}"


def quoted(value: object) -> str:
    """A value as a message shows it: one short line, text in quotes, control characters escaped."""
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…")
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:  # Python refuses to write the longest
        return f"a whole number of more than {MAX_SHOWN} digits"
    if isinstance(value, int | float):
        return repr(value)
    return "a list" if isinstance(value, list | tuple) else "a mapping"
