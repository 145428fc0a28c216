"""Rearranging the time axis: crop, pad, loop, repeat_part, splice_out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import augreg
from augreg import ConfigError, param
from augreg_audio.assembly import Assembly, Rearranged
from augreg_audio.base import waveform_declaration
from augreg_audio.joints import Copy


@dataclass(frozen=True, kw_only=True)
class Crop(Rearranged):
    """Cut a random stretch out of the sound and keep that.

    Its duration is ``share`` of the row's own length, or exactly ``seconds`` if given: sounds shorter than that get
    silence behind them if ``pad`` is set, and stay as they are if not. At least one frame remains.
    """

    share: tuple[float, float] = param.interval(
        (0.5, 1.0), "of the length that is kept", low=0.0, high=1.0, unit="fraction"
    )
    seconds: float | None = param.number(None, "duration of the result", low=0.0, unit="s", optional=True)
    pad: bool = param.flag(True, "whether shorter sounds are lengthened to ``seconds``")
    where: str = param.choice("random", "which stretch", options=("random", "start", "centre", "end"))

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "completeness",
            "duration",
            "position",
            "synchrony",
        ),
        level=augreg.Level("share", 1.0, 0.5),
        moves=True,
        keeps_shape=False,
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``share`` (unless ``seconds`` is set) and ``place``, 0 the first stretch and 1 the last."""
        n = len(batch)
        share = self.sample("share", rng, level) if self.seconds is None else np.full(n, -1.0)
        fixed = {"start": 0.0, "centre": 0.5, "end": 1.0}
        place = rng.uniform("place") if self.where == "random" else np.full(n, fixed[self.where])
        return augreg.Params(n, share=share, place=place)

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return the one stretch."""
        share = float(row["share"])
        wanted = round(share * frames) if self.seconds is None else round(self.seconds * rate)
        wanted = max(wanted, 1) if frames else (wanted if self.seconds is not None and self.pad else 0)
        kept = min(wanted, frames)
        start = min(int(float(row["place"]) * (frames - kept + 1)), frames - kept)
        after = wanted if self.seconds and self.pad else kept
        return Assembly([Copy(start, start + kept, 0)] if kept else [], after, gaps=kept < after)


@dataclass(frozen=True, kw_only=True)
class Pad(Rearranged):
    """Put silence before and behind the sound.

    Durations are shares of the row's own length. If ``seconds`` is given, sounds shorter than that are lengthened to
    it instead, the silence being divided at a random place; longer ones stay as they are.
    """

    before: tuple[float, float] = param.interval(
        (0.0, 0.25), "silence first, share of the length", low=0.0, high=10.0, unit="fraction"
    )
    behind: tuple[float, float] = param.interval(
        (0.0, 0.25), "silence last, share of the length", low=0.0, high=10.0, unit="fraction"
    )
    seconds: float | None = param.number(None, "duration of the result", low=0.0, unit="s", optional=True)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("duration", "position", "synchrony"),
        moves=True,
        keeps_shape=False,
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    @property
    def memory(self) -> float:
        """The silence is in the result; how much ``seconds`` adds hangs on the sound."""
        return self.declares.memory * (1.0 + (self.before[1] + self.behind[1] if self.seconds is None else 0.0))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both durations uniformly, and how the silence is divided if ``seconds`` is set."""
        if self.seconds is not None:
            return augreg.Params(len(batch), place=rng.uniform("place"))
        drawn = {name: self.sample(name, rng, level) for name in ("before", "behind")}
        return augreg.Params(len(batch), drawn)

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return the whole sound, later."""
        if self.seconds is not None:
            extra = max(0, round(self.seconds * rate) - frames)
            first = int(float(row["place"]) * (extra + 1))
        else:
            first, last = (round(float(row[k]) * frames) for k in ("before", "behind"))
            extra = first + last
        return Assembly([Copy(0, frames, first)] if frames else [], frames + extra, gaps=extra > 0)


@dataclass(frozen=True, kw_only=True)
class Loop(Rearranged):
    """Play the sound several times in a row.

    ``times`` in all, or until ``seconds`` are full if given (the last time cut off; longer sounds stay whole).
    Events and frame labels are repeated.
    """

    times: tuple[float, float] = param.interval((2, 3), "how often in all", low=1, high=100, integral=True)
    seconds: float | None = param.number(None, "duration of the result", low=0.0, unit="s", optional=True)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "content",
            "duration",
            "synchrony",
        ),
        moves=True,
        keeps_shape=False,
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    @property
    def memory(self) -> float:
        """Every time is in the result; how much longer ``seconds`` makes a sound hangs on the sound."""
        return self.declares.memory * (self.times[1] if self.seconds is None else 1.0)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``times``, a whole number."""
        low, high = self.times
        return augreg.Params(len(batch), times=rng.integers("times", int(low), int(high) + 1))

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return the copies, one behind the other."""
        total = int(row["times"]) * frames if self.seconds is None else max(frames, round(self.seconds * rate))
        if not frames:
            return Assembly([], 0)
        return Assembly([Copy(0, min(frames, total - at), at) for at in range(0, total, frames)], total)


@dataclass(frozen=True, kw_only=True)
class RepeatPart(Rearranged):
    """Stutter: repeat a random part of the sound on the spot.

    A part of ``width`` of the row's own length is heard ``times`` more before the sound goes on, with short fades
    against clicks where it begins anew. With ``keep_length`` the end is cut off to the old length.
    """

    width: tuple[float, float] = param.interval(
        (0.05, 0.25), "part, share of the length", low=0.0, high=1.0, unit="fraction"
    )
    times: tuple[float, float] = param.interval((1, 2), "how often more", low=1, high=100, integral=True)
    keep_length: bool = param.flag(False, "whether the end is cut off to the old length")
    fade: float = param.number(0.003, "length of each fade", low=0.0, high=1.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "content",
            "duration",
            "position",
            "synchrony",
        ),
        level=augreg.Level("width", 0.0, 0.3),
        moves=True,
        keeps_shape=False,
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    @property
    def memory(self) -> float:
        """The repetitions are in the result."""
        return self.declares.memory * (1.0 if self.keep_length else 1.0 + self.width[1] * self.times[1])

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``width``, ``times`` and the ``place`` of the part."""
        low, high = self.times
        times = rng.integers("times", int(low), int(high) + 1)
        return augreg.Params(
            len(batch), width=self.sample("width", rng, level), times=times, place=rng.uniform("place")
        )

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return the beginning, the repetitions and the rest."""
        width = round(row["width"] * frames)
        start = min(int(row["place"] * (frames - width + 1)), frames - width)
        end, times = start + width, int(row["times"])
        if not width:
            return Assembly([Copy(0, frames, 0)] if frames else [], frames)
        copies = [Copy(0, end, 0), *(Copy(start, end, end + k * width) for k in range(times - 1))]
        copies.append(Copy(start, frames, end + (times - 1) * width))
        total = frames + times * width
        if self.keep_length:
            copies = [Copy(s, min(e, s + frames - at), at) for s, e, at, _ in copies if at < frames]
            total = frames
        return Assembly(copies, total, round(self.fade * rate))


@dataclass(frozen=True, kw_only=True)
class SpliceOut(Rearranged):
    """Cut random short stretches out of the sound and close the gaps.

    Up to ``count`` stretches of up to ``width`` of the row's own length each; they may overlap. At least half of the
    sound stays, with short fades against clicks at the joints. Jain et al., "SpliceOut: a simple and efficient audio
    augmentation method", 2021.
    """

    count: tuple[float, float] = param.interval((1, 4), "stretches", low=1, high=100, integral=True)
    width: tuple[float, float] = param.interval(
        (0.0, 0.1), "each, share of the length", low=0.0, high=0.5, unit="fraction"
    )
    fade: float = param.number(0.003, "length of each fade", low=0.0, high=1.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "completeness",
            "duration",
            "position",
            "synchrony",
        ),
        level=augreg.Level("width", 0.0, 0.15),
        moves=True,
        keeps_shape=False,
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.count[0] * self.width[0] > 0.5:
            raise ConfigError(
                f"count={self.count!r} times width={self.width!r} removes more than half of the sound. Lower one."
            )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``width`` and ``place`` of every stretch; the unused ones have width 0."""
        low, high = (int(c) for c in self.count)
        used = np.arange(high) < rng.integers("count", low, high + 1)[:, None]
        if level is None:
            width = rng.uniform("width", *self.width, size=high)
        else:
            width = np.repeat(self.sample("width", rng, level)[:, None], high, axis=1)
        width = np.where(used, width, 0.0)
        width *= 0.5 / np.maximum(width.sum(axis=1, keepdims=True), 0.5)
        return augreg.Params(len(batch), width=width, place=rng.uniform("place", 0.0, 1.0, size=high))

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return what is left between the stretches."""
        kept = np.ones(frames + 2, dtype=bool)
        kept[[0, -1]] = False
        for share, place in zip(row["width"], row["place"], strict=True):
            width = int(share * frames)
            start = min(int(place * (frames - width + 1)), frames - width)
            kept[1 + start : 1 + start + width] = False
        edges = np.flatnonzero(kept[1:] != kept[:-1])
        spans = edges.reshape(-1, 2).tolist()
        at, copies = 0, []
        for start, end in spans:
            copies.append(Copy(start, end, at))
            at += end - start
        return Assembly(copies, at, round(self.fade * rate))
