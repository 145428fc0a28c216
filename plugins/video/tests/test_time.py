"""Time steps against brute force: which frame is shown when, and what that does to everything that hangs on time."""

import json

import numpy as np
import pytest
import torch
from augreg_video.cuts import Clock, Cut
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Events, Params, Rng
from augreg.kernel import make_batch

NAMES = {
    "video.temporal_crop": [{}, {"frames": 5}, {"seconds": 0.5}, {"frames": 3, "position": "end"}],
    "video.subsample": [{"frames": 4, "mode": m} for m in ("uniform", "centre", "random", "jitter")],
    "video.reverse": [{}],
    "video.speed": [{"factor": [0.4, 2.5]}],
    "video.shift": [{}, {"fill": "edge"}],
    "video.frame_drop": [{"share": 0.4}, {"share": 0.4, "fill": "repeat"}],
    "video.duplicate": [{"share": 0.4}],
    "video.freeze": [{"fraction": 0.5}],
    "video.clip_shuffle": [{}],
    "video.fit_length": [{"frames": 12}, {"frames": 20, "fill": "reflect"}, {"frames": 11, "fill": "edge"}],
    "video.frame_rate": [{}, {"fps": [4, 30]}, {"judder": True}],
}
CASES = [(name, config) for name, configs in NAMES.items() for config in configs]


def numbered(frames, height=2, width=3):
    """A clip whose pixels are the number of their frame."""
    return torch.arange(frames, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, height, width)


def shown(clip):
    return clip[:, 0, 0, 0].tolist()


def batch_of(lengths, rate=10.0, stamps=None, events=None):
    targets = {"frame_labels": [list(range(n)) for n in lengths]}
    if events is not None:
        targets["events"] = events
    rows = [numbered(n) for n in lengths]
    return make_batch("video", rows, rates=rate, targets=targets, extras={"timestamps": stamps or [None] * len(rows)})


def drawn(name, config, batch, seed=3, path="step"):
    augmenter = augreg.make(name, **config)
    return augmenter, augmenter.draw(batch.info, Rng(seed, batch.info.keys).at(path))


@pytest.mark.parametrize(("name", "config"), CASES)
def test_rows_do_not_depend_on_their_neighbors(name, config):
    lengths = [9, 16, 12, 7, 30]
    batch = batch_of(lengths)
    augmenter, params = drawn(name, config, batch)
    together = augmenter.apply(batch, params)
    for i in range(len(lengths)):
        one = batch.take(np.asarray([i]))
        alone = augmenter.apply(one, augmenter.draw(one.info, Rng(3, one.info.keys).at("step")))
        assert shown(alone.data[0]) == shown(together.data[i])
        assert alone.info.rates[0] == together.info.rates[i]


@pytest.mark.parametrize(("name", "config"), CASES)
def test_facts_inferred_are_the_facts_found(name, config):
    stamps = [None, np.cumsum(np.linspace(0.05, 0.2, 16)), None]
    batch = batch_of([9, 16, 12], stamps=stamps)
    augmenter, params = drawn(name, config, batch)
    out = augmenter.apply(batch, params)
    facts = augmenter.lower(batch.info, params).infer(batch.info)
    np.testing.assert_array_equal(facts.shapes, out.info.shapes)
    np.testing.assert_array_equal(facts.shapes[:, 0], [len(row) for row in out.data])
    for a, b in zip(facts.extras["timestamps"], out.info.extras["timestamps"], strict=True):
        np.testing.assert_array_equal(a, b)
    for row, labels in zip(out.data, out.info.targets["frame_labels"], strict=True):
        assert shown(row) == labels


@pytest.mark.parametrize(("name", "config"), CASES)
def test_parameters_survive_json(name, config):
    batch = batch_of([9, 16, 12])
    augmenter, params = drawn(name, config, batch)
    rows = json.loads(json.dumps([params.row(i) for i in range(3)]))
    again = augmenter.apply(batch, Params.from_rows(rows))
    for a, b in zip(augmenter.apply(batch, params).data, again.data, strict=True):
        assert torch.equal(a, b)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_chain_indexes_once_and_gives_what_one_after_the_other_gives(data):
    lengths = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    stamps = [None if n % 2 else np.cumsum(np.linspace(0.01, 0.2, n)) for n in lengths]
    events = [Events([[0.05, 0.1 + 0.1 * n], [0.2, 0.2]]) for n in lengths]
    sequential = batch_of(lengths, stamps=stamps, events=events)
    start, fused = sequential, None
    for k in range(data.draw(st.integers(2, 4))):
        name, config = data.draw(st.sampled_from(CASES))
        augmenter, params = drawn(name, config, sequential, seed=k, path=f"{k}")
        op = augmenter.lower(sequential.info, params)
        fused = op if fused is None else fused.then(op)
        sequential = op.run(sequential)
    together = fused.run(start)
    np.testing.assert_array_equal(together.info.rates, sequential.info.rates)
    for i in range(len(lengths)):
        assert shown(together.data[i]) == shown(sequential.data[i])
        np.testing.assert_array_equal(together.info.extras["timestamps"][i], sequential.info.extras["timestamps"][i])
        np.testing.assert_array_equal(
            together.info.targets["events"][i].data, sequential.info.targets["events"][i].data
        )


