"""Finding a painted mark in a result: where two results differ that were made from a picture with and without it."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

SHARE: Final = 0.4
"""The share of the largest difference from which a pixel counts as painted."""
VISIBLE: Final = 0.06
"""Differences below this share of full scale are no trace of the mark."""


def trace_of(plain: torch.Tensor, painted: torch.Tensor, full: float) -> np.ndarray | None:
    """Return where the mark is, boolean (H, W), or None when nothing of it is left.

    The tensors are (C, H, W), results of the same augmentation without and with the mark.
    """
    if plain.shape != painted.shape:
        return None
    apart = (plain.to(torch.float64) - painted.to(torch.float64)).abs().amax(0).cpu().numpy() / full
    if not apart.size or apart.max() < VISIBLE:
        return None
    found: np.ndarray = apart > SHARE * apart.max()
    return found


def touching(mask: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """Return the parts of ``mask`` (H, W) that hang together with a place in ``seed``."""
    found = mask & seed
    while True:
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        grown[:, 1:] |= found[:, :-1]
        grown[:, :-1] |= found[:, 1:]
        grown &= mask
        if (grown == found).all():
            return np.asarray(found)
        found = grown


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    """Return a filled circle, boolean (H, W); pixel centres are at halves."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    found: np.ndarray = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    return found


def centre(mask: np.ndarray) -> np.ndarray:
    """Return the centre (x, y) of a region in pixel-edge coordinates."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def extent(mask: np.ndarray) -> np.ndarray:
    """Return the box (x0, y0, x1, y1) around a region in pixel-edge coordinates."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], dtype=float)


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    """Return a region (..., H, W) that is larger by some pixels on every side."""
    size = 2 * by + 1
    flat = torch.from_numpy(np.ascontiguousarray(mask))[None, None].float()
    found: np.ndarray = torch.nn.functional.max_pool2d(flat, size, 1, by)[0, 0].numpy() > 0
    return found
