"""Augmenters with one fault each, and the rule of the conformance kit that must find it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from conforming import Blend, Later, Louder, Slide, Well, declaring

import augreg

FAULTS: list[tuple[str, type, str]] = []


def fault(name: str, rule: str):
    """Register a class as faulty: the kit has to find it by this rule."""

    def add(cls):
        made = dataclass(frozen=True, kw_only=True)(cls)
        FAULTS.append((name, made, rule))
        return made

    return add


@fault("image.python_random", "global_random_state_untouched")
class PythonRandom(Slide):
    """Draw from the module random."""

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), share=[random.uniform(-0.3, 0.3) for _ in range(len(batch))])


@fault("image.numpy_random", "global_random_state_untouched")
class NumpyRandom(Slide):
    """Draw from numpy's global generator."""

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), share=np.random.uniform(-0.3, 0.3, len(batch)))  # noqa: NPY002 - the fault


@fault("image.torch_random", "same_key_same_result")
class TorchRandom(Slide):
    """Add noise from torch's global generator when applied."""

    def slid(self, row, d):
        return (super().slid(row, d) + 20 * torch.rand(row.shape)).to(row.dtype)


@fault("image.writes", "input_unmodified")
class Writes(Slide):
    """Blacken a corner of the input."""

    def slid(self, row, d):
        row[..., :2, :2] = 0
        return super().slid(row, d)


@fault("image.writes_boxes", "input_unmodified")
class WritesBoxes(Slide):
    """Move the boxes that came in."""

    def boxes(self, boxes, d, width):
        boxes.data[:, 0::2] += 1
        return super().boxes(boxes, d, width)


@fault("image.keypoints_stay", "keypoints_follow")
class KeypointsStay(Slide):
    """Forget the keypoints."""

    def keypoints(self, points, d, width):
        return points


@fault("image.keypoints_mirrored", "keypoints_follow")
class KeypointsMirrored(Slide):
    """Move the keypoints the other way."""

    def keypoints(self, points, d, width):
        return super().keypoints(points, -d, width)


@fault("image.boxes_stay", "boxes_follow")
class BoxesStay(Slide):
    """Forget the boxes."""

    def boxes(self, boxes, d, width):
        return boxes


@fault("image.boxes_grow", "boxes_follow")
class BoxesGrow(Slide):
    """Return the whole picture as every box."""

    def boxes(self, boxes, d, width):
        return boxes.replace(np.tile([0.0, 0.0, width, 1000.0], (len(boxes), 1)))


@fault("image.masks_stay", "masks_follow")
class MasksStay(Slide):
    """Forget the masks."""

    def masks(self, masks, d, width):
        return masks


@fault("image.masks_blurred", "masks_follow")
class MasksBlurred(Slide):
    """Interpolate between labels."""

    def masks(self, masks, d, width):
        moved = super().masks(masks, d, width).float()
        return ((moved + moved.roll(1, -1) * 2 + moved.roll(2, -1) * 4) / 7).round().to(masks.dtype)


@fault("image.says_it_leaves", "keypoints_follow")
class SaysItLeaves(Slide):
    """Declare that nothing moves."""

    declares: ClassVar[augreg.Declaration] = declaring(Slide, targets=(), leaves=augreg.EVERY)


@fault("image.drops_label", "targets_kept")
class DropsLabel(Slide):
    """Lose the label."""

    def apply(self, batch, params):
        out = super().apply(batch, params)
        return out.replace(out.data, targets={"label": [None] * len(out)})


@fault("image.batch_mean", "batch_size_independent")
class BatchMean(Slide):
    """Normalise by the brightness of the batch."""

    def apply(self, batch, params):
        out = super().apply(batch, params)
        mean = sum(float(r.float().mean()) for r in out.data) / max(len(out), 1)
        return out.replace([(r.float() * 0.5 + mean / 4).to(r.dtype) for r in out.data])


@fault("image.neighbour_leaks", "neighbour_independent")
class NeighbourLeaks(Slide):
    """Use the brightness of the last row."""

    def apply(self, batch, params):
        out = super().apply(batch, params)
        last = float(out.data[-1].float().mean()) if len(out) else 0.0
        return out.replace([(r.float() * 0.5 + last / 4).to(r.dtype) for r in out.data])


@fault("image.draws_by_position", "order_independent")
class DrawsByPosition(Slide):
    """Let parameters hang on the position in the batch."""

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), share=np.arange(len(batch)) / 50)


@fault("image.one_draw_for_all", "varies")
class OneDrawForAll(Slide):
    """Draw once for the whole batch but report a number each."""

    def steps(self, batch, params):
        return np.full(len(batch), 4)


@fault("image.batch_draw", "params_row_independent")
class BatchDraw(Slide):
    """Scale what is drawn by the size of the batch."""

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), share=super().draw(batch, rng, level).array("share") / (1 + len(batch)))


@fault("image.remembers", "no_state_on_instance")
class Remembers(Slide):
    """Keep the last parameters on the instance."""

    def apply(self, batch, params):
        object.__setattr__(self, "last", params.row(0) if params.n else None)
        return super().apply(batch, params)


@fault("image.adapts", "no_state_on_instance")
class Adapts(Slide):
    """Learn from the first batch it sees."""

    def apply(self, batch, params):
        if "width" not in vars(self):
            object.__setattr__(self, "width", int(batch.info.shapes[:, 1].sum()) % 7)
        out = super().apply(batch, params)
        return out.replace([r.roll(self.width, -2) for r in out.data])


@fault("image.no_json", "params_survive_json")
class NoJson(Slide):
    """Keep tensors in the parameters."""

    def draw(self, batch, rng, level=None):
        params = super().draw(batch, rng, level)
        return augreg.Params(len(batch), share=params["share"], noise=[torch.zeros(2)] * len(batch))


@fault("image.draws_in_apply", "replays")
class DrawsInApply(Slide):
    """Let the result hang on the sample's key when applied, which a replay does not have."""

    def steps(self, batch, params):
        return super().steps(batch, params) + (batch.info.keys % 5).astype(int)

    def apply(self, batch, params):
        rng = augreg.Rng(id(params), batch.info.keys)
        out = super().apply(batch, params)
        return out.replace([r.roll(int(k), -2) for r, k in zip(out.data, rng.integers("k", 0, 9), strict=True)])


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

    mystery: int = augreg.integer(1)


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

    size: int = augreg.integer(doc="pixels")


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
