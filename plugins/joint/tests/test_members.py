"""The members by themselves: the torch path against the numpy path, and what they refuse."""

import numpy as np
import pytest
import torch
from augreg_joint.color import ChannelTurn
from augreg_joint.mixgen import Blend, blended
from augreg_joint.retime import Retime
from augreg_joint.sound import Stretch

import augreg
from augreg.kernel import make_batch


@pytest.mark.parametrize("kind", ["forward", "backward", "roll"])
def test_stretches_are_slices_on_both_paths(kind):
    rows = [torch.randn(2, n, generator=torch.Generator().manual_seed(n)) for n in (50, 70, 9)]
    starts, lengths = np.array([3, 60, -4]), np.array([40, 66, 12])
    if kind == "roll":
        starts = np.array([3, 60, 5])
    params = augreg.Params(3, start=starts, length=lengths)
    batch = make_batch("audio", rows, rates=100.0)
    traced = make_batch("audio", [row.clone().requires_grad_() for row in rows], rates=100.0)
    plain, torched = Stretch(kind=kind).apply(batch, params), Stretch(kind=kind).apply(traced, params)
    for i, (row, start, length) in enumerate(zip(rows, starts, lengths, strict=True)):
        k = np.arange(length)
        source = {"forward": start + k, "backward": start - k, "roll": (start + k) % length}[kind]
        inside = torch.as_tensor((source >= 0) & (source < row.shape[1]))
        wanted = torch.where(inside, row[:, np.clip(source, 0, row.shape[1] - 1)], 0.0)
        assert torch.equal(plain.row(i), wanted)
        assert torch.equal(torched.row(i).detach(), wanted)


def test_frames_are_chosen_alike_from_stacks_and_lists():
    clips = [torch.randint(0, 255, (12, 3, 4, 5), dtype=torch.uint8) for _ in range(3)]
    params = augreg.Params(3, factor=np.array([0.7, 1.0, 1.9]))
    listed = make_batch("video", clips, rates=10.0)
    stacked = augreg.Batch(torch.stack(clips), listed.info)
    a, b = Retime(kind="speed").apply(listed, params), Retime(kind="speed").apply(stacked, params)
    assert [len(row) for row in a.rows()] == [17, 12, 6]
    for one, other in zip(a.rows(), b.rows(), strict=True):
        assert torch.equal(one, other)


def test_channels_turn_alike_in_stacks_and_lists():
    rows = [torch.randint(0, 255, (4, 3, 2), dtype=torch.uint8) for _ in range(2)]
    params = augreg.Params(2, turn=np.array([1, 2]))
    listed = make_batch("image", rows)
    a = ChannelTurn().apply(listed, params)
    b = ChannelTurn().apply(augreg.Batch(torch.stack(rows), listed.info), params)
    for k, (row, one, other) in enumerate(zip(rows, a.rows(), b.rows(), strict=True)):
        assert torch.equal(one[:3], row[:3].roll(k + 1, 0))
        assert torch.equal(one[3], row[3])
        assert torch.equal(one, other)


def test_blends_of_two_sizes():
    first = torch.full((1, 4, 6), 100, dtype=torch.uint8)
    second = torch.full((1, 9, 3), 201, dtype=torch.uint8)
    assert blended(first, second, 0.5).unique().tolist() == [150]
    assert blended(first, first, 0.5) is first
    params = augreg.Params(1, partner=["77"], share=np.array([0.5]))
    with pytest.raises(augreg.SampleError, match="partner with key 77 is not in this batch"):
        Blend().apply(make_batch("image", [first]), params)
