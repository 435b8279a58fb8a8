"""Specs drawn at random: every kind of layer, name, number and text that a spec may hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gradaudit.inputs.checks.names import ACTIVATION, DATA, HIDDEN, INITIALIZER, LOSS, OPTIMIZER, Kind, text_fault
from gradaudit.inputs.checks.ranges import FINITE, LARGEST, PARAMETERS

AWKWARD = (
    "null",
    "1e3",
    "0x1F",
    "yes",
    "- a",
    "a: b",
    "a #b",
    "'",
    '"q"',
    "\\",
    "<<",
    "[x",
    "é ☃",
    "~",
    "10",
    "True",
    ".5",
)

TEXT = st.one_of(
    st.sampled_from(AWKWARD), st.text(max_size=12), st.from_regex(r"[a-z_.0-9 -]{1,9}", fullmatch=True)
).filter(lambda text: text_fault(text) is None)

PATHS = st.sampled_from(["rows.csv", "../rows.csv", "a folder/rows: 1.csv", "/data/rows.csv"])


def values(kind: Kind, name: str, key: str) -> st.SearchStrategy[Any]:
    """What one parameter of a named thing may be."""
    default = kind.table[name][key]
    if choices := kind.choices.get((name, key)):
        return st.sampled_from(choices)
    if isinstance(default, bool):
        return st.booleans()
    if key == "path":
        return PATHS
    if isinstance(default, str):
        return st.one_of(TEXT, st.integers(-9, 9))
    allowed = PARAMETERS.get((kind.label, key), FINITE)
    low, high = max(allowed.low, -LARGEST), min(allowed.high, LARGEST)
    if allowed.whole:
        return st.integers(int(low), int(min(high, 10**6)))
    return st.one_of(
        st.floats(low, high, exclude_min=allowed.low_open, exclude_max=allowed.high_open),
        st.integers(1, 1) if high > 1 else st.just(0.5),
    )


@st.composite
def named(draw: st.DrawFn, kind: Kind) -> Any:
    """A name, or a mapping of it and some of its parameters."""
    name = draw(st.sampled_from(sorted(kind.table)))
    known = sorted(kind.table[name])
    keys = {*kind.required(name), *draw(st.sets(st.sampled_from(known)) if known else st.just(set()))}
    found = {key: draw(values(kind, name, key)) for key in sorted(keys)}
    if {"low", "high"} <= found.keys():
        found["low"], found["high"] = sorted((found["low"], found["high"]))
    if found.get("nesterov"):
        found["momentum"] = 0.9
    return {"name": name, **found} if found else name


def norms() -> st.SearchStrategy[Any]:
    """A norm by its name, or with an epsilon of its own."""
    names = st.sampled_from(["batch_norm", "layer_norm"])
    return names | st.fixed_dictionaries({"name": names, "eps": st.floats(1e-12, 1e-1)})


@st.composite
def dense(draw: st.DrawFn, units: int) -> Any:
    """A dense layer of so many units."""
    own = {
        "activation": named(HIDDEN),
        "init": named(INITIALIZER),
        "bias": st.one_of(st.just(False), named(INITIALIZER)),
        "norm": norms(),
        "repeat": st.integers(1, 3),
        "name": TEXT,
    }
    given = draw(st.fixed_dictionaries({}, optional=own))
    return {"units": units, **given} if given else units


@st.composite
def layers(draw: st.DrawFn) -> list[Any]:
    """The inputs, then layers of which the last is a dense one."""
    units = st.integers(1, 5)
    found = [draw(units), draw(dense(width := draw(units)))]
    for kind in draw(st.lists(st.sampled_from(["dense", "norm", "dropout", "residual"]), max_size=4)):
        repeat = draw(st.sampled_from([{}, {"repeat": 2}]))
        if kind == "dense":
            found.append(draw(dense(width := draw(units))))
        elif kind == "norm":
            norm = draw(norms())
            found.append({**(norm if isinstance(norm, dict) else {"name": norm}), **repeat})
        elif kind == "dropout":
            name = draw(st.sampled_from(["dropout", "dropout of the input", "d1"]))
            found.append({"name": name, "rate": draw(st.floats(0, 0.99)), **repeat})
        else:
            inside = [draw(dense(width)), {"name": "dropout", "rate": 0.5}, draw(dense(width))]
            found.append({"name": draw(st.sampled_from(["residual", "block 1"])), "layers": inside, **repeat})
    return [*found, draw(dense(draw(units)))]


AUDIT = st.fixed_dictionaries(
    {},
    optional={
        "seeds": st.integers(1, 1000),
        "seed": st.integers(0, 2**63),
        "samples": st.integers(1, 10),
        "effort": st.sampled_from(["quick", "standard", "thorough"]),
        "fail_on": st.sampled_from(["error", "warning", "never"]),
        "select": st.lists(TEXT, max_size=2),
        "ignore": st.lists(TEXT, max_size=2),
        "rules": st.dictionaries(
            st.sampled_from(["plateau", "dead-units"]),
            st.dictionaries(
                st.sampled_from(["a_limit", "b"]), st.one_of(st.booleans(), TEXT, st.floats(-9, 9)), min_size=1
            ),
        ),
    },
)

DOCUMENTS = st.fixed_dictionaries(
    {"layers": layers()},
    optional={
        "name": TEXT,
        "activation": named(HIDDEN),
        "output": named(ACTIVATION),
        "init": named(INITIALIZER),
        "bias": st.one_of(st.just(False), named(INITIALIZER)),
        "loss": named(LOSS),
        "l2": st.floats(0, 1e300),
        "optimizer": named(OPTIMIZER),
        "batch_size": st.integers(1, 10**9),
        "epochs": st.integers(1, 10**9),
        "precision": st.sampled_from(["float64", "float32", "float16", "bfloat16"]),
        "data": named(DATA),
        "audit": AUDIT,
    },
)
