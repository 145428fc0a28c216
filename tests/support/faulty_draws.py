"""Images: faults of randomness, targets, neighbours and state."""

from __future__ import annotations

import random
from typing import ClassVar

import numpy as np
import torch
from conforming import Slide, declaring
from faults import fault

import augreg


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


@fault("image.leads_elsewhere", "leads_back")
class LeadsElsewhere(Slide):
    """Say that nothing has moved, so that predictions would stay where they are on the result."""

    inverts = True


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
