from __future__ import annotations

import json

import pytest

from gradaudit.domain.findings import Change
from gradaudit.editing.spec_changes import apply
from gradaudit.editing.spec_edit import edited
from gradaudit.errors import InputError
from gradaudit.inputs.yaml_spec.file import from_text


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
    "audit",
    [
        "audit: {}",
        "audit: {ignore: []}",
        "audit: {select: [ ]}",
        "audit: {rules: {}}",
        "audit: {rules: {vanishing-gradient: {}}}",
        "audit:\n  select:\n    []\n  rules: {  # none\n  }",
    ],
)
def test_an_empty_collection_stays_as_it_is(audit):
    """Nothing in it is cut, and nothing added: the change beside it is the only one."""
    spec = f"layers: [4, 8, 2]\n{audit}\n"
    assert edit(spec, ("init", "zeros")) == spec.replace("\n", "\ninit: zeros\n", 1)


def test_explicit_keys_are_edited_with_their_question_mark():
    """`? key` on a line, `: value` on the next: added keys stand at the mark's column, and none is left behind."""
    spec = "layers: [4, 8, 2]\ninit:\n  name: glorot_normal\n  ? gain\n  : 2\n? l2\n: 0.5\n"
    expected = "layers: [4, 8, 2]\ninit:\n  name: glorot_normal\n? l2\n: 0.5\nepochs: 3\n"
    assert edit(spec, ("init.gain", None), ("epochs", 3)) == expected


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


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("init: zeros            # a", "glorot_normal", "init: glorot_normal    # a"),
        ("init: glorot_normal    # a", "zeros", "init: zeros            # a"),
        ("init: zeros    # a", "glorot_normal", "init: glorot_normal  # a"),
        ("init: zeros  # a", "ones", "init: ones  # a"),
        ("init: zeros  # a\nloss: mse    # b", "ones", "init: ones   # a\nloss: mse    # b"),
        ("init: zeros # a", "glorot_normal", "init: glorot_normal # a"),
    ],
)
def test_a_comment_keeps_its_column(before, value, after):
    """Where it stands in one, and as far as there is room."""
    assert edit(f"layers: [4, 8, 2]\n{before}\n", ("init", value)) == f"layers: [4, 8, 2]\n{after}\n"
