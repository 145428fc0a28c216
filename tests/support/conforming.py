"""Augmenters that keep every rule of the conformance kit, for the faulty ones to depart from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg import Boxes, Keypoints


@dataclass(frozen=True, kw_only=True)
class Slide(augreg.AugmenterBase):
    """Move a picture sideways by a share of its width, black behind."""

    share: tuple[float, float] = augreg.param.interval((-0.3, 0.3), "how far", low=-1, high=1, centre=0.0)
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("boxes", "keypoints", "masks"),
        leaves=("label",),
        dtypes=("uint8", "float32"),
        alters=frozenset({"position"}),
        level=augreg.Level("share", 0.0, 0.4, signed=True),
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), share=self.sample("share", rng, level))

    def steps(self, batch, params):
        """Whole pixels to the right, one number per sample."""
        return np.rint(params.array("share") * batch.info.shapes[:, -1]).astype(int)

    def apply(self, batch, params):
        steps = self.steps(batch, params)
        rows = [self.slid(row, int(d)) for row, d in zip(batch.rows(), steps, strict=True)]
        info = batch.info
        targets = {
            name: [
                None if e is None else getattr(self, name)(e, int(d), int(w))
                for e, d, w in zip(info.target(name), steps, info.shapes[:, -1], strict=True)
            ]
            for name in self.declares.targets
            if name in info.targets
        }
        return batch.replace(torch.stack(rows) if batch.stacked and rows else rows, targets=targets)

    def slid(self, row, d):
        out = torch.zeros_like(row)
        width = row.shape[-1]
        if abs(d) < width:
            out[..., max(0, d) : width + min(0, d)] = row[..., max(0, -d) : width + min(0, -d)]
        return out

    def masks(self, masks, d, width):
        return self.slid(masks, d)

    def boxes(self, boxes: Boxes, d, width):
        moved = boxes.data + np.array([d, 0, d, 0])
        moved[:, 0::2] = np.clip(moved[:, 0::2], 0, width)
        keep = np.flatnonzero(moved[:, 2] > moved[:, 0])
        return boxes.replace(moved).keep(keep)

    def keypoints(self, points: Keypoints, d, width):
        moved = points.data + np.array([d, 0])
        visible = np.ones(len(points), dtype=bool) if points.visible is None else points.visible
        return points.replace(moved, visible & (moved[:, 0] >= 0) & (moved[:, 0] < width))


@dataclass(frozen=True, kw_only=True)
class Louder(augreg.AugmenterBase):
    """Scale a sound by a random number of decibels."""

    decibels: tuple[float, float] = augreg.param.interval((-12.0, 6.0), "amplification", low=-60, high=60, unit="dB")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=augreg.EVERY,
        dtypes=("float32", "float64"),
        level=augreg.Level("decibels", 0.0, 12.0, signed=True),
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), decibels=self.sample("decibels", rng, level))

    def apply(self, batch, params):
        factors = [10.0 ** (d / 20) for d in params.array("decibels").tolist()]
        if not factors:
            return batch
        return batch.replace(torch.stack([row * f for row, f in zip(batch.data, factors, strict=True)]))


@dataclass(frozen=True, kw_only=True)
class Later(augreg.AugmenterBase):
    """Let a sound begin later, in silence, and lose its end."""

    seconds: tuple[float, float] = augreg.param.interval((0.05, 0.3), "how much later", low=0, high=1, unit="s")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("events",),
        leaves=("label",),
        dtypes=("float32",),
        alters={"synchrony"},
        level=augreg.Level("seconds", 0.0, 0.3),
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), seconds=self.sample("seconds", rng, level))

    def apply(self, batch, params):
        seconds = params.array("seconds")
        out = torch.zeros_like(batch.data)
        for i, d in enumerate(np.rint(seconds * batch.info.rates).astype(int)):
            n = int(batch.lengths[i])
            if d < n:
                out[i, :, d:n] = batch.data[i, :, : n - d]
        events = [self.moved(e, s) for e, s in zip(batch.info.target("events"), seconds, strict=True)]
        return batch.replace(out, targets={"events": events} if "events" in batch.info.targets else None)

    def moved(self, events, seconds):
        return None if events is None else events.replace(events.data + seconds)


@dataclass(frozen=True, kw_only=True)
class Well(augreg.AugmenterBase):
    """Put "well " in front of some words."""

    share: tuple[float, float] = augreg.param.interval((0.2, 0.5), "share of the words", low=0, high=1, unit="fraction")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("spans",), leaves=("label",), dtypes=("str",), keeps_shape=False, level=augreg.Level("share", 0.0, 0.8)
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(
            len(batch), share=self.sample("share", rng, level), order=list(rng.uniform("order", size=80))
        )

    def apply(self, batch, params):
        done = [self.edit(t, s, o) for t, s, o in zip(batch.data, params["share"], params["order"], strict=True)]
        spans = [
            None if e is None else e.replace(self.follow(e.data, places))
            for e, (_, places) in zip(batch.info.target("spans"), done, strict=True)
        ]
        return batch.replace([t for t, _ in done], targets={"spans": spans} if "spans" in batch.info.targets else None)

    def edit(self, text, share, order):
        """Return the new text and where in the old one something was put in."""
        words, places, at = [], [], 0
        for i, word in enumerate(text.split(" ")):
            if word and order[i % len(order)] < share:
                places.append(at)
                word = "well " + word
            words.append(word)
            at += len(text.split(" ")[i]) + 1
        return " ".join(words), np.array(places, dtype=int)

    def follow(self, spans, places):
        starts = spans[:, 0] + 5 * np.searchsorted(places, spans[:, 0], side="right")
        return np.stack([starts, np.maximum(starts, spans[:, 1] + 5 * np.searchsorted(places, spans[:, 1]))], 1)


@dataclass(frozen=True, kw_only=True)
class Blend(augreg.AugmenterBase):
    """Mix every picture with the next one, and their class weights likewise."""

    amount: tuple[float, float] = augreg.param.interval((0.2, 0.5), "share of the partner", low=0, high=1)
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(dtypes=("float32",), leaves=("label",), labels="mixes")

    def draw(self, batch, rng, level=None):
        n = len(batch)
        return augreg.Params(n, amount=self.sample("amount", rng, level), partner=(np.arange(n) + 1) % max(n, 1))

    def apply(self, batch, params):
        rows, labels = [], list(batch.info.target("label"))
        for i, (a, j) in enumerate(zip(params.array("amount").tolist(), params["partner"], strict=True)):
            first, second = batch.data[i], batch.data[int(j)]
            rows.append(first + a * (second - first) if first.shape == second.shape else first.clone())
            labels[i] = self.label(batch.info.target("label")[i], batch.info.target("label")[int(j)], a)
        return batch.replace(rows, targets={"label": labels})

    def label(self, first, second, a):
        return first + a * (second - first) if isinstance(first, torch.Tensor) else first


CONFORMING = {
    "image.slide": Slide,
    "audio.louder": Louder,
    "audio.later": Later,
    "text.well": Well,
    "image.blend": Blend,
}


def declaring(cls, **changes):
    """Return the declaration of a class with some facts replaced."""
    return dataclasses.replace(cls.declares, **changes)
