"""Looks at one file: what is wrong with it by itself, and what is kept of it to be compared with the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg import media
from augreg.errors import MediaError
from augreg.jobs.cleaning import features, languages, sounds, words
from augreg.jobs.cleaning.about import about_of
from augreg.jobs.cleaning.kinds import sure
from augreg.jobs.cleaning.thumbs import BLANK, Thumb, thumb_of
from augreg.jobs.hashes import sha256
from augreg.jobs.items import Item
from augreg.media import Limits
from augreg.media.labels import About
from augreg.registry import Registry


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Args:
        path: the input, as its source calls it.
        code: one of :data:`augreg.jobs.cleaning.kinds.KINDS` or :data:`augreg.media.CODES`.
        reason: what it is, in one line.
        confidence: 0.5 where a measure has just reached its threshold, 1 where there is no doubt.
        other: the input that it is the same as.
        likeness: how alike both are, 1 for the same; None where that is no question.

    """

    path: str
    code: str
    reason: str
    confidence: float = 1.0
    other: str = ""
    likeness: float | None = None


@dataclass(slots=True)
class Seen:
    """What was seen of one input.

    Args:
        item: the input.
        faults: what is wrong with it by itself.
        raw, content: hashes of its bytes, and of what they decode to; b"" where that was not looked at.
        side: of a picture, the shorter side in pixels.
        thumb: of a picture.
        shingles, keys: of a text.
        language: of a text, "" where it is not sure.
        features: what its class is judged by, where it is.
        about: what labels are read by; None where the file cannot be read.

    """

    item: Item
    faults: list[Fault] = field(default_factory=list)
    raw: bytes = b""
    content: bytes = b""
    side: int = 0
    thumb: Thumb | None = None
    shingles: NDArray[np.uint64] | None = None
    keys: NDArray[np.uint64] | None = None
    language: str = ""
    features: NDArray[np.float32] | None = None
    about: About | None = None


MIDDLE: Final = (0.0, 0.5, 1.0)
"""Places in a clip of which the frames are looked at."""


def look(item: Item, path: Path | MediaError, limits: Limits, registry: Registry, *, judged: bool = False) -> Seen:
    """Read a file as `augreg run` would, and look at it; ``judged`` says whether its class is to be judged, too."""
    seen = Seen(item)
    try:
        if item.fault is not None or isinstance(path, MediaError):
            raise item.fault or path  # type: ignore[misc]  # one of them is an error
        seen.raw = bytes.fromhex(sha256(path))
        loaded = media.load(path, limits, registry, lazy=item.modality == "video")
        seen.faults += _of_name(item, path, registry)
        seen.about = about_of(item.path, loaded.sample)
        look_at(seen, loaded.sample, judged=judged)
    except MediaError as error:
        seen.faults.append(Fault(item.path, error.code, error.reason))
    except MemoryError:
        seen.faults.append(Fault(item.path, "E_MEMORY", "there is not enough memory for it. Use fewer --workers."))
    except OSError as error:
        seen.faults.append(Fault(item.path, "E_MISSING", f"it cannot be read: {error.strerror}."))
    return seen


def look_at(seen: Seen, sample: Any, *, judged: bool = False) -> None:
    """Look at a sample that is read already."""
    if sample.modality in _LOOKS:
        _LOOKS[sample.modality](seen, sample)
    if judged:
        seen.features = _features(seen, sample)


def _of_name(item: Item, path: Path, registry: Registry) -> Iterator[Fault]:
    found, named = media.format_of(path, registry), path.suffix.lower()
    if found != named:
        yield Fault(item.path, "W_EXT", f"named {named or 'without a suffix'}, but its content is {found}.")


def _features(seen: Seen, sample: Any) -> NDArray[np.float32] | None:
    """Return what a class is judged by; clips and samples of plugins' modalities are not judged."""
    if seen.thumb is not None:
        return features.of_picture(seen.thumb)
    if isinstance(sample.data, str):
        return features.of_text(sample.data)
    if sample.modality == "audio" and sample.data.numel():
        return features.of_sound(sample.data.numpy(), int(sample.sample_rate))
    return None


def _picture(seen: Seen, sample: Any) -> None:
    data = sample.data if hasattr(sample.data, "permute") else sample.data.read()
    seen.side = min(data.shape[-2:])
    pixels = data.permute(1, 2, 0).contiguous().numpy()
    seen.content = _digest(pixels, str(pixels.shape))
    seen.thumb = thumb_of(data)
    if seen.thumb.range <= BLANK:
        seen.faults.append(_blank(seen.item, seen.thumb.range))


def _blank(item: Item, spread: float) -> Fault:
    said = f"its values lie within {spread:.0f} of 255: it shows nothing."
    return Fault(item.path, "W_BLANK", said, sure(-spread, -BLANK, 0.0))


def _clip(seen: Seen, sample: Any) -> None:
    """Look at the first frame, one in the middle, and the last."""
    count = len(sample.data)
    places = np.array([round(share * (count - 1)) for share in MIDDLE])
    lazy = hasattr(sample.data, "take") and not hasattr(sample.data, "numpy")
    frames = sample.data.take(places) if lazy else sample.data[places]
    spread = max(thumb_of(frame).range for frame in frames)
    if spread <= BLANK:
        seen.faults.append(_blank(seen.item, spread))


def _sound(seen: Seen, sample: Any) -> None:
    wave, rate = sample.data.numpy(), int(sample.sample_rate)
    seen.content = _digest(wave, f"{wave.shape} {rate}")
    loud = sounds.loudest(wave, rate)
    if loud < sounds.SILENT:
        said = f"its loudest moment is at {loud:.0f} dB of full scale: nothing is heard."
        seen.faults.append(Fault(seen.item.path, "W_SILENT", said, sure(-loud, -sounds.SILENT, 90.0)))
    if (share := sounds.clipped(wave)) > sounds.CLIPPED:
        said = f"{share:.1%} of its values are cut off at full scale."
        seen.faults.append(Fault(seen.item.path, "W_CLIPPED", said, sure(share, sounds.CLIPPED, sounds.ALL)))


def _text(seen: Seen, sample: Any) -> None:
    text: str = sample.data
    seen.content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    found = words.words_of(text)
    if not found:
        seen.faults.append(Fault(seen.item.path, "W_NO_WORDS", "there is no word in it."))
        return
    judged = languages.available()
    if why := words.garbled(text) or (languages.misread(text) if judged else ""):
        seen.faults.append(Fault(seen.item.path, "W_GARBLED", f"{why}.", 0.9))
    seen.language = languages.language(text) if judged else ""
    seen.shingles = words.shingles(found)
    seen.keys = words.band_keys(seen.shingles)


def _digest(values: NDArray[Any], facts: str) -> bytes:
    found = hashlib.sha256(f"{facts} {values.dtype}".encode())
    found.update(np.ascontiguousarray(values).data)
    return found.digest()


_LOOKS: Final = {"image": _picture, "video": _clip, "audio": _sound, "text": _text}
