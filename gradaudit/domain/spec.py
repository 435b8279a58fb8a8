"""What was asked for: a model, its data, its optimizer and how to audit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.errors import Location
from gradaudit.functions.named import Named, Plain, Scalar
from gradaudit.functions.parameter import Shape
from gradaudit.layers import BatchNormSpec, DenseSpec, DropoutSpec, LayerNormSpec, ResidualSpec
from gradaudit.layers.interface import Layer as LayerSpec
from gradaudit.layers.interface import LinearMap

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "BatchNormSpec",
    "DenseSpec",
    "DropoutSpec",
    "LayerNormSpec",
    "LayerSpec",
    "ModelSpec",
    "Named",
    "Plain",
    "ResidualSpec",
    "Scalar",
    "Scaling",
    "Weights",
    "WrittenEstimator",
    "each_layer",
    "linear_maps",
]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights that came with a model."""

    rows: tuple[Mapping[str, np.ndarray], ...]
    """Of each row that has parameters, in forward order: a parameter's name → its array; absent ones start as drawn."""
    origin: str = ""
    """Where they were read: a path, or the name of the estimator."""
    loss_curve: tuple[float, ...] = ()
    """The loss after each epoch of the person's own training, where the model kept it."""

    def each(self, parameter: str) -> tuple[np.ndarray, ...]:
        """The arrays of that name, in forward order."""
        return tuple(row[parameter] for row in self.rows if parameter in row)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What a model does to its inputs before its first layer: (x − offset)·scale."""

    offset: np.ndarray
    """One number, or one an input; so is `scale`."""
    scale: np.ndarray


@dataclass(frozen=True, slots=True)
class WrittenEstimator:
    """The estimator of scikit-learn's that a model is, or stands in, as Python writes it; the network is a gap."""

    network: str
    """MLPClassifier or MLPRegressor."""
    arguments: tuple[tuple[str, str], ...]
    """Keyword and value, as Python writes it, of each argument that is not a default."""
    before: str = ""
    """What stands before the network, or before its step of a pipeline."""
    step: str = ""
    """How the network's own step begins, `('mlp', `; empty where it is no step of a pipeline."""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model to audit: what a spec file says, its defaults filled in and named in `assumed`."""

    name: str
    inputs: int
    """Number of input features: channels, where one sample has positions."""
    layers: tuple[LayerSpec, ...]
    """As written, before `repeat` is expanded; the k-th is `layers[k + 1]` in the spec's paths."""
    activation: Named = Named("relu")
    """Of the hidden dense layers that name none."""
    output: Named | None = None
    """Of the last dense layer; None until `loss` and the data decide it."""
    init: Named = Named("glorot_uniform")
    bias: Named | Literal[False] | None = None
    """None: what a framework's `init` brings, else zeros. False: no biases."""
    loss: Named | None = None
    """None until the data's targets decide it."""
    l2: float = 0.0
    optimizer: Named = Named.of("sgd", learning_rate=0.01)
    batch_size: int | None = None
    """None: all rows."""
    epochs: int | None = None
    """The training the person plans; None: the audit's own budget."""
    precision: Literal["float64", "float32", "float16", "bfloat16"] = "float32"
    data: Named = Named("gaussian")
    """Paths in it are already relative to the working directory."""
    weights: Weights | None = field(default=None, compare=False)
    scalings: tuple[Scaling, ...] = field(default=(), compare=False)
    """Of the data, one after another; a stand-in is drawn as they leave it."""
    audits_initialisation: bool = True
    """False where the spec brings weights and no `init`: then only those weights are looked at."""
    audit: AuditOptions = AuditOptions()
    assumed: tuple[str, ...] = ()
    """The keys that the spec left out and that matter: `init`, `loss`, `optimizer`, `epochs`, …"""
    notes: tuple[str, ...] = ()
    """Sentences: what the source says that is not read, or was taken for something else."""
    framework: str | None = None
    """Where the model lives: `sklearn`, `keras`, …; None for a spec."""
    positions: Shape = ()
    """Of one sample, in front of its features: (steps,), or (height, width)."""
    estimator: WrittenEstimator | None = field(default=None, compare=False, repr=False)
    """Of a model of scikit-learn's, where a constructor says it."""
    random_state: int | None = None
    """Where the framework's own first draw is to be made again: the seed that the person gave it."""
    source: str = ""
    """The file or object as the person named it."""
    text: str = field(default="", compare=False, repr=False)
    """Of the spec file, where it was read from one: its comments, and what a fix would edit."""
    lines: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
    """Spec path → place of its value: `layers[2].init` → model.yaml:7:11."""
    key_lines: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
    """Spec path → place of its key, where it has one."""

    @property
    def input_shape(self) -> Shape:
        """The shape of one sample: positions, then features."""
        return (*self.positions, self.inputs)

    @property
    def trains_anew(self) -> bool:
        """Whether the training that a person plans draws the weights anew, though the model brings its own.

        scikit-learn's `fit` does; of a Keras model it is the script that builds and fits it.
        """
        return self.framework in ("sklearn", "keras")

    def locate(self, path: str) -> Location | None:
        """The place of a spec path, or of the nearest enclosing path that the file contains."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get("")


def each_layer(layers: tuple[LayerSpec, ...], path: str = "layers", first: int = 1) -> Iterator[tuple[str, LayerSpec]]:
    """Path and noun of every layer, a block in front of what it holds; `first` is the number of the first one."""
    for position, layer in enumerate(layers, first):
        yield f"{path}[{position}]", layer
        for key, inside in layer.branches.items():
            yield from each_layer(inside, f"{path}[{position}].{key}", 0)


def linear_maps(layers: tuple[LayerSpec, ...]) -> Iterator[tuple[str, LinearMap]]:
    """Path and noun of every layer that is a linear map, blocks opened."""
    return ((path, layer) for path, layer in each_layer(layers) if isinstance(layer, LinearMap))
