"""What JSON can hold: numbers that are not finite as words beside a null, and a number a seed as a triple."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from gradaudit.domain.per_seed import PerSeed

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_NON_FINITE, _WORDS = "_non_finite", ("inf", "-inf", "nan")
_UNDEFINED, _MOST_SEEDS = "_undefined", 1000


def plain_json(value: Plain) -> Json:
    """The same value; a number that is not finite is null."""
    if isinstance(value, dict):
        return plain_mapping(value)
    if isinstance(value, list):
        return [plain_json(item) for item in value]
    return None if _is_non_finite(value) else value


def plain_mapping(values: Mapping[str, Plain] | Mapping[str, float]) -> dict[str, Json]:
    """A number that is not finite is null, and `<key>_non_finite` beside it says which it was, in lists by place."""
    numbers = {key: plain_json(value) for key, value in values.items()}
    return numbers | {key: word for each, value in values.items() for key, word in beside(each, value).items()}


def beside(key: str, value: object) -> dict[str, Json]:
    """What stands beside a null: `<key>_non_finite` with the word, `<key>_undefined` with the number of seeds."""
    if isinstance(value, PerSeed):
        return {f"{key}{_UNDEFINED}": len(value.values)} if triple(value) is None else {}
    word = _word(value)
    return {} if word is None else {f"{key}{_NON_FINITE}": word}


def restored(values: Mapping[str, Json]) -> dict[str, Plain]:
    """The inverse of `plain_mapping` for one mapping: words are numbers again; mappings inside are left as they are."""
    found: dict[str, Plain] = dict(values)
    for key, word in values.items():
        of = key.removesuffix(_NON_FINITE)
        if of != key and of in values and _fits(values[of], word):
            found[of] = _merged(values[of], word)
            del found[key]
    return found


def _is_non_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _word(value: object) -> Json:
    """`inf`, `-inf` or `nan`; for a list that holds one, a list with the words in their places; else None."""
    if isinstance(value, list):
        words = [_word(item) for item in value]
        return words if any(word is not None for word in words) else None
    return str(value) if _is_non_finite(value) else None


def _fits(value: Json, word: Json) -> bool:
    if isinstance(value, list) and isinstance(word, list) and len(value) == len(word):
        return all(w is None or _fits(v, w) for v, w in zip(value, word, strict=True))
    return value is None and word in _WORDS


def _merged(value: Json, word: Json) -> Plain:
    if isinstance(value, list) and isinstance(word, list):
        return [_merged(v, w) for v, w in zip(value, word, strict=True)]
    return float(word) if isinstance(word, str) else value


class Undefined(int):
    """So many seeds without a value; a few letters of JSON must not become a long list for each of a million keys."""


def undefined_counted(values: Mapping[str, Plain]) -> dict[str, Plain]:
    """The inverse: the null is `Undefined`."""
    found = dict(values)
    for key, seeds in values.items():
        of = key.removesuffix(_UNDEFINED)
        if of != key and values.get(of, 0) is None and type(seeds) is int and 0 <= seeds <= _MOST_SEEDS:
            found[of] = Undefined(seeds)
            del found[key]
    return found


def triple(values: PerSeed) -> dict[str, Json] | None:
    """Median, min and max of the finite values; null where every seed's is undefined."""
    if all(value is None for value in values.values):
        return None
    broken: dict[str, Json] = {"non_finite": values.non_finite} if values.non_finite else {}
    return {"median": values.median, "min": values.min, "max": values.max, **broken, "values": each_value(values)}


def each_value(values: PerSeed) -> Json:
    """One a seed: a number, null where it is undefined, `"inf"` where it is not finite."""
    return ["inf" if _is_non_finite(value) else value for value in values.values]
