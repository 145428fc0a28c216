"""Geometry on pictures that were decoded smaller than they are, on the CPU."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PIL import Image as Pillow

from augreg.kernel import Shrunk
from augreg_image.kernels.layout import Array, keep_axis
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_cv import placed
from augreg_image.kernels.warp_plan import RESIZE, WARP, WarpPlan

FILTERS: Final = {"bilinear": Pillow.Resampling.BILINEAR, "bicubic": Pillow.Resampling.BICUBIC}


def shrinking(plan: WarpPlan, i: int) -> float:
    """Return how many pixels of picture i, along each side at least, there are for one of its canvas; 1 if unsure."""
    kind = plan.kinds[i]
    if kind not in (RESIZE, WARP) or not plan.averages:
        return 1.0
    back, (height, width) = plan.inverse_rows[i], plan.canvases[i]
    if plan.affine[i]:
        return _smallest(back[0][0], back[0][1], back[1][0], back[1][1])
    # A projective map scales least at a corner.
    return min(_smallest_at(back, x, y) for x in (0, width) for y in (0, height))


def _smallest_at(back: list[list[float]], x: float, y: float) -> float:
    """Return by how much a projective map scales at a point, in the direction where that is least."""
    u, v, w = (row[0] * x + row[1] * y + row[2] for row in back)
    if w < 1e-6:
        return 1.0
    u, v = u / w, v / w
    (a, b, _), (c, d, _), (g, h, _) = back
    return _smallest((a - u * g) / w, (b - u * h) / w, (c - v * g) / w, (d - v * h) / w)


def _smallest(a: float, b: float, c: float, d: float) -> float:
    """Return the smaller singular value of a matrix of 2 x 2, a touch above it, so that rounding takes nothing off."""
    power, area = a * a + b * b + c * c + d * d, abs(a * d - b * c)
    largest = math.sqrt(0.5 * (power + math.sqrt(max(power * power - 4.0 * area * area, 0.0))))
    return area / max(largest, 1e-300) * (1.0 + 1e-9)


def resize_of_shrunk(image: Array, found: Shrunk, plan: WarpPlan, i: int, how: Resampling, dst: Array | None) -> Array:
    """Scale a part of a picture onto a part of its canvas as :func:`augreg_image.kernels.warp_cv.resize` does.

    Its edges need not be whole pixels any more once the picture is smaller. PIL takes such edges.
    """
    (top, left, bottom, right), (y0, x0, y1, x1) = plan.resizes[i]
    y, x = (
        ((top - found.top) / found.scale, (bottom - found.top) / found.scale),
        (
            (left - found.left) / found.scale,
            (right - found.left) / found.scale,
        ),
    )
    first, last = (math.floor(y[0]), math.floor(x[0])), (math.ceil(y[1]), math.ceil(x[1]))
    part = image[first[0] : last[0], first[1] : last[1]]
    box = (x[0] - first[1], y[0] - first[0], x[1] - first[1], y[1] - first[0])
    picture = Pillow.fromarray(part[..., 0] if part.shape[2] == 1 else part)
    scaled = picture.resize((x1 - x0, y1 - y0), FILTERS[how.mode], box=box)
    return placed(keep_axis(np.array(scaled)), plan, i, how, dst)
