"""What was asked for: a model, its data, its optimizer and how to audit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from gradaudit.errors import Location

if TYPE_CHECKING:
    import numpy as np

Scalar: TypeAlias = bool | int | float | str
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain] | None"
Effort: TypeAlias = Literal["quick", "standard", "thorough"]

NORM_EPS = 1e-5
"""What a normalisation adds to the variance where nothing else is said: PyTorch's."""


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the spec that is its canonical name, with parameters where any were given."""

    name: str
    parameters: tuple[tuple[str, Scalar], ...] = ()
    """Pairs sorted by key; only those that the spec gives, defaults are the table's."""

    @classmethod
    def of(cls, name: str, **parameters: Scalar) -> Named:
        """Named.of("leaky_relu", negative_slope=0.2)."""
        return cls(name, tuple(sorted(parameters.items())))

    def get(self, key: str, default: Scalar | None = None) -> Scalar | None:
        """The parameter, or the default where the spec does not give it."""
        return dict(self.parameters).get(key, default)

    def number(self, key: str, default: float) -> float:
        """The parameter as a float, or the default where the spec does not give it."""
        return float(dict(self.parameters).get(key, default))

    def plain(self) -> Plain:
        """As it is written in a spec: the name, or a mapping of name and parameters."""
        return {"name": self.name, **dict(self.parameters)} if self.parameters else self.name

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.parameters)
        return f"{self.name}({inside})" if inside else self.name


@dataclass(frozen=True, slots=True)
class DenseSpec:
    """A dense layer as the spec writes it; what is None is the model's default."""

    units: int
    activation: Named | None = None
    init: Named | None = None
    bias: Named | Literal[False] | None = None
    norm: Literal["batch_norm", "layer_norm"] | None = None
    """Stands between the linear map and the activation."""
    repeat: int = 1
    name: str | None = None
    eps: float = NORM_EPS
    """Of its norm."""

    def plain(self) -> Plain:
        """As it is written in a spec: the number of units where there is no more to say."""
        own = {"activation": self.activation, "init": self.init, "bias": self.bias}
        said: dict[str, Plain] = {
            key: value.plain() if isinstance(value, Named) else value for key, value in own.items() if value is not None
        }
        said |= {"norm": _norm(self.norm, self.eps)} if self.norm is not None else {}
        said |= _copies(self.repeat) | ({} if self.name is None else {"name": self.name})
        return {"units": self.units, **said} if said else self.units


@dataclass(frozen=True, slots=True)
class NormSpec:
    """A normalisation layer of its own."""

    kind: Literal["batch_norm", "layer_norm"]
    repeat: int = 1
    name: str | None = None
    eps: float = NORM_EPS
    """Added to the variance before its root is taken."""
    activation: Named | None = None
    """Behind it; None: none."""

    def plain(self) -> Plain:
        """As it is written in a spec."""
        norm, more = _norm(self.kind, self.eps), {**_own(self.activation), **_copies(self.repeat)}
        return {**(norm if isinstance(norm, dict) else {"name": norm}), **more} if more else norm


@dataclass(frozen=True, slots=True)
class DropoutSpec:
    """Dropout: on in the training run alone."""

    rate: float
    repeat: int = 1
    name: str | None = None
    activation: Named | None = None
    """Behind it; None: none."""

    def plain(self) -> Plain:
        """As it is written in a spec."""
        more = {**_own(self.activation), **_copies(self.repeat)}
        return {"name": self.name or "dropout", "rate": self.rate, **more}


@dataclass(frozen=True, slots=True)
class ResidualSpec:
    """The sum of the input and what its layers make of it."""

    layers: tuple[LayerSpec, ...]
    repeat: int = 1
    name: str | None = None
    activation: Named | None = None
    """Of the sum; None: none."""

    def plain(self) -> Plain:
        """As it is written in a spec."""
        inner = [layer.plain() for layer in self.layers]
        more = {**_own(self.activation), **_copies(self.repeat)}
        return {"name": self.name or "residual", "layers": inner, **more}


def _norm(kind: str, eps: float) -> Plain:
    return kind if eps == NORM_EPS else {"name": kind, "eps": eps}


def _own(activation: Named | None) -> dict[str, Plain]:
    return {} if activation is None else {"activation": activation.plain()}


def _copies(repeat: int) -> dict[str, Plain]:
    return {"repeat": repeat} if repeat > 1 else {}


LayerSpec: TypeAlias = DenseSpec | NormSpec | DropoutSpec | ResidualSpec


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights that came with a model, in scikit-learn's orientation, dense layers in row order."""

    coefs: tuple[np.ndarray, ...]
    """One array a dense layer, inputs × units."""
    intercepts: tuple[np.ndarray | None, ...]
    """One vector a dense layer, None for a layer without biases."""
    scales: tuple[np.ndarray, ...] = ()
    """One vector a norm layer; empty: all 1."""
    shifts: tuple[np.ndarray, ...] = ()
    """One vector a norm layer; empty: all 0."""
    origin: str = ""
    """Where they were read: a path, or the name of the estimator."""
    loss_curve: tuple[float, ...] = ()
    """The loss after each epoch of the person's own training, where the model kept it."""


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
class AuditOptions:
    """How to audit, as far as one place says it; None and empty mean: not said here."""

    seeds: int | None = None
    seed: int | None = None
    samples: int | None = None
    effort: Effort | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Literal["error", "warning", "never"] | None = None
    rules: tuple[tuple[str, str, Scalar], ...] = ()
    """(rule, threshold, value) triples: `rules: {vanishing-gradient: {ratio_limit: 1e-4}}`."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model to audit: what a spec file says, its defaults filled in and named in `assumed`."""

    name: str
    inputs: int
    """Number of input features."""
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