def test_expand_leaves_the_other_clips_alone():
    batch = batch_of([6, 8, 10])
    rows = np.asarray([2, 0])
    augmenter = augreg.make("video.reverse")
    some = augmenter.lower(batch.info.take(rows), Params(2))
    out = some.expand(rows, batch.info).run(batch)
    assert shown(out.data[0]) == list(range(6))[::-1]
    assert out.data[1] is batch.data[1]
    assert shown(out.data[2]) == list(range(10))[::-1]


def test_inputs_are_not_modified():
    batch = batch_of([6, 8], events=[Events([[0.1, 0.2]])] * 2)
    before = [row.clone() for row in batch.data]
    for name, config in CASES:
        augmenter, params = drawn(name, config, batch)
        augmenter.apply(batch, params)
    assert all(torch.equal(a, b) for a, b in zip(before, batch.data, strict=True))
    assert batch.info.targets["frame_labels"][0] == list(range(6))
    np.testing.assert_array_equal(batch.info.targets["events"][0].data, [[0.1, 0.2]])


# Which frames are chosen ---------------------------------------------------------------------------------------------


def test_crop_reaches_both_ends_and_keeps_its_length():
    batch = batch_of([8] * 400)
    augmenter, params = drawn("video.temporal_crop", {"frames": 5}, batch)
    starts = params.array("start")
    assert set(starts.tolist()) == {0, 1, 2, 3}
    assert all(
        shown(row) == list(range(s, s + 5)) for row, s in zip(augmenter.apply(batch, params).data, starts, strict=True)
    )


def test_crop_by_seconds_counts_frames_at_each_clips_rate():
    batch = batch_of([30, 30], rate=np.asarray([10.0, 20.0]))
    _, params = drawn("video.temporal_crop", {"seconds": 0.7}, batch)
    assert params.array("length").tolist() == [7, 14]


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 16, 40])
def test_uniform_subsample_is_the_rounded_down_grid(frames):
    batch = batch_of([1, 2, 10, 16, 31])
    _, params = drawn("video.subsample", {"frames": frames}, batch)
    for row, total in zip(params["index"], [1, 2, 10, 16, 31], strict=True):
        assert row.tolist() == [(j * (total - 1)) // max(frames - 1, 1) for j in range(frames)]


def test_random_subsample_takes_one_frame_from_every_segment():
    batch = batch_of([20] * 300)
    _, params = drawn("video.subsample", {"frames": 5, "mode": "random"}, batch)
    index = params.array("index")
    assert (index // 4 == np.arange(5)).all()
    assert all(set((index % 4)[:, j]) == {0, 1, 2, 3} for j in range(5))
    assert len({tuple(row) for row in (index % 4).tolist()}) > 60


def test_jittered_subsample_is_evenly_spaced():
    batch = batch_of([20] * 100)
    _, params = drawn("video.subsample", {"frames": 5, "mode": "jitter"}, batch)
    assert (np.diff(params.array("index"), axis=1) == 4).all()
    assert set(params.array("index")[:, 0].tolist()) == {0, 1, 2, 3}


@given(frames=st.integers(1, 50), factor=st.floats(0.1, 10))
@settings(max_examples=100, deadline=None)
def test_speed_shows_every_moment_within_half_a_frame(frames, factor):
    batch = batch_of([frames])
    augmenter = augreg.make("video.speed", factor=factor)
    out = augmenter.apply(batch, Params(1, factor=np.asarray([factor])))
    found = shown(out.data[0])
    assert len(found) == max(1, round(frames / factor))
    for j, frame in enumerate(found[:-1]):
        assert frame - 1e-5 <= (j + 0.5) * factor <= frame + 1 + 1e-5
    if factor <= 1:  # every frame is shown, and first appears within half a frame of its moment
        assert all(abs(found.index(i) - i / factor) <= 0.5 + 1e-4 for i in range(frames) if i in found)


def test_speed_of_uneven_clips_follows_their_timestamps():
    stamps = np.asarray([0.0, 0.1, 0.2, 0.7, 0.8])
    batch = batch_of([5], rate=10.0, stamps=[stamps])
    augmenter = augreg.make("video.speed", factor=2.0)
    out = augmenter.apply(batch, Params(1, factor=np.asarray([2.0])))
    moments = (np.arange(round(0.9 / 0.1 / 2)) + 0.5) * 0.2
    assert shown(out.data[0]) == [max(i for i in range(5) if stamps[i] <= m + 1e-7) for m in moments]
    np.testing.assert_allclose(out.info.extras["timestamps"][0], np.arange(4) * 0.1)


# Timestamps ----------------------------------------------------------------------------------------------------------


def test_timestamps_of_kept_frames_stay_exact():
    stamps = np.asarray([1.0, 1.04, 1.11, 1.3, 1.31, 1.9])
    batch = batch_of([6], stamps=[stamps])
    for name, config in (("video.temporal_crop", {"frames": 3}), ("video.subsample", {"frames": 3, "mode": "random"})):
        augmenter, params = drawn(name, config, batch)
        out = augmenter.apply(batch, params)
        np.testing.assert_array_equal(out.info.extras["timestamps"][0], stamps[shown(out.data[0])])


def test_reverse_shows_every_frame_as_long_as_before():
    stamps = np.asarray([1.0, 1.04, 1.11, 1.3])
    batch = batch_of([4], rate=10.0, stamps=[stamps])
    out = augreg.make("video.reverse").apply(batch, Params(1))
    durations = np.asarray([0.04, 0.07, 0.19, 0.1])[::-1]
    np.testing.assert_allclose(out.info.extras["timestamps"][0], 1.0 + np.cumsum(durations) - durations)


def test_the_rate_follows_the_number_of_frames():
    batch = batch_of([16], rate=24.0)
    out = augreg.make("video.subsample", frames=4).apply(batch, Params(1, index=np.asarray([[0, 5, 10, 15]])))
    assert out.info.rates[0] == 6.0
    np.testing.assert_array_equal(out.info.extras["timestamps"][0], np.asarray([0, 5, 10, 15]) / 24)


# Events --------------------------------------------------------------------------------------------------------------


def active(events, times):
    inside = (events[None, :, 0] <= times[:, None]) & (times[:, None] < events[None, :, 1])
    return inside.any(axis=1)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_relayed_events_are_where_their_frames_are(data):
    """Step through the output in small steps of time and look up the source time that is shown there."""
    frames = data.draw(st.integers(1, 12))
    durations = np.asarray(data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=frames, max_size=frames)))
    index = np.asarray(data.draw(st.lists(st.integers(0, frames - 1), min_size=1, max_size=20)))
    starts = np.cumsum(durations) - durations
    clock = Clock(starts, durations, 1.0)
    end = starts[-1] + durations[-1]
    edges = sorted(data.draw(st.tuples(st.floats(0, end), st.floats(0, end))))
    moved, _ = Cut(index, "relay").move_events(np.asarray([edges]), clock)
    shares = (np.arange(25) + 0.5) / 25
    out_starts = np.cumsum(durations[index]) - durations[index]
    out_times = (out_starts[:, None] + shares * durations[index][:, None]).ravel()
    source_times = (starts[index][:, None] + shares * durations[index][:, None]).ravel()
    near = np.abs(source_times[:, None] - edges).min(axis=1) < 1e-6
    np.testing.assert_array_equal(active(moved, out_times)[~near], active(np.asarray([edges]), source_times)[~near])
    assert (np.diff(moved, axis=0)[:, 0] > 0).all()


