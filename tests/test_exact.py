"""Deterministic log, exp and normal quantile against the standard library and scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from augreg.random import exact
from augreg.random.exact import EXP_MAX, EXP_MIN

RNG = np.random.default_rng(0)
POSITIVE = np.concatenate(
    [10.0 ** RNG.uniform(-320, 308, 4000), RNG.uniform(0.5, 2.0, 4000), 1 + RNG.uniform(-1e-6, 1e-6, 1000)]
)


def units_apart(values, reference):
    """Difference in units in the last place of the reference."""
    return np.abs(values - reference) / np.spacing(np.abs(reference))


def test_log_within_two_units_in_the_last_place():
    assert units_apart(exact.log(POSITIVE), np.array([math.log(x) for x in POSITIVE])).max() <= 2


def test_log_at_exact_points():
    powers = np.arange(-1074, 1024)
    assert exact.log(1.0) == 0.0
    assert exact.log(0.0) == -np.inf
    np.testing.assert_allclose(exact.log(np.ldexp(1.0, powers)), powers * math.log(2), rtol=4e-16, atol=0)


def test_exp_within_two_units_in_the_last_place():
    x = np.concatenate([RNG.uniform(-708, 709.7, 4000), RNG.uniform(-1, 1, 4000), RNG.uniform(-1e-9, 1e-9, 500)])
    assert units_apart(exact.exp(x), np.array([math.exp(v) for v in x])).max() <= 2


def test_exp_at_its_ends():
    assert exact.exp(0.0) == 1.0
    assert exact.exp([-1e300, -709.0, -np.inf]).tolist() == [0.0, 0.0, 0.0]
    assert exact.exp([709.8, 1e300, np.inf]).tolist() == [np.inf] * 3
    assert np.isfinite(exact.exp(exact.EXP_MAX))


def test_quantile_against_scipy():
    tails = 10.0 ** RNG.uniform(-300, -1, 3000)
    p = np.concatenate([RNG.uniform(0, 1, 5000), tails, 1 - 10.0 ** RNG.uniform(-15, -1, 3000)])
    np.testing.assert_allclose(exact.normal_quantile(p), ndtri(p), rtol=3e-15, atol=1e-16)


def test_quantile_at_known_points():
    assert exact.normal_quantile(0.5) == 0.0
    np.testing.assert_allclose(
        exact.normal_quantile([0.975, 0.9995]), [1.959963984540054, 3.290526731491926], rtol=1e-15
    )


@pytest.mark.parametrize("function", [exact.log, exact.exp, exact.normal_quantile])
def test_one_value_as_in_an_array(function):
    x = RNG.uniform(1e-12, 1 - 1e-12, 301)
    alone = np.array([float(function(float(v))) for v in x])
    np.testing.assert_array_equal(alone, function(x))
    np.testing.assert_array_equal(alone.reshape(7, 43), function(x.reshape(7, 43)))
    np.testing.assert_array_equal(alone[::3], function(x[::3]))
    assert function(np.zeros(0)).shape == (0,)


def test_horner():
    x = np.array([0.0, 1.0, -2.0])
    np.testing.assert_array_equal(exact.horner(x, (3.0, 2.0, 5.0)), 3 + 2 * x + 5 * x * x)


@given(st.one_of(st.floats(-800, 800), st.floats(allow_nan=False), st.sampled_from([EXP_MIN, EXP_MAX, 0.0, -0.0])))
def test_one_exponential_has_the_bits_of_many(x):
    assert np.float64(exact.exp_one(x)).tobytes() == exact.exp(np.array([x]))[0].tobytes()
