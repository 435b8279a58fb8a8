"""Models that no program could train, end to end: an error with its place, or a finding; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SMALL = "layers: [3, 4, 2]\noutput: identity\nloss: mse\naudit: {seeds: 2, effort: quick}\n"
NORMED = SMALL.replace("4, 2]", "{units: 4, norm: batch_norm}, 2]")
ONE_ROW = "layers[1]: batch_norm over a batch of 1 row has no variance; use batches of at least 2"
BELOW_ONE = "write a number of at least 0 and below 1"

REFUSED = {  # what is wrong → the spec, the place, the message
    "a block that narrows": (
        "layers: [8, 16, {name: residual, layers: [16, 8]}, 3]\n",
        "1:17",
        (
            "layers[2]: the block takes 16 values and gives 8, so the two cannot be added; "
            "end it with a dense layer of 16 units"
        ),
    ),
    "a block in a block": (
        "layers:\n  - 4\n  - {name: residual, layers: [6, {name: residual, layers: [5]}, 4]}\n  - 1\n",
        "3:34",
        (
            "layers[1].layers[1]: the block takes 6 values and gives 5, so the two cannot be added; "
            "end it with a dense layer of 6 units"
        ),
    ),
    "batch_norm, batches of one": (NORMED + "batch_size: 1\n", "5:13", ONE_ROW),
    "batch_norm, data of one row": (NORMED + "data: {name: gaussian, samples: 1}\n", "5:33", ONE_ROW),
    "batch_norm, measured on one row": (NORMED.replace("seeds: 2", "samples: 1"), "4:18", ONE_ROW),
    **{
        f"dropout of {rate}": (
            f"layers: [3, 4, {{name: dropout, rate: {rate}}}, 2]\n",
            "1:38",
            f"layers[2].rate: {says}; {BELOW_ONE}",
        )
        for rate, says in (
            ("1", "1 is impossible"),
            ("1.5", "1.5 is impossible"),
            ("-0.1", "-0.1 is impossible"),
            (".nan", "nan is not finite"),
        )
    },
    "an infinite deviation": (SMALL + "init: {name: normal, std: .inf}\n", "5:27", "init.std: inf is not finite"),
    "a deviation that is none": (SMALL + "init: {name: normal, std: .nan}\n", "5:27", "init.std: nan is not finite"),
    "a deviation beyond the range": (SMALL + "init: {name: normal, std: 1.0e+308}\n", "5:27", "init.std: 1e+308"),
    "a range beyond the range": (
        SMALL + "init: {name: uniform, low: -1.0e+308, high: 1.0e+308}\n",
        "5:28",
        "init.low: -1e+308 is beyond 1e+300",
    ),
    "a gain beyond the range": (SMALL + "init: {name: he_normal, gain: 1.0e+308}\n", "5:31", "init.gain: 1e+308"),
    "a rate beyond the range": (
        SMALL + "optimizer: {name: sgd, learning_rate: 1.0e+308}\n",
        "5:39",
        "optimizer.learning_rate: 1e+308 is beyond 1e+300",
    ),
    "a rate of nothing": (
        SMALL + "optimizer: {name: sgd, learning_rate: 0}\n",
        "5:39",
        "optimizer.learning_rate: 0 is impossible; write a number above 0",
    ),
    "a penalty beyond the range": (SMALL + "l2: 1.0e+308\n", "5:5", "l2: 1e+308 is beyond 1e+300"),
    "data beyond the range": (SMALL + "data: {name: gaussian, scale: 1.0e+308}\n", "5:31", "data.scale: 1e+308"),
    "a clip to nothing": (
        SMALL + "optimizer: {name: sgd, clip_norm: 0}\n",
        "5:35",
        "optimizer.clip_norm: 0 is impossible; write a number above 0",
    ),
    "a layer without units": ("layers: [3, 0, 2]\n", "1:13", "layers[1]: 0 is impossible"),
    "no inputs": ("layers: [0, 3, 2]\n", "1:10", "layers[0]: 0 is impossible"),
    "a mapping without units": ("layers: [3, {units: 0}, 2]\n", "1:21", "layers[1].units: 0 is impossible"),
    "no copies": ("layers: [3, {units: 4, repeat: 0}, 2]\n", "1:32", "layers[1].repeat: 0 is impossible"),
    "a layer of 10^9 units": (
        "layers: [3, 1000000000, 2]\n",
        "1:13",
        "layers[1]: 3,000,000,000 weights here would need 24 GB in float64",
    ),
    "10^9 inputs": ("layers: [1000000000, 3, 2]\n", "1:22", "layers[1]: 3,000,000,000 weights here"),
    "10^9 copies": ("layers: [3, {units: 4, repeat: 1000000000}, 2]\n", "1:32", "layers[1].repeat: 1000000000"),
}

FOUND = {  # what is wrong → the spec, a rule that says so
    "weights of 1e300": (SMALL + "init: {name: normal, std: 1.0e+300}\n", "non-finite-values"),
    "cut weights of 1e300": (SMALL + "init: {name: truncated_normal, std: 1.0e+300}\n", "non-finite-values"),
    "weights to 1e300": (SMALL + "init: {name: uniform, low: -1.0e+300, high: 1.0e+300}\n", "non-finite-values"),
    "equal weights of 1e300": (SMALL + "init: {name: constant, value: 1.0e+300}\n", "non-finite-values"),
    "a mean of 1e300": (SMALL + "init: {name: normal, mean: 1.0e+300, std: 1}\n", "non-finite-values"),
    "biases of 1e300": (SMALL + "bias: {name: constant, value: 1.0e+300}\n", "non-finite-values"),
    "a gain whose square overflows": (SMALL + "init: {name: glorot_uniform, gain: 1.0e+155}\n", "non-finite-values"),
    "an orthogonal gain of 1e300": (SMALL + "init: {name: orthogonal, gain: 1.0e+300}\n", "non-finite-values"),
    "a variance of 1e300": (SMALL + "init: {name: variance_scaling, scale: 1.0e+300}\n", "non-finite-values"),
    "normed weights of 1e200": (NORMED + "init: {name: normal, std: 1.0e+200}\n", "non-finite-values"),
    "a slope of 1e300": (SMALL + "activation: {name: leaky_relu, negative_slope: 1.0e+300}\n", "non-finite-values"),
    "exponentials of exponentials": (
        SMALL.replace("4, 2]", "{units: 8, activation: exponential, repeat: 6}, 2]"),
        "non-finite-values",
    ),
    "a logarithm of negative numbers": (SMALL.replace("loss: mse", "loss: poisson"), "non-finite-values"),
    "outputs that sum to zero": (
        SMALL.replace("loss: mse", "loss: cross_entropy").replace("output: identity", "output: relu") + "init: zeros\n",
        "non-finite-values",
    ),
    "a rate of 1e300": (SMALL + "optimizer: {name: sgd, learning_rate: 1.0e+300}\n", "learning-rate-too-high"),
    "a decay of 1e300": (
        SMALL + "optimizer: {name: adamw, learning_rate: 0.1, weight_decay: 1.0e+300}\n",
        "learning-rate-too-high",
    ),
    "a penalty of 1e300": (SMALL + "l2: 1.0e+300\n", "non-finite-values"),
    "data of 1e300": (SMALL + "data: {name: gaussian, scale: 1.0e+300}\n", "non-finite-values"),
    "data around 1e300": (SMALL + "data: {name: gaussian, offset: 1.0e+300}\n", "non-finite-values"),
    "data of one value": (SMALL + "data: {name: gaussian, scale: 0}\n", "dead-units"),
    "a norm over one unit": (SMALL.replace("4, 2]", "{units: 1, norm: layer_norm}, 2]"), "dead-units"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_audited_is_refused_with_its_place(run, folder: Path, what: str) -> None:
    """One line `file:line:col: path: what is wrong`, exit 2, and nothing else."""
    spec, place, says = REFUSED[what]
    (folder / "bad.yaml").write_text(spec)

    done = run("check", "bad.yaml")

    assert done.status == 2
    assert f"bad.yaml:{place}: {says}" in done.err
    assert all(line.startswith("bad.yaml:") for line in done.err.splitlines())


@pytest.mark.parametrize("what", FOUND)
def test_what_breaks_in_the_numbers_is_a_finding(run, folder: Path, what: str) -> None:
    """The program reads it, the numbers overflow, and the rule says so; every probe of the JSON report survives."""
    spec, rule = FOUND[what]
    (folder / "bad.yaml").write_text(spec)

    done = run("check", "bad.yaml", "-o", "report.json")

    assert (done.status, done.err) == (1, "wrote report.json\n")
    report = json.loads((folder / "report.json").read_text())
    assert rule in {finding["rule"] for finding in report["reports"][0]["findings"] if finding["severity"] == "error"}


def test_no_warning_of_numpy_reaches_standard_error(launch, folder: Path, monkeypatch) -> None:
    """All of them under `python -W error`: every model is audited, and standard error stays empty."""
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    for number, (spec, _) in enumerate(FOUND.values()):
        (folder / f"{number}.yaml").write_text(spec)

    process = launch("check", ".")
    out, err = process.communicate()

    assert (process.returncode, err.decode()) == (1, "")
    assert f"in {len(FOUND)} models" in out.decode()
