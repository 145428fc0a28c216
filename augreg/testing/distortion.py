"""How far a result is from its original: one number per sample, comparable between strengths and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg.data.targets import Boxes, Events, Keypoints
from augreg.modalities.audio import Audio
from augreg.modalities.base import Modality
from augreg.modalities.image import Image
from augreg.modalities.text import Text
from augreg.modalities.video import Video
from augreg.testing import forms
from augreg.testing.once import made_once
from augreg.testing.subject import Subject, examples

HOP: Final = 0.02
"""Seconds between two looks at a sound's spectrum."""
PARAGRAPHS: Final = (
    (
        "We met on 3 May 2011. It cost 45 euros. They left on 24 July 1999. I paid 120 on 12 March 2004. On 1 June "
        "1987 it rained. See 30 August 2015. Then 5 April 2001 came. Both won 250. It was 17 October 1993. On "
        "8 December 2020. Back on 21 January 2008. All 90 came on 14 February 2012. Bring 64 or 11. Two saw Rome. Five "
        "like Oslo. Nine left Paris. Six know Berlin. Three hate London. Eight love Chicago. Four miss Boston."
    ),
    (
        "John and Mary don't know. Robert can't come. Sarah won't call. William didn't write. James and David haven't "
        "paid. Michael isn't sad. Elizabeth wasn't bad. Thomas couldn't stay. Anna and Peter aren't here. Susan hasn't "
        "seen it. Richard doesn't eat. Linda shouldn't go."
    ),
    (
        "São Paulo is far. Zürich and Málaga shine. Orléans waits. Kraków, Łódź and Malmö sleep. Århus is new. Genève "
        "sings. Naïve café crème. Résumé on a façade. Jalapeño piñata. Déjà vu über alles. Fiancé ate soufflé. Mañana, "
        "señor. Crêpe at the château. Noël and Zoë."
    ),
    (
        "The king is old. She was slow. His big brother is strong. The cold winter was long. Her father is rich. The "
        "good man left early. The boy was happy. A hot summer came. The small door is open. The young queen was fast. "
        "The tall woman is weak. My uncle was late. The high wall is black. The empty house was quiet."
    ),
)
"""Texts of short sentences full of dates, numbers and cities, names and contractions, accents, and plain words."""
EVENTS: Final = Events(np.array([[0.2, 0.3], [0.45, 0.5], [0.7, 0.8]]), labels=["a", "b", "c"])


def distortion(subject: Subject, before: Any, after: Any) -> float:
    """Return how far ``after`` is from ``before``: 0 for no change; the unit depends on the modality only.

    Texts: edits per character. Everything else: the change of size, how far keypoints went as a
    share of the picture or events in time, and the mean change of the values (sounds: of the spectrum).
    """
    first, second = subject.data(before), subject.data(after)
    if isinstance(first, str):
        return _edits(first, second) / max(len(first), len(second), 1)
    found = _size(first, second) + _moved(before, after)
    if isinstance(before, Audio):
        return found + _moved_events(before, after) + _sound_change(before, after) + 0.05 * _values(first, second)
    return found + _values(first, second, isinstance(before, (Image, Video)))


def _edits(first: str, second: str) -> int:
    """Return the fewest insertions, deletions and substitutions of characters (Levenshtein), row by row."""
    letters = np.array([ord(c) for c in second], dtype=np.int64)
    index = np.arange(len(letters) + 1)
    row = index.copy()
    for i, c in enumerate(first):
        best = np.minimum(row[1:] + 1, row[:-1] + (letters != ord(c)))
        row = np.minimum.accumulate(np.concatenate([[i + 1], best]) - index) + index
    return int(row[-1])


def _size(first: torch.Tensor, second: torch.Tensor) -> float:
    pairs = zip(first.shape, second.shape, strict=True)
    return float(sum(abs(np.log2(max(b, 1) / max(a, 1))) for a, b in pairs))


def _values(first: torch.Tensor, second: torch.Tensor, ours: bool = True) -> float:
    """Mean absolute change as a share of full scale, over what both have."""
    full = forms.FULL.get(str(first.dtype).removeprefix("torch."), 1.0)
    common = tuple(slice(0, min(a, b)) for a, b in zip(first.shape, second.shape, strict=True))
    if first.shape != second.shape and (full == 255.0 or not ours):
        return 0.0  # after a change of canvas pixels no longer correspond, nor do the moments of a series
    apart = first[common].to(torch.float64) - second[common].to(torch.float64)
    return float(apart.abs().mean()) / full if apart.numel() else 0.0


def _moved(before: Any, after: Any) -> float:
    """Mean displacement of keypoints as a share of the picture, relative to their canvas; five-fold."""
    first, second = getattr(before, "keypoints", None), getattr(after, "keypoints", None)
    if first is None or second is None:
        return 0.0
    pairs = [(first, second)] if isinstance(first, Keypoints) else list(zip(first, second, strict=False))
    sizes = [np.array([s.data.shape[-1], s.data.shape[-2]], dtype=float) for s in (before, after)]
    ways = [np.linalg.norm(a.data / sizes[0] - b.data / sizes[1], axis=1).mean() for a, b in pairs if len(a)]
    return 5.0 * float(np.mean(ways)) if ways else 0.0


