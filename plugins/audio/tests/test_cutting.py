"""Rearrangements: the sound by indexing, and targets that stay with the sound they describe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.channels import ChannelDrop, ChannelShuffle, ChannelSwap, ToMono
from augreg_audio.cutting import Crop, Loop, Pad, RepeatPart, SpliceOut
from augreg_audio.gain import Delay
from augreg_audio.joints import Copy, Joint, joints, soften
from augreg_audio.shift import Reverse, Shift
from augreg_audio.speed import Speed

import augreg
from augreg import Events
from augreg.errors import ConfigError
from augreg.kernel import make_batch

MOVING = [
    Crop(),
    Crop(seconds=0.3),
    Crop(seconds=2.0),
    Pad(),
    Pad(seconds=2.0),
    Loop(),
    Loop(seconds=2.5),
    RepeatPart(fade=0.0),
    RepeatPart(keep_length=True, fade=0.0),
    SpliceOut(fade=0.0),
    Shift(),
    Shift(wrap=False),
    Reverse(),
    Delay(),
]


@pytest.mark.parametrize("augmenter", MOVING, ids=repr)
@pytest.mark.parametrize("seed", range(5))
def test_events_cover_exactly_what_sounds_of_them(augmenter: Any, seed: int, run: Any):
    """The signal itself says which event sounds: frames of event k have the value k, all others 0."""
    frames = torch.zeros(1, 16000)
    spans = [(0.1, 0.25), (0.3, 0.5), (0.5, 0.6), (0.8, 0.95)]
    for k, (onset, offset) in enumerate(spans):
        frames[0, round(onset * 16000) : round(offset * 16000)] = (k + 1) / 8
    labels = [1, 2, 3, 4]
    out = run(augmenter, [frames], seed=seed, targets={"events": [Events(spans, labels=labels)], "label": [0]})
    heard = np.rint(out.data[0, 0].numpy() * 8).astype(int)
    marked = np.zeros(int(out.lengths[0]), dtype=int)
    moved = out.info.target("events")[0]
    for (onset, offset), label in zip(moved.data, moved.labels, strict=True):
        assert 0 <= onset <= offset <= len(marked) / 16000 + 1e-9
        marked[round(onset * 16000) : round(offset * 16000)] = label
    assert np.array_equal(marked, heard)


@pytest.mark.parametrize("augmenter", [*MOVING, Speed()], ids=repr)
def test_frame_labels_follow_the_sound(augmenter: Any, run: Any):
    labels = np.arange(1, 101)
    sound = torch.from_numpy(np.repeat(labels, 160) / 256).float()[None]
    out = run(augmenter, [sound], targets={"frame_labels": [labels]})
    moved = np.asarray(out.info.target("frame_labels")[0])
    length = int(out.lengths[0])
    assert abs(len(moved) - length / 160) <= 1
    middles = ((np.arange(len(moved)) + 0.5) * length / len(moved)).astype(int)
    heard = out.data[0, 0].numpy()[middles] * 256
    assert (np.abs(heard - moved) < 1.01).mean() > 0.9


@pytest.mark.parametrize("augmenter", [*MOVING[:-1], RepeatPart(), SpliceOut()], ids=repr)
def test_all_rows_at_once_agree_with_row_by_row(augmenter: Any, noise: Any):
    batch = make_batch("audio", [noise(n, channels=2, seed=n) for n in (1, 300, 5000)], rates=16000)
    params = augmenter.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    assert torch.equal(augmenter.apply(tracked, params).data.detach(), augmenter.apply(batch, params).data)


def test_shift_equals_roll(noise: Any, run: Any):
    x = noise(1000)
    assert torch.equal(run(Shift(amount=(0.25, 0.25)), [x]).data[0], x.roll(250, -1))
    out = run(Shift(amount=(-0.1, -0.1), wrap=False), [x]).data[0]
    assert torch.equal(out[:, :900], x[:, 100:])
    assert not out[:, 900:].any()


@pytest.mark.parametrize("where", ["random", "start", "centre", "end"])
def test_crop_to_seconds(where: str, noise: Any, run: Any):
    rows = [noise(n) for n in (100, 8000, 20000)]
    out = run(Crop(seconds=0.5, where=where), rows)
    assert out.lengths.tolist() == [8000, 8000, 8000]
    assert torch.equal(out.data[0, :, :100], rows[0])
    unpadded = run(Crop(seconds=0.5, where=where, pad=False), rows)
    assert unpadded.lengths.tolist() == [100, 8000, 8000]


def test_splice_out_never_removes_more_than_half(noise: Any, run: Any):
    rows = [noise(1000, seed=s) for s in range(20)]
    out = run(SpliceOut(count=(1, 20), width=(0.0, 0.5)), rows)
    assert (out.lengths >= 500).all()
    assert len(set(out.lengths.tolist())) > 10
    with pytest.raises(ConfigError, match="more than half"):
        SpliceOut(count=(10, 10), width=(0.1, 0.2))


def test_joints_do_not_click(run: Any):
    """Constant sound: without fades nothing changes; with them it dips to 0 where stretches meet, and only there."""
    x = torch.full((1, 16000), 0.5)
    for hard, soft in ((SpliceOut(fade=0.0), SpliceOut(fade=0.01)), (RepeatPart(fade=0.0), RepeatPart(fade=0.01))):
        assert (run(hard, [x]).data == 0.5).all()
        y = run(soft, [x]).data[0, 0]
        dips = torch.nonzero(y < 1e-3).ravel()
        assert len(dips)
        for at in dips.tolist():
            part = y[max(0, at - 160) : at + 161]
            assert part.diff().abs().max() < 0.01
        assert 0 < int((y != 0.5).sum()) <= 320 * len(dips)


def test_joints_of_what_belongs_together():
    assert joints([Copy(0, 100, 0), Copy(100, 180, 100)], 10) == []
    assert joints([Copy(0, 100, 0), Copy(150, 154, 100), Copy(20, 80, 104)], 10) == [
        Joint(100, 10, 2),
        Joint(104, 2, 10),
    ]


def test_fades_at_a_joint_are_halves_of_a_hann_window():
    out = np.ones((2, 40))
    soften(out, [Joint(20, 8, 5)])
    wanted = np.ones(40)
    # The window of twice the length in its periodic form, half a frame on: its second half falls, its first rises.
    wanted[12:20] = scipy.signal.windows.general_cosine(2 * 16 + 1, [0.5, 0.5])[17::2]
    wanted[20:25] = scipy.signal.windows.general_cosine(2 * 10 + 1, [0.5, 0.5])[1:10:2]
    np.testing.assert_allclose(out, [wanted, wanted], atol=1e-12)


def test_what_is_not_finite_stays_where_it_is(run: Any):
    x = torch.ones(1, 1000)
    x[0, 10], x[0, 20] = torch.nan, torch.inf
    out = run(RepeatPart(width=(0.2, 0.2), times=(1, 1)), [x]).data[0, 0]
    assert 1 <= int(out.isnan().sum()) <= 2
    assert 1 <= int(out.isinf().sum()) <= 2


def test_channel_operations(noise: Any, run: Any):
    x = noise(500, channels=3)
    assert torch.equal(run(ChannelSwap(), [x]).data[0], x.flip(0))
    shuffled = run(ChannelShuffle(), [x]).data[0]
    assert sorted(shuffled[:, 0].tolist()) == sorted(x[:, 0].tolist())
    dropped = run(ChannelDrop(share=1.0), [x] * 30).data
    kept = dropped.abs().amax(-1) > 0
    assert (kept.sum(1) == 1).all()
    assert kept.any(0).all()
    mono = run(ToMono(), [x, x])
    assert mono.data.shape == (2, 1, 500)
    assert mono.info.shapes.tolist() == [[1, 500], [1, 500]]
    torch.testing.assert_close(mono.data[0], x.mean(0, keepdim=True))
    assert run(ToMono(keep_channels=True), [x]).data.shape == (1, 3, 500)
