"""Tracks: boxes with ids and points in every frame stay on the things they belong to, in space and time.

Every thing is a square of a color of its own that moves; the color under the middle of a box says whose it is.
"""

import numpy as np
import pytest
import torch

import augreg
from augreg import Boxes, Keypoints

COLORS = {7: (250, 10, 10), 9: (10, 250, 10), 12: (10, 10, 250)}
SIDE = 12


def scene(frames=24, height=60, width=90, seed=0):
    """Three squares on straight ways; each is out of the picture, and so out of the boxes, for part of the time."""
    rng = np.random.default_rng(seed)
    pixels = np.full((frames, height, width, 3), 128, dtype=np.uint8)
    places = {k: (rng.uniform(10, 60), 8 + 16 * j, rng.uniform(-1.5, 1.5)) for j, k in enumerate(COLORS)}
    boxes, points = [], []
    for t in range(frames):
        rows, ids, middles, seen = [], [], [], []
        for k, (x, y, speed) in places.items():
            left, top = round(x + speed * t), y
            inside = left >= 0 and left + SIDE <= width and (t + k) % 5 != 0
            if inside:
                pixels[t, top : top + SIDE, left : left + SIDE] = COLORS[k]
                rows.append([left, top, left + SIDE, top + SIDE])
                ids.append(k)
            middles.append([left + SIDE / 2, top + SIDE / 2])
            seen.append(inside)
        boxes.append(Boxes(np.asarray(rows).reshape(-1, 4), labels=[f"thing {k}" for k in ids], columns={"id": ids}))
        points.append(Keypoints(middles, visible=seen))
    data = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    labels = [sorted(b.columns["id"]) for b in boxes]
    return augreg.Video(data=data, fps=12.0, boxes=boxes, keypoints=points, frame_labels=labels, masks=masks_of(data))


def masks_of(data):
    return (data.int() - 128).abs().amax(dim=1) > 60


def whose(pixel):
    """Return the id of the thing that a pixel shows, None for the background."""
    distances = {k: np.abs(np.asarray(c) - pixel.numpy().astype(int)).max() for k, c in COLORS.items()}
    nearest = min(distances, key=distances.get)
    return nearest if distances[nearest] < 70 else None


TIME = {
    "drop": ["video.frame_drop"],
    "drop and repeat": [{"video.frame_drop": {"share": 0.4, "fill": "repeat"}}],
    "backwards": [{"video.reverse": {"p": 1.0}}],
    "faster": [{"video.speed": {"factor": [0.5, 2.0]}}],
    "shuffled": ["video.clip_shuffle"],
    "longer": [{"video.fit_length": {"frames": 40, "fill": "reflect"}}],
    "blank": [{"video.fit_length": {"frames": 30, "fill": "blank"}}],
    "moved": ["video.shift"],
    "still": ["video.freeze", "video.duplicate"],
    "sampled": [{"video.temporal_crop": {"fraction": 0.6}}, {"video.subsample": {"frames": 8, "mode": "random"}}],
}
SPACE = {
    "mirror": [{"video.hflip": {"p": 1.0}}],
    "crop": [{"video.resized_crop": {"size": [48, 64], "scale": [0.4, 0.8]}}],
    "turn": [{"image.rotate": {"degrees": 15}}],
    "shake": ["video.camera_shake"],
    "each its own": [{"image.affine": {"degrees": 8, "translate": 0.05, "temporal": "per_frame"}}],
    "many": [
        {"image.perspective": {"distortion": 0.1}},
        {"video.hflip": {"p": 0.5}},
        {"video.resized_crop": {"size": [50, 70], "scale": [0.6, 1.0]}},
    ],
}


def check(clip, *, least):
    seen = 0
    for t, (boxes, points) in enumerate(zip(clip.boxes, clip.keypoints, strict=True)):
        height, width = clip.data.shape[-2:]
        assert boxes.labels == [f"thing {k}" for k in boxes.columns["id"]]
        assert len(set(boxes.columns["id"])) == len(boxes)
        for (left, top, right, bottom), k in zip(boxes.data, boxes.columns["id"], strict=True):
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            x, y = int((left + right) / 2), int((top + bottom) / 2)
            near_edge = min(left, top) < 1 or right > width - 1 or bottom > height - 1
            if not near_edge:
                assert whose(clip.data[t, :, y, x]) == k, f"frame {t}, box of {k}"
                assert bool(clip.masks[t, y, x])
                seen += 1
        for (x, y), visible, k in zip(points.data, points.visible, COLORS, strict=True):
            if visible and 2 <= x < width - 2 and 2 <= y < height - 2:
                assert whose(clip.data[t, :, int(y), int(x)]) == k, f"frame {t}, point of {k}"
    assert seen >= least, "hardly any box was left to look at"


@pytest.mark.parametrize("space", SPACE)
def test_tracks_stay_on_their_things_in_space(space):
    clips = [scene(seed=i) for i in range(3)]
    for out in augreg.augment(clips, {"video": SPACE[space]}, seed=2):
        check(out, least=8)


@pytest.mark.parametrize("time", TIME)
def test_tracks_stay_on_their_things_in_time(time):
    clips = [scene(seed=i) for i in range(3)]
    if time == "blank":
        clips = [clip.changed(frame_labels=None) for clip in clips]
    for out in augreg.augment(clips, {"video": TIME[time]}, seed=2):
        check(out, least=8)
        if out.frame_labels is not None:
            assert [sorted(b.columns["id"]) for b in out.boxes] == out.frame_labels


@pytest.mark.parametrize("fuse", [True, False])
def test_tracks_through_a_whole_pipeline(fuse):
    steps = [*TIME["drop"], *SPACE["many"], *TIME["backwards"], *SPACE["shake"], *TIME["sampled"], "video.color_jitter"]
    clips = [scene(seed=i) for i in range(4)]
    for out in augreg.augment(clips, {"video": steps}, seed=5, fuse=fuse):
        # Colors are changed as well, so boxes are held against the masks, which no color step touches.
        for mask, boxes in zip(out.masks, out.boxes, strict=True):
            for left, top, right, bottom in boxes.data:
                x, y = int((left + right) / 2), int((top + bottom) / 2)
                if min(left, top) > 1 and right < mask.shape[1] - 1 and bottom < mask.shape[0] - 1:
                    assert bool(mask[y, x])


def test_a_track_that_leaves_the_picture_ends_there_and_the_others_go_on():
    clip = scene()
    (out,) = augreg.augment([clip], {"video": [{"image.center_crop": {"size": [20, 90]}}]}, seed=1)
    before = [set(b.columns["id"]) for b in clip.boxes]
    after = [set(b.columns["id"]) for b in out.boxes]
    assert all(b <= a for a, b in zip(before, after, strict=True))
    assert set().union(*after) < set().union(*before)
