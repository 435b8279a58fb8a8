"""The models whose plans are searched, and a search that has not begun."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.auditing.pipeline import audit
from gradaudit.auditing.search import Search
from gradaudit.auditing.search_plan import SearchOptions
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named

XOR = ModelSpec(
    "xor",
    2,
    (DenseSpec(8), DenseSpec(8), DenseSpec(1)),
    activation=Named("tanh"),
    init=Named("zeros"),
    loss=Named("binary_cross_entropy"),
    output=Named("sigmoid"),
    data=Named("xor"),
    optimizer=Named.of("sgd", learning_rate=0.5),
    epochs=100,
    assumed=(),
)
BOTH = replace(XOR, init=Named("zeros"), optimizer=Named.of("sgd", learning_rate=1e-6))


def sick_search(spec=XOR, options=SearchOptions()):
    """A search that has examined nothing yet."""
    return Search(audit(spec, AuditOptions(effort="quick")), spec, options, lambda *step: None)
