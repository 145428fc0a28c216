"""Film and sound track: time steps that keep them together, and one that does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import augreg
from augreg import Augmenter, BatchInfo, Declaration, JointBase, JointInfo, Level, Params, Rng, SampleError
from augreg.param import choice, flag, interval, number
from augreg_joint.retime import Retime, roll_start
from augreg_joint.sound import Displaced, Stretch
from augreg_joint.tracks import Floats, clocks, edges


def _declare(*alters: str, level: Level | None = None, p: float = 1.0, sound: bool = False) -> Declaration:
    optional = () if sound else ("audio",)
    needed = ("video", "audio") if sound else ("video",)
    return Declaration(joint=needed, joint_optional=optional, alters=frozenset(alters), level=level, p=p)


def _clocked(info: JointInfo) -> None:
    """Refuse films with sound that do not say how long a frame lasts."""
    video = info.roles["video"]
    stamps = video.extras.get("timestamps") or [None] * len(video)
    bare = [i for i, (rate, s) in enumerate(zip(video.rates, stamps, strict=True)) if np.isnan(rate) and s is None]
    if "audio" in info.roles and bare:
        raise SampleError(
            "a video with sound has neither a frame rate nor timestamps, so nobody knows which sound belongs to "
            "which frame. Give augreg.Video(data, fps=...)."
        )


def _samples(audio: BatchInfo, seconds: Sequence[float] | Floats) -> np.ndarray:
    found: np.ndarray = np.rint(np.asarray(seconds, dtype=np.float64) * audio.rates).astype(np.int64)
    return found


@dataclass(frozen=True, kw_only=True)
class Speed(JointBase):
    """Play film and sound faster or slower together.

    The frame rate and the sample rate stay: frames are left out or shown again, the sound is resampled
    (``audio.speed``, so its pitch changes). Every frame shows what the source showed in the middle of its time.
    """

    declares: ClassVar[Declaration] = _declare(
        "duration", "pitch", "speaker", "tempo", level=Level("factor", 1.0, 2.0, scale="log", signed=True)
    )

    factor: tuple[float, float] = interval((0.8, 1.25), "how many times as fast", low=0.1, high=10.0, unit="ratio")

    def members(self) -> Mapping[str, Augmenter]:
        """Return the frames' and the sound's augmenter."""
        return {"video": Retime(kind="speed"), "audio": augreg.make("audio.speed")}

    def draw_joint(self, info: JointInfo, rng: Rng, level: Floats | None = None) -> Mapping[str, Params]:
        """Draw one factor per record."""
        _clocked(info)
        factor = self.sample("factor", rng, level)
        return {role: Params(len(info), factor=factor) for role in info.roles}


@dataclass(frozen=True, kw_only=True)
class TemporalCrop(JointBase):
    """Keep one stretch of the film and exactly its sound.

    Whole frames are kept, and the sound from the moment when the first is shown to the moment when the last
    ends; silence where the sound track is shorter than the film.
    """

    declares: ClassVar[Declaration] = _declare(
        "completeness", "duration", "position", level=Level("fraction", 1.0, 0.25)
    )

    seconds: float | None = number(None, "length to keep; shorter films stay", low=0.0, unit="s", optional=True)
    fraction: tuple[float, float] = interval(
        (0.5, 1.0), "share of the film to keep", low=0.0, high=1.0, unit="fraction"
    )
    position: str = choice("random", "which stretch", options=("random", "start", "centre", "end"))

    def members(self) -> Mapping[str, Augmenter]:
        """Return the frames' and the sound's augmenter."""
        return {"video": Retime(kind="crop"), "audio": Stretch()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: Floats | None = None) -> Mapping[str, Params]:
        """Draw the frames as ``video.temporal_crop`` does; the sound follows."""
        _clocked(info)
        video = info.roles["video"]
        options = {"seconds": self.seconds, "fraction": self.fraction, "position": self.position}
        frames = augreg.make("video.temporal_crop", **options).draw(video, rng, level)
        if "audio" not in info.roles:
            return {"video": frames}
        audio = info.roles["audio"]
        first, last = frames.array("start"), frames.array("start") + frames.array("length")
        at = [edges(clock)[[a, b]] for clock, a, b in zip(clocks(video), first, last, strict=True)]
        start, end = (_samples(audio, [pair[k] for pair in at]) for k in (0, 1))
        whole = (first == 0) & (last == video.lengths)
        length = np.where(whole, audio.lengths, end - start)
        return {"video": frames, "audio": Params(len(info), start=start, length=length)}


@dataclass(frozen=True, kw_only=True)
class Shift(JointBase):
    """Move film and sound along the time line together; the record stays as long as it is.

    By whole frames. What leaves at one end comes in at the other with "roll"; with "edge" the gap shows the
    outermost frame in silence. The sound becomes as long as the film.
    """

    declares: ClassVar[Declaration] = _declare("position", "time_order", level=Level("amount", 0.0, 0.5, signed=True))

    amount: tuple[float, float] = interval(
        (-0.25, 0.25), "later by this share of it", low=-1.0, high=1.0, centre=0.0, unit="fraction"
    )
    fill: str = choice("roll", "what comes in", options=("roll", "edge"))

    def members(self) -> Mapping[str, Augmenter]:
        """Return the frames' and the sound's augmenter."""
        if self.fill == "roll":
            return {"video": Retime(kind="roll"), "audio": Stretch(kind="roll")}
        return {"video": Retime(kind="slide"), "audio": Stretch()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: Floats | None = None) -> Mapping[str, Params]:
        """Draw by how many frames; the sound moves by the seconds that these take."""
        _clocked(info)
        video = info.roles["video"]
        frames = np.rint(self.sample("amount", rng, level) * video.lengths).astype(np.int64)
        drawn = {"video": Params(len(info), frames=frames)}
        if "audio" in info.roles:
            drawn["audio"] = self._sound(info.roles["audio"], video, frames)
        return drawn

    def _sound(self, audio: BatchInfo, video: BatchInfo, frames: np.ndarray) -> Params:
        known = clocks(video)
        length = _samples(audio, [clock.end for clock in known])
        if self.fill == "roll":
            first = [roll_start(c, f) for c, f in zip(known, frames.tolist(), strict=True)]
            start = _samples(audio, first)
            still = start == 0
        else:
            start = -_samples(audio, [f * c.step for c, f in zip(known, frames.tolist(), strict=True)])
            still = frames == 0
        return Params(len(audio), start=np.where(still, 0, start), length=np.where(still, audio.lengths, length))


@dataclass(frozen=True, kw_only=True)
class Reverse(JointBase):
    """Play film and sound backwards.

    Both about the middle of the film, so the sound becomes as long as the film.
    """

    declares: ClassVar[Declaration] = _declare("legibility", "meaning", "position", "time_order", p=0.5)

    def members(self) -> Mapping[str, Augmenter]:
        """Return the frames' and the sound's augmenter."""
        return {"video": Retime(kind="reverse"), "audio": Stretch(kind="backward")}

    def draw_joint(self, info: JointInfo, rng: Rng, level: Floats | None = None) -> Mapping[str, Params]:
        """Say where the sound begins: at the end of the film."""
        _clocked(info)
        drawn = {"video": Params(len(info))}
        if "audio" in info.roles:
            length = _samples(info.roles["audio"], [clock.end for clock in clocks(info.roles["video"])])
            drawn["audio"] = Params(len(info), start=length - 1, length=length)
        return drawn


@dataclass(frozen=True, kw_only=True)
class Offset(JointBase):
    """Misalign the sound with the film, on purpose, and say by how much.

    The sound comes ``seconds`` later (earlier where negative), rounded to its samples, and stays as long as it
    is, with silence in the gap. The trace holds the seconds; with ``label`` they also become the label of the
    sound, which must have one (give ``augreg.Audio(..., label=0.0)``): the target of synchronisation training.
    """

    declares: ClassVar[Declaration] = _declare("synchrony", level=Level("seconds", 0.0, 1.0, signed=True), sound=True)

    seconds: tuple[float, float] = interval((-0.5, 0.5), "how much later the sound comes", centre=0.0, unit="s")
    label: bool = flag(False, "whether the seconds become the label of the sound")

    def members(self) -> Mapping[str, Augmenter]:
        """Return the sound's augmenter; the film stays as it is."""
        return {"audio": Displaced() if self.label else Stretch()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: Floats | None = None) -> Mapping[str, Params]:
        """Draw the seconds, rounded to samples."""
        audio = info.roles["audio"]
        if self.label and any(entry is None for entry in audio.target("label")):
            raise SampleError(
                "av.offset writes the label of the sound, but a sound has none. Give Audio(..., label=0.0)."
            )
        late = _samples(audio, self.sample("seconds", rng, level))
        found: dict[str, Any] = {"start": -late, "length": audio.lengths, "seconds": late / audio.rates}
        return {"audio": Params(len(info), found)}
