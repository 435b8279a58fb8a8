from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradaudit import remedies
from gradaudit.errors import GradauditError, InputError
from gradaudit.finding import Change, Finding, Severity
from gradaudit.inputs.flow_style import pair, written
from gradaudit.inputs.source_text import comments
from gradaudit.inputs.spec_edit import edited
from gradaudit.inputs.spec_file import from_text
from gradaudit.remedies.edit import apply, dense_layers
from gradaudit.rows import expand, flatten
from gradaudit.spec import ModelSpec, ResidualSpec


def edit(text, *changes):
    """The text with (path, new) pairs applied, checked against the edited model."""
    made = [Change(path, None, new) for path, new in changes]
    return edited(text, made, apply(from_text(text, "m.yaml"), made))


SGD = "{name: sgd, learning_rate: 0.05}"


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("activation: 'tanh'  # t\n", [("activation", "relu")], "activation: relu  # t\n"),
        ("optimizer: sgd  # c\n", [("optimizer.learning_rate", 0.05)], f"optimizer: {SGD}  # c\n"),
        ("", [("optimizer.learning_rate", 0.05)], f"optimizer: {SGD}\n"),
        ("", [("data.standardize", True)], "data: {name: gaussian, standardize: true}\n"),
        ("l2: 0.1\n", [("l2", 1e-05)], "l2: 1e-05\n"),
        (
            "# top\n\nloss: mse\n",
            [("init", "zeros"), ("bias", "ones")],
            "init: zeros\nbias: ones\n# top\n\nloss: mse\n",
        ),
        (
            "activation: # a\n  name: elu # b\n  # c\n\n  alpha: 2 # d\n# e\n",
            [("activation", "relu")],
            "activation: relu # a\n  # b\n  # c\n\n  # d\n# e\n",
        ),
        (
            "optimizer:\n    name: sgd # b\n    # c\nloss: mse\n",
            [("optimizer.momentum", 0.9)],
            "optimizer:\n    name: sgd # b\n    momentum: 0.9\n    # c\nloss: mse\n",
        ),
        (
            "optimizer: {name: sgd, momentum: 0.5, learning_rate: 0.1}\n",
            [("optimizer.momentum", None), ("optimizer.clip_norm", 1.0)],
            "optimizer: {name: sgd, learning_rate: 0.1, clip_norm: 1.0}\n",
        ),
        ("init: {name: uniform, low: 0, high: 1}\n", [("init", {"name": "normal", "std": 1})], None),
        (
            "activation: {\n  name: elu  # e\n}\n",
            [("activation.alpha", 2.0)],
            "activation: {\n  name: elu,  # e\n  alpha: 2.0\n}\n",
        ),
        (
            "optimizer: {name: adam, betas: [0.9, 0.99]}\n",
            [("optimizer.beta_1", 0.8)],
            "optimizer: {name: adam, beta_1: 0.8, beta_2: 0.99}\n",
        ),
        (
            "init: &i {name: normal, std: 1}\nbias: *i  # i\n",
            [("init.std", 0.5)],
            "init: &i {name: normal, std: 0.5}\nbias: {name: normal, std: 1}  # i\n",
        ),
        ("init: &i zeros\nbias: *i\n", [("bias", "ones")], "init: &i zeros\nbias: ones\n"),
        ("init: &i zeros\nbias: *i\n", [("bias", "ones"), ("init", "ones")], "init: &i ones\nbias: *i\n"),
    ],
)
def test_a_top_level_key_is_edited_where_it_stands(before, changes, after):
    """Whatever its form, only its own span changes."""
    made = edit(f"layers: [4, 8, 2]\n{before}", *changes)
    assert made == f"layers: [4, 8, 2]\n{after or 'init: {name: normal, std: 1}' + chr(10)}"


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("[4, 30, 2]", [("layers[1].init", "zeros")], "[4, {units: 30, init: zeros}, 2]"),
        ("[4, units: 30, 2]", [("layers[1].init", "zeros")], "[4, {units: 30, init: zeros}, 2]"),
        ("[4, 8, batch_norm, 2]", [("layers[2].repeat", 2)], "[4, 8, {name: batch_norm, repeat: 2}, 2]"),
        ("[4, 8, 2, ]", [("layers[1]", None)], "[4, 2, ]"),
        ("[ 4, 8, 2 ]", [("layers[2]", None)], "[ 4, 8 ]"),
        ("[4, 8,  # a\n  9,  # b\n  2,\n]", [("layers[1]", None), ("layers[2]", None)], "[4,  # a\n  # b\n  2,\n]"),
        ("[\n  4,\n  8,\n  2\n]", [("layers[2]", None)], "[\n  4,\n  8\n]"),
        ("\n- 4\n- 30  # c\n- 2", [("layers[1].init", "zeros")], "\n- 4\n- {units: 30, init: zeros}  # c\n- 2"),
        ("\n  - 4\n  - 30  # c\n  - 8\n  - 2", [("layers[1]", None), ("layers[2]", None)], "\n  - 4\n  # c\n  - 2"),
        ("\n- 4\n- units: 8\n- 2", [("layers[1].init", "zeros")], "\n- 4\n- units: 8\n  init: zeros\n- 2"),
        ("\n- 4\n- init: zeros\n  units: 8\n- 2", [("layers[1].init", None)], "\n- 4\n- units: 8\n- 2"),
        (
            "\n- 4\n- 8  # c\n- 2",
            [("layers[1]", {"name": "residual", "layers": [4, 4]})],
            "\n- 4\n- {name: residual, layers: [4, 4]}  # c\n- 2",
        ),
        (
            "\n- 4\n- name: residual\n  layers:\n  - 4 # a\n  - 4\n- 2",
            [("layers[1].layers[0].init", "zeros"), ("layers[1].layers[1]", None), ("activation", "elu")],
            "\n- 4\n- name: residual\n  layers:\n  - {units: 4, init: zeros} # a\n- 2\nactivation: elu",
        ),
        ("\n- 4\n- &w 8\n- *w\n- 2", [("layers[1]", None)], "\n- 4\n- 8\n- 2"),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_layer_is_edited_where_it_stands(before, changes, after, end):
    """In flow and block lists, with every line break, and without one at the end."""
    change = (end or "\n").join
    text, wanted = (change(f"layers: {part}".replace(": \n", ":\n").split("\n")) for part in (before, after))
    assert edit(text + end, *changes) == wanted + end


