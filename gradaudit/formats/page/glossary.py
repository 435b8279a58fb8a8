"""The words of the field that the page uses, each in a sentence."""

from __future__ import annotations

from gradaudit.formats.page.view import Term

GLOSSARY: tuple[Term, ...] = (
    Term(
        "Activation",
        "The function f that a layer applies to its weighted sums z. Its slope f′ decides how much of the error passes "
        "back through the layer.",
    ),
    Term(
        "Critical point",
        "A place where the gradient is zero, so that descent rests: a minimum, a saddle or flat ground.",
    ),
    Term(
        "Curvature, λ_max and λ_min",
        "How sharply the loss bends along its most and its least curved direction: the extreme eigenvalues of the "
        "Hessian, the matrix of second derivatives. Below zero, the loss falls away on both sides.",
    ),
    Term("Dead unit", "A unit that gives the same output for every input and passes no gradient back."),
    Term(
        "Error signal",
        "The derivative of the loss by a layer's weighted sums. It starts at the output and travels back; a layer "
        "learns in proportion to what reaches it.",
    ),
    Term(
        "Gain",
        "The factor by which one step back multiplies the error signal. Many gains below 1 make it vanish, many above "
        "1 make it explode.",
    ),
    Term(
        "Learning rate",
        "How far one step of the optimizer goes. Too small, and nothing is learnt in time; too large, and the loss "
        "climbs instead of falling.",
    ),
    Term(
        "Mean-field theory",
        "What a very wide network with random weights does on average. It predicts each layer's gain before anything "
        "is run.",
    ),
    Term("Saddle", "A critical point from which a way leads down: descent slows down or stops there without need."),
    Term(
        "Saturated unit",
        "A unit whose activation is flat where its inputs put it: its slope there is under 5 % of the largest one.",
    ),
    Term("Seed", "The number that the random first weights are drawn from. Several show what is luck and what is not."),
    Term(
        "Stable limit",
        "The largest learning rate at which plain steps along the sharpest direction still shrink: 2 divided by λ_max "
        "for gradient descent, with a factor for momentum.",
    ),
    Term(
        "Training run",
        "A short run with the model's own optimizer, made by the audit. It is held against the best constant output, "
        "which has learnt nothing.",
    ),
    Term(
        "Verified fix",
        "A change that the audit made and measured: the finding is gone, no other as bad has come, and the run learns "
        "better in at least 7 of 8 seeds. By chance that happens in 3.5 of 100 cases.",
    ),
)
"""In alphabetical order."""
