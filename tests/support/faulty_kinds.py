"""Sounds and texts, and steps that mix."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from conforming import Blend, Later, Louder, Well, declaring
from faults import fault

import augreg


@fault("audio.events_stay", "events_follow")
class EventsStay(Later):
    """Forget the events."""

    def moved(self, events, seconds):
        return events


@fault("audio.says_it_leaves", "events_follow")
class SoundSaysItLeaves(Later):
    """Declare that nothing moves."""

    declares: ClassVar[augreg.Declaration] = declaring(Later, targets=(), leaves=augreg.EVERY)

    def moved(self, events, seconds):
        return events


@fault("audio.in_frames", "level_ignores_size")
class InFrames(Later):
    """Delay by frames, whatever the rate."""

    def apply(self, batch, params):
        seconds = params.array("seconds") * 8000 / batch.info.rates
        return super().apply(batch, augreg.Params(params.n, seconds=seconds))


@fault("audio.padding_counts", "batch_size_independent")
class PaddingCounts(Louder):
    """Normalise by the mean over the padded length."""

    def apply(self, batch, params):
        out = super().apply(batch, params)
        return out.replace(out.data - out.data.abs().mean(dim=-1, keepdim=True))


@fault("audio.makes_nan", "finite_and_in_range")
class MakesNan(Louder):
    """Divide by zero."""

    def apply(self, batch, params):
        out = super().apply(batch, params)
        return out.replace(out.data / out.data.new_zeros(()))


@fault("audio.nan_leaks", "nonfinite")
class NanLeaks(Louder):
    """Declare that NaN passes, and let it reach other samples."""

    declares: ClassVar[augreg.Declaration] = declaring(Louder, nonfinite="passes")

    def apply(self, batch, params):
        out = super().apply(batch, params)
        return out.replace(out.data + 0 * out.data.sum())


@fault("text.spans_stay", "spans_follow")
class SpansStay(Well):
    """Forget the spans."""

    def follow(self, spans, places):
        return spans


@fault("text.spans_off_by_one", "spans_follow")
class SpansOffByOne(Well):
    """Count one character too few."""

    def follow(self, spans, places):
        return super().follow(spans, places) - np.searchsorted(places, spans[:, 0], side="right")[:, None]


@fault("text.empty_fails", "takes_empty_string")
class EmptyTextFails(Well):
    """Look at the first character."""

    def edit(self, text, share, order):
        text[0]
        return super().edit(text, share, order)


@fault("text.ascii_only", "takes_emoji")
class AsciiOnly(Well):
    """Encode to ASCII."""

    def edit(self, text, share, order):
        text.encode("ascii", "strict" if any(ord(c) > 0x1F000 for c in text) else "replace")
        return super().edit(text, share, order)


@fault("image.labels_too_heavy", "mixed_labels_add_up")
class LabelsTooHeavy(Blend):
    """Add the partner's weights on top."""

    def label(self, first, second, a):
        return first + a * second if isinstance(first, torch.Tensor) else first


@fault("image.no_partner", "mixing_looks_at_partners")
class NoPartner(Blend):
    """Mix every picture with itself."""

    def draw(self, batch, rng, level=None):
        params = super().draw(batch, rng, level)
        return augreg.Params(params.n, amount=params["amount"], partner=np.arange(params.n))
