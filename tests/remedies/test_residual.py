from __future__ import annotations

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.layers.conv import Conv2dSpec
from gradaudit.layers.global_pool import GlobalAvgPoolSpec
from gradaudit.nn.network import build
from gradaudit.remedies.residual import DEEP, Residual

REMEDY = Residual()
NORM = LayerNormSpec()


def model(*layers, inputs=4, **given):
    """A network of these layers and an output."""
    return ModelSpec("m", inputs, (*layers, DenseSpec(3)), output=Named("softmax"), **given)


def widths(spec):
    """Units of the dense rows."""
    return [row.units for row in flatten(expand(spec)) if row.kind == "dense"]


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_a_repeated_layer_becomes_blocks_behind_the_one_that_changes_the_width(propose, rule):
    """As many layers as before, in the same order, the first of them without a way past it."""
    spec = model(DenseSpec(8, activation=Named("tanh"), repeat=6))
    (fix,) = propose(REMEDY, spec, rule)
    tanh = DenseSpec(8, activation=Named("tanh"))
    assert apply(spec, fix.changes) == model(tanh, ResidualSpec((NORM, tanh), 5))
    assert widths(apply(spec, fix.changes)) == widths(spec)


def test_a_repeated_layer_as_wide_as_its_input_becomes_blocks_alone(propose):
    """There every copy keeps the width."""
    spec = model(DenseSpec(4, repeat=DEEP))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert fix.changes[0].old == {"units": 4, "repeat": DEEP}
    assert apply(spec, fix.changes).layers[0] == ResidualSpec((NORM, DenseSpec(4)), DEEP)


def test_layers_that_are_written_out_become_a_block_each(propose):
    """Those that change the width stay as they are, and so does what stands between them."""
    spec = model(DenseSpec(8), DropoutSpec(0.1), DenseSpec(8), DenseSpec(8), DenseSpec(16), DenseSpec(16))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert [change.path for change in fix.changes] == ["layers[3]", "layers[4]", "layers[6]"]
    eight, sixteen = (ResidualSpec((NORM, DenseSpec(units))) for units in (8, 16))
    assert apply(spec, fix.changes) == model(DenseSpec(8), DropoutSpec(0.1), eight, eight, DenseSpec(16), sixteen)


@pytest.mark.parametrize("tail", [(), (DropoutSpec(0.1),), (NORM,)])
def test_the_output_layer_is_no_block(propose, tail):
    """Even where it has the width of the layer before, and whatever stands behind it."""
    spec = ModelSpec("m", 4, (*[DenseSpec(4)] * 5, *tail), output=Named("softmax"))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert [change.path for change in fix.changes] == [f"layers[{place}]" for place in range(1, 5)]


def test_a_layer_with_a_norm_of_its_own_gets_no_other(propose):
    """Its branch has one size already."""
    spec = model(DenseSpec(4, norm=Named("batch_norm"), repeat=3))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert apply(spec, fix.changes) == model(ResidualSpec((DenseSpec(4, norm=Named("batch_norm")),), 3))


def test_what_results_is_a_network(propose):
    """Widths agree around every block."""
    spec = model(DenseSpec(8, repeat=3), DenseSpec(5), DenseSpec(5, repeat=2), loss=Named("cross_entropy"))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert [row.units for row in build(apply(spec, fix.changes)).linear_maps] == widths(spec)


@pytest.mark.parametrize(
    "layers",
    [
        (DenseSpec(8, repeat=DEEP),),  # one fewer keeps the width
        (DenseSpec(8), DenseSpec(16), DenseSpec(32), DenseSpec(64)),
        (DenseSpec(8, repeat=9), ResidualSpec((DenseSpec(8),))),
        (),
    ],
)
def test_what_is_shallow_or_has_blocks_is_left_alone(propose, layers):
    """A way past two layers is not worth its place, and somebody's own blocks are not mixed with others."""
    assert propose(REMEDY, model(*layers), "dead-units") == []


def test_a_window_that_fits_no_more_is_no_block(propose):
    """Behind a convolution without padding the map may be smaller than its window."""
    layers = (Conv2dSpec(2, kernel_size=3), GlobalAvgPoolSpec(), DenseSpec(2, repeat=DEEP))
    spec = ModelSpec("m", 2, (*layers, DenseSpec(3)), output=Named("softmax"), positions=(5, 4))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert [change.path for change in fix.changes] == ["layers[3]"]
