"""Made-up pictures, places in them and voices, of which the modalities' example samples are made: always the same."""

from __future__ import annotations

import numpy as np
import torch

from augreg.data.targets import Boxes, Keypoints


def natural(rng: np.random.Generator, channels: int, height: int, width: int) -> np.ndarray:
    """Return noise with the 1/f spectrum of photographs: float64 (channels, height, width) in [0, 1].

    Neighbouring pixels resemble each other, so that small shifts change little and large ones much; the channels
    share three quarters of their variance, as in photographs.
    """
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius = np.sqrt(fy * fy + fx * fx)
    radius[0, 0] = np.inf
    white = rng.standard_normal((channels + 1, height, width))
    white[:channels] = 0.5 * white[:channels] + 0.87 * white[channels]
    waves = np.fft.irfft2(np.fft.rfft2(white[:channels]) / radius**1.2, s=(height, width))
    waves /= waves.std(axis=(1, 2), keepdims=True)
    return np.clip(0.5 + 0.18 * waves, 0.0, 1.0)


def pixels(values: np.ndarray) -> torch.Tensor:
    """Return values in [0, 1], (..., C, H, W), as uint8 in channels-last memory."""
    levels = np.rint(values * 255).astype(np.uint8)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(levels, -3, -1))).movedim(-1, -3)


def places(height: int, width: int) -> tuple[Boxes, Keypoints, torch.Tensor]:
    """Return two boxes, three keypoints, and a label map (H, W) with the two boxes filled in."""
    share = np.array([[0.15, 0.2, 0.45, 0.55], [0.5, 0.4, 0.85, 0.9]])
    boxes = np.rint(share * [width, height, width, height])
    labels = torch.zeros((height, width), dtype=torch.uint8)
    for value, (x0, y0, x1, y1) in zip((3, 7), boxes.astype(int), strict=True):
        labels[y0:y1, x0:x1] = value
    points = np.array([[0.3, 0.35], [0.7, 0.6], [0.45, 0.8]]) * [width, height]
    return Boxes(boxes, labels=[3, 7]), Keypoints(points, labels=["a", "b", "c"]), labels


def speech(rng: np.random.Generator, seconds: float, rate: int) -> np.ndarray:
    """Return something that sounds like a voice: float64 (frames,), about 0.3 loud, nothing above 3.5 kHz.

    The same generator state gives the same sound at every rate.
    """
    pitch, wobble, loud = rng.uniform((100, 2, 0.4), (180, 4, 1.0))
    phases = rng.uniform(0, 2 * np.pi, 20)
    time = np.arange(round(seconds * rate)) / rate
    turn = 2 * np.pi * (pitch * time - 6 * np.cos(wobble * time))
    partials = [np.sin(k * turn + phases[k - 1]) / k for k in range(1, 20) if k * (pitch + 24) < 3500]
    syllables = 0.15 + np.clip(np.sin(2 * np.pi * wobble * time + phases[0]), 0, 1) * loud
    wave: np.ndarray = 0.3 * syllables * np.sum(partials, axis=0)
    return wave
