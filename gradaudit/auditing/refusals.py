"""What is not audited: told before memory or time is spent on it."""

from __future__ import annotations

from gradaudit import probes
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Problem, SpecError
from gradaudit.nn.network import Network


def refuse_single_rows(spec: ModelSpec, network: Network, rows: int, samples: int) -> None:
    """Refuse batch_norm over a batch of one row: its output would be the shift, whatever the input."""
    counts = {"data.samples": rows, "batch_size": spec.batch_size or rows, "audit.samples": samples}
    fewest = min(counts, key=lambda path: counts[path])
    batch = counts[fewest]
    norms = [row for row in network.rows if row.kind == "batch_norm"]
    if norms and batch < 2:
        message = f"{norms[0].path}: batch_norm over a batch of {batch} row has no variance; use batches of at least 2"
        raise SpecError(Problem(message, spec.locate(fewest if fewest in spec.lines else norms[0].path)))


def refuse_too_large(spec: ModelSpec, network: Network, settings: Settings) -> None:
    """Refuse a model whose arrays would not fit, before any of them is made."""
    steps = sum(row.input_shape[0] for row in network.weighted if row.layer.own_activation is not None)
    if steps > probes.MOST_STEPS:
        message = f"layers[0]: recurrent layers of {steps:,} steps one after another would take too long to audit; "
        message += f"shorten the sequences: at most {probes.MOST_STEPS:,} steps of all layers together"
        raise SpecError(Problem(message, spec.locate("layers[0]")))
    needed = probes.bytes_for(network, settings)
    if needed > probes.MOST_BYTES:
        says = (
            f"auditing this model would take {needed / 1e9:.0f} GB of memory even with as few seeds as "
            f"{settings.seeds} ({network.layout.size:,} parameters); the most allowed is "
            f"{probes.MOST_BYTES / 1e9:.0f} GB. Use narrower layers"
        )
        raise InputError(Problem(says, spec.locate("layers")))
