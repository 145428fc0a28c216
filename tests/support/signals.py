"""A modality of a plugin's own, whose reader lets NaN through, with an augmenter that should refuse it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

import augreg
from augreg.modalities import Wrapped


@dataclass(slots=True)
class Signal(augreg.Sample):
    """A row of numbers."""

    modality: ClassVar[str] = "signal"
    data: Any


class SignalModality(augreg.Modality):
    """Rows of numbers of one length."""

    name = "signal"
    sample_type = Signal

    def wrap(self, obj, hints):
        """See augreg.Modality."""
        return Wrapped(obj.data, lambda r: dataclasses.replace(obj, data=r.row, **r.targets), targets=obj.targets)

    def examples(self, n):
        """See augreg.Modality."""
        return [Signal(torch.arange(6.0) + i, label=i) for i in range(n)]


@dataclass(frozen=True, kw_only=True)
class Double(augreg.AugmenterBase):
    """Multiply by two."""

    checks: bool = augreg.param.flag(True, "refuse NaN")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, dtypes=("float32",))

    def apply(self, batch, params):
        if self.checks and any(not torch.isfinite(row).all() for row in batch.data):
            raise augreg.SampleError("the signal holds NaN or infinity. Clean it first.")
        return batch.replace([2 * row for row in batch.data])


@dataclass(frozen=True, kw_only=True)
class Careless(Double):
    """Multiply by two, NaN as well."""

    checks: bool = augreg.param.flag(False, "refuse NaN")


class Plugin:
    """The hooks of a plugin with the modality and both augmenters."""

    @augreg.hookimpl
    def augreg_modalities(self):
        """Offer the modality."""
        return [augreg.ModalitySpec("signal", "signals:SignalModality")]

    @augreg.hookimpl
    def augreg_augmenters(self):
        """Offer both augmenters."""
        return [
            augreg.AugmenterSpec("signal.double", "signals:Double", ("signal",), summary="Multiply by two."),
            augreg.AugmenterSpec(
                "signal.careless", "signals:Careless", ("signal",), summary="Multiply by two, NaN as well."
            ),
        ]