def _moved_events(before: Audio, after: Audio) -> float:
    """Mean displacement of the onsets in seconds, five-fold."""
    if before.events is None or after.events is None:
        return 0.0
    onsets = {label: onset for label, (onset, _) in zip(after.events.labels, after.events.data, strict=True)}
    pairs = [
        (onset, onsets.get(label)) for label, (onset, _) in zip(before.events.labels, before.events.data, strict=True)
    ]
    ways = [abs(a - b) for a, b in pairs if b is not None]
    return 5.0 * float(np.mean(ways)) if ways else 0.0


def _sound_change(before: Audio, after: Audio) -> float:
    """Mean change of the levels in frequency bands over time, 60 dB being 1."""
    first, second = _bands(before), _bands(after)
    if len(first) != len(second):
        first, second = first.mean(0, keepdims=True), second.mean(0, keepdims=True)
    return float(np.abs(first - second).mean()) / 60.0


def _bands(sound: Audio) -> np.ndarray:
    """Return levels in dB above -80 dB, (times, 24): a time every 20 ms, bands from 80 to 3800 Hz."""
    step = max(1, round(HOP * sound.sample_rate))
    wave = sound.data.to(torch.float64).mean(0).numpy()
    wave = np.pad(wave, (0, max(0, 2 * step - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, 2 * step)[::step] * np.hanning(2 * step)
    power = np.abs(np.fft.rfft(frames, n=8 * step)) ** 2 / step**2
    frequency = np.fft.rfftfreq(8 * step, 1 / sound.sample_rate)
    edges = np.searchsorted(frequency, np.geomspace(80.0, 3800.0, 25))
    sums = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    levels: np.ndarray = 10 * np.log10(np.maximum(sums, 1e-8)) + 80.0
    return levels


def graded(subject: Subject, size: int = 1, n: int = 6) -> list[Any]:
    """Return n samples for measuring; ``size`` 1 or 2: the same contents small and large (or at 8 and 16 kHz)."""
    return [subject.fit(s) for s in _graded(subject.modality, size, n, "boxes" in subject.declares.reads)]


@made_once
def _graded(modality: Modality, size: int, n: int, objects: bool) -> Sequence[Any]:
    from augreg.modalities.made_up import speech

    rngs = [np.random.default_rng(300 + i) for i in range(n)]
    if modality.name == "image":
        return [_picture(rng, size, objects) for rng in rngs]
    if modality.name == "video":
        return [_clip(rng, size) for rng in rngs]
    if modality.name == "audio":
        rate = 8000 * size
        waves = [torch.from_numpy(speech(rng, 1.0, rate).astype(np.float32))[None] for rng in rngs]
        return [Audio(w, rate, events=EVENTS) for w in waves]
    if modality.name == "text":
        return [Text(" ".join([PARAGRAPHS[i % 4]] * size)) for i in range(n)]
    return examples(modality, n)


def _view(rng: np.random.Generator, height: int, width: int, size: int) -> np.ndarray:
    """Return a picture, (3, H, W) in [0, 1], and for size 2 the same enlarged threefold."""
    from augreg.modalities.made_up import natural

    small = torch.from_numpy(natural(rng, 3, height, width))[None]
    scale = 3 if size == 2 else 1
    large = torch.nn.functional.interpolate(small, scale_factor=scale, mode="bilinear", align_corners=False)
    return large[0].numpy() if size == 2 else small[0].numpy()


def _points(height: int, width: int) -> Keypoints:
    return Keypoints(np.array([[0.25, 0.3], [0.7, 0.35], [0.4, 0.75], [0.8, 0.8]]) * [width, height])


def _tiles(height: int, width: int) -> Boxes:
    """Return twelve boxes, each within a tile of its own: objects for what acts on objects."""
    corners = [[x, y, x + 0.8, y + 0.8] for y in range(3) for x in range(4)]
    return Boxes(np.array(corners) * [width / 4, height / 3, width / 4, height / 3])


def _picture(rng: np.random.Generator, size: int, objects: bool) -> Image:
    from augreg.modalities.made_up import pixels

    view = _view(rng, 44, 60, size)
    shape = view.shape[1:]
    return Image(pixels(view), keypoints=_points(*shape), boxes=_tiles(*shape) if objects else None)


def _clip(rng: np.random.Generator, size: int) -> Video:
    from augreg.modalities.made_up import pixels

    frames, step = 12, 3 if size == 2 else 1
    view = _view(rng, 30, 50, size)
    width = view.shape[2] - frames * step
    data = np.stack([view[:, :, t * step : t * step + width] for t in range(frames)])
    return Video(pixels(data), fps=12.0, keypoints=[_points(view.shape[1], width)] * frames)


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return the rank correlation of two lists of numbers; equal numbers share their mean rank."""
    a, b = _ranks(first), _ranks(second)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    rounded = np.round(values, 9)
    below = (rounded[:, None] > rounded[None, :]).sum(axis=1)
    equal = (rounded[:, None] == rounded[None, :]).sum(axis=1)
    ranks: np.ndarray = below + (equal - 1) / 2
    return ranks
