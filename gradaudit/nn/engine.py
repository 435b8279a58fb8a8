"""What probes, trials and training ask of a network at given parameters, whatever computes the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol, TypeAlias

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Reach, Tap
from gradaudit.nn.network import Network

Vectors: TypeAlias = Literal["theta", "g", "v", "Hv"]
"""Parameters, gradient, direction, Hessian product."""


class Engine(Protocol):
    """One network over one batch, for several seeds at once; every array has the seeds in front.

    Write parameters into `theta`, call `gradient`, then `hessian_product` for the direction in `v`. `Backprop` is the
    one that computes in NumPy; another may answer the same for a live module of a framework.
    """

    network: Network
    """Its rows, layout and objective."""
    seeds: int
    theta: Array
    """Parameters θ, seeds × P."""
    g: Array
    """∂(data term + l2 term)/∂θ, seeds × P."""
    v: Array
    """A direction, seeds × P."""
    Hv: Array
    """The Hessian's product with it, seeds × P."""
    data_term: Array
    """Of the last pass, one number a seed."""

    @property
    def samples(self) -> int:
        """Of the batch."""

    def data_loss(self) -> Array:
        """Forward: the data term, seeds long."""

    def penalty(self) -> Array:
        """½·l2·Σ‖W‖² over the weights, seeds long."""

    def gradient(self) -> Array:
        """Forward and back: fills `g`, seeds × P; returns the data term, seeds long."""

    def hessian_product(self) -> Array:
        """Fills and returns `Hv`, seeds × P, for `v`, at the parameters of the last `gradient`."""

    def parameters(self, row: ExpandedLayer, of: Vectors) -> Mapping[str, Array]:
        """A row's parameters by name, each seeds × shape, or their share of another vector."""

    def of_role(self, row: ExpandedLayer, role: str, of: Vectors) -> Array | None:
        """Those of one role side by side, seeds × numbers; None where the row has none."""

    def tap(self, row: ExpandedLayer) -> Tap:
        """What stands around the activation of a linear map, after a `gradient`."""

    def taps(self, row: ExpandedLayer) -> tuple[Tap, ...]:
        """The same of any row with weights: of a recurrent one, its gates."""

    def all_taps(self) -> Iterator[Tap]:
        """Every place that can be read, activations of their own and the network's end included."""

    def error_signal(self, row: ExpandedLayer) -> Array:
        """∂loss/∂z of a row with weights, of all gates side by side; of a norm and its like, ∂loss/∂x.

        Seeds × (samples·positions) × channels, in units of the loss as the objective averages it.
        """

    def output_of(self, row: ExpandedLayer) -> Array:
        """What a row hands on, behind its activation: seeds × rows × channels."""

    def pull(self, row: ExpandedLayer, dz: Array) -> Array:
        """What the weights of a row make of the error signal at its z, dz, on its way back to its input.

        From seeds × (samples·positions) × units to seeds × (samples·positions) × inputs.
        """

    def reaches(self, row: ExpandedLayer) -> tuple[Reach, ...]:
        """How the error signal fares through time, one a direction; nothing of a row without time."""
