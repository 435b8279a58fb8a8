"""The table of activations: derivatives, bounds and conventions at kinks."""

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS

ELEMENTWISE = [name for name, row in ACTIVATIONS.items() if not row.last_only]
GRID = np.linspace(-9, 9, 3601) + 1.2345e-4


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_are_those_of_f(name):
    """f′ and f″ agree with central differences away from kinks."""
    functions = ACTIVATIONS[name].bind(Named(name))
    z = GRID[[all(abs(g - k) > 1e-2 for k in ACTIVATIONS[name].kinks) for g in GRID]]
    e = 1e-5
    slope = (functions.f(z + e) - functions.f(z - e)) / (2 * e)
    df = lambda x: functions.df(x, functions.f(x)).astype(float)  # noqa: E731
    bend = (df(z + e) - df(z - e)) / (2 * e)
    np.testing.assert_allclose(functions.df(z, functions.f(z)), slope, rtol=1e-7, atol=1e-8)
    d2f = np.zeros_like(z) if functions.d2f is None else functions.d2f(z, functions.f(z))
    np.testing.assert_allclose(d2f, bend, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_buffer_that_is_offered_changes_no_number(name):
    """With `out` or without, f and f′ are the same to the last bit, and z and h stay as they were."""
    functions, z = ACTIVATIONS[name].bind(Named(name)), GRID.copy()
    h = functions.f(z)
    df = functions.df(z, h)
    f_out = functions.f(z, out=np.full_like(z, np.nan))
    np.testing.assert_array_equal(f_out, h)
    np.testing.assert_array_equal(functions.df(z, f_out, out=np.full_like(df, np.nan)), df)
    np.testing.assert_array_equal(z, GRID)
    np.testing.assert_array_equal(f_out, h)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_bound_is_the_supremum_of_the_derivative(name):
    """No |f′| on a fine grid is above the bound, and some come close to it."""
    row = ACTIVATIONS[name]
    functions, bound = row.bind(Named(name)), row.bound(Named(name))
    z = np.linspace(-30, 30, 600_001)
    top = np.abs(functions.df(z, functions.f(z))).max()
    if bound is None:
        assert top > 1e9
    else:
        assert top == pytest.approx(bound, rel=1e-5)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_extreme_inputs_stay_finite(name):
    """Neither f nor f′ gives NaN at ±1000; only an exponential may overflow."""
    z = np.array([-1000.0, 0.0, 1000.0])
    with np.errstate(over="ignore"):
        functions = ACTIVATIONS[name].bind(Named(name))
        h = functions.f(z)
        df = functions.df(z, h)
    assert not np.isnan(h).any()
    assert not np.isnan(df).any()


def test_relu_passes_nothing_at_its_kink():
    """relu′(0) = 0, PyTorch's convention."""
    zero = np.zeros(1)
    relu = ACTIVATIONS["relu"].bind(Named("relu"))
    assert relu.df(zero, relu.f(zero))[0] == 0


def test_parameters_reach_the_functions():
    """`{name: leaky_relu, negative_slope: 0.2}` has slope 0.2 on the left, and a bound that follows it."""
    steep = Named.of("leaky_relu", negative_slope=3.0)
    functions = ACTIVATIONS["leaky_relu"].bind(steep)
    assert functions.f(np.array([-2.0]))[0] == -6.0
    assert ACTIVATIONS["leaky_relu"].bound(steep) == 3.0


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_who_saturates_and_who_can_die_is_a_fact_of_the_derivative(name):
    """Flat on both sides, reached by and by; exactly flat on the left or on both sides."""
    row = ACTIVATIONS[name]
    functions, z = row.bind(Named(name)), np.array([-15.0, 15.0, -1000.0, 1000.0])
    with np.errstate(over="ignore"):
        df = np.abs(functions.df(z, functions.f(z)).astype(float))
    assert row.can_die is bool(df[0] == 0)
    flat = bool((df[2:] < 1e-5).all())
    assert row.saturates is (flat and name != "relu6")  # its flat ends are told as dead units
