"""Rules: what an augmenter does to chirality, hue, duration and synchrony, it declares in ``alters``."""

from __future__ import annotations

import colorsys
from typing import Any, Final

import numpy as np
import torch

from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

N: Final = 6
COARSE: Final = 12
"""Cells along each side in which pictures are compared: what matters is where the blots lie, not their edges."""
BLOTS: Final = ((0.2, 0.2, 1.0), (0.2, 0.7, 0.5), (0.5, 0.2, 0.9), (0.85, 0.5, 0.8))
"""Row, column and brightness of four blots: no turn of the picture correlates with its mirror picture by over 0.3."""
BLOT: Final = 0.1
"""Size of a blot, as a share of a side."""
ALIKE: Final = 0.9
"""Correlation from which a result is taken for the mirror picture."""
HUE_SLACK: Final = 20 / 360
"""How far the mean hue may turn, in turns: rounding, clipping and JPEG move it by less than half of that."""
PALE: Final = 0.1
"""Saturation below which a color has no hue to speak of."""
SECONDS_SLACK: Final = 0.011
"""How far a sound may differ in length: codecs and resampling work in blocks of up to 10 ms."""
MOMENT: Final = 0.05
"""Seconds by which an event may begin elsewhere: steps that take other frames move it by up to half of one."""


def mirrors_as_declared(subject: Subject) -> None:
    """A picture does not come out as its mirror picture unless ``alters`` says chirality."""
    samples = [_painted(subject, s, _blots) for s in subject.samples(N)]
    for name, augmenter in subject.each():
        for i, (sample, result) in enumerate(zip(samples, subject.run(augmenter, samples), strict=True)):
            before, after = _cells(subject, sample), _cells(subject, result)
            mirrored = max(_alike(np.rot90(before[:, ::-1], k), after) for k in range(4))
            require(
                mirrored < ALIKE,
                f"{name}: sample {i} comes out mirrored, which it does not declare; say alters 'chirality'.",
            )


def hue_as_declared(subject: Subject) -> None:
    """A red picture stays red unless ``alters`` says hue."""
    samples = [_painted(subject, s, _reds) for s in subject.samples(N)]
    for name, augmenter in subject.each():
        for i, (sample, result) in enumerate(zip(samples, subject.run(augmenter, samples), strict=True)):
            before, after = _hue(subject, sample), _hue(subject, result)
            if before is None or after is None:
                continue
            apart = abs((after - before + 0.5) % 1.0 - 0.5)
            require(
                apart <= HUE_SLACK,
                f"{name}: the hue of sample {i} turns by {360 * apart:.0f} degrees, which it does not declare; "
                "say alters 'hue'.",
            )


def duration_as_declared(subject: Subject) -> None:
    """A sound lasts as long as before unless ``alters`` says duration."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        for i, (sample, result) in enumerate(zip(samples, subject.run(augmenter, samples), strict=True)):
            before, after = (subject.data(s).shape[-1] / s.sample_rate for s in (sample, result))
            require(
                abs(after - before) <= SECONDS_SLACK,
                f"{name}: sample {i} lasts {after:.3f} s instead of {before:.3f} s, which it does not declare; "
                "say alters 'duration'.",
            )


def synchrony_as_declared(subject: Subject) -> None:
    """What happens at a moment happens at that moment afterwards, unless ``alters`` says synchrony."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        for i, (sample, result) in enumerate(zip(samples, subject.run(augmenter, samples), strict=True)):
            if sample.events is None or not len(sample.events) or not len(result.events):
                continue
            before, after = (_begin(x) + x.events.data[:, 0] for x in (sample, result))
            moved = len(after) != len(before) or float(np.abs(after - before).max()) > MOMENT
            require(
                not moved,
                f"{name}: events of sample {i} begin at {after.tolist()} s instead of {before.tolist()} s, which it "
                "does not declare; say alters 'synchrony', so that a film is not moved without its sound.",
            )


def _begin(sample: Any) -> float:
    """Return when the first frame of a clip is shown, from which its events count."""
    stamps = getattr(sample, "timestamps", None)
    return 0.0 if stamps is None or not len(stamps) else float(stamps[0])


def _painted(subject: Subject, sample: Any, paint: Any) -> Any:
    """Return a sample with another picture (3, H, W) of its size, in its dtype, in every frame."""
    data = subject.data(sample)
    axis, (height, width) = int(subject.modality.channel_axis or 0), data.shape[-2:]
    row, column = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    picture = torch.from_numpy(paint(row, column)).expand(*data.shape[:axis], -1, -1, -1)
    index = torch.arange(data.shape[axis]) % 3
    dtype = str(data.dtype).removeprefix("torch.")
    return forms.in_dtype(forms.with_data(sample, picture.index_select(axis, index).contiguous()), dtype)


def _blots(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    found = sum(v * np.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * BLOT**2)) for y, x, v in BLOTS)
    return np.stack([np.clip(found, 0.0, 1.0)] * 3)


def _reds(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    shade = 0.6 + 0.2 * column + 0.1 * row
    return np.stack([shade, 0.25 * shade, 0.25 * shade])


def _shares(subject: Subject, sample: Any) -> torch.Tensor:
    data = subject.data(sample)
    full = forms.FULL.get(str(data.dtype).removeprefix("torch."), 1.0)
    shares: torch.Tensor = data.to(torch.float64) / full
    return shares


def _cells(subject: Subject, sample: Any) -> np.ndarray:
    """Return the mean of all frames and channels in coarse cells, (COARSE, COARSE)."""
    data = _shares(subject, sample)
    flat = data.reshape(-1, *data.shape[-2:]).mean(dim=0)
    return np.asarray(torch.nn.functional.adaptive_avg_pool2d(flat[None], COARSE)[0].numpy())


def _alike(first: np.ndarray, second: np.ndarray) -> float:
    a, b = first - first.mean(), second - second.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))


def _hue(subject: Subject, sample: Any) -> float | None:
    """Return the hue of the mean color in turns, None where it is too pale to have one."""
    data = _shares(subject, sample)
    axis = int(subject.modality.channel_axis or 0)
    color = data.movedim(axis, 0)[:3].reshape(3, -1).mean(dim=1).clamp(0, 1).tolist()
    hue, saturation, _ = colorsys.rgb_to_hsv(*color)
    return hue if saturation >= PALE else None


def _pictures(subject: Subject) -> bool:
    return subject.modality.name in ("image", "video")


def _silent_on(subject: Subject, meaning: str) -> bool:
    return meaning not in subject.declares.alters


def _runs_in_time(subject: Subject) -> bool:
    return subject.modality.timed and "events" in subject.declares.targets and subject.declares.labels != "mixes"


def _colored(subject: Subject) -> bool:
    declares = subject.declares
    return _pictures(subject) and declares.keeps_range and (not declares.channels or 3 in declares.channels)


RULES: Final = (
    Rule(mirrors_as_declared, lambda s: _pictures(s) and _silent_on(s, "chirality")),
    Rule(hue_as_declared, lambda s: _colored(s) and _silent_on(s, "hue")),
    Rule(duration_as_declared, lambda s: s.modality.name == "audio" and _silent_on(s, "duration")),
    Rule(synchrony_as_declared, lambda s: _runs_in_time(s) and _silent_on(s, "synchrony")),
)
