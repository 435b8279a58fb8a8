from __future__ import annotations

from collections.abc import Callable

import pytest

Faults = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("activation: sigmod", "activation: 'sigmod' is no activation; did you mean 'sigmoid'?"),
        ("activation: 5", "activation: 5 is no activation; write a name, such as identity, or a mapping with one"),
        (
            "activation: {alpha: 1}",
            "activation: 'name' is missing; write the activation as a mapping of name and parameters",
        ),
        ("output: ReLU", "output: 'ReLU' is no activation; did you mean 'relu'?"),
        ("init: {name: normal}", "init: normal needs std; write {name: normal, std: …}"),
        ("init: uniform", "init: uniform needs low and high; write {name: uniform, low: …, high: …}"),
        ("init: {name: uniform, low: 2, high: 1}", "init.high: 1 is below low (2); exchange them"),
        ("init: {name: normal, std: -1}", "init.std: -1 is impossible; write a number of at least 0"),
        ("init: {name: he_normal, std: 1}", "init: 'std' is no parameter of he_normal; known is gain"),
        ("init: {name: zeros, gain: 1}", "init: 'gain' is no parameter of zeros; it has none"),
        (
            "init: {name: variance_scaling, mode: fan_inn}",
            "init.mode: 'fan_inn' is no mode of variance_scaling; did you mean 'fan_in'?",
        ),
        ("bias: true", "bias: true is no initializer; leave bias out to have biases, or name one"),
        ("loss: crossentropy", "loss: 'crossentropy' is no loss; did you mean 'cross_entropy'?"),
        ("loss: {name: mse, reduction: total}", "loss.reduction: 'total' is no reduction of mse; known are mean, sum"),
        ("l2: -0.1", "l2: -0.1 is impossible; write a number of at least 0"),
        ("l2: .inf", "l2: inf is not finite; write a number of at least 0"),
        ("optimizer: {name: sgd, lr: 0.1}", "optimizer: 'lr' is no parameter of sgd; did you mean 'learning_rate'?"),
        (
            "optimizer: {name: sgd, learning_rate: 0}",
            "optimizer.learning_rate: 0 is impossible; write a number above 0",
        ),
        (
            "optimizer: {name: sgd, learning_rate: .nan}",
            "optimizer.learning_rate: nan is not finite; write a number above 0",
        ),
        (
            "optimizer: {name: sgd, momentum: 1}",
            "optimizer.momentum: 1 is impossible; write a number of at least 0 and below 1",
        ),
        (
            "optimizer: {name: sgd, nesterov: true}",
            "optimizer.nesterov: nesterov needs a momentum; write momentum: 0.9 beside it",
        ),
        ("optimizer: {name: sgd, nesterov: on}", "optimizer.nesterov: 'on' is neither true nor false"),
        (
            "optimizer: {name: adam, betas: [0.9, 1]}",
            "optimizer.betas[1]: 1 is impossible; write a number of at least 0 and below 1",
        ),
        ("optimizer: {name: adam, betas: [0.9]}", "optimizer.betas: betas are two numbers; write [0.9, 0.999]"),
        (
            "optimizer: {name: sgd, betas: [0.9, 0.999]}",
            "optimizer: 'betas' is no parameter of sgd; known are learning_rate, ",
        ),
        (
            "optimizer: {name: adam, betas: [0.9, 0.999], beta_1: 0.5}",
            "optimizer: betas gives beta_1 too; leave one of the two out",
        ),
        ("batch_size: 0", "batch_size: 0 is impossible; write a whole number of at least 1"),
        ("epochs: 1.5", "epochs: 1.5 is no whole number; write a whole number of at least 1"),
        ("epochs: 1e3", "epochs: 1000.0 is no whole number; write 1000"),
        ("precision: float8", "precision: 'float8' is no precision; did you mean 'float64'?"),
        ("data: mnist", "data: 'mnist' is no data source; did you mean 'moons'?"),
        ("data: csv", "data: csv needs path; write {name: csv, path: …}"),
        ("data: {name: xor, path: a.csv}", "data: 'path' is no parameter of xor; known are samples, "),
        ("data: {name: moons, samples: 0}", "data.samples: 0 is impossible; write a whole number of at least 1 and "),
        ("data: {name: digits, standardize: 1}", "data.standardize: 1 is neither true nor false"),
        ("data: {name: npz, path: 3}", "data.path: 3 is no text; put it in quotes"),
        ("name: 3", "name: 3 is no text; put it in quotes"),
        ('name: "a\\e[31m"', "name: 'a\\x1b[31m' has line breaks or control characters; write plain text"),
        ('weights: "a\\0.npz"', "weights: 'a\\x00.npz' has line breaks or control characters; write plain text"),
        ("weights:", "weights: has no value; give it one or leave the key out"),
        ("optimiser: sgd", "'optimiser' is no key of a spec; did you mean 'optimizer'?"),
        ("audit: {seed: -1}", "audit.seed: -1 is impossible; write a whole number of at least 0"),
        ("audit: {effort: fast}", "audit.effort: 'fast' is no effort; known are quick, standard, thorough"),
        ("audit: {selec: [a]}", "audit: 'selec' is no key of the audit section; did you mean 'select'?"),
        ("audit: {select: a}", "audit.select: 'a' is no list; write one, such as [a, b]"),
        ("audit: quick", "audit: 'quick' is no mapping; write one, such as {key: value}"),
        ("audit: {rules: {a: {b: [1]}}}", "audit.rules.a.b: a list is no number; write a number"),
    ],
)
def test_a_wrong_value_is_told_what_to_be(faults: Faults, text: str, message: str) -> None:
    """One fault is one sentence: the path, what is wrong, and what to write instead."""
    (found,) = faults(f"layers: [2, 3]\n{text}\n")

    line, column, said = found.split(":", 2)
    assert line == "2"
    assert int(column) >= 1
    assert said.strip().startswith(message)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("-3", "layers[1]: -3 is impossible; write a whole number of at least 1"),
        ("0", "layers[1]: 0 is impossible; write a whole number of at least 1"),
        ("5.0", "layers[1]: 5.0 is no whole number; write 5"),
        ("true", "layers[1]: true is no whole number; write a whole number of at least 1"),
        ('"30"', "layers[1]: '30' is text; write 30 without quotes"),
        ("batchnorm", "layers[1]: 'batchnorm' is no layer; did you mean 'batch_norm'?"),
        ("dropout", "layers[1]: dropout needs rate; write {type: dropout, rate: …}"),
        ("residual", "layers[1]: residual needs layers; write {type: residual, layers: …}"),
        ("[3]", "layers[1]: a shape stands first only; write a layer here"),
        ("null", "layers[1]: an empty value is no layer; write its number of units, or a mapping such as {units: 64}"),
        ("{type: [[]]}", "layers[1].type: a list is no type of layer; known are dense"),
        ("{type: dropuot, rate: 0.5}", "layers[1].type: 'dropuot' is no type of layer; did you mean 'dropout'?"),
        ("{type: dense}", "layers[1]: 'units' is missing; write it, such as units: 64"),
        ("{rate: 0.5}", "layers[1]: a dense layer needs units, any other a type; write {units: 64} with"),
        ("{}", "layers[1]: a dense layer needs units, any other a type; write {units: 64} with what else it has"),
        ("{unit: 3}", "layers[1]: 'unit' is no key of a layer; did you mean 'units'?"),
        (
            "{units: 3, activaton: relu}",
            "layers[1]: 'activaton' is no key of a dense layer; did you mean 'activation'?",
        ),
        (
            "{units: 3, activation: {name: elu, alfa: 1}}",
            "layers[1].activation: 'alfa' is no parameter of elu; did you",
        ),
        ("{units: 3, norm: {name: layer_norm, eps: 0}}", "layers[1].norm.eps: 0 is impossible; write a number above 0"),
        ("{name: layer_norm, eps: 0}", "layers[1].eps: 0 is impossible; write a number above 0"),
        ("{units: 3, norm: batchnorm}", "layers[1].norm: 'batchnorm' is no normalisation; did you mean 'batch_norm'?"),
        ("{units: 3, repeat: 0}", "layers[1].repeat: 0 is impossible; write a whole number of at least 1"),
        ("{name: dropout}", "layers[1]: 'rate' is missing; write it, such as rate: 0.5"),
        ("{name: dropout, rate: 1.5}", "layers[1].rate: 1.5 is impossible; write a number of at least 0 and below 1"),
        ("{name: dropout, rate: 1}", "layers[1].rate: 1 is impossible; write a number of at least 0 and below 1"),
        ("{name: dropout, layers: [3]}", "layers[1]: 'layers' is no key of a dropout layer; known are"),
        ("{name: residul, layers: [2]}", "layers[1].name: 'residul' is no kind of layer; did you mean 'residual'?"),
        ("{name: residual, layers: []}", "layers[1].layers: a residual block without layers does nothing"),
        ("{name: residual, layers: [{units: x}]}", "layers[1].layers[0].units: 'x' is no whole number; write a whole"),
    ],
)
def test_a_wrong_layer_is_told_what_to_be(faults: Faults, layer: str, message: str) -> None:
    """Each slip in a layer is told at its own path."""
    said = [found.split(":", 2)[2].strip() for found in faults(f"layers: [2, {layer}, 3]\n")]

    assert any(each.startswith(message) for each in said), said


