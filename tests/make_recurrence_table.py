"""How far back in time gradients reach, by cell and initialisation: writes the table of .github/RECURRENCE.md.

python tests/make_recurrence_table.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.layers import GruSpec, LstmSpec, RnnSpec
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.mean_field_time import gain_through_time
from gradaudit.nn.network import build, initial

PAGE = Path(__file__).parents[1] / ".github" / "RECURRENCE.md"
UNITS, STEPS, FEATURES, SAMPLES, DRAWS = 128, 100, 2, 32, 5
EVEN, WIDE = Named("orthogonal"), Named.of("normal", std=1.5 / UNITS**0.5)
CASES = (
    ("tanh RNN, PyTorch's default", RnnSpec(UNITS), "pytorch"),
    (
        "tanh RNN, PyTorch's default, orthogonal recurrent weights",
        RnnSpec(UNITS, recurrent_init=Named("orthogonal")),
        "pytorch",
    ),
    ("tanh RNN, PyTorch's default, recurrent weights N(0, 1.5²/n)", RnnSpec(UNITS, recurrent_init=WIDE), "pytorch"),
    ("LSTM, PyTorch's default", LstmSpec(UNITS), "pytorch"),
    ("LSTM, PyTorch's default, forget bias 1", LstmSpec(UNITS, forget_bias=1.0), "pytorch"),
    ("LSTM, PyTorch's default, chrono for 100 steps", LstmSpec(UNITS, forget_bias="chrono"), "pytorch"),
    ("LSTM, Keras's default (all gates orthogonal at once, forget bias 1)", LstmSpec(UNITS), "keras"),
    ("LSTM, each gate orthogonal, forget bias 0", LstmSpec(UNITS, forget_bias=0.0), "glorot_uniform"),
    ("LSTM, each gate orthogonal, forget bias 1", LstmSpec(UNITS), "glorot_uniform"),
    ("LSTM, each gate orthogonal, forget bias 2", LstmSpec(UNITS, forget_bias=2.0), "glorot_uniform"),
    ("GRU, PyTorch's default", GruSpec(UNITS), "pytorch"),
    ("GRU, PyTorch's default, update bias 2", GruSpec(UNITS, update_bias=2.0), "pytorch"),
)
"""What it is called, the layer, and the model's init."""


def measured(layer, init: str) -> tuple[np.ndarray, float]:
    """The profile, draws × steps, and the predicted gain per step."""
    layers = (layer, DenseSpec(1))
    spec = ModelSpec("m", FEATURES, layers, init=Named(init), loss=Named("mse"), positions=(STEPS,))
    network, rng = build(spec), np.random.default_rng(0)
    X = rng.standard_normal((SAMPLES, STEPS, FEATURES))
    bp = Backprop(network, X, rng.standard_normal((SAMPLES, 1)), DRAWS)
    bp.theta[:] = [initial(network, np.random.default_rng([1, draw])) for draw in range(DRAWS)]
    bp.gradient()
    (reach,) = bp.ops[0].reaches()
    predicted = gain_through_time(network.rows[0], Named("relu"), 1.0)
    assert predicted is not None
    return reach.profile, predicted


def through_all_steps(profile: np.ndarray) -> np.ndarray:
    """First over last, one number a draw."""
    return np.asarray(profile[:, 0] / profile[:, -1])


def table() -> str:
    """Markdown: a row a case."""
    lines = [
        "| layer | gain per step back | predicted | first over last | steps to 1/e |",
        "|---|---|---|---|---|",
    ]
    for name, layer, init in CASES:
        profile, predicted = measured(layer, init)
        ratios = through_all_steps(profile)
        gain = float(np.median(ratios)) ** (1 / (STEPS - 1))
        memory = f"{-1 / np.log(gain):.1f}" if gain < 1 else "grows"
        spread = f"{np.median(ratios):.1e} ({ratios.min():.1e} to {ratios.max():.1e})"
        lines.append(f"| {name} | {gain:.3f} | {predicted:.3f} | {spread} | {memory} |")
    return "\n".join(lines)


TEXT = f"""# How far back gradients reach

One recurrent layer of {UNITS} units reads {STEPS} steps of {FEATURES} inputs from N(0, 1), and the loss reads its last
step. What is left of ∂loss/∂h (of an LSTM ∂loss/∂c) at the first step is the product of what {STEPS - 1} steps back
multiply it by: medians of {DRAWS} draws, with their least and largest. The prediction is mean-field theory's for a wide
layer drawn in the same way (`gradaudit/nn/mean_field_time.py`): for an RNN √χ₁ (Chen et al. 2018, arXiv:1806.05394),
with gates what the gate keeps and what the recurrent weights, which are the same at every step, bring back. Over many
steps a layer of finite width falls a little more slowly than that.

A small number here is a symptom and no verdict: such a network learns what is near the end of its sequences.

{{table}}

`python tests/make_recurrence_table.py` writes this page.
"""


if __name__ == "__main__":
    PAGE.write_text(TEXT.format(table=table()), encoding="utf-8")
