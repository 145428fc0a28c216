"""Compares thumbnails that may be shifted and scaled a little, as crops are: Lucas and Kanade's registration (1981)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.jobs.cleaning.thumbs import SIDE

Stack = NDArray[np.float32]

STEPS: Final = 4
"""Steps of the registration; shifts of two pixels of a thumbnail, a crop of 10 %, take three."""

FARTHEST: Final = 0.15
"""Most that a side is shifted or scaled by, as a share of its half."""

FINE: Final = 0.7
BROAD: Final = 1.5
"""Widths, in pixels, of the two blurs whose difference is compared. What is finer is lost in JPEG, and what is
broader (a bright object on a dark ground) unlike pictures of one kind share: of 10,000 pictures of clothes, pairs with
alike codes correlated by 0.925 as they are and by 0.70 in this band, JPEG copies of photographs by more than 0.92."""

_PLACES: Final = np.arange(SIDE, dtype=np.float32)
_HALF: Final = (SIDE - 1) / 2
_AXIS: Final = ((np.arange(SIDE) - _HALF) / (SIDE / 2)).astype(np.float32)


def _blur(width: float) -> Stack:
    """Return the matrix that blurs along one side by a Gaussian; at the ends the weights of what is there add to 1."""
    apart = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    weights = np.exp(-0.5 * (apart / width) ** 2)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


_FINE, _BROAD = _blur(FINE), _blur(BROAD)


def likeness(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
    """Return how alike thumbnails (n, 32, 32) are pair by pair, at most 1, whichever of a pair is the crop."""
    a, b = first.astype(np.float32), second.astype(np.float32)
    return np.maximum(_one_way(a, b), _one_way(b, a))


def _one_way(fixed: Stack, moved: Stack) -> NDArray[np.float32]:
    warped, there = _registered(fixed, moved)
    return _correlation(_band(fixed), _band(warped), there)


def _band(stack: Stack) -> Stack:
    return np.asarray(_FINE @ stack @ _FINE.T - _BROAD @ stack @ _BROAD.T)


def _correlation(a: Stack, b: Stack, there: Stack) -> NDArray[np.float32]:
    a, b = _centered(a, there), _centered(b, there)
    return np.asarray((a * b).sum((1, 2)) / (_norm(a) * _norm(b))[:, 0, 0], np.float32)


def _centered(stack: Stack, there: Stack) -> Stack:
    """Take off the mean over the pixels that are there; others are 0."""
    means = (stack * there).sum((1, 2), keepdims=True) / there.sum((1, 2), keepdims=True)
    return np.asarray((stack - means) * there)


def _norm(stack: Stack) -> Stack:
    return np.asarray(np.sqrt((stack**2).sum((1, 2), keepdims=True)) + 1e-3)


def _registered(fixed: Stack, moved: Stack) -> tuple[Stack, Stack]:
    """Return ``moved`` as it lies over ``fixed``, and which of its pixels are there, by Gauss-Newton steps.

    Four numbers are fitted for each pair: shift and scale along either side. Brightness and contrast do not count.
    """
    place = np.zeros((len(fixed), 4), np.float32)
    for _ in range(STEPS):
        warped, there = _warped(moved, place)
        a, b = _centered(fixed, there), _centered(warped, there)
        gain = _norm(a) / _norm(b)
        slopes = _slopes(warped, gain * there)
        turned = slopes.transpose(0, 2, 1)
        normal = turned @ slopes
        # A little of the diagonal keeps the equations solvable where a picture has no detail along one side.
        damping = 1e-3 * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-9
        wanted = turned @ (a - gain * b).reshape(len(a), -1, 1)
        step = np.linalg.solve(normal + damping / 4 * np.eye(4, dtype=np.float32), wanted)[..., 0]
        place = np.clip(place + step, -FARTHEST, FARTHEST)
    return _warped(moved, place)


def _slopes(warped: Stack, weight: Stack) -> Stack:
    """Return how every pixel changes with each of the four numbers, (n, pixels, 4)."""
    across = np.gradient(warped, axis=2) * weight * (SIDE / 2)
    down = np.gradient(warped, axis=1) * weight * (SIDE / 2)
    found = np.stack([across, across * _AXIS[None, None, :], down, down * _AXIS[None, :, None]], axis=-1)
    found = found.reshape(len(warped), -1, 4)
    return np.asarray(found - found.mean(1, keepdims=True))


def _warped(stack: Stack, place: Stack) -> tuple[Stack, Stack]:
    """Return pictures shifted and scaled, and 1 where their pixels are there, else 0."""
    x = _HALF + SIDE / 2 * (_AXIS * (1.0 + place[:, 1:2]) + place[:, 0:1])
    y = _HALF + SIDE / 2 * (_AXIS * (1.0 + place[:, 3:4]) + place[:, 2:3])
    there = _inside(y)[:, :, None] & _inside(x)[:, None, :]
    warped = np.asarray(_weights(y) @ stack @ _weights(x).transpose(0, 2, 1), np.float32)
    return warped, there.astype(np.float32)


def _inside(places: Stack) -> NDArray[np.bool_]:
    return (places >= -1e-4) & (places <= SIDE - 1 + 1e-4)


def _weights(places: Stack) -> Stack:
    """Return matrices (n, 32, 32) that interpolate along one side."""
    held = np.clip(places, 0.0, SIDE - 1.0)
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(held[:, :, None] - _PLACES)))
