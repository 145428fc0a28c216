"""Augmenters that alter more than they declare."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from conforming import Louder, Slide, declaring
from faults import fault

import augreg


@fault("image.secret_mirror", "mirrors_as_declared")
class SecretMirror(Slide):
    """Mirror, and say nothing of it."""

    def slid(self, row, d):
        return row.flip(-1)


@fault("image.secret_hue", "hue_as_declared")
class SecretHue(Slide):
    """Exchange red and blue, and say nothing of it."""

    def apply(self, batch, params):
        out = super().apply(batch, params)
        return out.replace([row.flip(-3) for row in out.data])


@fault("audio.secretly_longer", "duration_as_declared")
class SecretlyLonger(Louder):
    """Put silence behind the sound, and say nothing of it."""

    declares: ClassVar[augreg.Declaration] = declaring(Louder, keeps_shape=False)

    def apply(self, batch, params):
        longer = torch.nn.functional.pad(super().apply(batch, params).data, (0, 1000))
        return batch.replace(longer, shapes=batch.info.shapes + np.array([0, 1000]))


@fault("audio.no_gradient", "gradients_flow")
class NoGradient(Louder):
    """Detach the result, though it is declared as differentiable."""

    declares: ClassVar[augreg.Declaration] = declaring(Louder, differentiable=True)

    def apply(self, batch, params):
        return batch.replace(super().apply(batch, params).data.detach())
