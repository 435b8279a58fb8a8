"""plateau: descent rests on flat ground above what the network can reach, and no way down was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import CriticalPoint, Descent, StageName
from gradaudit.evidence.learning_outcome import count_seeds, fails, of_seeds, outcome, share
from gradaudit.evidence.plain_words import amount, in_seeds, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import init_setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

SAME_NETWORK = (("initializer",), ("bias",), ("standardised-inputs",))
"""Changes after which the network computes the same functions as before: what it reaches then, it can reach."""


@dataclass(frozen=True)
class Plateau(Rule):
    """Descent rests on flat ground above what the network can reach, and no way down was found.

    What it measures
        Whether descent rests: the best single step would gain under a thousandth of the height above the lowest loss
        seen (a gradient g and a largest curvature λ_max allow ‖g‖²/(2λ_max)), and the run makes no progress. Then
        whether the height is real: the same network reached a much lower loss at another learning rate, from other
        initial weights or biases, or on scaled inputs. Where a walk along negative curvature or after a small kick
        leads down, the point is a saddle, and that rule speaks instead. A network that rests because nothing better
        was seen is not called stuck.

    Why it hurts
        There is no slope to follow: saturated or silent units pass nothing back, and waiting does not help. The loss
        curve looks converged.

    What to do
        Start elsewhere: weights whose size fits the activation (`init: he_normal` for ReLU, `glorot_normal` for tanh
        and sigmoid), `bias: zeros`, `standardize: true` under `data`. The finding says which of these was tried and
        reached more. Replace activations that are flat on one side or both. A larger learning rate leaves a plateau
        only where a slope is left.

    References
        Fukumizu & Amari 2000, "Local minima and plateaus in hierarchical structures of multilayer perceptrons";
        Glorot & Bengio 2010, section 3.
    """

    name = "plateau"
    summary = "training stops on a plateau above what the network can reach"
    needs = ("critical_point", "descent", "trials")

    height: float = 0.2
    """How far above what the network reaches it must rest, in shares of a constant output's loss: beyond the spread of
    runs that learn alike."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        descent = case.descent
        if descent is None or not descent.trivial_loss > 0:
            return
        reach = self._reachable(case, descent)
        for name, stage in case.stages(("fitted", "trained")):
            point = stage.critical_point
            if point is None:
                continue
            resting = self._resting(point, reach, descent.trivial_loss)
            if share(resting) >= 0.5:
                yield self._finding(case, descent, name, point, resting, reach)
                return

    def _reachable(self, case: RuleContext, descent: Descent) -> float:
        """The lowest loss that this network was seen to reach, in the median over seeds of a run."""
        runs = [descent.configured, *descent.others]
        changed = (trial.case.descent for trial in case.trials if trial.kinds in SAME_NETWORK)
        runs += [other.configured for other in changed if other is not None]
        return min((run.final.median for run in runs if run.final.median is not None), default=descent.floor)

    def _resting(self, point: CriticalPoint, reach: float, trivial: float) -> tuple[bool, ...]:
        """Per examined seed: rests without a way down, far above what can be reached."""
        seen = [(k, loss) for k, loss in zip(point.kinds, point.loss.values, strict=True) if k != "not examined"]
        return tuple(
            kind in ("plateau", "minimum") and loss is not None and loss - reach > self.height * trivial
            for kind, loss in seen
        )

    def _finding(
        self,
        case: RuleContext,
        descent: Descent,
        stage: StageName,
        point: CriticalPoint,
        resting: tuple[bool, ...],
        reach: float,
    ) -> Finding:
        loss = point.loss.median
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if fails(descent) else Severity.WARNING,
            stage=stage,
            layers=tuple(row.index for row in case.weighted),
            path=init_setting(case, stage, case.weighted[0]),
            message=f"training stops on a plateau at loss {number(loss)} {of_seeds(resting)}, while this network "
            f"reaches {number(reach)}; {outcome(descent)}",
            cause=f"the gradient is almost zero, the largest curvature is {number(point.lambda_max.median)}, and "
            "neither its most negative direction nor a small perturbation leads down",
            plainly=phrase(
                f"training stops on a plateau{in_seeds(resting)}, at a loss of {amount(loss)}, "
                f"though this network can reach {amount(reach)}",
                "the gradient is almost zero, and a search nearby found no lower loss",
            ),
            evidence={
                "measured": loss,
                "limit": reach,
                "lambda_max": point.lambda_max.median,
                "lambda_min": point.lambda_min.median,
                **count_seeds("seeds_resting", resting),
            },
        )
