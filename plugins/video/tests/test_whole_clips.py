"""Clips treated as whole_clips against a loop that treats every frame as a picture by itself."""

import numpy as np
import pytest
import torch
from augreg_video import clipop, lifting, whole_clips

import augreg

CHAINS = {
    "mirror": [{"image.hflip": {"p": 1.0}}],
    "upside down": [{"image.vflip": {"p": 1.0}}],
    "quarter turn": ["image.transpose"],
    "cut out": [{"image.crop": {"size": [11, 13]}}],
    "cut out and mirror": [{"image.crop": {"size": [11, 13]}}, {"image.hflip": {"p": 1.0}}],
    "pad": [{"image.pad": {"padding": 3}}],
    "scale": [{"image.resize": {"size": [30, 17]}}],
    "turn and color": [{"image.rotate": {"degrees": 20}}, {"image.color_jitter": {"brightness": 0.4}}],
    "tables": [{"image.posterize": {"bits": [2, 5]}}, {"image.invert": {"p": 0.5}}],
    "floats": [{"image.normalize": {"mean": [0.5] * 3, "std": [0.2] * 3}}],
    "sometimes": [
        {"image.rotate": {"degrees": 20, "p": 0.5}},
        {"image.gamma": {"p": 0.5}},
        {"image.hflip": {"p": 0.5}},
        {"image.color_jitter": {"brightness": 0.4, "p": 0.5}},
    ],
    "a kernel": [{"image.gaussian_blur": {"sigma": [0.0, 2.0]}}],
    "kernels": [{"image.box_blur": {}}, {"image.sharpen": {}}],
}
MEMORY = {
    "interleaved": lambda clip: torch.from_numpy(np.ascontiguousarray(clip)).permute(0, 3, 1, 2),
    "planes": lambda clip: torch.from_numpy(np.ascontiguousarray(clip.transpose(0, 3, 1, 2))),
    "neither": lambda clip: torch.from_numpy(np.ascontiguousarray(clip.transpose(2, 3, 0, 1))).permute(2, 1, 3, 0),
}


def clips(memory, dtype, channels=3):
    rng = np.random.default_rng(0)
    made = []
    for frames, height, width in ((9, 20, 24), (1, 20, 24), (12, 17, 31)):
        clip = rng.integers(0, 256, (frames, height, width, channels))
        plain = clip.astype(np.float32) / 255 if dtype.startswith("float") else clip
        made.append(MEMORY[memory](plain.astype(dtype)))
    return made


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16"])
@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("name", CHAINS)
def test_every_frame_is_what_the_picture_would_be(name, memory, dtype):
    rows = clips(memory, dtype)
    before = [row.clone() for row in rows]
    pipe = {"image": CHAINS[name]}
    found = augreg.augment(rows, {"video": CHAINS[name]}, modality="video", seed=3, keys=["a", "b", "c"])
    for row, old, out, key in zip(rows, before, found, "abc", strict=True):
        assert torch.equal(row, old)
        for t, frame in enumerate(row):
            (expected,) = augreg.augment([frame], pipe, modality="image", seed=3, keys=[key])
            assert torch.equal(out[t], expected), f"frame {t}"


@pytest.mark.parametrize("name", ["turn and color", "mirror", "cut out", "a kernel"])
def test_chosen_frames_are_the_same_as_those_of_the_whole_clip(name):
    rows = clips("interleaved", "uint8")
    time = [{"video.subsample": {"frames": 5, "mode": "random"}}, "video.duplicate", {"video.reverse": {"p": 0.5}}]
    labeled = [
        augreg.Video(data=row, fps=10.0, frame_labels=list(range(len(row))), key=i) for i, row in enumerate(rows)
    ]
    found = augreg.augment(labeled, {"video": [*time, *CHAINS[name]]}, seed=3)
    whole = augreg.augment(labeled, {"video": CHAINS[name]}, seed=3)
    for a, b in zip(found, whole, strict=True):
        assert torch.equal(a.data, b.data[list(a.frame_labels)])


def test_a_cut_out_is_a_view_and_an_unchanged_clip_itself():
    (row, *_) = clips("interleaved", "uint8")
    out = augreg.augment(row, {"video": [{"image.center_crop": {"size": [10, 12]}}]}, modality="video")
    assert out.untyped_storage().data_ptr() == row.untyped_storage().data_ptr()


def test_wholes_are_really_used(monkeypatch):
    """The loop over frames below does the same, so only this shows that it is spared."""
    for module in (clipop, lifting):
        monkeypatch.setattr(module, "spread_frames", lambda *a: pytest.fail("frame by frame"))
    rows = clips("interleaved", "uint8")
    for name in ("scale", "a kernel"):
        augreg.augment(rows, {"video": CHAINS[name]}, modality="video", seed=3)


@pytest.mark.parametrize("name", ["turn and color", "mirror", "cut out", "sometimes", "floats"])
def test_boxes_masks_and_points_move_as_frame_by_frame(name, monkeypatch):
    rng = np.random.default_rng(1)
    rows = clips("interleaved", "uint8")
    made = []
    for row in rows:
        corner = rng.uniform(0, 8, (len(row), 2, 2))
        boxes = [augreg.Boxes(np.concatenate([c, c + 6], axis=1), labels=[1, 2]) for c in corner]
        points = [augreg.Keypoints(c + 3) for c in corner]
        made.append(augreg.Video(row, fps=10.0, boxes=boxes, keypoints=points, masks=row[:, 0] > 128, key=len(made)))
    made[1] = made[1].changed(boxes=None, masks=None)
    steps = [{"video.reverse": {"p": 0.5}}, *CHAINS[name]]
    if name == "floats":
        steps[-1:] = [{"image.rotate": {"degrees": 9}}, *CHAINS[name]]
    whole = augreg.augment(made, {"video": steps}, seed=3)
    monkeypatch.setattr(clipop, "suits", lambda *a: False)
    single = augreg.augment(made, {"video": steps}, seed=3)
    for a, b in zip(whole, single, strict=True):
        assert torch.equal(a.data, b.data)
        assert (a.boxes is None, a.masks is None) == (b.boxes is None, b.masks is None)
        assert a.masks is None or torch.equal(a.masks, b.masks)
        for mine, theirs in zip([*(a.boxes or []), *a.keypoints], [*(b.boxes or []), *b.keypoints], strict=True):
            np.testing.assert_array_equal(mine.data, theirs.data)
            assert mine.labels == theirs.labels


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("piece", [1, 100, 1000])
def test_mirrored_piece_by_piece(memory, piece, monkeypatch):
    monkeypatch.setattr(whole_clips, "_MIRRORED_BYTES", piece)
    given = clips(memory, "uint8")
    pipe = augreg.Pipeline({"video": [{"video.hflip": {"p": 1.0}}]})
    for clip, out in zip(given, augreg.augment(given, pipe, seed=1, modality="video"), strict=True):
        assert torch.equal(out, clip.flip(-1))