def test_json_stays_json_with_its_indentation():
    """Double quotes, true, and keys on lines of their own."""
    made = edit(
        '{\n  "layers": [4, 8, 8, 2],\n  "optimizer": {"name": "sgd"},\n  "loss": "mse"\n}',
        *(("layers[1].norm", "batch_norm"), ("layers[2]", None), ("optimizer.learning_rate", 0.5), ("init", "zeros")),
        ("data.standardize", True),
    )
    assert json.loads(made)["data"] == {"name": "gaussian", "standardize": True}
    assert '  "layers": [4, {"units": 8, "norm": "batch_norm"}, 2],\n  "init": "zeros",\n' in made


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("layers[1]", 0)], "m.yaml:2:13: layers[1]: cannot be made 0 in this text: the edited spec would be wrong: "),
        ([("layers[2]", None), ("layers[1]", None)], "m.yaml:2:16: layers[2]: cannot be taken away in this text: "),
    ],
)
def test_what_no_text_can_say_is_refused_with_its_line(changes, message):
    """One sentence with the place of the change, and the reason."""
    with pytest.raises(InputError) as caught:
        edit("# c\nlayers: [4, 8, 2]\n", *changes)
    assert str(caught.value).startswith(message)


def test_another_model_than_expected_is_refused():
    """The text is never written where it would not be the model that was tried."""
    text = "layers: [4, 8, 2]\n"
    with pytest.raises(InputError, match="would describe another model"):
        edited(text, [Change("init", None, "zeros")], from_text(text, "m.yaml"))
    with pytest.raises(InputError, match="the file has no such place"):
        edited(text, [Change("layers[7].init", None, "zeros")], from_text(text, "m.yaml"))


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
        known = repr(value)
        if known in self.anchors and self.chance(1):
            return f" *{self.anchors[known]}{self.comment()}"
        mark = ""
        if self.chance(5):
            mark = f" &a{len(self.anchors)}"
        if not isinstance(value, dict | list) or self.chance(1):
            text = f"{mark} {self.flow(value)}{self.comment()}"
        else:
            inner = column + (0 if isinstance(value, list) and self.chance(1) else indent)
            text = f"{mark}{self.comment()}\n{self.block(value, indent, inner)}"
        if mark:
            self.anchors[known] = mark[2:]
        return text

    def block(self, value, indent, column):
        """Line by line."""
        pad = " " * column
        if isinstance(value, dict):
            return "\n".join(f"{pad}{self.key(k)}:{self.value(v, indent, column)}" for k, v in value.items())
        return "\n".join(f"{pad}-{self.item(item, indent, column)}" for item in value)

    def item(self, item, indent, column):
        if isinstance(item, dict) and self.chance(1):
            return f" {self.block(item, indent, column + 2).lstrip()}"
        return f" {self.flow(item)}{self.comment()}"


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


@settings(deadline=None, max_examples=250)
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
    assert made.replace("\r\n", "").count("\n") == text.replace("\r\n", "").count("\n") or "\r\n" not in text


def test_numbers_and_names_are_written_to_be_read_back():
    """Quotes only where the text would mean something else."""
    said = [written(each) for each in (0.05, 1e-05, 3, True, "relu", "my net", "true", "1e3", "a # b", "x: y", "")]
    assert said == ["0.05", "1e-05", "3", "true", "relu", "my net", '"true"', '"1e3"', '"a # b"', '"x: y"', '""']
    assert pair("init", "zeros", as_json=True) == '"init": "zeros"'
