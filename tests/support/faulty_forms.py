"""Images: faults of levels, dtypes, shapes, odd input and declarations."""

from __future__ import annotations

import time
from typing import ClassVar

import numpy as np
from conforming import Slide, declaring
from faults import fault

import augreg


@fault("image.not_monotone", "level_is_monotone")
class NotMonotone(Slide):
    """Move least at the highest level."""

    declares: ClassVar[augreg.Declaration] = declaring(
        Slide, level=augreg.Level("share", 0.4, 0.0, identity_at_zero=False)
    )


@fault("image.ignores_level", "level_is_monotone")
class IgnoresLevel(Slide):
    """Draw from the configuration whatever the level."""

    def draw(self, batch, rng, level=None):
        return super().draw(batch, rng)


@fault("image.one_sign", "level_sets_parameter")
class OneSign(Slide):
    """Move to the right only, though the level is declared as signed."""

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), share=np.abs(super().draw(batch, rng, level).array("share")))


@fault("image.zero_moves", "level_zero_is_identity")
class ZeroMoves(Slide):
    """Move by one pixel at level 0."""

    def steps(self, batch, params):
        return super().steps(batch, params) + 1


@fault("image.in_pixels", "level_ignores_size")
class InPixels(Slide):
    """Move by the same number of pixels at every size."""

    def steps(self, batch, params):
        return np.rint(params.array("share") * 50).astype(int)


@fault("image.no_such_level", "level_parameter_exists")
class NoSuchLevel(Slide):
    """Declare a level for a parameter that is not there."""

    declares: ClassVar[augreg.Declaration] = declaring(Slide, level=augreg.Level("shares", 0.0, 0.3))


@fault("image.level_refused", "level_parameter_exists")
class LevelRefused(Slide):
    """Declare a level beyond what the parameter takes."""

    declares: ClassVar[augreg.Declaration] = declaring(Slide, level=augreg.Level("share", 0.0, 3.0))


@fault("image.level_in_pixels", "level_means_the_same_for_every_size")
class LevelInPixels(Slide):
    """Declare a level for a parameter that counts in pixels."""

    share: tuple[float, float] = augreg.param.interval((0.1, 0.3), "how far to move", low=0, high=1, unit="px")


@fault("image.becomes_float", "dtype_kept")
class BecomesFloat(Slide):
    """Return float32 for uint8."""

    def slid(self, row, d):
        return super().slid(row, d).float()


@fault("image.refuses_declared", "dtype_kept")
class RefusesDeclared(Slide):
    """Refuse a dtype that is declared."""

    def draw(self, batch, rng, level=None):
        if "float32" in batch.dtypes:
            raise augreg.UnsupportedError("float32 is not taken.")
        return super().draw(batch, rng, level)


@fault("image.cuts", "shape_kept")
class Cuts(Slide):
    """Lose a column, though keeps_shape is declared."""

    def slid(self, row, d):
        return super().slid(row, d)[..., :-1]


@fault("image.too_bright", "finite_and_in_range")
class TooBright(Slide):
    """Leave the range of floating-point pictures."""

    def slid(self, row, d):
        return super().slid(row, d) * 2 if row.is_floating_point() else super().slid(row, d)


@fault("image.no_pickle", "pickles")
class NoPickle(Slide):
    """Refuse to be pickled."""

    def __reduce__(self):
        raise TypeError("holds a generator")


@fault("image.index_error", "takes_one_pixel")
class FailsOnOnePixel(Slide):
    """Look at the second row."""

    def slid(self, row, d):
        row[..., 1, 1]
        return super().slid(row, d)


@fault("image.squeezes", "takes_one_channel")
class Squeezes(Slide):
    """Lose the channel axis of grey pictures."""

    def slid(self, row, d):
        return super().slid(row, d).squeeze(0)


@fault("image.empty_fails", "empty_batch")
class EmptyFails(Slide):
    """Need at least one sample."""

    def apply(self, batch, params):
        batch.info.dtypes[0]
        return super().apply(batch, params)


@fault("image.grads", "works_in_inference_mode")
class Grads(Slide):
    """Ask for gradients."""

    def slid(self, row, d):
        x = row.float().requires_grad_()
        x.sum().backward()
        return super().slid(row, d)


@fault("image.threads", "thread_safe")
class Threads(Slide):
    """Use a place in the class as scratch memory."""

    scratch: ClassVar[dict[str, object]] = {}

    def steps(self, batch, params):
        self.scratch["steps"] = super().steps(batch, params)
        time.sleep(0.005)
        return self.scratch["steps"]


@fault("image.undocumented", "is_documented")
class Undocumented(Slide):
    """Have a parameter without a description."""

    mystery: int = augreg.param.integer(1)


@fault("image.contradicts", "declares_facts")
class Contradicts(Slide):
    """Declare boxes both as moved and as left."""

    declares: ClassVar[augreg.Declaration] = declaring(Slide, leaves=("label", "boxes"))


@fault("image.unknown_target", "declares_facts")
class UnknownTarget(Slide):
    """Misspell a target."""

    declares: ClassVar[augreg.Declaration] = declaring(Slide, targets=("box", "keypoints", "masks"))


@fault("image.wrong_draw", "has_signatures")
class WrongDraw(Slide):
    """Take no level."""

    def draw(self, batch, rng):
        return super().draw(batch, rng)


@fault("image.needs_more", "constructs")
class NeedsMore(Slide):
    """Need a parameter and give no example."""

    size: int = augreg.param.integer(doc="pixels")


@fault("image.any_words", "refuses_odd_values")
class AnyWords(Slide):
    """Take for a list of words whatever comes."""

    words: tuple[str, ...] = augreg.param.value(("a",), "some words")

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "words", tuple(word.lower() for word in self.words))
