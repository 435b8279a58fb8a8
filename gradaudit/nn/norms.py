"""Batch and layer normalisation with the batch's own statistics, their exact derivatives and R-operators.

x̂ = (x − μ)/s with s = √(σ² + ε), y = γ·x̂ + β. With P(a) = a − mean(a) − x̂·mean(a·x̂), the derivative of x̂ along a
is P(a)/s, and its transpose is the same (Ioffe & Szegedy 2015, arXiv:1502.03167, section 3; Ba et al. 2016,
arXiv:1607.06450). Means run over the samples (batch_norm) or over the units (layer_norm).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gradaudit.nn.parameters import Views

Array = npt.NDArray[np.float64]

AXES = {"batch_norm": -2, "layer_norm": -1}


class Normalise:
    """One norm row."""

    def __init__(self, views: Views, row: int, kind: str, eps: float) -> None:
        self.axis, self.eps = AXES[kind], eps
        self.scale, self.shift = (views.theta[row, part][:, None, :] for part in ("scale", "shift"))
        self.g_scale, self.g_shift = views.g[row, "scale"], views.g[row, "shift"]
        self.v_scale, self.v_shift = (views.v[row, part][:, None, :] for part in ("scale", "shift"))
        self.H_scale, self.H_shift = views.Hv[row, "scale"], views.Hv[row, "shift"]

    def _mean(self, a: Array) -> Array:
        return np.asarray(a.mean(axis=self.axis, keepdims=True))

    def _project(self, a: Array) -> Array:
        """P(a)."""
        return np.asarray(a - self._mean(a) - self.normal * self._mean(a * self.normal))

    def forward(self, x: Array) -> Array:
        centred = x - self._mean(x)
        self.s = np.sqrt(self._mean(centred * centred) + self.eps)
        self.normal = centred / self.s
        self.y = self.scale * self.normal + self.shift
        return self.y

    def backward(self, dy: Array) -> Array:
        self.dy, self.d_normal = dy, dy * self.scale
        np.sum(dy * self.normal, axis=-2, out=self.g_scale)
        np.sum(dy, axis=-2, out=self.g_shift)
        self.dx = self._project(self.d_normal) / self.s
        return self.dx

    def tangent(self, Rx: Array | None) -> Array | None:
        Rx = np.zeros_like(self.normal) if Rx is None else Rx
        self.Rs = self._mean(self.normal * Rx)
        self.R_normal = (Rx - self._mean(Rx) - self.normal * self.Rs) / self.s
        return np.asarray(self.scale * self.R_normal + self.v_scale * self.normal + self.v_shift)

    def tangent_backward(self, Rdy: Array) -> Array:
        np.sum(Rdy * self.normal + self.dy * self.R_normal, axis=-2, out=self.H_scale)
        np.sum(Rdy, axis=-2, out=self.H_shift)
        R_d_normal = Rdy * self.scale + self.dy * self.v_scale
        bent = self.R_normal * self._mean(self.d_normal * self.normal)
        turned = self.normal * self._mean(self.d_normal * self.R_normal)
        return np.asarray((self._project(R_d_normal) - bent - turned - self.dx * self.Rs) / self.s)