def test_an_event_is_clipped_to_the_crop_and_dropped_outside():
    events = [Events([[0.0, 0.25], [0.35, 0.5], [0.8, 0.9], [0.3, 0.3]], labels=["a", "b", "c", "d"])]
    batch = batch_of([10], events=events)
    out = augreg.make("video.temporal_crop").apply(batch, Params(1, start=np.asarray([2]), length=np.asarray([3])))
    found = out.info.targets["events"][0]
    np.testing.assert_allclose(found.data, [[0.0, 0.05], [0.15, 0.3], [0.1, 0.1]])
    assert found.labels == ["a", "b", "d"]


def test_events_of_a_reversed_clip_count_from_its_end():
    batch = batch_of([10], events=[Events([[0.1, 0.25], [0.6, 1.0]])])
    out = augreg.make("video.reverse").apply(batch, Params(1))
    np.testing.assert_allclose(out.info.targets["events"][0].data, [[0.75, 0.9], [0.0, 0.4]])


def test_events_of_a_faster_clip_come_sooner():
    batch = batch_of([10], events=[Events([[0.1, 0.25], [0.6, 1.0]])])
    out = augreg.make("video.speed").apply(batch, Params(1, factor=np.asarray([2.0])))
    np.testing.assert_allclose(out.info.targets["events"][0].data, [[0.05, 0.125], [0.3, 0.5]])


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_events_need_a_clock():
    batch = batch_of([10], rate=None, events=[Events([[0.1, 0.25]])])
    with pytest.raises(augreg.SampleError, match="no frame rate and no timestamps"):
        augreg.make("video.reverse").apply(batch, Params(1))


def test_seconds_need_a_rate():
    batch = batch_of([10], rate=None)
    with pytest.raises(augreg.SampleError, match="seconds=0.5 needs the frame rate"):
        drawn("video.temporal_crop", {"seconds": 0.5}, batch)


def test_two_lengths_are_one_too_many():
    with pytest.raises(augreg.ConfigError, match="frames=3 and seconds=2"):
        augreg.make("video.temporal_crop", frames=3, seconds=2)


def test_a_short_clip_may_be_refused():
    batch = batch_of([10, 3])
    with pytest.raises(augreg.SampleError, match="a clip has 3 frames where 5"):
        drawn("video.temporal_crop", {"frames": 5, "short": "error"}, batch)


def test_timestamps_may_not_run_backwards():
    batch = batch_of([3], stamps=[np.asarray([0.0, 0.2, 0.1])])
    with pytest.raises(augreg.SampleError, match="run backwards"):
        augreg.make("video.reverse").apply(batch, Params(1))
