"""Steps that move, drop, repeat and reorder frames, against what they should show frame by frame."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Boxes, Events, Keypoints, Params, Rng
from augreg.kernel import make_batch


def batch_of(lengths, rate=10.0, **targets):
    rows = [torch.arange(n, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, 2, 3) + 1 for n in lengths]
    return make_batch("video", rows, rates=rate, targets=targets)


def run(name, batch, params=None, seed=3, **config):
    augmenter = augreg.make(name, **config)
    params = params or augmenter.draw(batch.info, Rng(seed, batch.info.keys))
    return augmenter.apply(batch, params), params


def shown(out, i=0):
    return (out.data[i][:, 0, 0, 0].int() - 1).tolist()


def events_of(out, i=0):
    return out.info.targets["events"][i].data


def test_roll_moves_frames_and_events_around_the_end():
    batch = batch_of([10], events=[Events([[0.1, 0.2], [0.6, 0.9]], labels=["a", "b"])])
    out, _ = run("video.shift", batch, Params(1, frames=np.asarray([3])))
    assert shown(out) == [7, 8, 9, 0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(events_of(out), [[0.4, 0.5], [0.0, 0.2], [0.9, 1.0]])
    assert out.info.targets["events"][0].labels == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("frames", "index", "events"),
    [
        (3, [0, 0, 0, 0, 1, 2, 3, 4, 5, 6], [[0.4, 0.5], [0.9, 1.0]]),
        (-2, [2, 3, 4, 5, 6, 7, 8, 9, 9, 9], [[0.4, 0.7]]),
    ],
)
def test_shift_with_edge_leaves_what_it_pushes_out(frames, index, events):
    batch = batch_of([10], events=[Events([[0.1, 0.2], [0.6, 0.9]])])
    out, _ = run("video.shift", batch, Params(1, frames=np.asarray([frames])), fill="edge")
    assert shown(out) == index
    np.testing.assert_allclose(events_of(out), events, atol=1e-12)


def test_shifts_go_both_ways():
    batch = batch_of([20] * 64)
    frames = run("video.shift", batch)[1].array("frames")
    assert frames.min() < 0 < frames.max()
    assert np.abs(frames).max() <= 5


@given(st.integers(1, 40), st.floats(0, 1), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_dropped_frames_are_removed_or_stood_in_for(frames, share, seed):
    batch = batch_of([frames], rate=20.0)
    out, params = run("video.frame_drop", batch, seed=seed, share=share)
    kept = np.asarray(params["kept"][0]).tolist()
    assert kept[0] == 0
    assert shown(out) == kept
    assert out.info.rates[0] == pytest.approx(20.0 * len(kept) / frames)
    held, _ = run("video.frame_drop", batch, seed=seed, share=share, fill="repeat")
    assert shown(held) == [max(k for k in kept if k <= i) for i in range(frames)]
    assert held.info.rates[0] == 20.0


def test_frames_are_dropped_at_the_stated_rate():
    batch = batch_of([100] * 100)
    kept = sum(len(row) for row in run("video.frame_drop", batch, share=0.3)[1]["kept"])
    assert abs(kept / 10_000 - 0.7) < 0.02


def test_duplicates_follow_their_originals():
    batch = batch_of([6], frame_labels=[list("abcdef")], events=[Events([[0.2, 0.4], [0.35, 0.35]])])
    out, _ = run("video.duplicate", batch, Params(1, again=[np.asarray([1, 3])]))
    assert shown(out) == [0, 1, 1, 2, 3, 3, 4, 5]
    assert out.info.targets["frame_labels"][0] == list("abbcddef")
    np.testing.assert_allclose(events_of(out), [[0.3, 0.6], [0.45, 0.45], [0.55, 0.55]])


def test_duplicate_without_luck_changes_nothing():
    batch = batch_of([6])
    out, _ = run("video.duplicate", batch, Params(1, again=[np.zeros(0)]))
    assert out.data[0] is batch.data[0]


def test_a_frozen_picture_stands_while_time_goes_on():
    batch = batch_of([8], events=[Events([[0.3, 0.5]])])
    out, _ = run("video.freeze", batch, Params(1, start=np.asarray([2]), length=np.asarray([4])))
    assert shown(out) == [0, 1, 2, 2, 2, 2, 6, 7]
    np.testing.assert_array_equal(events_of(out), [[0.3, 0.5]])


@given(st.integers(1, 40), st.integers(2, 8), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_shuffled_segments_are_all_there(frames, segments, seed):
    batch = batch_of([frames])
    out, params = run("video.clip_shuffle", batch, seed=seed, segments=segments)
    pieces = [list(range(frames))[k * frames // segments : (k + 1) * frames // segments] for k in range(segments)]
    assert shown(out) == [i for k in params["order"][0] for i in pieces[k]]


@pytest.mark.parametrize(
    ("fill", "index"),
    [
        ("loop", [0, 1, 2, 3, 0, 1, 2, 3, 0]),
        ("reflect", [0, 1, 2, 3, 2, 1, 0, 1, 2]),
        ("edge", [0, 1, 2, 3, 3, 3, 3, 3, 3]),
        ("blank", [0, 1, 2, 3, -1, -1, -1, -1, -1]),
    ],
)
def test_short_clips_go_on(fill, index):
    out, _ = run("video.fit_length", batch_of([4]), frames=9, fill=fill)
    assert shown(out) == index
    assert out.info.rates[0] == 10.0


def test_a_single_frame_goes_on_in_every_way():
    for fill in ("loop", "reflect", "edge"):
        out, _ = run("video.fit_length", batch_of([1]), frames=3, fill=fill)
        assert shown(out) == [0, 0, 0]


def test_long_clips_are_cut():
    batch = batch_of([12] * 100)
    out, _ = run("video.fit_length", batch, frames=9)
    assert {shown(out, i)[0] for i in range(100)} == {0, 1, 2, 3}
    assert all(np.diff(shown(out, i)).tolist() == [1] * 8 for i in range(100))


def test_blank_frames_have_no_boxes_and_no_visible_points():
    boxes = [[Boxes([[0, 0, 1, 1]], labels=[t]) for t in range(3)]]
    points = [[Keypoints([[1, 1], [2, 1]]) for _ in range(3)]]
    masks = [torch.ones(3, 2, 3, dtype=torch.uint8)]
    batch = batch_of([3], boxes=boxes, keypoints=points, masks=masks, events=[Events([[0.1, 0.3]])])
    out, _ = run("video.fit_length", batch, frames=5, fill="blank")
    assert [len(b) for b in out.info.targets["boxes"][0]] == [1, 1, 1, 0, 0]
    assert out.info.targets["boxes"][0][4].labels == []
    assert [k.visible is None for k in out.info.targets["keypoints"][0]] == [True] * 3 + [False] * 2
    assert not out.info.targets["keypoints"][0][4].visible.any()
    assert out.info.targets["masks"][0].flatten(1).any(dim=1).tolist() == [True] * 3 + [False] * 2
    np.testing.assert_array_equal(events_of(out), [[0.1, 0.3]])
    with pytest.raises(augreg.SampleError, match="no entry in frame_labels"):
        run("video.fit_length", batch_of([3], frame_labels=[[1, 2, 3]]), frames=5, fill="blank")


def test_space_does_not_treat_blank_frames_that_come_later():
    pipe = augreg.Pipeline(
        {"video": [{"image.brightness": {"factor": [0.2, 0.4]}}, {"video.fit_length": {"frames": 5, "fill": "blank"}}]}
    )
    clip = augreg.Video(data=torch.full((3, 3, 4, 4), 200, dtype=torch.uint8), fps=10)
    fused, apart = (augreg.augment([clip], pipe, seed=1, fuse=fuse)[0].data for fuse in (True, False))
    assert torch.equal(fused, apart)
    assert not fused[3:].any()


@given(st.integers(2, 60), st.floats(0.1, 3))
@settings(max_examples=80, deadline=None)
def test_another_frame_rate_keeps_time(frames, ratio):
    batch = batch_of([frames], rate=30.0, events=[Events([[0.01, 0.02]])])
    out, _ = run("video.frame_rate", batch, Params(1, ratio=np.asarray([ratio])))
    index = shown(out)
    assert len(index) == max(1, round(frames * ratio))
    assert out.info.rates[0] == pytest.approx(30.0 * ratio)
    if ratio != 1:
        moments = (np.arange(len(index)) + 0.5) / ratio
        assert all(i - 1e-5 <= m <= i + 1 + 1e-5 for i, m in list(zip(index, moments, strict=True))[:-1])
    if len(index) / ratio >= 1:
        np.testing.assert_allclose(events_of(out), [[0.01, 0.02]])
    judder, _ = run("video.frame_rate", batch, Params(1, ratio=np.asarray([ratio])), judder=True)
    assert len(shown(judder)) == frames
    assert set(shown(judder)) <= set(index)


def test_a_frame_rate_needs_one_to_start_from():
    with pytest.raises(augreg.SampleError, match="fps needs the frame rate"):
        run("video.frame_rate", batch_of([5], rate=None), fps=[10, 20])


def test_tracks_keep_their_ids():
    """Boxes with an id per object: what follows a frame through time also follows it through space."""
    boxes = [[Boxes([[t, 0, t + 4, 4], [8, 8, 12, 12]], columns={"id": [7, 9]}) for t in range(8)]]
    clip = augreg.Video(data=torch.zeros(8, 3, 16, 16, dtype=torch.uint8), fps=10, boxes=boxes[0])
    pipe = augreg.Pipeline(
        {"video": [{"video.reverse": {"p": 1.0}}, {"video.hflip": {"p": 1.0}}, {"video.subsample": {"frames": 4}}]}
    )
    out = augreg.augment([clip], pipe, seed=1)[0]
    for found, t in zip(out.boxes, [7, 5, 3, 0], strict=True):
        assert found.columns["id"] == [7, 9]
        np.testing.assert_allclose(found.data, [[12 - t, 0, 16 - t, 4], [4, 8, 8, 12]])
