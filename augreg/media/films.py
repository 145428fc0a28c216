"""Films: a video file as a record of picture and sound."""

from __future__ import annotations

from pathlib import Path

import av

from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.media import soundtrack
from augreg.media.encode import MUXER
from augreg.media.formats import canonical, load
from augreg.media.limits import DEFAULT, Limits
from augreg.media.origin import Loaded, Origin
from augreg.media.sink import sink, whole
from augreg.media.soundtrack import Track
from augreg.media.streams import opened
from augreg.modalities.audio import Audio
from augreg.modalities.video import Video


def read_film(path: str | Path, limits: Limits = DEFAULT) -> dict[str, Sample]:
    """Read a video file as a record: ``{"video": Video, "audio": Audio}``, without "audio" where it has no sound track.

    Sample 0 of the sound is heard at the moment when the first frame is shown. Write it back with
    ``augreg.media.write(record["video"], path, sound=record["audio"])``.

    Raises:
        MediaError: the file cannot be read, or holds no video.

    >>> import augreg, torch
    >>> clip = augreg.Video(torch.zeros(5, 3, 16, 16, dtype=torch.uint8), fps=10.0)
    >>> _ = augreg.media.write(clip, "film.mp4", sound=augreg.Audio(torch.zeros(1, 4000), sample_rate=8000))
    >>> sorted(augreg.media.read_film("film.mp4"))
    ['audio', 'video']

    """
    loaded = load(path, limits)
    if not isinstance(loaded.sample, Video):
        raise MediaError(path, f"it is no film but {loaded.sample.modality}. Read it with media.read.", "E_NO_VIDEO")
    sound = load_sound(loaded, limits)
    return {"video": loaded.sample} if sound is None else {"video": loaded.sample, "audio": sound}


def load_sound(loaded: Loaded, limits: Limits = DEFAULT) -> Audio | None:
    """Return the sound track of a clip that was read from a file, None if it has none."""
    origin = loaded.origin
    if not isinstance(loaded.sample, Video) or not origin.details.get("audio"):
        return None
    return soundtrack.read(origin.path, canonical(origin.extension), limits, float(origin.details["start"]))


def write_with_sound(origin: Origin, sound: Audio, path: Path, extension: str) -> tuple[str, ...]:
    """Write a film again with another sound track, and return notes. Its pictures are copied, not encoded anew.

    Raises:
        MediaError: E_ENCODE.

    """
    try:
        with (
            whole(path),
            opened(origin.path, canonical(origin.extension)) as source,
            sink(path) as out,
            av.open(out, "w", format=MUXER[extension], options={"fflags": "+bitexact"}) as container,
        ):
            pictures = source.streams.video[0]
            stream = container.add_stream_from_template(pictures)
            track = Track(container, sound, extension)
            for packet in source.demux(pictures):
                if packet.dts is None:  # the empty packet that ends the stream
                    continue
                shift = round(origin.details["start"] / float(packet.time_base))
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                track.write(float(packet.dts * packet.time_base))
                packet.stream = stream
                container.mux(packet)
            track.close()
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(path, f"cannot be written as {extension}: {error}", "E_ENCODE") from error
    others = origin.details.get("others")
    left = [f"left out: {others}"] if others else []
    return ("pictures copied as they are", *left, *track.notes)
