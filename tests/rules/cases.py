"""Of each rule a case that it finds something in, and the sentence that it says then."""

from __future__ import annotations

from math import inf

from gradaudit.domain.measurements import Stage
from gradaudit.domain.spec import Named

ADAM = Named.of("adam", learning_rate=0.001)
SAID = {
    "non-finite-values": (
        lambda given: given.case(given.signal(1.0, largest=1e300), activation="exponential"),
        (
            "Numbers of the first pass grow too large for float32 in all 8 seeds: each exponential unit turns the size "
            "of what it gets into an exponent."
        ),
    ),
    "loss-output-mismatch": (
        lambda given: given.case(
            None, given.descent(0.2), loss=Named("mse"), trials=(given.trial("output", title="identity"),)
        ),
        (
            "With mse over a softmax output training brings the loss only to 80% of the constant-prediction baseline: "
            "the output takes the gradient away; if you identity, training learns more."
        ),
    ),
    "exploding-gradient": (
        lambda given: given.case(
            given.signal(6247.0, activation_gain=0.7, weight_gain=3.4), given.descent(inf), activation="relu"
        ),
        (
            "The gradient grows about 6,200 times from layer 3 back to layer 1, and training diverges: the weights "
            "are too large and multiply it by about 4.3 at each layer."
        ),
    ),
    "vanishing-gradient": (
        lambda given: given.case(given.signal(7e-7), given.descent(0.0), optimizer=ADAM),
        (
            "The gradient is about 1.4 million times smaller at layer 1 than at layer 3, and training does no better "
            "than a constant prediction: each sigmoid passes back at most a quarter of it."
        ),
    ),
    "no-learning": (
        lambda given: given.case(None, given.descent(0.0), trials=(given.trial("activation", title="relu"),)),
        ("Training does no better than a constant prediction in 100 of 100 planned steps: if you relu, it learns."),
    ),
    "symmetric-units": (
        lambda given: given.case(given.units(twins={0: 1.0}), given.descent(0.0)),
        (
            "All of layer 1's 8 units are copies of one another, and training keeps them so: equal weights get equal "
            "gradients, so the layer acts as a single unit."
        ),
    ),
    "dead-units": (
        lambda given: given.case(given.units(dead={1: (1.0,) * 7 + (0.0,)}), given.descent(0.0), activation="relu"),
        (
            "Layer 2 is dead in 7 of 8 seeds, and no gradient passes back through it: whatever the input, its units "
            "stay where relu is flat."
        ),
    ),
    "saturated-units": (
        lambda given: given.case(given.units(saturated={0: 0.63}), given.descent(0.0), activation="tanh"),
        (
            "63% of layer 1's outputs lie on the flat ends of tanh, where hardly any gradient passes back: inputs or "
            "weights are too large for it."
        ),
    ),
    "init-activation-mismatch": (
        lambda given: given.case(
            given.signal(1e-3), given.descent(0.0), trials=(given.trial("initializer", 0.93, given.signal(1.0)),)
        ),
        (
            "The initial weights do not suit sigmoid, and training does no better than a constant prediction: with "
            "glorot_normal it learns."
        ),
    ),
    "unscaled-inputs": (
        lambda given: given.case(
            None,
            given.descent(-5.0),
            data=given.data(input_rms=440.0),
            trials=(given.trial("standardised-inputs", 0.73),),
        ),
        (
            "The inputs are too large (root mean square 440), and training does worse than a constant prediction: "
            "with standardised inputs it learns."
        ),
    ),
    "unscaled-targets": (
        lambda given: given.case(
            None,
            given.descent(0.05),
            data=given.data(target_std=0.0125),
            trials=(given.trial("standardised-targets", 0.73),),
        ),
        (
            "The targets are not scaled (standard deviation 0.0125), and training hardly does better than a constant "
            "prediction: with standardised targets it learns."
        ),
    ),
    "learning-rate-too-high": (
        lambda given: given.case(None, given.descent(inf, {0.01: 0.93})),
        ("At a learning rate of 0.1 training diverges, while at 0.01 it learns: its steps overshoot."),
    ),
    "learning-rate-too-low": (
        lambda given: given.case(None, given.descent(0.01, {10.0: 0.97})),
        (
            "At a learning rate of 0.1 training hardly does better than a constant prediction after 100 steps, while "
            "at 10 it learns: the steps are too small for so few of them."
        ),
    ),
    "saddle-point": (
        lambda given: given.case(None, None, trained=given.point("strict", loss=0.693, escape=1e-12)),
        (
            "Training stops at a saddle point in all 8 seeds: the loss can be lowered nearby, from 0.693 to almost 0, "
            "but the gradient is almost zero."
        ),
    ),
    "plateau": (
        lambda given: given.case(None, given.descent(0.0, {1.0: 0.8}), trained=given.point("plateau", escape=None)),
        (
            "Training stops on a plateau in all 8 seeds, at a loss of 1, though this network can reach 0.2: the "
            "gradient is almost zero, and a search nearby found no lower loss."
        ),
    ),
    "representation-collapse": (
        lambda given: given.case(
            given.signal(1.0, distinctness=(0.1, 0.003, 0.003)), given.descent(0.0), data=given.data()
        ),
        (
            "The outputs of layer 2 are nearly identical for all inputs in all 8 seeds, and training does no better "
            "than a constant prediction: layer by layer the outputs for different inputs grow more alike."
        ),
    ),
    "seed-sensitivity": (
        lambda given: given.case(Stage(), given.descent((0.0,) * 5 + (0.8,) * 3)),
        (
            "Whether the network learns depends on the seed (5 of 8 seeds do no better than a constant prediction, "
            "others learn): in deep and narrow networks the gradient differs much from seed to seed."
        ),
    ),
    "gradient-underflow": (
        lambda given: given.case(given.signal(1.0, underflow={"float16": 0.21}), precision="float16"),
        ("In float16, 21% of the parameters' gradients become zero: they are too small for it."),
    ),
}
"""Of each rule a case that it finds something in, and what it says then."""
