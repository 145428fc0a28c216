"""3x3 matrices in pixel-edge coordinates: a picture of size (H, W) covers [0, W] x [0, H], x first.

All functions are vectorized: they take arrays (n,) and return float64 (n, 3, 3) that map source to destination.
A product reads right to left: ``b @ a`` is a, then b.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrices = NDArray[np.float64]

_ONE: Final = np.eye(3)


def _fill(n: int, **entries: ArrayLike) -> Matrices:
    """Identity matrices with some entries set, given as ``m01=...``."""
    out = identity(n)
    for name, entry in entries.items():
        out[:, int(name[1]), int(name[2])] = entry
    return out


def identity(n: int) -> Matrices:
    """Return n identities."""
    out = np.empty((n, 3, 3))
    out[:] = _ONE
    return out


def translation(x: NDArray[Any], y: NDArray[Any]) -> Matrices:
    """Move by (x, y) pixels."""
    out = identity(len(x))
    out[:, 0, 2], out[:, 1, 2] = x, y
    return out


def scaling(x: NDArray[Any], y: NDArray[Any]) -> Matrices:
    """Scale about the origin, the top left corner of the picture."""
    out = identity(len(x))
    out[:, 0, 0], out[:, 1, 1] = x, y
    return out


def hflip(width: NDArray[Any]) -> Matrices:
    """Mirror left and right: x becomes W - x."""
    out = np.empty((len(width), 3, 3))  # as identity() makes them
    out[:] = _ONE
    out[:, 0, 0], out[:, 0, 2] = -1.0, width
    return out


def vflip(height: NDArray[Any]) -> Matrices:
    """Mirror top and bottom: y becomes H - y."""
    out = identity(len(height))
    out[:, 1, 1], out[:, 1, 2] = -1.0, height
    return out


def transpose(n: int) -> Matrices:
    """Exchange x and y."""
    return _fill(n, m00=0.0, m01=1.0, m10=1.0, m11=0.0)


def rot90(turns: NDArray[Any], height: NDArray[Any], width: NDArray[Any]) -> Matrices:
    """Rotate counter-clockwise by quarter turns into the canvas of the turned picture."""
    turns = np.asarray(turns) % 4
    c, s = np.array([1.0, 0.0, -1.0, 0.0])[turns], np.array([0.0, 1.0, 0.0, -1.0])[turns]
    x = np.choose(turns, [0.0 * width, 0.0 * width, width, height])
    y = np.choose(turns, [0.0 * width, width, height, 0.0 * width])
    return _fill(len(turns), m00=c, m01=s, m02=x, m10=-s, m11=c, m12=y)


def rotation(degrees: NDArray[Any]) -> Matrices:
    """Rotate about the origin, counter-clockwise as seen (y points down). Quarter turns are exact."""
    degrees = np.asarray(degrees, dtype=np.float64)
    radians = np.deg2rad(degrees)
    c, s = np.cos(radians), np.sin(radians)
    quarter = degrees % 90.0 == 0.0
    if True in quarter.tolist():
        c, s = np.where(quarter, np.rint(c), c), np.where(quarter, np.rint(s), s)
    out = identity(len(degrees))
    out[:, 0, 0] = out[:, 1, 1] = c
    out[:, 0, 1], out[:, 1, 0] = s, -s
    return out


def shear(x: NDArray[Any], y: NDArray[Any]) -> Matrices:
    """Shear about the origin by angles in degrees, as torchvision: x' = x - tan(sx) y, y' = y - tan(sy) x.

    The vertical shear acts last.
    """
    tan_x, tan_y = np.tan(np.deg2rad(x)), np.tan(np.deg2rad(y))
    down, across = identity(len(tan_y)), identity(len(tan_x))
    down[:, 1, 0], across[:, 0, 1] = -tan_y, -tan_x
    return down @ across


def about(matrices: Matrices, x: NDArray[Any], y: NDArray[Any]) -> Matrices:
    """Let a matrix act about the point (x, y) instead of the origin."""
    return translation(x, y) @ matrices @ translation(-x, -y)


def homography(source: NDArray[Any], target: NDArray[Any]) -> Matrices:
    """Return the perspective maps that send four points to four points, both (n, 4, 2)."""
    left, right = np.zeros((len(source), 8, 8)), np.empty((len(source), 8, 1))
    for axis in range(2):  # four equations for x, then four for y
        rows, own = slice(4 * axis, 4 * axis + 4), target[..., axis, None]
        left[:, rows, 3 * axis : 3 * axis + 2] = source
        left[:, rows, 3 * axis + 2] = 1.0
        left[:, rows, 6:] = -own * source
        right[:, rows] = own
    found = np.empty((len(source), 9))
    found[:, :8], found[:, 8] = np.linalg.solve(left, right)[..., 0], 1.0
    return found.reshape(-1, 3, 3)


def project(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map points (..., 2) by one matrix (3, 3)."""
    mapped: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    if matrix[2, 0] == 0.0 and matrix[2, 1] == 0.0:
        depth: np.float64 = matrix[2, 2]
        return mapped[..., :2] / depth
    return mapped[..., :2] / mapped[..., 2:]
