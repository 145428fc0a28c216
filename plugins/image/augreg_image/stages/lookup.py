"""The lookup stage: a chain of tone curves, one table per sample where values are whole numbers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg_image.kernels import values_cv, values_torch
from augreg_image.kernels.layout import Array
from augreg_image.kernels.tone_curves import Curve, DrawnCurve, tables
from augreg_image.stages.named import chosen
from augreg_image.stages.stage import PreparedValues, Stage, fitting


@dataclass(frozen=True, slots=True, eq=False)
class Lookup(Stage):
    """A chain of tone curves. On uint8 it becomes one table of 256 entries, the composition of the curves' tables.

    Args:
        curves: functions of numpy arrays and tensors alike, see :data:`Curve`.
        params: for each curve, float64 (n, k).
        active: for each curve, bool (n,): samples to which it applies.

    """

    curves: tuple[Curve, ...]
    params: tuple[NDArray[np.float64], ...]
    active: tuple[NDArray[np.bool_], ...]

    def __len__(self) -> int:
        return len(self.active[0])

    def take(self, rows: NDArray[Any]) -> Lookup:
        """Return the stage of some samples."""
        return Lookup(self.curves, tuple(p[rows] for p in self.params), tuple(a[rows] for a in self.active))

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Lookup:
        """Spread over len(shapes) samples, with identities beside ``rows``."""
        n = len(shapes)
        params = tuple(_spread(p, rows, (n, *p.shape[1:])) for p in self.params)
        return Lookup(self.curves, params, tuple(_spread(a, rows, (n,)) for a in self.active))

    @property
    def family(self) -> Hashable:
        """All lookups can be gathered."""
        return Lookup

    def gathered(self, parts: Sequence[tuple[NDArray[Any], Lookup]], shapes: NDArray[np.int64]) -> Lookup:
        """See :meth:`Stage.gathered`."""
        spread = [one.expand(rows, shapes) for rows, one in parts]
        curves, params, active = ([getattr(one, name) for one in spread] for name in ("curves", "params", "active"))
        return Lookup(sum(curves, ()), sum(params, ()), sum(active, ()))

    def then(self, other: Lookup) -> Lookup:
        """Return both in one lookup."""
        return Lookup(self.curves + other.curves, self.params + other.params, self.active + other.active)

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples to which no curve applies."""
        busy: NDArray[np.bool_] = np.logical_or.reduce(self.active, axis=0)
        return ~busy

    def sets_alpha_aside(self, channels: int) -> bool:
        """See :meth:`Stage.sets_alpha_aside`."""
        return True

    def changes(self, names: tuple[str, ...]) -> list[int] | None:
        """See :meth:`Stage.changes`."""
        return chosen(names, rgb=False)

    def prepare(self, info: BatchInfo) -> PreparedLookup:
        """Return the stage ready to run."""
        return PreparedLookup(self, info)

    @property
    def drawn(self) -> tuple[DrawnCurve, ...]:
        """Each curve with its parameters and the samples to which it applies."""
        return tuple(zip(self.curves, self.params, self.active, strict=True))


class PreparedLookup(PreparedValues):
    """A lookup stage, whose tables are made when an image first asks for them."""

    def __init__(self, stage: Lookup, info: BatchInfo) -> None:
        self.stage = stage
        self.idle = stage.identities(info)

    @cached_property
    def tables(self) -> dict[int, tuple[NDArray[np.uint8], tuple[Any, int] | None]]:
        """For uint8, the table (256,) of each sample that is not idle.

        Beside it what does the same, see :func:`augreg_image.kernels.values_cv.bitwise`.
        """
        busy = (~self.idle).nonzero()[0]
        found = tables(self.stage.take(busy).drawn, 256).astype(np.uint8)
        return dict(zip(busy.tolist(), zip(found, values_cv.bitwise(found), strict=True), strict=True))

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Look one image up."""
        if image.dtype == np.uint8:
            table, simple = self.tables[i]
            if simple is not None:
                operate, operand = simple
                found: Array = operate(image, operand, out=fitting(dst, image))
                return found
            return values_cv.look_up(image, table, fitting(dst, image))
        return values_cv.lookup(image, self.stage.drawn, i, fitting(dst, image))

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Look images up."""
        return values_torch.lookup(images, self.stage.take(rows).drawn)


def _spread(values: NDArray[Any], rows: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    out = np.zeros(shape, dtype=values.dtype)
    out[rows] = values
    return out
