"""Writes the rows of the specs that name a file: raw columns of other scales than a network likes, and small shapes.

usage: python tests/corpus/make_data.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Rng = np.random.Generator
FOLDER = Path(__file__).parent


def houses(rng: Rng) -> dict[str, Array]:
    """Floor area, rooms and year of building as they are written down; the price of it, with noise of 20,000."""
    area, rooms, year = rng.uniform(30, 250, 300), rng.integers(1, 7, 300), rng.integers(1900, 2024, 300)
    price = 2000 * area + 9000 * rooms + 300 * (year - 1950) + rng.normal(0, 2e4, 300)
    return {"area": area.round(), "rooms": rooms, "year": year, "price": price.round(-2)}


def parabola(rng: Rng) -> dict[str, Array]:
    """y = x², as whole numbers from -100 to 99."""
    x = np.arange(-100, 100)
    return {"x": x, "y": x**2}


def line(rng: Rng) -> dict[str, Array]:
    """y = 2x for x = 0 … 199."""
    return {"x": np.arange(200), "y": 2 * np.arange(200)}


def temperatures(rng: Rng) -> dict[str, Array]:
    """A standardised reading and a temperature of 300 ± 5 kelvin that is linear in it."""
    x = rng.standard_normal(200)
    return {"x": x.round(3), "y": (300 + 5 * x + rng.normal(0, 1, 200)).round(2)}


def heart_rates(rng: Rng) -> dict[str, Array]:
    """Beats a minute around 92, and whether they are 91 or more."""
    rate = rng.normal(92, 12, 300).round()
    return {"rate": rate, "fast": rate >= 91}


def below_zero(rng: Rng) -> dict[str, Array]:
    """Three standardised columns, and a target that a line explains between -4 and -1."""
    X = rng.standard_normal((200, 3))
    return {**dict(zip("abc", X.T.round(3), strict=True)), "y": (-2.5 + X @ [0.4, -0.3, 0.2]).round(3)}


def signs(rng: Rng) -> dict[str, Array]:
    """Two numbers from -1 to 1, and whether just one of them is positive."""
    a, b = rng.uniform(-1, 1, (2, 400)).round(3)
    return {"a": a, "b": b, "differ": (a > 0) != (b > 0)}


def sigmoid_layer(rng: Rng) -> dict[str, Array]:
    """A hundred bits, and ten outputs of a sigmoid layer with weights from N(0, 1)."""
    X = rng.random((200, 100)) < 0.5
    z = X @ rng.standard_normal((100, 10))
    return {"X": X, "y": (1 / (1 + np.exp(-z))).astype(np.float32)}


def main() -> None:
    """Write every file beside this one."""
    for make in (houses, parabola, line, temperatures, heart_rates, below_zero, signs):
        columns = make(np.random.default_rng(0))
        rows = zip(*([f"{float(value):g}" for value in column] for column in columns.values()), strict=True)
        text = "\n".join(",".join(row) for row in [tuple(columns), *rows]) + "\n"
        (FOLDER / f"{make.__name__.replace('_', '-')}.csv").write_text(text, encoding="utf-8")
    np.savez_compressed(FOLDER / "sigmoid-layer.npz", **sigmoid_layer(np.random.default_rng(0)))


if __name__ == "__main__":
    main()
