"""Writes the Keras models that the tests read, with what Keras makes of X: training mode, without dropout.

    python tests/inputs/keras/make_files.py [FOLDER] [FORMAT...]

Needs keras 2 (with TensorFlow) or 3 (any backend: KERAS_BACKEND=numpy); FORMAT is of keras, h5, json, pkl, joblib.
The files beside it were written by keras 3.15, those in `files/keras-2.15` by that.
"""

from __future__ import annotations

import json
import pickle
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers

FILES = Path(__file__).parent / "files"
FORMATS = ("keras", "json", "pkl", "joblib", "h5")
ROWS, WIDTH = 16, 4
X = (np.random.default_rng(0).standard_normal((ROWS, WIDTH)) * 2 + 1).astype(np.float32)
NEW = not keras.__version__.startswith("2.")


def models() -> Iterator[tuple[str, keras.Model]]:
    """Small networks, compiled and not."""
    decay = keras.regularizers.L2(1e-3)
    chain = [layers.Dense(6, activation="relu", kernel_initializer="he_normal", kernel_regularizer=decay)]
    chain += [layers.BatchNormalization(), layers.Dense(6, use_bias=False, kernel_regularizer=decay)]
    chain += [layers.LayerNormalization(), layers.Activation("tanh")]
    uniform = keras.initializers.RandomUniform(-1, 1, seed=3)
    chain += [layers.Dense(5, kernel_initializer=uniform, kernel_regularizer=decay), layers.LeakyReLU(0.3)]
    chain += [layers.Dense(3, kernel_regularizer=decay), layers.Softmax()]
    model = keras.Sequential([keras.Input((WIDTH,)), *chain], name="chain")
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 100, 0.9)
    model.compile(optimizer=keras.optimizers.Adam(schedule, weight_decay=0.01), loss="sparse_categorical_crossentropy")
    yield "chain", model

    start = keras.Input((2, 2), name="image")
    x = layers.Dense(6, activation="gelu", bias_initializer=keras.initializers.Constant(0.1))(layers.Flatten()(start))
    inner = layers.Dense(6)(layers.Dense(6, activation="silu" if NEW else "swish")(x))
    x = layers.Add()([x, inner])
    x = layers.Dense(6)(x) + x if NEW else layers.Add()([layers.Dense(6)(x), x])
    head = keras.Sequential(
        [layers.Dense(4, activation="softsign"), layers.BatchNormalization(), layers.Dense(1, name="out")], name="head"
    )
    model = keras.Model(start, head(x), name="residual")
    sgd = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=1.0)
    model.compile(optimizer=sgd, loss=keras.losses.BinaryCrossentropy(from_logits=True))
    yield "residual", model

    names = ["elu", "selu", "softplus", "sigmoid"]
    names += ["mish", "hard_sigmoid", "hard_tanh", "relu6", "leaky_relu"] if NEW else []
    scaled = [layers.Normalization(mean=X.mean(axis=0), variance=X.var(axis=0)), layers.Rescaling(0.5, offset=0.25)]
    dense = [layers.Dense(WIDTH, activation=name, kernel_initializer="orthogonal") for name in names]
    dense += [layers.Dense(WIDTH), layers.ELU(0.5), layers.Dense(WIDTH)]
    dense += [layers.ReLU(negative_slope=0.1)]
    yield "activations", keras.Sequential([keras.Input((WIDTH,)), *scaled, *dense, layers.Dense(2)])

    order = [layers.Dense(6), layers.Dropout(0.25), layers.BatchNormalization(), layers.Activation("relu")]
    order += [layers.Dense(6), layers.Activation("tanh"), layers.BatchNormalization(), layers.Dropout(0.1)]
    yield "order", keras.Sequential([keras.Input((WIDTH,)), *order, layers.Dense(1, activation="sigmoid")])


def pack(path: Path) -> None:
    """Deflate what Keras only stores: HDF5 is mostly empty."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def save(model: keras.Model, path: Path) -> None:
    """In the format of the suffix; a pickle holds the model beside something else, as people keep them."""
    if path.suffix == ".json":
        path.write_text(json.dumps(json.loads(model.to_json()), indent=1) + "\n", encoding="utf-8")
    elif path.suffix == ".pkl":
        path.write_bytes(pickle.dumps({"columns": ["a", "b"], "model": model}))
    elif path.suffix == ".joblib":
        import joblib

        joblib.dump({"mean": X.mean(axis=0), "model": model}, path, compress=3)
    else:
        model.save(path)
    if path.suffix == ".keras":
        pack(path)


def unlike(model: keras.Model) -> None:
    """Give what an initializer leaves at 0 and 1 other values, so that none is taken for another."""
    names = {id(weight): getattr(weight, "path", weight.name).split(":")[0] for weight in model.weights}
    for place, weight in enumerate(model.weights):
        if names[id(weight)].endswith(("gamma", "beta", "bias")):
            weight.assign(weight + np.random.default_rng(place).normal(size=weight.shape).astype("f4") / 3)


def without_dropout(model: keras.Model) -> keras.Model:
    """The same weights in a model that drops nothing."""
    config = json.loads(model.to_json().replace('"rate": 0.25', '"rate": 0.0').replace('"rate": 0.1', '"rate": 0.0'))
    copy = keras.models.model_from_json(json.dumps(config))
    copy.set_weights(model.get_weights())
    return copy


def main(folder: Path, formats: tuple[str, ...]) -> None:
    """Write all files, and what Keras makes of X."""
    folder.mkdir(exist_ok=True, parents=True)
    outputs = {}
    for name, model in models():
        unlike(model)
        for suffix in formats:
            save(model, folder / f"{name}.{suffix}")
        made = without_dropout(model)(X.reshape(ROWS, *model.input_shape[1:]), training=True)
        outputs[name] = np.asarray(made.detach() if hasattr(made, "detach") else made)
    np.savez_compressed(folder / "outputs.npz", X=X, **outputs)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    main(Path(sys.argv[1]) if sys.argv[1:] else FILES, tuple(sys.argv[2:]) or FORMATS)
