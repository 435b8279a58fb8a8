"""Words for the sentence that a person would say: factors, shares, layers and runs without a symbol or an exponent."""

from __future__ import annotations

from math import isfinite

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.measurements import Descent, Signal
from gradaudit.domain.spec import Named
from gradaudit.evidence.learning_outcome import describe_progress_plainly, expected_progress
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import ChainFactor, dominant_factor, is_plain_chain, link_gains, medians, per_link
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.text.numbers import large

HUGE = 1e15
"""From here on no word names a number that people have a feeling for."""
TINY = 1e-6
"""Below this, decimals are no longer counted by eye."""
BOUNDS = {1 / 4: "a quarter", 1 / 6: "a sixth"}
"""Suprema of derivatives that have a word: sigmoid's and hard_sigmoid's."""


def phrase(what: str, why: str = "") -> str:
    """`What: why.`, with a capital letter at its start."""
    text = f"{what}: {why}" if why else what
    return f"{text[0].upper()}{text[1:]}."


def numbered_layer(case: RuleContext, row: ExpandedLayer) -> str:
    """`layer 3`: the row's place among those with weights, counted from the input."""
    return f"layer {1 + [each.index for each in case.weighted].index(row.index)}"


def hidden_name(case: RuleContext) -> str | None:
    """The activation of all layers but the last; None where they have several."""
    names = {(row.activation or Named("identity")).name for row in case.linear_maps[:-1]}
    return names.pop() if len(names) == 1 else None


def amount(x: float | None) -> str:
    """A loss, a target: 0.069, 0.00001, 1.4 million; words beyond what digits can show."""
    if x is None or not isfinite(x):
        return "infinity"
    if abs(x) >= HUGE:
        return "more than a million billion" if x > 0 else "less than minus a million billion"
    if 0 < abs(x) < TINY:
        return "almost 0"
    return large(x) if abs(x) >= 1e-4 or x == 0 else f"{x:.7f}".rstrip("0")


def about(factor: float) -> str:
    """`about 1.4 million`: a factor to two digits."""
    return f"about {amount(float(f'{factor:.2g}'))}" if factor < HUGE else amount(HUGE)


def portion(share: float) -> str:
    """`only about 24%`, `about 93%`, `less than 0.1%`: what is left of something."""
    if share < 1e-3:
        return "less than 0.1%"
    shown = f"{share:.0%}" if share >= 0.0095 else f"{100 * share:.1g}%"
    return f"only about {shown}" if share <= 0.5 else f"about {shown}"


def most(share: float) -> str:
    """`63%`, `almost all`, `all`: how many of them."""
    if share >= 1:
        return "all"
    return "almost all" if share >= 0.995 else f"{share:.0%}" if share >= 0.01 else "under 1%"


def in_seeds(bits: tuple[bool, ...]) -> str:
    """` in 7 of 8 seeds`, with its space; nothing where there is one seed only."""
    if len(bits) < 2:
        return ""
    every = " in both seeds" if len(bits) == 2 else f" in all {len(bits)} seeds"
    return every if all(bits) else f" in {sum(bits)} of {len(bits)} seeds"


def describe_own(progress: float) -> str:
    """`brings the loss only to 71% of the constant-prediction baseline`: of a run that a change lets learn more."""
    return describe_progress_plainly(progress).replace("the loss to", "the loss only to", 1)


def training(descent: Descent) -> str:
    """`training does no better than a constant prediction`: the configured run by the end of the plan."""
    return f"training {describe_progress_plainly(expected_progress(descent))}"


def shrinking(case: RuleContext, signal: Signal) -> str:
    """Who weakens the gradient during backpropagation, and by how much at one layer."""
    name, link = hidden_name(case), per_link(case, signal)
    general = f"from layer to layer {portion(link)} of it is left"
    if medians(signal.layers, "path_gain") or name is None or not is_plain_chain(case):
        return general
    activation, weight = link_gains(case, signal)
    if activation * weight >= 1:
        return general
    who = dominant_factor(activation, weight, shrinks=True)
    if who is ChainFactor.WEIGHTS:
        return f"the weights are too small and pass back {portion(weight)} of it at each layer"
    if who is ChainFactor.BOTH:
        return f"{name} and the weights together pass back {portion(activation * weight)} of it at each layer"
    bound = ACTIVATIONS[name].bound(case.linear_maps[0].activation or Named(name))
    if bound in BOUNDS:
        return f"each {name} passes back at most {BOUNDS[bound]} of it"
    return f"each {name} passes back {portion(activation)} of it"


def growing(case: RuleContext, signal: Signal) -> str:
    """Who strengthens the gradient during backpropagation, and by how much at one layer."""
    name, link = hidden_name(case), per_link(case, signal)
    general = f"each layer multiplies it{f' by {about(link)}' if link > 1 else ''} during backpropagation"
    if medians(signal.layers, "path_gain") or name is None or not is_plain_chain(case):
        return general
    activation, weight = link_gains(case, signal)
    if activation * weight <= 1:
        return general
    who = dominant_factor(activation, weight, shrinks=False)
    if who is ChainFactor.WEIGHTS:
        return f"the weights are too large and multiply it by {about(weight)} at each layer"
    if who is ChainFactor.BOTH:
        return f"{name} and the weights together multiply it by {about(activation * weight)} at each layer"
    return f"each {name} multiplies it by {about(activation)}"
