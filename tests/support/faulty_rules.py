"""Faults for the rules that the other files leave out: fusing, seeds, records of what was drawn, few outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from conforming import Blend, Later, Louder, Slide, declaring
from faults import fault

import augreg


@dataclass(frozen=True)
class Factors:
    """The operator that multiplies each sound by a number."""

    factors: np.ndarray

    def take(self, rows):
        return type(self)(self.factors[rows])

    def expand(self, rows, info):
        factors = np.ones(len(info))
        factors[rows] = self.factors
        return type(self)(factors)

    def then(self, other):
        return type(self)(self.factors * other.factors) if isinstance(other, Factors) else None

    def infer(self, info):
        return info

    def run(self, batch):
        data = batch.stack()
        return batch.replace(data * torch.as_tensor(self.factors, dtype=data.dtype)[:, None, None])


@dataclass(frozen=True, kw_only=True)
class Amplify(Louder):
    """Scale a sound by a random number of decibels, as an operator that fuses."""

    def lower(self, info, params):
        return Factors(10.0 ** (params.array("decibels") / 20))


@fault("audio.lowers_otherwise", "fused_alone")
class LowersOtherwise(Amplify):
    """Let the operator do twice what apply does."""

    def lower(self, info, params):
        return Factors(10.0 ** (params.array("decibels") / 10))


@fault("audio.touches_all", "fused_skips_rows")
class TouchesAll(Amplify):
    """Let the operator halve the sounds for which the step does not fire."""

    def lower(self, info, params):
        return Halving(10.0 ** (params.array("decibels") / 20))


class Halving(Factors):
    """Spread to other sounds by a half instead of 1."""

    def expand(self, rows, info):
        factors = np.full(len(info), 0.5)
        factors[rows] = self.factors
        return type(self)(factors)


@fault("audio.composes_wrongly", "fused_like_unfused")
class ComposesWrongly(Amplify):
    """Add factors where two steps follow each other."""

    def lower(self, info, params):
        return Adding(10.0 ** (params.array("decibels") / 20))


class Adding(Factors):
    """Compose by a sum instead of a product."""

    def then(self, other):
        return type(self)(self.factors + other.factors) if isinstance(other, Factors) else None


@fault("audio.frame_labels_stay", "frame_labels_follow")
class FrameLabelsStay(Later):
    """Say that labels of frames stay true, though the sound begins later."""

    declares: ClassVar[augreg.Declaration] = declaring(Later, leaves=("label", "frame_labels"))


@fault("audio.secretly_later", "synchrony_as_declared")
class SecretlyLater(Later):
    """Move the sound in time, and say nothing of it."""

    declares: ClassVar[augreg.Declaration] = declaring(Later, alters=frozenset())


@fault("image.not_frozen", "is_frozen_dataclass", made=False)
class NotFrozen(Slide):
    """Be no dataclass of its own, so that its own fields would not be seen."""


@fault("image.shrinks", "configuration_survives_yaml")
class Shrinks(Slide):
    """Change a parameter when it is built, so that it changes again when it is read back."""

    examples: ClassVar = ({"share": (-0.2, 0.2)},)

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "share", tuple(end / 2 for end in self.share))


@fault("image.ignores_seed", "seed_decides")
class IgnoresSeed(Slide):
    """Draw from the sample's key alone, so that every seed and epoch gives the same."""

    def draw(self, batch, rng, level=None):
        if level is not None:
            return super().draw(batch, rng, level)
        share = augreg.Rng(0, batch.keys).uniform("share", *self.share)
        return augreg.Params(len(batch), share=share)


@fault("image.one_level_for_all", "level_of_each_sample")
class OneLevelForAll(Slide):
    """Give every sample the level of the first."""

    def draw(self, batch, rng, level=None):
        return super().draw(batch, rng, None if level is None else np.full_like(level, level[:1].sum()))


@fault("image.level_by_chance", "level_result_hangs_on_level")
class LevelByChance(Slide):
    """Add to the level what a generator of the process draws."""

    def draw(self, batch, rng, level=None):
        params = super().draw(batch, rng, level)
        chance = np.random.default_rng().uniform(0, 0.2, len(batch)) if level is not None else 0.0
        return augreg.Params(len(batch), share=params.array("share") + chance)


@fault("image.magnitude_only", "level_signs_occur")
class MagnitudeOnly(Slide):
    """Forget the sign when it is applied."""

    def steps(self, batch, params):
        return np.abs(super().steps(batch, params))


@fault("image.mixes_by_chance", "mixing_repeats")
class MixesByChance(Blend):
    """Draw how much is mixed from a generator of the process."""

    def draw(self, batch, rng, level=None):
        params = super().draw(batch, rng, level)
        amount = np.random.default_rng().uniform(0.2, 0.5, len(batch))
        return augreg.Params(params.n, amount=amount, partner=params["partner"])


@fault("image.reads_memory", "non_contiguous")
class ReadsMemory(Slide):
    """Read a picture's memory as if its values lay one behind the other."""

    def slid(self, row, d):
        plain = torch.empty(row.shape, dtype=row.dtype).stride()
        return super().slid(torch.as_strided(row, row.shape, plain), d)


@fault("image.no_draws", "varies")
class NoDraws(Slide):
    """Take the middle of the interval for every sample."""

    def draw(self, batch, rng, level=None):
        if level is not None:
            return super().draw(batch, rng, level)
        return augreg.Params(len(batch), share=np.full(len(batch), sum(self.share) / 2 + 0.1))
