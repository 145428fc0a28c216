"""The sound track of a film: read in step with its frames, and encoded beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import torch

from augreg.errors import MediaError, listing
from augreg.media.limits import Limits, check_limit
from augreg.media.sounds import as_wave, check_rate
from augreg.media.streams import decoding
from augreg.modalities.audio import Audio

CODECS: Final = {".webm": "libopus"}
"""What sound is written as, where it is not AAC."""

LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
OTHER_LAYOUTS: Final = {"libopus": {4: "quad", 7: "6.1"}}
SURROUND: Final = {"mapping_family": "1"}
"""Without being told, FFmpeg 8 puts five or seven channels of Opus in a wrong order."""

INTERLEAVED: Final = "flt"
"""Sample format of frames from and for PyAV. Where a frame has each channel apart, PyAV 18 crashes at eight of them."""

BLOCK: Final = 8192
"""Samples that are handed to an encoder at once."""

JITTER: Final = 0.02
"""Seconds by which the time stamps of sound may be off its running length before they are believed."""


def read(path: Path, extension: str, limits: Limits, start: float) -> Audio | None:
    """Read the first sound track of a film, float32 (channels, frames); None if it has none.

    Args:
        path, extension, limits: as for every reader.
        start: when the first frame is shown, in seconds of the file's clock. Sample 0 is heard at that moment:
            what comes before is cut off, and silence fills the time up to a sound that begins later.

    Raises:
        MediaError: E_CORRUPT, E_EMPTY or E_TOO_LARGE.

    """
    with decoding(path, extension) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise MediaError(path, "the codec of its sound track is unknown. Re-encode it.", "E_CORRUPT")
        rate = int(stream.codec_context.rate)
        check_rate(path, rate)
        pieces = _decode(path, container, stream, limits)
    if not pieces:
        raise MediaError(path, "its sound track holds no samples. Remove the track.", "E_EMPTY")
    return Audio(torch.from_numpy(_placed(path, pieces, rate, start, limits)), rate)


def channels_of(frame: Any) -> np.ndarray:
    """Return the samples of an interleaved frame, (channels, frames)."""
    samples: np.ndarray = frame.to_ndarray()
    return samples.reshape(-1, frame.layout.nb_channels).T


def _decode(path: Path, container: Any, stream: Any, limits: Limits) -> list[tuple[float | None, np.ndarray]]:
    """Return pieces of sound (channels, frames) with their times; what the codec adds in front is gone already."""
    pieces: list[tuple[float | None, np.ndarray]] = []
    total = 0
    context = stream.codec_context
    resampler = av.AudioResampler(format=INTERLEAVED, layout=context.layout, rate=context.rate)
    for frame in container.decode(stream):
        for piece in resampler.resample(frame):
            pieces.append((frame.time, channels_of(piece)))
            total += pieces[-1][1].size
        check_limit(path, limits, "audio_values", total, f"{total:_} audio values")
    return pieces


def _placed(
    path: Path, pieces: list[tuple[float | None, np.ndarray]], rate: int, start: float, limits: Limits
) -> np.ndarray:
    """Return one wave whose sample 0 is heard at ``start``, with silence in the gaps; the pieces are used up."""
    places: list[int] = []
    at = end = 0
    for time, piece in pieces:
        due = at if time is None else round((time - start) * rate)
        # Containers round times to their own clock; only what is further off is a gap.
        at = due if not places or abs(due - at) > JITTER * rate else at
        places.append(at)
        at += piece.shape[1]
        end = max(end, at)  # damaged times may lead back
    channels = pieces[0][1].shape[0]
    # Times may be damaged as well: one of them can claim years of silence.
    check_limit(path, limits, "audio_values", channels * end, f"{end / rate:_.0f} s of sound with its gaps")
    out = np.zeros((channels, end), dtype=np.float32)
    for number, place in enumerate(places):
        piece = pieces[number][1]
        pieces[number] = (None, piece[:, :0].copy())  # freed here: a sound is never in memory twice
        first = max(-place, 0)
        part = piece[:, first:]
        out[:, place + first : place + first + part.shape[1]] = part
    return out


class Track:
    """Encodes a sound into a container, as far as asked: so that frames and sound lie side by side in the file."""

    def __init__(
        self, container: Any, sound: Audio, extension: str, codec: str | None = None, form: str | None = None
    ) -> None:
        """Add the stream, of the extension's usual codec or another, with samples in one of the codec's formats.

        Raises:
            ValueError: a number of channels that no layout has.

        """
        self._container = container
        self._wave = np.ascontiguousarray(as_wave(sound.data), dtype=np.float32)
        if np.issubdtype(as_wave(sound.data).dtype, np.integer):
            self._wave /= np.float32(32768.0)
        self._rate, self._at = int(sound.sample_rate), 0
        name, channels = codec or CODECS.get(extension, "aac"), self._wave.shape[0]
        known = {**LAYOUTS, **OTHER_LAYOUTS.get(name, {})}
        if channels not in known:
            fitting = listing(sorted(known))
            raise ValueError(f"a sound track of {channels} channels has no layout in {name}; {fitting} have one")
        self._layout = known[channels]
        written = written_rate(name, self._rate)
        options = SURROUND if name == "libopus" and channels > 2 else {}
        self.stream: Any = container.add_stream(name, rate=written, layout=self._layout, options=options)
        if form is not None:
            self.stream.codec_context.format = form
        self.notes = () if written == self._rate else (f"sound written at {written} Hz, as {name} needs",)

    def write(self, seconds: float = float("inf")) -> None:
        """Encode what is heard before a moment."""
        end = self._wave.shape[1] if seconds == float("inf") else round(seconds * self._rate)
        while self._at < min(end, self._wave.shape[1]):
            block = np.ascontiguousarray(self._wave[:, self._at : self._at + BLOCK].T)
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format=INTERLEAVED, layout=self._layout)
            frame.sample_rate, frame.pts = self._rate, self._at
            self._container.mux(self.stream.encode(frame))
            self._at += len(block)

    def close(self) -> None:
        """Encode the rest."""
        self.write()
        self._container.mux(self.stream.encode())


def written_rate(codec: str, rate: int) -> int:
    """Return the rate to encode at: the sound's own, else the next higher that the codec has, else its highest."""
    known = av.codec.Codec(codec, "w").audio_rates
    if not known or rate in known:
        return rate
    return min((r for r in known if r > rate), default=max(known))
