"""What an interpolation reads, worked out for all samples at once: the part of the source, and the map into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg_image.kernels import one_map
from augreg_image.kernels.warp_plan import WarpPlan, blocks_of_one, is_inside, seen_of_one

TIE_SHIFT: Final = 1e-4
"""Nearest-pixel reads are moved by this much, so that exact ties fall the same way on every backend."""

_FILTER_REACH: Final = 3
"""Pixels beyond what the canvas maps to that a filter may read: bicubic takes two, rounding at most one more."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceReads:
    """Which pixels of their sources n samples read.

    Args:
        boxes: top, left, bottom, right of the part of the source that is needed; beyond the source only to
            fill up the last block.
        blocks: height and width of blocks to average, or None.
        matrix: float64 (n, 3, 3), from canvas to the (averaged) part, both counted from pixel centers.
        affine: whether the last row of the matrix is (0, 0, 1).
        borders: "constant", "edge" or "reflect".

    """

    boxes: list[list[int]]
    blocks: list[list[int] | None]
    matrix: NDArray[np.float64]
    affine: list[bool]
    borders: list[str]


def make_reads(plan: WarpPlan, border: str, *, nearest: bool) -> SourceReads:
    """Prepare the reads of a plan."""
    sizes = plan.sizes
    if len(sizes) == 1 and one_map.is_finite(plan.inverse_rows[0]):
        return _reads_of_one(plan, border, 0.5 - TIE_SHIFT if nearest else 0.5)
    inside = plan.inside.tolist()
    borders = ["edge" if whole else border for whole in inside]
    boxes = _boxes(plan, sizes)
    if border == "reflect":
        # Mirrored pixels may come from anywhere.
        end = -(-sizes // plan.blocks) * plan.blocks
        boxes = np.where(plan.inside[:, None], boxes, np.concatenate([np.zeros_like(sizes), end], axis=1))
    matrix = plan.inverse.copy()
    matrix[:, :2] -= boxes[:, 1::-1, None] * matrix[:, 2:]
    matrix[:, :2] /= plan.blocks[:, ::-1, None]
    averaged = (plan.blocks > 1).any(axis=1)
    blocks: list[list[int] | None] = [None] * len(sizes)
    for i in np.flatnonzero(averaged):
        blocks[i] = plan.blocks[i].tolist()
    matrix = centered(matrix, 0.5 - TIE_SHIFT if nearest else 0.5)
    affine = (matrix[:, 2, :2] == 0).all(axis=1).tolist()
    return SourceReads(boxes.tolist(), blocks, matrix, affine, borders)


def _reads_of_one(plan: WarpPlan, border: str, shift: float) -> SourceReads:
    """Return the same of one sample."""
    back, [size], [canvas] = plan.inverse_rows[0], plan.sizes.tolist(), plan.canvas.tolist()
    blocks = blocks_of_one(plan, back)
    seen = seen_of_one(back, bool(plan.affine[0]), canvas)
    inside = is_inside(seen, size)
    if border == "reflect" and not inside:
        # Mirrored pixels may come from anywhere.
        box = [0, 0, -(-size[0] // blocks[0]) * blocks[0], -(-size[1] // blocks[1]) * blocks[1]]
    else:
        box = one_map.part(seen, size, blocks, _FILTER_REACH)
    matrix = one_map.into_part(back, box, blocks, shift)
    affine = matrix[2][0] == 0 and matrix[2][1] == 0
    return SourceReads(
        [box], [None if blocks == [1, 1] else blocks], np.array([matrix]), [affine], ["edge" if inside else border]
    )


def centered(matrix: NDArray[np.float64], shift: float = 0.5) -> NDArray[np.float64]:
    """Turn maps (n, 3, 3) of pixel-edge coordinates into maps of pixel centres: T(-1/2) M T(1/2)."""
    out = matrix.copy()
    out[:, :, 2] += 0.5 * (matrix[:, :, 0] + matrix[:, :, 1])
    out[:, :2] -= shift * out[:, 2:]
    return out / np.where(out[:, 2:, 2:] == 0, 1.0, out[:, 2:, 2:])


def _boxes(plan: WarpPlan, sizes: NDArray[np.int64]) -> NDArray[Any]:
    margin, blocks = _FILTER_REACH * plan.blocks, plan.blocks
    reach = np.clip(plan.reach, -(2.0**31), 2.0**31).astype(np.int64)
    last = (np.maximum(sizes, 1) - 1) // blocks
    first = np.clip((reach[:, :2] - margin) // blocks, 0, last)
    stop = np.clip(-(-(reach[:, 2:] + margin) // blocks), first + 1, last + 1)
    # Without blocks the part ends where the source does.
    return np.concatenate([first, stop], axis=1) * np.tile(blocks, 2)
