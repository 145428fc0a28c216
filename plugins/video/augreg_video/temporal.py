"""Augmenters of time: which frames a clip keeps, in which order, at which speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from augreg import AugmenterBase, BatchInfo, ConfigError, Declaration, Level, Op, Params, Rng, SampleError
from augreg.param import choice, integer, interval, number
from augreg_video.clipop import ClipOp
from augreg_video.cuts import Clock, Cut, Floats, Ints
from augreg_video.declarations import timed
from augreg_video.retime import stamps_of

_ROUNDING_SLACK = 1e-6
"""Frames: how far rounding in timestamps may move a moment across the edge of a frame."""


@dataclass(frozen=True, kw_only=True)
class TemporalCrop(AugmenterBase):
    """Keep one stretch of consecutive frames.

    The length is ``frames``, or ``seconds``, or else a random ``fraction`` of the clip. Timestamps stay those
    of the source; events are counted from the new first frame, clipped to the stretch, and dropped outside.

    Raises:
        SampleError: the clip is shorter than asked for and short="error"; ``seconds`` without a frame rate.

    """

    declares: ClassVar[Declaration] = timed(
        alters={"completeness", "duration", "position", "synchrony"}, level=Level("fraction", 1.0, 0.25), memory=1.5
    )

    frames: int | None = integer(None, "Frames to keep.", low=1, optional=True, unit="frames")
    seconds: float | None = number(None, "Length to keep.", low=0, unit="s", optional=True)
    fraction: tuple[float, float] = interval((0.5, 1.0), "Share of the clip to keep.", low=0, high=1, unit="fraction")
    position: str = choice("random", "Where in the clip.", options=("random", "start", "centre", "end"))
    short: str = choice("keep", "What becomes of a clip that is shorter.", options=("keep", "error"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frames is not None and self.seconds is not None:
            raise ConfigError(f"frames={self.frames} and seconds={self.seconds:g} both say how long; give one of them.")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the first frame and the number of frames."""
        total = batch.lengths
        wanted = self._wanted(batch, rng, level)
        if self.short == "error" and (wanted > total).any():
            worst = int(np.argmax(wanted - total))
            raise SampleError(
                f"a clip has {total[worst]} frames where {wanted[worst]} are to be kept. "
                "Use short='keep', or video.fit_length first."
            )
        length = np.clip(wanted, 1, total)
        room = total - length
        if self.position == "random":
            start = rng.integers("start", 0, room + 1)
        else:
            start = {"start": 0 * room, "centre": room // 2, "end": room}[self.position]
        return Params(len(batch), start=start, length=length)

    def _wanted(self, batch: BatchInfo, rng: Rng, level: Floats | None) -> Ints:
        if level is None and self.frames is not None:
            return np.full(len(batch), self.frames, dtype=np.int64)
        if level is None and self.seconds is not None:
            return np.rint(self.seconds * known_rates(batch, f"seconds={self.seconds:g}")).astype(np.int64)
        wanted: Floats = np.rint(self.sample("fraction", rng, level) * batch.lengths)
        return wanted.astype(np.int64)

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        ends = (params.array("start") + params.array("length")).tolist()
        starts = params.array("start").tolist()
        return ClipOp.of_cuts([Cut(np.arange(a, b), "keep", stop=b) for a, b in zip(starts, ends, strict=True)])


@dataclass(frozen=True, kw_only=True)
class Subsample(AugmenterBase):
    """Keep a fixed number of frames, spread over the whole clip.

    "uniform" takes the first frame, the last one and evenly spaced ones between (as PyTorchVideo). The other
    modes cut the clip into equal segments, one per frame to keep: "centre" takes their middles, "random" one
    frame drawn from each (TSN: Wang et al., "Temporal Segment Networks", ECCV 2016), "jitter" evenly spaced
    frames that start anywhere in the first segment. A clip with fewer frames repeats some. Timestamps are
    those of the frames, the frame rate becomes the mean one.
    """

    declares: ClassVar[Declaration] = timed(alters={"tempo"}, memory=1.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {"frames": 4, "mode": mode} for mode in ("uniform", "centre", "random", "jitter")
    )

    frames: int = integer(doc="Frames to keep.", low=1, unit="frames")
    mode: str = choice("uniform", "How to choose.", options=("uniform", "centre", "random", "jitter"))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the index of every frame that is kept."""
        total, n = batch.lengths[:, None], self.frames
        step = np.arange(n)
        if self.mode == "uniform":
            return Params(len(batch), index=(step * (total - 1)) // max(n - 1, 1))
        if self.mode == "centre":
            return Params(len(batch), index=((2 * step + 1) * total) // (2 * n))
        offset = rng.uniform("offset", size=n if self.mode == "random" else 1)
        index = np.floor((step + offset) * (total / n)).astype(np.int64)
        return Params(len(batch), index=np.clip(index, 0, total - 1))

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        lengths = info.lengths.tolist()
        index = params.array("index")
        cuts = [Cut(row, "keep", stop=t, density=len(row) / t) for row, t in zip(index, lengths, strict=True)]
        return ClipOp.of_cuts(cuts)


@dataclass(frozen=True, kw_only=True)
class Reverse(AugmenterBase):
    """Play the clip backwards.

    Every frame is shown as long as before, and events end as long before the end as they began after the start.
    """

    declares: ClassVar[Declaration] = timed(alters={"synchrony", "time_order"}, p=0.5, keeps_shape=True, memory=1.5)

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        return ClipOp.of_cuts([Cut(np.arange(t)[::-1], "backward") for t in info.lengths.tolist()])


@dataclass(frozen=True, kw_only=True)
class Speed(AugmenterBase):
    """Play the clip faster or slower at the same frame rate.

    Output frame j shows what the source showed at the middle of its time, (j + 1/2) ``factor`` frames; so a
    moment moves by at most half a frame from its exact place. Clips with uneven timestamps come out even.
    """

    declares: ClassVar[Declaration] = timed(
        alters={"duration", "synchrony", "tempo"}, level=Level("factor", 1.0, 2.0, scale="log", signed=True), memory=1.5
    )

    factor: tuple[float, float] = interval((0.8, 1.25), "How many times as fast.", low=0.01, high=100, unit="ratio")

    @property
    def memory(self) -> float:
        """What plays slower has more frames."""
        return self.declares.memory * max(1.0, 1.0 / self.factor[0])

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the factors."""
        return Params(len(batch), factor=self.sample("factor", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        factors = params.array("factor").tolist()
        rows = zip(info.lengths.tolist(), factors, uneven_clocks(info), strict=True)
        return ClipOp.of_cuts([sped(t, f, clock) for t, f, clock in rows])


def uneven_clocks(info: BatchInfo) -> list[Clock | None]:
    """Return the clock of every clip that has timestamps, None for those whose frames are evenly spaced."""
    rows = zip(info.lengths.tolist(), info.rates.tolist(), stamps_of(info), strict=True)
    return [None if stamps is None else Clock.of(frames, rate, stamps) for frames, rate, stamps in rows]


def sped(frames: int, factor: float, clock: Clock | None) -> Cut | None:
    """Return the cut that plays a clip ``factor`` times as fast; ``clock`` is None for evenly spaced frames."""
    if factor == 1.0:
        return None
    return Cut(sampled(frames, factor, clock), "grid", factor=factor)


def sampled(frames: int, step: float, clock: Clock | None) -> Ints:
    """Return the frame that is shown in the middle of every ``step`` source frames, from start to end."""
    clock = clock if clock is not None and clock.step > 0 else None
    length = frames if clock is None else clock.end / clock.step
    moments = (np.arange(max(1, round(length / step))) + 0.5) * step
    if clock is None:
        index = np.floor(moments + _ROUNDING_SLACK).astype(np.int64)
    else:
        index = np.searchsorted(clock.starts, (moments + _ROUNDING_SLACK) * clock.step, side="right") - 1
    inside: Ints = np.clip(index, 0, frames - 1)
    return inside


def known_rates(batch: BatchInfo, wanted: str) -> Floats:
    """Return the frame rates (n,), or say that ``wanted`` needs them."""
    if np.isnan(batch.rates).any():
        raise SampleError(f"{wanted} needs the frame rate of every clip. Give Video(..., fps=...).")
    return batch.rates
