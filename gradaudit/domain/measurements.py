"""What was seen: numbers per seed, layer and stage. No arrays, nothing judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gradaudit.domain.per_seed import PerSeed

StageName: TypeAlias = Literal["initialised", "trained", "fitted"]
CriticalKind: TypeAlias = Literal["minimum", "strict", "degenerate", "plateau", "not critical", "not examined"]


@dataclass(frozen=True, slots=True)
class ThroughTime:
    """One direction of a recurrent row: what is left of the loss's derivative in its state, step by step back."""

    direction: Literal["forward", "reverse"]
    steps: int
    """Of a sequence."""
    ratio: PerSeed
    """`time_ratio`: RMS at the first step that runs over that at the last, the loss read from the last alone."""
    at: tuple[int, ...]
    """Steps of the profile, counted as the direction runs, from 0; at most 17."""
    profile: tuple[PerSeed, ...]
    """That RMS at each of them."""
    gain: PerSeed
    """By what one step back multiplies it, on the average of the logarithms; None for a single step."""
    memory: PerSeed
    """1/|ln gain|: steps back until 1/e of it is left; None where it does not shrink."""
    spectral_radius: PerSeed
    """Of the recurrent weight; of several gates the largest."""
    predicted: float | None = None
    """The gain of a wide layer of this kind, drawn as this one is (mean-field theory); None: not predicted."""


@dataclass(frozen=True, slots=True)
class LayerSignal:
    """The signal at one row, forward and backward; None where the row has no such number."""

    index: int
    error_signal_rms: PerSeed
    activation_mean: PerSeed
    activation_std: PerSeed
    weight_gradient_norm: PerSeed | None = None
    bias_gradient_norm: PerSeed | None = None
    activation_gain: PerSeed | None = None
    weight_gain: PerSeed | None = None
    path_gain: PerSeed | None = None
    update_ratio: PerSeed | None = None
    distinctness: PerSeed | None = None
    """‖h − mean over samples‖/‖h‖ of the layer's output: 0 where it answers every input alike."""
    time: tuple[ThroughTime, ...] = ()
    """Of a recurrent row, one a direction."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One forward and backward pass of the probe batch at one stage."""

    loss: PerSeed
    """The objective: data term plus l2 term."""
    data_loss: PerSeed
    """The data term alone."""
    gradient_norm: PerSeed
    error_signal_ratio: PerSeed
    error_signal_norm_ratio: PerSeed
    largest: PerSeed
    """The largest magnitude anywhere in the pass: it must fit the format that the person trains in."""
    layers: tuple[LayerSignal, ...]
    underflow: Mapping[str, PerSeed] = field(default_factory=dict)
    """Format → share of all gradients other than 0 that become 0 in it."""


@dataclass(frozen=True, slots=True)
class GateUnits:
    """One gate of a recurrent row on the probe batch, over units, samples and steps."""

    name: str
    mean: PerSeed
    saturated_fraction: PerSeed | None


@dataclass(frozen=True, slots=True)
class LayerUnits:
    """The state of the units of one row with weights on the probe batch; of several gates, the candidate's."""

    index: int
    dead_fraction: PerSeed | None = None
    saturated_fraction: PerSeed | None = None
    histogram: tuple[float, ...] = ()
    """Shares of observed z in equal bins over `histogram_range`, all seeds together."""
    histogram_range: tuple[float, float] = (0.0, 0.0)
    twin_fraction: PerSeed | None = None
    """Share of units whose weights, bias and gradients equal those of another unit of the layer."""
    derivative: tuple[float, ...] = ()
    """f′ in the middle of each bin; empty for an activation without an elementwise derivative."""
    gates: tuple[GateUnits, ...] = ()
    """Of a recurrent row with gates."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of every row with weights at one stage."""

    layers: tuple[LayerUnits, ...]


@dataclass(frozen=True, slots=True)
class DataFacts:
    """Scale, offset and spread of the probe batch's inputs and targets."""

    input_rms: float
    input_offset: float  # largest |mean| of a column in its standard deviations
    input_spread: float  # largest standard deviation of a column over the smallest
    constant_inputs: int  # columns that are the same in every row
    input_distinctness: float  # ‖x − mean‖/‖x‖
    targets_are_numbers: bool  # not classes
    target_mean: float
    target_std: float  # of the column where it is largest
    target_low: float
    target_high: float


