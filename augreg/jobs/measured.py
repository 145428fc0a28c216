"""Measures a data set once: sizes, mean and deviation of each channel, loudness, lengths, words."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg import media
from augreg.errors import ConfigError, MediaError
from augreg.jobs.cleaning.words import words_of
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import Item
from augreg.jobs.plan import make_plan
from augreg.jobs.sources import Source, open_source, without_steps
from augreg.media import DEFAULT, Limits
from augreg.media.images import without_alpha
from augreg.registry import Registry, default

VERSION: Final = 1
BLOCK: Final = 128
"""Inputs that are fetched at once."""

WHITE: Final = {"uint8": 255.0, "uint16": 65_535.0}
"""What stands for 1 in a dtype; in others 1 itself."""

Measured = tuple[str, dict[str, float], NDArray[np.float64] | None]
"""The modality, numbers by name, and per channel: values, their sum, the sum of their squares."""


@dataclass
class Span:
    """Least, most and mean of numbers that come one by one."""

    least: float = math.inf
    most: float = -math.inf
    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        """Take in a number."""
        self.least, self.most = min(self.least, value), max(self.most, value)
        self.total += value
        self.count += 1

    def to_json(self) -> dict[str, float]:
        """Return plain data."""
        return {"min": self.least, "max": self.most, "mean": self.total / self.count}


@dataclass
class Account:
    """What was measured of one modality."""

    count: int = 0
    spans: dict[str, Span] = field(default_factory=dict)
    rates: Counter[int] = field(default_factory=Counter)
    sums: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    """Number of channels -> (3, channels): values, their sum, the sum of their squares."""

    def add(self, numbers: dict[str, float], sums: NDArray[np.float64] | None) -> None:
        """Take in one sample."""
        self.count += 1
        for name, value in numbers.items():
            self.spans.setdefault(name, Span()).add(value)
        if "rate" in numbers:
            self.rates[int(numbers["rate"])] += 1
        if sums is not None:
            channels = sums.shape[1]
            self.sums[channels] = self.sums.get(channels, np.zeros((3, channels))) + sums

    def to_json(self) -> dict[str, Any]:
        """Return plain data; mean and deviation where all samples have as many channels."""
        found: dict[str, Any] = {"count": self.count}
        found |= {name: span.to_json() for name, span in sorted(self.spans.items()) if name != "rate"}
        if self.rates:
            found["rates"] = {str(rate): count for rate, count in sorted(self.rates.items())}
        if self.sums:
            found["channels"] = {str(channels): _moments(sums) for channels, sums in sorted(self.sums.items())}
        if len(self.sums) == 1:
            found |= _moments(next(iter(self.sums.values())))
        return found


def _moments(sums: NDArray[np.float64]) -> dict[str, list[float]]:
    count, total, squares = sums
    mean = total / count
    return {"mean": mean.tolist(), "std": np.sqrt(np.maximum(squares / count - mean**2, 0.0)).tolist()}


def stats(
    source: str | Path | Source,
    *,
    form: str = "auto",
    limits: Limits = DEFAULT,
    workers: int = 0,
    progress: Callable[[int, int], None] = lambda done, inputs: None,
    **options: Any,
) -> dict[str, Any]:
    """Measure every sample of a data set; the result is the same whatever the number of workers.

    Mean and deviation are those of all pixels together, as shares of white, with sums in float64 (of bytes they are
    exact); pictures of 1 and of 3 channels are measured apart. Loudness is the RMS in dB of full scale.

    Args:
        source: a folder of media files, or another form of input as :func:`augreg.jobs.run` takes it.
        form: what kind of input it is; "auto" tells by what is there.
        limits: the largest samples that are decoded.
        workers: how many threads; 0 for one on each core.
        progress: called with how many inputs were measured, and how many there are.
        options: what else the form of input takes.

    Returns:
        Modality -> what was measured, as plain data, with ``refused``: how many inputs cannot be read, by code.

    Raises:
        ConfigError: the source is not there, or an argument is wrong.

    >>> import augreg.jobs, torch
    >>> from pathlib import Path
    >>> Path("in").mkdir()
    >>> _ = augreg.media.write(augreg.Image(torch.full((3, 4, 4), 51, dtype=torch.uint8)), "in/dark.png")
    >>> found = augreg.jobs.stats("in")["image"]
    >>> found["count"], found["mean"], found["std"]
    (1, [0.2, 0.2, 0.2], [0.0, 0.0, 0.0])

    """
    if workers < 0:
        raise ConfigError(f"workers is {workers}; it must be at least 1, or 0 for one on each core.")
    opened = without_steps(open_source(source, form, **options) if isinstance(source, str | Path) else source)
    registry = default()
    plan = make_plan(opened, {spec.modality for spec in media.readers(registry).values()}, 1, registry)
    accounts: dict[str, Account] = {}
    refused: Counter[str] = Counter()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="augreg-stats") as pool:
        for start in range(0, len(plan.items), BLOCK):
            for found in _block(opened, plan.items[start : start + BLOCK], limits, registry, pool):
                if isinstance(found, MediaError):
                    refused[found.code] += 1
                else:
                    accounts.setdefault(found[0], Account()).add(*found[1:])
            progress(min(start + BLOCK, len(plan.items)), len(plan.items))
    measured = {modality: account.to_json() for modality, account in sorted(accounts.items())}
    return {"v": VERSION, **measured, "refused": dict(sorted(refused.items()))}


def _block(
    source: Source, items: tuple[Item, ...], limits: Limits, registry: Registry, pool: ThreadPoolExecutor
) -> Iterator[Measured | MediaError]:
    """Yield what is measured of some inputs, in order."""
    with tempfile.TemporaryDirectory(prefix="augreg-stats-") as stage:
        files = Fetched.of(source, items, Path(stage))

        def one(item: Item) -> Measured | MediaError:
            try:
                if item.fault is not None:
                    return item.fault
                loaded = media.load(files[item], limits, registry, lazy=item.modality == "video")
                sample: Any = loaded.sample
                measure = _MEASURES.get(sample.modality)
                return sample.modality, *(({}, None) if measure is None else measure(sample))
            except MediaError as error:
                return error

        yield from pool.map(one, items)


Numbers = tuple[dict[str, float], NDArray[np.float64] | None]


def _picture(sample: Any) -> Numbers:
    pixels = without_alpha(sample.data.permute(1, 2, 0).numpy())
    height, width, channels = pixels.shape
    flat = pixels.reshape(-1, channels)
    return {"height": height, "width": width}, np.stack([_sums(flat[:, c]) for c in range(channels)], axis=1)


def _sums(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return how many values there are, their sum and that of their squares, as shares of white."""
    if values.dtype == np.uint8:  # by how often each value is there, which no rounding spoils
        often = np.bincount(values, minlength=256)
        steps = np.arange(256)
        total, squares = float(often @ steps), float(often @ steps**2)
        return np.array([values.size, total / 255.0, squares / 255.0**2])
    shares = values.astype(np.float64) / WHITE.get(str(values.dtype), 1.0)
    return np.array([values.size, shares.sum(), np.square(shares).sum()])


def _sound(sample: Any) -> Numbers:
    wave, rate = sample.data.numpy(), int(sample.sample_rate)
    power = float(np.square(wave, dtype=np.float64).mean())
    loud = {"loudness_db": 10.0 * math.log10(power)} if power > 0 else {}  # of what is silent there is no logarithm
    return {"seconds": wave.shape[1] / rate, "channels": wave.shape[0], "rate": rate, **loud}, None


def _clip(sample: Any) -> Numbers:
    shape = sample.data.shape
    return {"frames": int(shape[0]), "height": int(shape[-2]), "width": int(shape[-1])}, None


def _text(sample: Any) -> Numbers:
    return {"characters": len(sample.data), "words": len(words_of(sample.data))}, None


_MEASURES: Final = {"image": _picture, "audio": _sound, "video": _clip, "text": _text}


def write_stats(found: dict[str, Any], to: Path) -> None:
    """Write what was measured to a file."""
    to.write_text(json.dumps(found, indent=2) + "\n", encoding="ascii")
