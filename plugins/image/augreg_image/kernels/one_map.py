"""The formulas of `warp_plan` and `reads` for one map, in Python's numbers.

numpy takes longer to start than all of this takes. Each formula does the operations of its namesake in their order, so
that the bits are the same. Products and inverses of matrices, whose order is BLAS's, stay with numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import copysign, isfinite
from operator import truediv
from typing import Final

Rows = list[list[float]]
"""A matrix (3, 3)."""
Box = tuple[float, float, float, float]
"""Top, left, bottom and right."""

IDENTITY_ROWS: Final[Rows] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
_FAR: Final = 2.0**40
_MOST: Final = 2.0**31
_NO_BLOCKS: Final = 1.4
"""With no entry larger than this, a matrix (2, 2) has no row longer than 1.98, hence no smaller singular value of 2."""


def is_affine(rows: Rows) -> bool:
    """Whether the last row is (0, 0, w)."""
    return abs(rows[2][0]) < 1e-12 and abs(rows[2][1]) < 1e-12


def is_finite(rows: Rows) -> bool:
    """Whether all entries are numbers, and not huge."""
    return isfinite(sum(chain(*rows)))


def is_aligned(rows: Rows) -> bool:
    """Whether a map is affine and sends pixels to pixels."""
    (a, b, x), (c, d, y), (g, h, _) = rows
    if abs(g) >= 1e-12 or abs(h) >= 1e-12:
        return False
    upright = b == 0 and c == 0 and abs(a) == 1 and abs(d) == 1
    turned = a == 0 and d == 0 and abs(b) == 1 and abs(c) == 1
    return (upright or turned) and x.is_integer() and y.is_integer()


def snapped(rows: Rows, tolerances: Sequence[Sequence[float]]) -> Rows | None:
    """Round entries that are closer to a whole number than their tolerance; None where some are not finite."""
    if not is_finite(rows):
        return None
    found = []
    for value, tolerance in zip(chain(*rows), chain(*tolerances), strict=True):
        near = copysign(round(value), value)
        found.append(near if abs(value - near) < tolerance else value)
    return [found[:3], found[3:6], found[6:]]


def inverse(rows: Rows) -> Rows | None:
    """Return the inverse of an affine map, None if there is none."""
    (a, b, x), (c, d, y), (_, _, w) = rows
    area = a * d - b * c
    if area == 0:
        return None
    p, q, r, s = d / area, -b / area, -c / area, a / area
    return [[p * w, q * w, -(p * x + q * y)], [r * w, s * w, -(r * x + s * y)], [0.0, 0.0, 1.0]]


def reach(back: Rows, canvas: list[int]) -> Box:
    """Return what the canvas maps to by an inverse."""
    (a, b, x), (c, d, y), _ = back
    height, width = canvas
    a, b, c, d = a * width, b * height, c * width, d * height
    low, high = y + (min(c, 0.0) + min(d, 0.0)), y + (max(c, 0.0) + max(d, 0.0))
    return low, x + (min(a, 0.0) + min(b, 0.0)), high, x + (max(a, 0.0) + max(b, 0.0))


def projective_reach(xs: list[float], ys: list[float], depths: list[float]) -> Box:
    """Return the same of perspective, from where the corners of the canvas are mapped to."""
    if min(depths) <= 1e-9:
        return -1e9, -1e9, 1e9, 1e9  # a canvas that sees the vanishing line may read anything
    across, down = list(map(truediv, xs, depths)), list(map(truediv, ys, depths))
    return min(down), min(across), max(down), max(across)


def jacobian(back: Rows, middle: Sequence[float]) -> Rows:
    """Return the linear part of perspective at the middle of the canvas, which is mapped to ``middle``."""
    (a, b, _), (c, d, _), (g, h, _) = back
    x, y, w = middle
    w = 1e-9 if abs(w) < 1e-9 else w
    x, y = x / w, y / w
    return [[(a - x * g) / w, (b - x * h) / w], [(c - y * g) / w, (d - y * h) / w]]


def rectangles(rows: Rows, seen: Box, size: list[int]) -> tuple[list[int], list[int], bool]:
    """Return what an upright map reads and fills, and whether both have whole, non-empty sides."""
    top, left, bottom, right = max(seen[0], 0.0), max(seen[1], 0.0), min(seen[2], size[0]), min(seen[3], size[1])
    (a, _, x), (_, d, y), _ = rows
    first, last = (top * d + y, left * a + x), (bottom * d + y, right * a + x)
    low, high = map(min, first, last), map(max, first, last)
    edges, whole = [], True
    for edge in (top, left, bottom, right, *low, *high):
        inside = min(max(edge, -_FAR), _FAR)
        near = round(inside)
        edges.append(near)
        whole = whole and abs(inside - near) < 1e-5
    read, filled = edges[:4], edges[4:]
    full = read[2] > read[0] and read[3] > read[1] and filled[2] > filled[0] and filled[3] > filled[1]
    return read, filled, whole and full


def needs_no_blocks(linear: Rows) -> bool:
    """Whether an inverse with this linear part surely shrinks too little for blocks of the source to be averaged."""
    (a, b, *_), (c, d, *_) = linear
    return min(a, b, c, d) > -_NO_BLOCKS and max(a, b, c, d) < _NO_BLOCKS


def part(seen: Box, size: list[int], blocks: Sequence[int], margin: int) -> list[int]:
    """Return top, left, bottom and right of the part of a source that is read: whole blocks."""
    first, last = [], []
    for side, block, low, high in zip(size, blocks, seen[:2], seen[2:], strict=True):
        before = int(min(max(low, -_MOST), _MOST)) - margin * block
        behind = int(min(max(high, -_MOST), _MOST)) + margin * block
        end = (max(side, 1) - 1) // block
        start = min(max(before // block, 0), end)
        first.append(start * block)
        last.append(min(max(-(-behind // block), start + 1), end + 1) * block)
    return first + last


def into_part(back: Rows, box: list[int], blocks: Sequence[int], shift: float) -> Rows:
    """Return the inverse as a map of pixel centers into a part of the source of which blocks are averaged."""
    g, h, w = back[2]
    middle = w + 0.5 * (g + h)
    scale = middle if middle != 0 else 1.0
    found = []
    for (p, q, x), start, block in zip(back[:2], (box[1], box[0]), (blocks[1], blocks[0]), strict=True):
        p, q, x = (p - start * g) / block, (q - start * h) / block, (x - start * w) / block
        x += 0.5 * (p + q)
        found.append([(p - shift * g) / scale, (q - shift * h) / scale, (x - shift * middle) / scale])
    return [*found, [g / scale, h / scale, middle / scale]]
