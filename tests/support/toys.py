"""Small augmenters whose results are easy to compute by hand, for testing the core without any plugin."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg.contract.declaration import EVERY


@dataclass(frozen=True, kw_only=True)
class Brightness(augreg.AugmenterBase):
    """Multiply by a random factor."""

    factor: tuple[float, float] = augreg.param.interval(
        (0.5, 1.5), "what to multiply by", low=0, unit="ratio", centre=1.0
    )
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=EVERY, dtypes=("uint8", "float32"), level=augreg.Level("factor", 1.0, 2.0)
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"factor": self.sample("factor", rng, level)})

    def apply(self, batch, params):
        rows = [_scaled(row, float(f)) for row, f in zip(batch.data, params["factor"], strict=True)]
        return batch.replace(rows if not batch.stacked else torch.stack(rows))


def _scaled(row, factor):
    if row.dtype == torch.uint8:
        return (row.to(torch.float64) * factor).round().clamp(0, 255).to(torch.uint8)
    return row * factor


@dataclass(frozen=True, kw_only=True)
class Mirror(augreg.AugmenterBase):
    """Flip left and right."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("boxes", "masks"), leaves=("label",), p=0.5, alters=frozenset({"chirality"}), values="any"
    )

    def apply(self, batch, params):
        widths = batch.info.shapes[:, -1]
        boxes = [
            None if b is None else _mirrored(b, w) for b, w in zip(batch.info.target("boxes"), widths, strict=True)
        ]
        masks = [None if m is None else m.flip(-1) for m in batch.info.target("masks")]
        rows = [_flipped(row) for row in batch.data]
        return batch.replace(
            torch.stack(rows) if batch.stacked else rows,
            targets={k: v for k, v in {"boxes": boxes, "masks": masks}.items() if k in batch.info.targets},
        )


def _flipped(row):
    # torch 2.11 flips no uint16, but the same bits as int16.
    return row.view(torch.int16).flip(-1).view(torch.uint16) if row.dtype == torch.uint16 else row.flip(-1)


def _mirrored(boxes, width):
    x0, y0, x1, y1 = boxes.data.T
    return boxes.replace(np.stack([width - x1, y0, width - x0, y1], axis=1))


@dataclass(frozen=True, kw_only=True)
class Upper(augreg.AugmenterBase):
    """Write in capitals."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY, dtypes=("str",))

    def apply(self, batch, params):
        return batch.replace([text.upper() for text in batch.data])


@dataclass(frozen=True, kw_only=True)
class Tag(augreg.AugmenterBase):
    """Append a random number; reads the text."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY, dtypes=("str",), reads=("data",))

    def draw(self, batch, rng, level=None):
        number = rng.integers("number", 0, 1_000_000)
        assert batch.data is not None
        return augreg.Params(len(batch), {"number": number, "seen": [len(text) for text in batch.data]})

    def apply(self, batch, params):
        numbers = zip(batch.data, params["number"], params["seen"], strict=True)
        return batch.replace([f"{text} {int(n)}/{int(s)}" for text, n, s in numbers])


@dataclass(frozen=True, kw_only=True)
class Gain(augreg.AugmenterBase):
    """Scale by random decibels."""

    db: tuple[float, float] = augreg.param.interval((-6.0, 6.0), "gain", unit="dB", centre=0.0)
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY, dtypes=("float32",), channels=(1, 2))

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"db": self.sample("db", rng, level)})

    def apply(self, batch, params):
        gain = torch.as_tensor(10 ** (np.asarray(params["db"]) / 20), dtype=torch.float32)
        return batch.replace(batch.data * gain[:, None, None].to(batch.device))


@dataclass(frozen=True, slots=True)
class Affine:
    """The operator x -> a x + b on float data, with ``family`` deciding what composes; counts its runs."""

    a: np.ndarray
    b: np.ndarray
    family: str = "A"
    runs: ClassVar[list[int]] = []

    def take(self, rows):
        return dataclasses.replace(self, a=self.a[rows], b=self.b[rows])

    def expand(self, rows, info):
        a, b = np.ones(len(info)), np.zeros(len(info))
        a[rows], b[rows] = self.a, self.b
        return Affine(a, b, self.family)

    def then(self, other):
        if not isinstance(other, Affine) or other.family != self.family:
            return None
        return Affine(other.a * self.a, other.a * self.b + other.b, self.family)

    def infer(self, info):
        return info

    def run(self, batch):
        Affine.runs.append(len(batch))
        rows = [row * float(a) + float(b) for row, a, b in zip(batch.data, self.a, self.b, strict=True)]
        return batch.replace(torch.stack(rows) if batch.stacked else rows)


@dataclass(frozen=True, kw_only=True)
class Linear(augreg.AugmenterBase):
    """Map x to a x + b; fuses with its own family."""

    family: str = augreg.param.text("A", "what it fuses with")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY, dtypes=("float64",), values="any")

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"a": rng.uniform("a", 0.5, 2.0), "b": rng.uniform("b", -1.0, 1.0)})

    def lower(self, info, params):
        return Affine(params.array("a"), params.array("b"), self.family)


@dataclass(frozen=True, kw_only=True)
class Square(augreg.AugmenterBase):
    """Square the data; never fuses."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY, dtypes=("float64",), values="any")

    def apply(self, batch, params):
        return batch.replace([row * row for row in batch.data])


@dataclass(frozen=True, kw_only=True)
class Blend(augreg.AugmenterBase):
    """Average with the next sample of the batch."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=EVERY, dtypes=("float64",), labels="mixes", values="any"
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"partner": (np.arange(len(batch)) + 1) % len(batch)})

    def apply(self, batch, params):
        return batch.replace(
            [(row + batch.data[int(j)]) / 2 for row, j in zip(batch.data, params["partner"], strict=True)]
        )


TOYS = {
    "toy.brightness": (Brightness, ("image", "video")),
    "toy.mirror": (Mirror, ("image",)),
    "toy.upper": (Upper, ("text",)),
    "toy.tag": (Tag, ("text",)),
    "toy.gain": (Gain, ("audio",)),
    "toy.linear": (Linear, ("image",)),
    "toy.square": (Square, ("image",)),
    "toy.blend": (Blend, ("image",)),
}


def make_registry() -> augreg.Registry:
    """Return a registry that holds the toys and nothing that is installed."""
    registry = augreg.Registry(discover=False)
    for name, (cls, modalities) in TOYS.items():
        registry.register(cls, name=name, modalities=modalities)
    return registry


def pipeline(steps, **options) -> augreg.Pipeline:
    """Return a pipeline of toys."""
    return augreg.Pipeline(steps, registry=make_registry(), **options)