def test_all_faults_are_told_at_once_in_the_order_of_the_file(faults: Faults) -> None:
    """Faults of syntax, of shape and of the layers as a whole come together, sorted by place."""
    found = faults(
        "layers: [4, 8, {name: residual, layers: [5]}, {units: 3, activaton: relu}]\n"
        "epochs: 3\n"
        "activation: sigmod\n"
        "optimizer: {name: sgd, momentum: 2, lr: 1}\n"
        "epochs: 4\n"
    )

    assert [each.split(": ")[0] for each in found] == ["1:16", "1:58", "3:13", "4:34", "4:37", "5:1"]


def test_the_example_of_the_contract(faults: Faults) -> None:
    """The wording that the contract shows, with line and column of the value."""
    assert faults("layers: [2, 3]\n\n\nactivation: sigmod\n") == [
        "4:13: activation: 'sigmod' is no activation; did you mean 'sigmoid'?"
    ]


def test_no_phrase_of_the_validator_leaks(faults: Faults) -> None:
    """No message speaks of inputs and validators, whatever is put where."""
    wrong = ("null", "[]", "{}", "[[1]]", "x", "3", "-1.5", "true", "{name: 3}", "{name: [a]}", "{1: 2}")
    keys = (
        *("name", "layers", "activation", "output", "init", "bias", "loss", "l2", "optimizer", "batch_size"),
        *("epochs", "precision", "data", "weights", "audit"),
    )
    said = [each for key in keys for value in wrong for each in faults(f"layers: [2, 3]\n{key}: {value}")]

    assert said
    assert not [each for each in said if "Input" in each or "should be" in each or "can stand here" in each]


def test_hundreds_of_unknown_keys_do_not_flood(faults: Faults) -> None:
    """After a hundred faults the rest is one sentence."""
    found = faults("layers: [2, 3]\n" + "".join(f"k{n}: 1\n" for n in range(500)))

    assert len(found) == 101
    assert found[-1] == "there are more faults; mend those above first"
