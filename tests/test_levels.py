"""Strengths of one sample have the bits that they have among many, on every scale."""

import numpy as np
import pytest

from augreg import Level, Rng
from augreg.random.keys import hash_keys
from augreg.random.one import OneRng

N = 500


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("scale", "low", "high"),
    [("linear", 0.0, 30.0), ("linear", 1.0, 1.9), ("log", 1.0, 1.5), ("log", 20.0, 2000.0), ("integer", 8, 1)],
)
def test_one_strength_has_the_bits_of_many(scale: str, low: float, high: float, signed: bool) -> None:
    level = Level("x", low, high, scale=scale, signed=signed)
    keys, strength = hash_keys(range(N)), np.random.default_rng(0).uniform(-0.1, 1.1, N)
    many = level.values(strength, Rng(3, keys).at("step"))
    alone = [
        level.values(strength[i : i + 1], OneRng(3, keys[i : i + 1], epoch=0, copy=0, path="step"))[0] for i in range(N)
    ]
    assert np.array_equal(many, alone)
    assert len(set(np.sign(many - low).tolist())) == (3 if signed else 2)


def test_scales_run_from_low_to_high() -> None:
    ends, middle = np.array([0.0, 1.0]), np.array([0.5, 0.5])
    rng = Rng(1, hash_keys([0, 1]))
    assert Level("x", 2.0, 32.0, scale="log").values(ends, rng) == pytest.approx([2.0, 32.0])
    assert Level("x", 2.0, 32.0, scale="log").values(middle, rng) == pytest.approx([8.0, 8.0])  # sqrt(2 * 32)
    assert Level("x", 2.0, 32.0).values(middle, rng).tolist() == [17.0, 17.0]
    assert Level("x", 8, 1, scale="integer").values(np.array([0.2, 0.9]), rng).tolist() == [7.0, 2.0]
