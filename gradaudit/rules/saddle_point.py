"""saddle-point: descent rests at a critical point from which a proven walk leads down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import CriticalPoint, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.evidence.learning_outcome import count_seeds, of_seeds, share
from gradaudit.evidence.plain_words import amount, in_seeds, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import init_setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number


@dataclass(frozen=True)
class SaddlePoint(Rule):
    """Descent rests, or would rest, at a critical point from which a proven walk leads down.

    What it measures
        First whether descent rests: what one best step could gain, ‖g‖²/(2λ_max), is under a thousandth of the
        height above the lowest loss seen, and the run makes no progress. Then the curvature: the smallest Hessian
        eigenvalue λ_min by Lanczos, with its residual. Where λ_min is negative by far more than the residual, a
        walk starts along its eigenvector, both ways (`"kind": "strict"`). Where it is zero within the residual, a
        walk starts from a small random perturbation (`"kind": "degenerate"`). Both then only go downhill. The
        finding is raised where the loss falls: that walk is the certificate. Negative eigenvalues alone prove
        nothing: half of them are negative at every random initialisation.

    Why it hurts
        Gradient descent slows down in proportion to the gradient and may spend the whole budget beside a saddle;
        exactly on it (all weights zero, units that are copies of each other) it never leaves. The loss looks
        converged although better is near.

    What to do
        Break the symmetry: initialise at random with the variance that fits the activation (Glorot for tanh and
        sigmoid, He for ReLU). Mini-batches and momentum help to leave a strict saddle.

    References
        Dauphin et al. 2014 (arXiv:1406.2572); Ge et al. 2015 (arXiv:1503.02101); Kawaguchi 2016 (arXiv:1605.07110);
        Lee et al. 2016 (arXiv:1602.04915).
    """

    name = "saddle-point"
    summary = "training stops at a saddle point: the loss can be lowered nearby"
    needs = ("critical_point",)

    fall_limit: float = 0.01
    """Share of the loss by which the walk must fall: ten times what a probe batch's rounding and a thousand times
    what Lanczos' residual could explain."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        for name, stage in case.stages(("fitted", "trained")):
            point = stage.critical_point
            if point is None:
                continue
            saddles = tuple(
                kind in ("strict", "degenerate") and fall > self.fall_limit
                for kind, fall in zip(point.kinds, _falls(point), strict=True)
            )
            examined = tuple(s for s, kind in zip(saddles, point.kinds, strict=True) if kind != "not examined")
            if share(examined) >= 0.25 or (any(saddles) and name == "fitted"):
                yield self._finding(case, name, point, saddles, examined)
                return

    def _finding(
        self,
        case: RuleContext,
        stage: StageName,
        point: CriticalPoint,
        saddles: tuple[bool, ...],
        examined: tuple[bool, ...],
    ) -> Finding:
        seed = saddles.index(True)
        loss, escape, along = (_at(column, seed) for column in (point.loss, point.escape_loss, point.gradient_loss))
        low, residual = _at(point.lambda_min, seed), _at(point.residual_min, seed)
        where = "the given weights lie" if stage == "fitted" else "training stops"
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if share(examined) >= 0.5 else Severity.WARNING,
            stage=stage,
            layers=tuple(row.index for row in case.weighted),
            path=init_setting(case, stage, case.weighted[0]),
            message=f"{where} at a saddle point {of_seeds(examined)}: the loss is {number(loss)}, "
            f"and along {point.direction[seed]} it falls to {number(escape)}",
            cause=f"the gradient is almost zero and the smallest eigenvalue of the Hessian is {number(low)} ± "
            f"{number(residual)}"
            + (
                "" if point.kinds[seed] == "strict" else ": zero within its error, so only higher orders lower the loss"
            ),
            plainly=phrase(
                f"{where} at a saddle point{in_seeds(examined)}",
                f"the loss can be lowered nearby, from {amount(loss)} to {amount(escape)}, but the gradient is almost "
                "zero",
            ),
            evidence={
                "kind": point.kinds[seed],
                "measured": low,
                "limit": 0.0,
                "residual": residual,
                "lambda_max": _at(point.lambda_max, seed),
                "predicted_decrease": _at(point.predicted_decrease, seed),
                "loss": loss,
                "escape_loss": escape,
                "gradient_loss": along,
                **count_seeds("seeds_at_saddle", examined),
            },
        )


def _at(column: PerSeed, seed: int) -> float | None:
    return column.values[seed]


def _falls(point: CriticalPoint) -> list[float]:
    """The share of the loss by which the walk fell, 0 where there was none."""
    pairs = zip(point.loss.values, point.escape_loss.values, strict=True)
    return [0.0 if a is None or b is None or a == 0 else (a - b) / abs(a) for a, b in pairs]
