"""Changing the number of frames per second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from augreg import AugmenterBase, BatchInfo, Declaration, Level, Op, Params, Rng
from augreg.param import flag, interval
from augreg_video.clipop import ClipOp
from augreg_video.cuts import Clock, Cut, Floats
from augreg_video.declarations import timed
from augreg_video.temporal import known_rates, sampled, uneven_clocks


@dataclass(frozen=True, kw_only=True)
class FrameRate(AugmenterBase):
    """Show the clip at another frame rate, as long and as fast as before.

    A frame of the new rate shows what the source shows at its middle. With ``judder`` the clip then goes back
    to its own rate, so that it keeps its frames but moves in coarser steps.

    Raises:
        SampleError: the frame rate of a clip is unknown.

    """

    declares: ClassVar[Declaration] = timed(level=Level("ratio", 1.0, 0.2, scale="log"), memory=1.5)

    ratio: tuple[float, float] = interval(
        (0.4, 1.0), "New frame rate, as a multiple of the old one.", low=0.01, high=16, unit="ratio"
    )
    fps: tuple[float, float] | None = interval(
        None, "New frame rate; replaces ratio.", low=0.01, unit="1/s", optional=True
    )
    judder: bool = flag(False, "Keep the frames of the clip and only coarsen its movement.")

    @property
    def memory(self) -> float:
        """A higher rate has more frames; how many ``fps`` makes hangs on the clip."""
        return self.declares.memory * max(1.0, self.ratio[1] if self.fps is None else 1.0)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the ratio of the new rate to the old one."""
        if level is not None or self.fps is None:
            return Params(len(batch), ratio=self.sample("ratio", rng, level))
        return Params(len(batch), ratio=self.sample("fps", rng) / known_rates(batch, "fps"))

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        rows = zip(info.lengths.tolist(), params.array("ratio").tolist(), uneven_clocks(info), strict=True)
        return ClipOp.of_cuts([self._cut(*row) for row in rows])

    def _cut(self, frames: int, ratio: float, clock: Clock | None) -> Cut | None:
        if ratio == 1.0:
            return None
        index = sampled(frames, 1.0 / ratio, clock)
        if not self.judder:
            return Cut(index, "grid", pace=1.0 / ratio, density=ratio)
        held = np.floor((np.arange(frames) + 0.5) * ratio).astype(np.int64)
        return Cut(index[np.minimum(held, len(index) - 1)], "hold")
