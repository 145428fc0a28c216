"""The path for devices that take all frames as one tensor, carried out on the CPU."""

import numpy as np
import pytest
import torch
from augreg_video import framewise
from augreg_video.frames import Frames

import augreg
from augreg import Batch, Boxes, Params, Rng
from augreg.kernel import make_batch

CASES = [
    ("video.temporal_crop", {"frames": 4}),
    ("video.temporal_crop", {}),
    ("video.subsample", {"frames": 5, "mode": "random"}),
    ("video.frame_drop", {"share": 0.3}),
    ("video.fit_length", {"frames": 9, "fill": "blank"}),
    ("video.noise", {"correlation": 0.5}),
    ("video.temporal_blur", {}),
    ("video.letterbox", {}),
    ("video.hflip", {}),
    ("video.resized_crop", {"size": [8, 6], "temporal": "per_frame"}),
    ("video.color_jitter", {"temporal": "smooth"}),
    ("video.camera_shake", {}),
    ("video.mixup", {}),
]


def both(frames=7):
    """The same clips as a list and as one tensor, with boxes and masks."""
    values = np.random.default_rng(0).integers(0, 256, (3, frames, 12, 10, 3), dtype=np.uint8)
    clips = torch.from_numpy(values).permute(0, 1, 4, 2, 3)
    boxes = [[Boxes([[t % 5, 1, t % 5 + 4, 9]], labels=[t]) for t in range(frames)] for _ in range(3)]
    masks = [clip[:, 0] > 128 for clip in clips]
    listed = make_batch("video", list(clips), rates=10.0, targets={"boxes": boxes, "masks": masks})
    return listed, Batch(clips.contiguous(), listed.info)


def assert_equal(listed, stacked, levels=1):
    assert len(listed) == len(stacked)
    np.testing.assert_array_equal(listed.info.shapes, stacked.info.shapes)
    for i, (a, b) in enumerate(zip(listed.data, stacked.data, strict=True)):
        difference = (a.int() - b.int()).abs()
        assert (difference > levels).double().mean() <= 0.002
        assert torch.equal(listed.info.targets["masks"][i], stacked.info.targets["masks"][i])
        for one, other in zip(listed.info.targets["boxes"][i], stacked.info.targets["boxes"][i], strict=True):
            np.testing.assert_allclose(one.data, other.data)


@pytest.mark.parametrize(("name", "config"), CASES)
def test_stacked_equals_listed(name, config, monkeypatch):
    monkeypatch.setattr(framewise, "batched", lambda data: isinstance(data, torch.Tensor))
    listed, stacked = both()
    augmenter = augreg.make(name, **config)
    params = augmenter.draw(listed.info, Rng(3, listed.info.keys))
    first, second = augmenter.apply(listed, params), augmenter.apply(stacked, params)
    assert_equal(first, second)
    lengths = set(first.info.lengths.tolist())
    assert second.stacked == (len(lengths) == 1)


def test_time_then_space_stacked(monkeypatch):
    monkeypatch.setattr(framewise, "batched", lambda data: isinstance(data, torch.Tensor))
    listed, stacked = both()
    crop = augreg.make("video.temporal_crop", fraction=[0.3, 1.0])
    time = crop.lower(listed.info, crop.draw(listed.info, Rng(3, listed.info.keys)))
    after = time.infer(listed.info)
    assert len(set(after.lengths.tolist())) > 1
    rotate = Frames(augmenter=augreg.make("image.rotate"), temporal="per_frame")
    space = rotate.lower(after, rotate.draw(after, Rng(4, listed.info.keys)))
    assert_equal(time.then(space).run(listed), time.then(space).run(stacked))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("name", "config"), CASES)
def test_cuda_equals_cpu(name, config):
    listed, stacked = both()
    augmenter = augreg.make(name, **config)
    params = augmenter.draw(listed.info, Rng(3, listed.info.keys))
    there = augmenter.apply(stacked.to("cuda"), params)
    assert there.device.type == "cuda"
    assert_equal(augmenter.apply(listed, params), Batch(list(there.data), there.info).to("cpu"))


def test_an_empty_batch_stays_empty():
    empty = make_batch("video", [])
    info = empty.info.replace(shapes=np.zeros((0, 4), dtype=np.int64))
    for name, config in CASES:
        augmenter = augreg.make(name, **config)
        params = augmenter.draw(info, Rng(3, info.keys))
        assert isinstance(params, Params)
        assert len(augmenter.apply(Batch([], info), params)) == 0