@dataclass(frozen=True, slots=True)
class Curvature:
    """Extreme eigenvalues of the loss's Hessian at one stage, with Lanczos residual norms."""

    gradient_norm: PerSeed
    lambda_max: PerSeed
    lambda_min: PerSeed
    residual_max: PerSeed
    residual_min: PerSeed
    negative_share: PerSeed
    """Estimated share of the eigenvalues that are clearly negative, by stochastic Lanczos quadrature."""
    density: tuple[tuple[float, float], ...] = ()
    """(eigenvalue, weight) nodes of the spectral density, seeds together, in rising order; the weights sum to 1."""


@dataclass(frozen=True, slots=True)
class LearningRate:
    """The configured rate beside the largest stable one on the local quadratic."""

    configured: float | None
    """None for scikit-learn's lbfgs, which has none."""
    stable_limit: PerSeed | None
    recommended: PerSeed | None


@dataclass(frozen=True, slots=True)
class CriticalPoint:
    """Whether descent rests at one stage, seed by seed, and what lies around that point."""

    kinds: tuple[CriticalKind, ...]
    """`strict` and `degenerate` are saddles with a proven way down; `not examined` ones may rest."""
    predicted_decrease: PerSeed
    """‖g‖²/(2λ_max) over the loss's height above the lowest loss seen; 0/0 is 0."""
    lambda_max: PerSeed
    lambda_min: PerSeed
    residual_min: PerSeed
    loss: PerSeed
    escape_loss: PerSeed
    """The lowest loss of the walk that leaves the point, None where no walk was made."""
    gradient_loss: PerSeed
    """The lowest loss of an equally long walk that just follows −g."""
    direction: tuple[str, ...] = ()
    """Per seed, in words: what the walk followed first."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the probes saw at one stage; None was not measured."""

    signal: Signal | None = None
    units: Units | None = None
    curvature: Curvature | None = None
    learning_rate: LearningRate | None = None
    critical_point: CriticalPoint | None = None

    @property
    def unit_layers(self) -> tuple[LayerUnits, ...]:
        """The units' state, a row with weights each; empty where no probe looked at it."""
        return () if self.units is None else self.units.layers


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One training run over all seeds with one learning rate."""

    learning_rate: float | None
    steps: tuple[int, ...]
    """Where the loss was looked at, in optimizer steps, from 0; at most 200 of them."""
    loss: tuple[PerSeed, ...]
    """The data term over the probe batch at each of `steps`."""
    best: PerSeed  # the lowest loss seen
    final: PerSeed
    """The loss at the end of the run; `inf` where it diverged."""
    progress: PerSeed
    """1 − final/trivial: the share of the trivial loss that the run took away; negative is worse than a constant."""
    oscillation: PerSeed
    """How far the loss climbed in the second half, all its ups together, in units of the trivial loss; 0 is smooth."""
    finished: bool = True
    """False where the run was ended early, because others of the same race did better."""


@dataclass(frozen=True, slots=True)
class Descent:
    """The short training run, and the same run at other rates."""

    trivial_loss: float  # of the best constant output
    floor: float
    """The lowest data term that any of the runs reached, and 0 where that is a bound of the loss."""
    planned_steps: int
    """Optimizer steps in the person's planned epochs, or the audit's own budget where the spec names no epochs."""
    plan_is_assumed: bool
    """True where the spec names no epochs."""
    batch_size: int
    configured: Trajectory
    others: tuple[Trajectory, ...] = ()
    """The same run at smaller and larger rates, in rising order of rate; few seeds, the hopeless ended early."""

    @property
    def slower(self) -> tuple[Trajectory, ...]:
        """The runs at smaller rates than the model's own."""
        rate = self.configured.learning_rate or 0.0
        return tuple(run for run in self.others if (run.learning_rate or 0.0) < rate)


@dataclass(frozen=True, slots=True)
class LayerPrediction:
    """Mean-field theory's word on one dense row."""

    index: int
    gain: float | None
    """√χ₁: predicted factor of the error signal's RMS, width change excluded; None behind a skip or a norm."""
    derivative_bound: float | None  # supremum of |f′|; None where it is unbounded
    variance: float  # q: predicted variance of z
    depth_scale: float | None
    """1/|ln χ₁|: how many layers like this one the signal survives, in rows; None where χ₁ is 1, or not predicted."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What theory predicts before anything is run, to be held against what was measured."""

    layers: tuple[LayerPrediction, ...]


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything the probes wrote down."""

    stages: Mapping[StageName, Stage] = field(default_factory=dict)
    descent: Descent | None = None
    prediction: Prediction | None = None
    data: DataFacts | None = None
