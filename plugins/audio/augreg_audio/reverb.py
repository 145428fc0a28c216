"""Rooms: recorded impulse responses, synthetic reverberation, a simulated shoebox room. All fuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np

import augreg
from augreg import param
from augreg_audio import files
from augreg_audio.base import LinearAugmenter, waveform_declaration
from augreg_audio.keeping import stamp_of
from augreg_audio.linear import Impulses, LinearFilter, ResponseList
from augreg_audio.noise import white
from augreg_audio.responses import Source, spectrum, unit_response
from augreg_audio.waveform import Array, entries

SOUND_SPEED: Final = 343.0
"""In metres per second, at 20 degrees C."""


@dataclass(frozen=True, kw_only=True)
class ImpulseResponse(LinearAugmenter):
    """Put the sound into a room whose impulse response was recorded.

    Convolves with a random file from ``source`` (a folder, a file, or a list of them), resampled to the sound's rate
    and scaled to unit energy per channel, so that loudness roughly stays. With ``align`` what comes before the direct
    sound (the largest peak of a channel; of several channels the first that hears it, so that all keep their delays)
    is left out, so the sound does not move in time. The tail beyond the sound's end is cut off. A stereo response
    needs stereo sound, otherwise its channels are mixed down. Fuses with other linear filters.
    """

    source: str | tuple[str, ...] = param.value(doc="folder, file, or list of files")
    wet: tuple[float, float] = param.interval((1.0, 1.0), "share of the room", low=0.0, high=1.0, unit="fraction")
    align: bool = param.flag(True, "whether the direct sound comes at once")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre", "room"), level=augreg.Level("wet", 0.0, 1.0), differentiable=True, memory=6.5
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"source": str(files.SAMPLES / "room.wav")},)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", files.check_source("source", self.source))
        super().__post_init__()

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw a ``file`` and ``wet``."""
        return augreg.Params(len(batch), file=files.choose(self.source, rng), wet=self.sample("wet", rng, level))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the impulse responses."""
        columns = entries(params, "file"), params.array("wet").tolist(), info.rates.tolist(), info.shapes.tolist()
        rows = [self._recorded(*row) for row in zip(*columns, strict=True)]
        return LinearFilter.of(len(info), response=Recordings(rows))

    def _recorded(self, path: str, wet: float, rate: float, shape: list[int]) -> Recorded | None:
        if wet == 0.0 or not shape[-1]:
            return None
        source = Source(path, stamp_of(path), rate, shape[0], self.align)
        taps = min(unit_response(source).shape[-1], shape[-1])
        return Recorded(source, taps, wet) if taps else None


class Recorded(NamedTuple):
    """The first ``taps`` frames of a recorded response, ``wet`` of it and 1 - ``wet`` of the dry sound."""

    source: Source
    taps: int
    wet: float


class Recordings(ResponseList[Recorded]):
    """One recorded response per row, or None for the identity."""

    def tail(self, i: int) -> int:
        """Return the number of taps after the first."""
        found = self.rows[i]
        return 0 if found is None else found.taps - 1

    def spectrum(self, i: int, size: int, dtype: str) -> Array:
        """Return the response of one row, (bins,) or (channels, bins)."""
        found = self.rows[i]
        assert found is not None
        whole = spectrum(found.source, found.taps, size, dtype)
        if found.wet == 1.0:
            return whole
        kind = np.dtype(dtype).type
        result: Array = whole * kind(found.wet) + kind(1.0 - found.wet)
        return result


@dataclass(frozen=True, kw_only=True)
class SyntheticReverb(LinearAugmenter):
    """Add the reverberation of an imaginary room.

    The impulse response is the direct sound followed by Gaussian noise that decays by 60 dB in ``rt60`` seconds
    (Moorer, "About this reverberation business", 1979), its energy ``direct`` dB below the direct sound's. Every
    channel reverberates on its own; high frequencies decay no faster. The tail beyond the sound's end is cut off.
    Fuses with the other linear filters.
    """

    rt60: tuple[float, float] = param.interval((0.1, 1.0), "reverberation time", low=0.01, high=20.0, unit="s")
    direct: tuple[float, float] = param.interval(
        (0.0, 20.0), "direct to reverberant ratio", low=-40.0, high=120.0, unit="dB"
    )
    delay: tuple[float, float] = param.interval((0.0, 0.03), "before the first echo", low=0.0, high=1.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre", "room"),
        level=augreg.Level("direct", 40.0, -6.0, identity_at_zero=False),
        differentiable=True,
        memory=7,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all three uniformly, and the key of the noise."""
        drawn = {name: self.sample(name, rng, level) for name in ("rt60", "direct", "delay")}
        return augreg.Params(len(batch), drawn, noise=rng.noise_key("noise"))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the impulse responses, no longer than the sounds."""
        columns = (params.array(name).tolist() for name in ("rt60", "direct", "delay", "noise"))
        rows = zip(*columns, info.rates.tolist(), info.shapes.tolist(), strict=True)
        return LinearFilter.of(len(info), response=Impulses([_decay(*row) for row in rows]))


def _decay(rt60: float, direct: float, delay: float, key: int, rate: float, shape: list[int]) -> Array | None:
    channels, frames = shape
    first = 1 + round(delay * rate)
    taps = round(rt60 * rate)
    heard = min(taps, frames - first)
    if heard <= 0:
        return None
    # Frames in the outer dimension: a shorter sound has the same response, cut off.
    tail = white(key, (heard, channels), np.dtype(np.float32)).T * np.exp(
        np.arange(heard) * (-3.0 * np.log(10.0) / taps)
    )
    whole = taps / (6.0 * np.log(10.0)) * (1.0 - 1e-6)
    response = np.zeros((channels, first + heard))
    response[:, 0] = 1.0
    response[:, first:] = tail * np.sqrt(10.0 ** (-direct / 10.0) / whole)
    return response


@dataclass(frozen=True, kw_only=True)
class RoomSimulation(LinearAugmenter):
    """Put the sound into a simulated shoebox room.

    Image sources (Allen and Berkley, "Image method for efficiently simulating small-room acoustics", JASA 65, 1979)
    up to ``order`` reflections, with walls that absorb ``absorption`` of the energy alike at all frequencies, and
    arrival times rounded to frames. Room, source and one microphone are drawn; all keep half a metre from the walls.
    The direct sound is moved to time 0 and scaled to 1. Fuses with the other linear filters.
    """

    size: tuple[float, float] = param.interval((3.0, 10.0), "length and width", low=1.5, high=100.0, unit="m")
    height: tuple[float, float] = param.interval((2.5, 4.0), "height", low=1.5, high=50.0, unit="m")
    absorption: tuple[float, float] = param.interval((0.1, 0.6), "of the walls", low=0.01, high=1.0, unit="fraction")
    order: int = param.integer(12, "reflections that are followed", low=1, high=40)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre", "room"), level=augreg.Level("absorption", 1.0, 0.05), differentiable=True, memory=6.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the room's sides, the absorption, and the places of source and microphone as shares of the room."""
        sides = np.concatenate(
            [rng.uniform("size", *self.size, size=2), rng.uniform("height", *self.height, size=1)], axis=1
        )
        places = {name: rng.uniform(name, 0.0, 1.0, size=3) for name in ("speaker", "microphone")}
        return augreg.Params(len(batch), places, sides=sides, absorption=self.sample("absorption", rng, level))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the impulse responses, no longer than the sounds."""
        columns = (params.array(name) for name in ("sides", "speaker", "microphone", "absorption"))
        rows = zip(*columns, info.rates.tolist(), info.lengths.tolist(), strict=True)
        return LinearFilter.of(len(info), response=Impulses([self._response(*row) for row in rows]))

    def _response(
        self, sides: Array, speaker: Array, microphone: Array, absorption: float, rate: float, frames: int
    ) -> Array | None:
        if absorption >= 1.0 or not frames:
            return None
        inner = np.maximum(sides - 1.0, 0.0)
        distance, bounces = image_sources(sides, 0.5 + speaker * inner, 0.5 + microphone * inner, self.order)
        nearest = max(float(distance.min()), 0.1)
        arrival = np.rint((distance - distance.min()) / SOUND_SPEED * rate).astype(np.int64)
        loudness = (1.0 - absorption) ** (bounces / 2.0) * nearest / np.maximum(distance, nearest)
        heard = arrival < frames
        return np.bincount(arrival[heard], loudness[heard])[None]


def image_sources(sides: Array, speaker: Array, microphone: Array, order: int) -> tuple[Array, Array]:
    """Return distance in metres and number of reflections of every image source with at most ``order`` of them."""
    rooms = np.arange(-order, order + 1)
    axis = []
    for side, a, b in zip(sides, speaker, microphone, strict=True):
        flipped = np.abs(rooms) % 2 == 1
        axis.append(rooms * side + np.where(flipped, side - a, a) - b)
    bounces = np.abs(rooms[:, None, None]) + np.abs(rooms[:, None]) + np.abs(rooms)
    square = axis[0][:, None, None] ** 2 + axis[1][:, None] ** 2 + axis[2] ** 2
    near = bounces <= order
    return np.sqrt(square[near]), bounces[near]
