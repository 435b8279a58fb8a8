"""Sequences made from a seed, tokens, and targets at each step."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.errors import GradauditError
from gradaudit.inputs.yaml_spec.file import from_text

GRU, SEQUENCE = "{type: gru, units: 4}", "{type: gru, units: 4, return_sequences: true}"
EMBEDDING = "{type: embedding, vocabulary: 12, units: 3}"


def data_of(layers: str, name: str, **keys: object):
    """The data of a spec of these layers."""
    extra = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return prepare(from_text(f"layers: [{layers}]\ndata: {{name: {name}, samples: 60}}\n{extra}", "m.yaml"), 0)


def test_the_adding_problem():
    """The sum of two marked numbers, one in each half; always answering 1 has the squared error 1/6."""
    _, data = data_of(f"[20, 2], {GRU}, 1", "adding")
    numbers, marks = data.X[..., 0], data.X[..., 1]
    assert data.X.shape == (60, 20, 2)
    np.testing.assert_array_equal(marks[:, :10].sum(axis=1), 1)
    np.testing.assert_array_equal(marks[:, 10:].sum(axis=1), 1)
    np.testing.assert_allclose(data.T[:, 0], (numbers * marks).sum(axis=1))
    many = prepare(
        from_text("layers: [[9, 2], {type: rnn, units: 2}, 1]\ndata: {name: adding, samples: 20000}", "m.yaml"), 1
    )[1]
    assert np.square(many.T - 1).mean() == pytest.approx(1 / 6, rel=0.03)


@pytest.mark.parametrize("first", ["[20, 12]", f"20, {EMBEDDING}"])
def test_the_copying_problem(first):
    """Symbols, blanks, a cue, and the symbols again; as one-hot steps or as tokens."""
    complete, data = data_of(f"{first}, {SEQUENCE}, 9", "copy", loss="cross_entropy")
    tokens = data.X.argmax(axis=-1) if data.X.ndim == 3 else data.X.astype(int)
    said = data.T.argmax(axis=-1)
    assert complete.output.name == "softmax"
    np.testing.assert_array_equal(tokens[:, :5], said[:, -5:])
    assert (said[:, :-5] == 0).all()
    assert (tokens[:, 5:14] == 0).all()
    assert (tokens[:, 14] == 11).all()
    assert set(np.unique(tokens[:, :5])) == set(range(1, 9))


def test_copying_to_one_output_says_the_first_symbol():
    """Classes, one a symbol."""
    _, data = data_of(f"[20, 12], {GRU}, 8", "copy", loss="cross_entropy")
    np.testing.assert_array_equal(data.T.argmax(axis=-1), data.X[:, 0].argmax(axis=-1) - 1)


@pytest.mark.parametrize(
    ("layers", "keys", "shape", "kind"),
    [
        (f"[30, 1], {GRU}, 3", {"loss": "cross_entropy"}, (60, 3), "classes"),
        (f"[30, 1], {SEQUENCE}, 3", {"loss": "cross_entropy"}, (60, 30, 3), "classes"),
        (f"[30, 1], {GRU}, 1", {}, (60, 1), "numbers"),
        (f"[30, 1], {SEQUENCE}, 1", {"loss": "mse"}, (60, 30, 1), "numbers"),
    ],
)
def test_sines_are_classes_or_next_values(layers, keys, shape, kind):
    """As the loss and the output ask."""
    _, data = data_of(layers, "sines", **keys)
    assert (data.X.shape, data.T.shape, data.kind) == ((60, 30, 1), shape, kind)
    if kind == "numbers" and len(shape) == 3:
        assert np.abs(data.T[:, :-1] - data.X[:, 1:]).max() < 0.6  # the next value but for noise


def test_digits_are_eight_rows_of_eight():
    """Row after row, as steps."""
    _, data = prepare(from_text(f"layers: [[8, 8], {GRU}, 10]\ndata: digits", "m.yaml"), 0)
    assert data.X.shape == (1797, 8, 8)


def test_stand_ins_are_tokens_where_the_network_reads_them():
    """Whole numbers of the vocabulary, which standardising leaves alone."""
    text = f"layers: [20, {EMBEDDING}, {GRU}, 2]\nloss: cross_entropy\ndata: {{name: gaussian, standardize: true}}"
    _, data = prepare(from_text(text, "m.yaml"), 0)
    assert set(np.unique(data.X)) == set(range(12))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"layers: [64, {GRU}, 1]", "m.yaml:1:14: .*gru reads sequences, but its input is 64 features without steps"),
        (f"layers: [[8, 8, 1], {GRU}, 1]", "gru reads sequences .steps × features., but its input is 8 × 8 × 1"),
        (f"layers: [[9, 2], {GRU}, {GRU}, 1]", "or return_sequences: true to the recurrent layer in front"),
        (f"layers: [20, 8, {EMBEDDING}, {GRU}, 1]", "embedding reads the data themselves, as tokens; write it as the"),
        (f"layers: [[9, 2], {EMBEDDING}, {GRU}, 1]", "write how many of them a sample has, instead of 9 × 2"),
        (f"layers: [9, {GRU}, 1]\ndata: adding", "9 features without steps"),
        (
            f"layers: [[9, 3], {GRU}, 1]\ndata: adding",
            r"1:10: layers\[0\]: adding has 2 features a step; write \[9, 2\]",
        ),
        (f"layers: [[1, 2], {GRU}, 1]\ndata: adding", "adding needs at least 2 steps"),
        ("layers: [9, 8, 1]\ndata: sines", r"write steps and features, such as \[50, 1\], as the first entry"),
        (f"layers: [[9, 2], {SEQUENCE}, 1]\ndata: adding\nloss: cross_entropy", "targets reach from"),
        (f"layers: [[9, 3], {GRU}, 1]\ndata: copy", "at least 4 steps, 4 features or tokens a step"),
        (f"layers: [[100000, 2], {GRU}, 1]", "the layers hold|inputs and layers hold"),
    ],
)
def test_what_is_no_sequence_is_told(text, message):
    """At its line, with what to write."""
    with pytest.raises(GradauditError, match=message):
        prepare(from_text(text, "m.yaml"), 0)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([[0, 3], [12, 1]], r"1:43: .*from 0 to 11, but X\[1, 0\] is 12; write a vocabulary of 13"),
        ([[0, 3], [1, -1]], r"X\[1, 1\] is -1; give whole numbers from 0 up"),
        ([[0, 2.5], [12, 1]], r"X\[0, 1\] is 2.5; give whole numbers"),
    ],
)
def test_tokens_outside_of_the_vocabulary_are_told(tokens, message):
    """With their place."""
    spec = from_text(f"layers: [2, {EMBEDDING}, {GRU}, 1]", "m.yaml")
    with pytest.raises(GradauditError, match=message):
        prepare(spec, 0, np.array(tokens), np.array([0.5, 1.5]))


@pytest.mark.parametrize(
    ("layer", "y", "message"),
    [
        (
            SEQUENCE,
            (5, 1),
            r"1:18: .*outputs at 9 positions a sample, but the targets have one; write return_sequences: fa",
        ),
        (
            GRU,
            (5, 9, 1),
            "outputs at one positions a sample, but the targets have 9; write return_sequences: true there",
        ),
    ],
)
def test_targets_that_stand_elsewhere_are_told_at_the_layer(layer, y, message):
    """return_sequences too much, or too little."""
    spec = from_text(f"layers: [[9, 2], {layer}, 1]\nloss: mse", "m.yaml")
    with pytest.raises(GradauditError, match=message):
        prepare(spec, 0, np.ones((5, 9, 2)) + np.arange(2), 0.5 + np.zeros(y))


def test_ragged_rows_and_what_is_no_number_are_told():
    """Sequences are of one length, and finite."""
    spec = from_text(f"layers: [[9, 2], {GRU}, 1]", "m.yaml")
    with pytest.raises(GradauditError, match="different lengths; pad all sequences to one length"):
        prepare(spec, 0, [[[1, 2]], [[1, 2], [3, 4]]], [0.5, 1.5])
    X = np.ones((3, 9, 2))
    X[1, 4, 0] = np.nan
    with pytest.raises(GradauditError, match=r"X\[1, 4, 0\] is nan"):
        prepare(spec, 0, X, [0.5, 1.5, 2.5])


def test_targets_of_each_step_are_asked_to_have_outputs_there() -> None:
    """As many columns as steps may also be as many outputs at the end."""
    spec = from_text("layers: [[6, 2], {type: lstm, units: 4}, 1]\ndata: {name: sines}", "m.yaml")
    X, y = np.zeros((8, 6, 2)), np.zeros((8, 6))
    with pytest.raises(GradauditError, match=r"write 6 there .*or return_sequences: true in layers\[1\]"):
        prepare(spec, 0, X, y)
