"""The Jensen-Shannon loss against the formula in numpy and scipy's distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.policies import jensen_shannon


def formula(logits: list[np.ndarray]) -> float:
    """Mean over samples of the mean of KL(p_k || mean of p), classes along axis 1."""
    each = []
    for one in logits:
        powers = np.exp(one - one.max(axis=1, keepdims=True))
        each.append(powers / powers.sum(axis=1, keepdims=True))
    mixture = np.mean(each, axis=0)
    return float(np.mean([(p * np.log(p / mixture)).sum(axis=1).mean() for p in each]))


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 4), st.integers(1, 5), st.integers(2, 6), st.integers(0, 999))
def test_it_is_the_formula(versions: int, n: int, classes: int, seed: int) -> None:
    logits = list(np.random.default_rng(seed).normal(0, 3, (versions, n, classes)))
    found = jensen_shannon(*map(torch.from_numpy, logits)).item()
    np.testing.assert_allclose(found, formula(logits), rtol=1e-9, atol=1e-12)
    assert -1e-12 <= found <= np.log(versions) + 1e-12


def test_it_is_the_square_of_scipys_distance() -> None:
    distance = pytest.importorskip("scipy.spatial.distance")
    one, two = torch.tensor([0.2, 1.5, -1.0]).double(), torch.tensor([1.0, 0.0, 0.3]).double()
    wanted = distance.jensenshannon(one.softmax(0), two.softmax(0)) ** 2
    np.testing.assert_allclose(jensen_shannon(one, two).item(), wanted, rtol=1e-9)


def test_its_gradient_is_that_of_the_function() -> None:
    logits = [torch.randn(3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(jensen_shannon, logits)


def test_places_of_a_segmentation_are_averaged() -> None:
    maps = [torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(i)) for i in (1, 2)]
    flat = [m.movedim(1, 3).reshape(-1, 3) for m in maps]
    np.testing.assert_allclose(jensen_shannon(*maps).item(), jensen_shannon(*flat).item(), rtol=1e-9)


def test_half_precision_is_summed_in_single() -> None:
    logits = [torch.randn(8, 100, generator=torch.Generator().manual_seed(i)) for i in (1, 2, 3)]
    found = jensen_shannon(*(one.half() for one in logits))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.item(), jensen_shannon(*logits).item(), rtol=5e-3)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(augreg.ConfigError, match="two versions or more, not 1"):
        jensen_shannon(torch.zeros(2, 3))
    with pytest.raises(augreg.ConfigError, match="logits of shapes"):
        jensen_shannon(torch.zeros(2, 3), torch.zeros(2, 4))
