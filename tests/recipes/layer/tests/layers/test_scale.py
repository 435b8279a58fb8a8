"""The new layer is read, written, edited, differentiated, stored and reported like any other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gradaudit import audit, load
from gradaudit.domain.findings import Change
from gradaudit.editing.spec_changes import apply
from gradaudit.inputs import from_document
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

LAYERS = [3, 4, {"type": "scale", "start": 0.5}, {"type": "residual", "layers": ["scale", 4]}, 2]
SAMPLE = Path(__file__).parents[2] / "sample_models" / "healthy-scale.yaml"


def bound(layers: list[object] = LAYERS) -> Backprop:
    """A network on ten rows."""
    rng = np.random.default_rng(0)
    spec = from_document({"layers": layers, "activation": "tanh", "loss": "mse", "output": "identity"})
    bp = Backprop(build(spec), rng.standard_normal((10, 3)), rng.standard_normal((10, 2)), 1)
    bp.theta[0] = initial(bp.network, rng) + 0.1 * rng.standard_normal(bp.network.layout.size)
    return bp


def test_its_derivatives_agree_with_differences() -> None:
    """The gradient with those of the loss, the Hessian product with those of the gradient."""
    bp, step = bound(), 1e-6
    start, v = bp.theta[0].copy(), np.random.default_rng(1).standard_normal(bp.network.layout.size)
    bp.gradient()
    along, bp.v[0] = float(bp.g[0] @ v), v
    product = bp.hessian_product()[0].copy()
    ends = []
    for sign in (1, -1):
        bp.theta[0] = start + sign * step * v
        ends.append((float(bp.gradient()[0]), bp.g[0].copy()))
    (loss_up, g_up), (loss_down, g_down) = ends
    np.testing.assert_allclose(along, (loss_up - loss_down) / (2 * step), rtol=1e-6)
    np.testing.assert_allclose(product, (g_up - g_down) / (2 * step), rtol=1e-5, atol=1e-8)


def test_it_is_read_edited_and_reported(tmp_path: Path) -> None:
    """By its key, by a change, in the JSON with type and shape, on the page with its charts."""
    spec = load(str(SAMPLE))
    assert [layer.type for layer in spec.layers] == ["dense", "scale", "dense", "scale", "dense"]
    edited = apply(spec, [Change("layers[2].start", 0.9, 0.5)])
    assert edited.layers[1].plain() == {"type": "scale", "start": 0.5, "name": "gain"}
    report = audit(spec, seeds=2, effort="quick")
    report.save(tmp_path / "r.json")
    report.save(tmp_path / "r.html")
    assert "gain" in (tmp_path / "r.html").read_text(encoding="utf-8")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["reports"][0]
    row = report["model"]["layers"][1]
    assert (row["type"], row["shape"], row["name"]) == ("scale", [16], "gain")
    assert report["verdict"] == "healthy"
