from __future__ import annotations

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradaudit import remedies
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Finding, Severity
from gradaudit.domain.spec import ModelSpec, ResidualSpec
from gradaudit.editing.flow_style import written
from gradaudit.editing.source_text import comments
from gradaudit.editing.spec_changes import apply, dense_layers
from gradaudit.editing.spec_edit import edited
from gradaudit.errors import GradauditError, InputError
from gradaudit.inputs.yaml_spec.file import from_text

names = st.sampled_from(["relu", "tanh", "sigmoid", {"name": "elu", "alpha": 2.0}])
inits = st.sampled_from(
    ["zeros", "he_normal", {"name": "normal", "std": 0.01}, {"name": "uniform", "low": 0, "high": 1}]
)
dense = st.integers(1, 9) | st.fixed_dictionaries(
    {"units": st.integers(1, 9)},
    optional={
        "activation": names,
        "init": inits,
        "bias": st.just("ones") | st.just(False),
        "norm": st.just("layer_norm"),
        "repeat": st.integers(1, 5),
        "name": st.sampled_from(["first", "a # b", "on"]),
    },
)
others = st.sampled_from(["batch_norm", {"name": "dropout", "rate": 0.5}, {"name": "layer_norm", "repeat": 2}])
blocks = st.lists(dense | others, min_size=1, max_size=2).map(lambda inner: {"name": "residual", "layers": [*inner, 4]})
layer_lists = st.lists(dense | others | blocks, max_size=3).map(lambda inner: [4, 4, *inner, 4, 2])
documents = st.fixed_dictionaries(
    {"layers": layer_lists},
    optional={
        "activation": names,
        "output": st.sampled_from(["sigmoid", "tanh"]),
        "init": inits,
        "bias": st.just("ones"),
        "loss": st.sampled_from(["mse", {"name": "mse", "reduction": "sum"}]),
        "l2": st.sampled_from([0.0, 0.1]),
        "optimizer": st.sampled_from(["sgd", {"name": "sgd", "learning_rate": 3.0}, {"name": "adam", "eps": 1e-7}]),
        "epochs": st.integers(1, 99),
        "data": st.sampled_from(["diabetes", {"name": "gaussian", "samples": 64}]),
    },
)


class Writer:
    """Writes a document in a layout that is drawn as it goes, with comments wherever one may stand."""

    def __init__(self, draw):
        self.draw, self.count, self.anchors = draw, 0, {}

    def chance(self, of=3):
        return self.draw(st.integers(0, of)) == 0

    def comment(self):
        """Now and then the end of a line has one, or a blank line or another comment follows."""
        self.count += 1
        tail = f"  # note {self.count}" if self.chance() else ""
        return tail + self.draw(
            st.sampled_from(["", "", "", "\n", f"\n# under {self.count}", f"\n      # deep {self.count}"])
        )

    def key(self, key):
        return f'"{key}"' if self.chance(8) else key

    def flow(self, value):
        """In brackets, on one line or several."""
        if not isinstance(value, dict | list):
            return json.dumps(value) if self.chance() else written(value)
        items = (
            [f"{self.key(key)}: {self.flow(item)}" for key, item in value.items()]
            if isinstance(value, dict)
            else [self.flow(item) for item in value]
        )
        gaps = [f"{self.comment()}\n        " if self.chance(4) else " " for _ in items]
        body = "".join(f"{item},{gap}" for item, gap in zip(items[:-1], gaps, strict=False)) + items[-1]
        tail = self.draw(st.sampled_from(["", "", ",", " ", f" # end {self.count}\n    "]))
        return f"{'[{'[isinstance(value, dict)]}{body}{tail}{']}'[isinstance(value, dict)]}"

    def value(self, value, indent, column):
        """What stands behind a colon: in line, or as a block; anchored, or an alias, now and then."""
        alias, mark = self.alias(value), self.mark()
        if alias:
            return f"{alias}{self.comment()}"
        if not isinstance(value, dict | list) or self.chance(1):
            text = f"{mark} {self.flow(value)}{self.comment()}"
        else:
            inner = column + (0 if isinstance(value, list) and self.chance(1) else indent)
            text = f"{mark}{self.comment()}\n{self.block(value, indent, inner)}"
        self.keep(value, mark)
        return text

    def block(self, value, indent, column):
        """Line by line."""
        pad = " " * column
        if isinstance(value, dict):
            return "\n".join(f"{pad}{self.key(k)}:{self.value(v, indent, column)}" for k, v in value.items())
        return "\n".join(f"{pad}-{self.item(item, indent, column)}" for item in value)

    def item(self, item, indent, column):
        """What stands behind a dash."""
        alias, mark = self.alias(item), self.mark()
        if alias:
            return f"{alias}{self.comment()}"
        if isinstance(item, dict) and self.chance(1):
            return f" {self.block(item, indent, column + 2).lstrip()}"
        text = f"{mark} {self.flow(item)}{self.comment()}"
        self.keep(item, mark)
        return text

    def alias(self, value):
        """A reference to the same value above, now and then."""
        known = self.anchors.get(repr(value))
        return f" *{known}" if known and self.chance(1) else ""

    def mark(self):
        """An anchor, now and then; its name is its own."""
        self.count += 1
        return f" &a{self.count}" if self.chance(2) else ""

    def keep(self, value, mark):
        """From here on there may be aliases."""
        if mark:
            self.anchors[repr(value)] = mark[2:]


