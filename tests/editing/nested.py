"""A model with blocks in blocks."""

from __future__ import annotations

from gradaudit.domain.spec import (
    DenseSpec,
    DropoutSpec,
    LayerNormSpec,
    ModelSpec,
    Named,
    ResidualSpec,
)

TANH = Named("tanh")

BLOCK = ResidualSpec((DenseSpec(4, activation=TANH), ResidualSpec((LayerNormSpec(), DenseSpec(4)))))

NESTED = ModelSpec(
    "m",
    4,
    (DenseSpec(4, init=Named("zeros")), BLOCK, DropoutSpec(0.5), DenseSpec(2)),
    optimizer=Named.of("sgd", learning_rate=0.1),
    output=Named("softmax"),
)
