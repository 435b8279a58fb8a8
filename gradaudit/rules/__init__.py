"""The rules, one a file, in the order in which findings of equal severity are shown."""

from __future__ import annotations

from gradaudit.rules.dead_units import DeadUnits
from gradaudit.rules.exploding_gradient import ExplodingGradient
from gradaudit.rules.gradient_underflow import GradientUnderflow
from gradaudit.rules.init_activation_mismatch import InitActivationMismatch
from gradaudit.rules.interface import Need, Rule
from gradaudit.rules.learning_rate_too_high import LearningRateTooHigh
from gradaudit.rules.learning_rate_too_low import LearningRateTooLow
from gradaudit.rules.loss_output_mismatch import LossOutputMismatch
from gradaudit.rules.no_learning import NoLearning
from gradaudit.rules.non_finite_values import NonFiniteValues
from gradaudit.rules.plateau import Plateau
from gradaudit.rules.representation_collapse import RepresentationCollapse
from gradaudit.rules.saddle_point import SaddlePoint
from gradaudit.rules.saturated_units import SaturatedUnits
from gradaudit.rules.seed_sensitivity import SeedSensitivity
from gradaudit.rules.symmetric_units import SymmetricUnits
from gradaudit.rules.unscaled_inputs import UnscaledInputs
from gradaudit.rules.unscaled_targets import UnscaledTargets
from gradaudit.rules.vanishing_gradient import VanishingGradient

__all__ = ["ALL", "Need", "Rule"]

ALL: tuple[Rule, ...] = (
    NonFiniteValues(),
    LossOutputMismatch(),
    ExplodingGradient(),
    VanishingGradient(),
    SymmetricUnits(),
    DeadUnits(),
    SaturatedUnits(),
    InitActivationMismatch(),
    UnscaledInputs(),
    UnscaledTargets(),
    LearningRateTooHigh(),
    LearningRateTooLow(),
    SaddlePoint(),
    Plateau(),
    RepresentationCollapse(),
    SeedSensitivity(),
    NoLearning(),
    GradientUnderflow(),
)
