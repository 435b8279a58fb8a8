"""Writes the Keras models that the tests read, with what Keras makes of X: training mode, without dropout.

    KERAS_BACKEND=torch python tests/inputs/keras/make_files.py

Needs keras 3 and a backend; the files beside it were written by keras 3.15.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers

FILES = Path(__file__).parent / "files"
ROWS, WIDTH = 16, 4
X = (np.random.default_rng(0).standard_normal((ROWS, WIDTH)) * 2 + 1).astype(np.float32)


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
    inner = layers.Dense(6)(layers.Dense(6, activation="silu")(x))
    x = layers.Add()([x, inner])
    x = layers.Dense(6)(x) + x
    head = keras.Sequential([layers.Dense(4, activation="softsign"), layers.Dense(1, name="out")], name="head")
    model = keras.Model(start, head(x), name="residual")
    sgd = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=1.0)
    model.compile(optimizer=sgd, loss=keras.losses.BinaryCrossentropy(from_logits=True))
    yield "residual", model

    names = ("elu", "selu", "softplus", "mish", "hard_sigmoid", "hard_tanh", "relu6", "leaky_relu", "sigmoid")
    scaled = [layers.Normalization(mean=X.mean(axis=0), variance=X.var(axis=0)), layers.Rescaling(0.5, offset=0.25)]
    dense = [layers.Dense(WIDTH, activation=name, kernel_initializer="orthogonal") for name in names]
    dense += [layers.Dense(WIDTH), layers.ELU(0.5), layers.Dense(WIDTH, activation=layers.ReLU(negative_slope=0.1))]
    yield "activations", keras.Sequential([keras.Input((WIDTH,)), *scaled, *dense, layers.Dense(2)])


def pack(path: Path) -> None:
    """Deflate what Keras only stores: HDF5 is mostly empty."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def main() -> None:
    """Write all files, and what Keras makes of X."""
    FILES.mkdir(exist_ok=True)
    outputs = {}
    for name, model in models():
        for weight in model.weights:
            if weight.path.endswith(("gamma", "beta", "bias")):
                weight.assign(weight + np.random.default_rng(len(weight.path)).normal(size=weight.shape) / 3)
        model.save(FILES / f"{name}.keras")
        pack(FILES / f"{name}.keras")
        (FILES / f"{name}.json").write_text(json.dumps(json.loads(model.to_json()), indent=1) + "\n", encoding="utf-8")
        shaped = X.reshape(ROWS, *model.input_shape[1:])
        outputs[name] = np.asarray(model(shaped, training=True).detach())
    np.savez_compressed(FILES / "outputs.npz", X=X, **outputs)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    main()
