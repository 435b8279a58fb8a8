"""The rules, one a file, in the order in which findings of equal severity are shown."""

from __future__ import annotations

from gradaudit.rules.dead_units import DeadUnits
from gradaudit.rules.exploding_gradient import ExplodingGradient
from gradaudit.rules.interface import Case, Need, Rule
from gradaudit.rules.learning_rate_too_high import LearningRateTooHigh
from gradaudit.rules.learning_rate_too_low import LearningRateTooLow
from gradaudit.rules.non_finite_values import NonFiniteValues
from gradaudit.rules.saddle_point import SaddlePoint
from gradaudit.rules.saturated_units import SaturatedUnits
from gradaudit.rules.vanishing_gradient import VanishingGradient

__all__ = ["ALL", "Case", "Need", "Rule"]

ALL: tuple[Rule, ...] = (
    NonFiniteValues(),
    ExplodingGradient(),
    VanishingGradient(),
    DeadUnits(),
    SaturatedUnits(),
    SaddlePoint(),
    LearningRateTooHigh(),
    LearningRateTooLow(),
)
