"""Image augmenters on clips: one draw for the whole clip, one per frame, or a smooth path between a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from augreg import Augmenter, AugmenterBase, Batch, BatchInfo, ConfigError, ContractError, Op, Params, Rng
from augreg.kernel import fuses
from augreg.param import choice, number
from augreg_video.clipop import ClipOp
from augreg_video.cuts import Floats, Ints
from augreg_video.declarations import lifted
from augreg_video.draw_facts import clip_facts, frame_facts
from augreg_video.frame_op import FrameOp, clips_info, frames_info
from augreg_video.framewise import regrouped, spread_frames
from augreg_video.mixing import mixed
from augreg_video.param_tables import nested, unnested
from augreg_video.smooth import anchor_counts, blended, check_moving, check_smooth

MODES: Final = ("shared", "per_frame", "smooth")

FRAMES_COUNTED: Final = 16
"""A clip that takes much memory has many more frames than are treated at a time, each with the image augmenter's need:
with so many it takes the share of one."""


@dataclass(frozen=True, kw_only=True)
class Lifted(AugmenterBase):
    """Runs an image augmenter on the frames of clips; a subclass says which one in ``_make_inner``."""

    temporal: str = choice(
        "shared", "One draw for all frames, one for every frame, or a smooth path between draws.", options=MODES
    )
    period: float = number(8.0, "For 'smooth': frames from one draw of the path to the next.", low=1, unit="frames")

    def __post_init__(self) -> None:
        super().__post_init__()
        inner = self._make_inner()
        object.__setattr__(self, "_inner", inner)
        object.__setattr__(self, "declares", lifted(inner.declares))
        if self.temporal != "shared" and inner.declares.labels == "mixes":
            raise ConfigError(
                f"temporal={self.temporal!r} does not fit {type(inner).__name__}: it mixes whole clips, all frames "
                "alike. Use temporal='shared'."
            )
        if self.temporal == "smooth":
            check_smooth(inner)

    def _make_inner(self) -> Augmenter:
        raise ContractError(f"{type(self).__name__} does not say which image augmenter it lifts.")

    @property
    def inner(self) -> Augmenter:
        """The image augmenter."""
        found: Augmenter = self.__dict__["_inner"]
        return found

    @property
    def memory(self) -> float:
        """The clip once, or twice where its frames are treated one by one, and what the image augmenter takes of some.

        Frames that become larger, or of a wider type, are counted as the image augmenter counts them.
        """
        inner = self.inner
        own = float(getattr(inner, "memory", inner.declares.memory))
        if not inner.declares.keeps_dtype:
            return 1.5 * own
        growth = own / inner.declares.memory
        once = fuses(inner) and self.temporal == "shared" and inner.declares.labels != "mixes"
        return (1.5 if once else 2.5) * growth + own / FRAMES_COUNTED

    @property
    def label_classes(self) -> int | None:
        """The image augmenter's number of classes."""
        found: int | None = getattr(self.inner, "label_classes", None)
        return found

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the image augmenter's parameters, one row per clip; columns have a time axis unless shared."""
        if self.temporal == "shared":
            return self.inner.draw(clip_facts(batch, self.inner.declares.reads), rng, level)
        lengths = batch.lengths
        if self.temporal == "per_frame":
            many = _again(rng, "frame", lengths)
            facts = frame_facts(batch, self.inner.declares.reads).replace(keys=many.keys)
            return nested(self.inner.draw(facts, many, _repeated(level, lengths)), lengths)
        counts = anchor_counts(lengths, self.period)
        many = _again(rng, "anchor", counts)
        rows = np.repeat(np.arange(len(batch)), counts)
        facts = clip_facts(batch, self.inner.declares.reads).take(rows).replace(keys=many.keys)
        anchors = self.inner.draw(facts, many, _repeated(level, counts))
        if self.inner.declares.reads:
            check_moving(self.inner, anchors)
        return nested(blended(anchors, lengths, self.period), lengths)

    def lower(self, info: BatchInfo, params: Params) -> Op | None:
        """Return the image operator over the frames, or None if the image augmenter has none."""
        if not fuses(self.inner) or self.inner.declares.labels == "mixes":
            return None
        shared = self.temporal == "shared"
        facts = clips_info(info) if shared else frames_info(info.replace(targets={}))
        found = cast(AugmenterBase, self.inner).lower(facts, params if shared else unnested(params, info.lengths))
        if found is None:
            return None
        return ClipOp(len(info), (), FrameOp(found, None if shared else info.lengths))

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: as the image augmenter says, if all frames of a clip move alike."""
        moves = bool(self.inner.declares.targets)
        return bool(getattr(self.inner, "inverts", not moves)) and (self.temporal == "shared" or not moves)

    def inverses(self, info: BatchInfo, params: Params) -> Sequence[Any]:
        """Return for each clip the image augmenter's way back, which is that of every frame."""
        if self.temporal != "shared" or not isinstance(self.inner, AugmenterBase):
            return [None] * len(info)
        return self.inner.inverses(clips_info(info), params)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Treat the frames of all clips as one batch of images."""
        if self.inner.declares.labels == "mixes":
            return mixed(self.inner, batch, params)
        op = self.lower(batch.info, params)
        if op is not None:
            return op.run(batch)
        info, lengths = batch.info, batch.lengths
        if self.temporal == "shared":
            each = params.take(np.repeat(np.arange(len(batch)), lengths))
        else:
            each = unnested(params, lengths)
        frames = spread_frames(batch.data, [None] * len(batch))
        done = self.inner.apply(Batch(frames, frames_info(info)), each)
        return regrouped(done, info, stacked=not isinstance(frames, list))


def _again(rng: Rng, name: str, counts: Ints) -> Rng:
    """Return random numbers for ``counts[i]`` things inside sample i, each with a key of its own."""
    most = int(counts.max(initial=0))
    words = rng.words(name, 2 * most).reshape(len(rng), most, 2).astype(np.uint64)
    keys = words[..., 0] | (words[..., 1] << np.uint64(32))
    chosen = np.arange(most) < counts[:, None]
    return Rng(rng.seed, keys[chosen], epoch=rng.epoch, copy=rng.copy, path=rng.path)


def _repeated(level: Floats | None, counts: Ints) -> Floats | None:
    return None if level is None else np.repeat(level, counts)