@st.composite
def texts(draw):
    """A spec's text: block, flow or JSON, LF or CRLF."""
    document = draw(documents)
    style = draw(st.sampled_from(["block", "block", "block", "flow", "json", "indented json"]))
    if "json" in style:
        text = json.dumps(document, indent=2 if "indented" in style else None)
    else:
        writer = Writer(draw)
        text = writer.flow(document) if style == "flow" else writer.block(document, draw(st.sampled_from([2, 4])), 0)
        text = draw(st.sampled_from(["", "---\n", "# head\n\n"])) + text
    text += draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def places(layers, path, first):
    """Path and noun of every layer, blocks opened."""
    for position, layer in enumerate(layers, first):
        yield f"{path}[{position}]", layer
        if isinstance(layer, ResidualSpec):
            yield from places(layer.layers, f"{path}[{position}].layers", 0)


def drawn_changes(spec: ModelSpec):
    """Structural changes that a remedy might propose."""
    found = [path for path, _ in places(spec.layers, "layers", 1)]
    kept = [path for path, _ in dense_layers(spec)]
    block = {"name": "residual", "layers": [{"units": 4, "init": "he_normal"}, "layer_norm"]}
    layer_changes = st.sampled_from(found).flatmap(
        lambda path: st.builds(Change, st.just(path), st.none(), st.sampled_from([None, 4, block]))
    )
    inside = st.builds(Change, st.sampled_from(kept).map(lambda path: f"{path}.norm"), st.none(), st.just("batch_norm"))
    top = st.sampled_from(
        [
            Change("optimizer", None, "adam"),
            Change("optimizer", None, {"name": "adam", "learning_rate": 1e-05}),
            Change("optimizer.clip_norm", None, 1.0),
            Change("precision", None, "float64"),
            Change("l2", None, 1e-3),
            Change("bias", None, None),
        ]
    )
    return st.lists(layer_changes | inside | top, min_size=1, max_size=4, unique_by=lambda change: change.path)


def remedy_changes(spec: ModelSpec):
    """The changes of every remedy that has something to propose."""
    rows = tuple(row for row in flatten(expand(spec)) if row.kind == "dense")
    evidence = {"measured": 0.0, "limit": 0.25, "better_rate": 0.05}
    fixes = [
        fix
        for remedy in remedies.ALL
        for rule in remedy.addresses
        for fix in remedy.propose(spec, rows, Finding(rule, Severity.ERROR, "m", "c", evidence, "initialised"))
    ]
    return st.sampled_from(fixes).map(lambda fix: list(fix.changes)) if fixes else st.nothing()


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_change_of_any_text_gives_exactly_the_edited_model(data):
    """Every remedy, and changes of structure: the model is the edited one, comments and blank lines are the same."""
    text = data.draw(texts())
    try:
        spec = from_text(text, "m.yaml")
    except GradauditError:
        assume(False)
    changes = data.draw(remedy_changes(spec) | drawn_changes(spec))
    try:
        expected = apply(spec, changes)
    except (AttributeError, KeyError, TypeError):  # a change inside a layer that another one takes away
        assume(False)
    try:
        made = edited(text, changes, expected)
    except InputError as error:
        assume("the edited spec would be wrong" not in str(error))
        raise
    assert from_text(made, "m.yaml") == expected
    assert [made[slice(*span)] for span in comments(made)] == [text[slice(*span)] for span in comments(text)]
    assert sum(not line.strip() for line in made.split("\n")) == sum(not line.strip() for line in text.split("\n"))
    assert "\r\n" not in text or "\n" not in made.replace("\r\n", "")
