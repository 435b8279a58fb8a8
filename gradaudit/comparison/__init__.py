"""Two reports held against each other: what got better, what got worse, and what is chance.

A regression is a warning or an error that is new or graver, or a training run that reaches less in the seeds' own
judgement: 0.1 of the constant-prediction baseline, in at least 7 of 8 paired seeds. Symptoms (the gradient's size, dead
and saturated units, curvature) are told and decide nothing by themselves: the rules judge them.
"""

from __future__ import annotations

from gradaudit.comparison.comparing import compare_reports, is_regression
from gradaudit.comparison.interface import Comparison, FindingChange, ModelComparison, NumberChange

__all__ = ["Comparison", "FindingChange", "ModelComparison", "NumberChange", "compare_reports", "is_regression"]
