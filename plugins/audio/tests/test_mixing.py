"""Mixtures of two samples: sound, labels, events, and that the order of the batch does not matter."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.babble import Babble
from augreg_audio.mixing import BatchMix, Cutmix, Mixup

import augreg
from augreg import Events
from augreg.data.params import Params
from augreg.errors import SampleError
from augreg.kernel import make_batch

KEYS = np.array([2**63 + 5, 17, 4, 99], dtype=np.uint64)


def batch_of(noise: Any, lengths: tuple[int, ...] = (4000, 3000, 4000, 5000), **targets: Any) -> augreg.Batch:
    rows = [noise(n, channels=2, seed=k) for k, n in enumerate(lengths)]
    return make_batch("audio", rows, rates=16000, keys=KEYS[: len(rows)], targets=targets)


def drawn(step: Any, info: augreg.BatchInfo) -> Params:
    return step.draw(info, augreg.Rng(3, info.keys).at("mix"))


@pytest.mark.parametrize("step", [Mixup(), Cutmix(), BatchMix(), Babble()], ids=repr)
def test_order_of_the_batch_does_not_matter(step: Any, noise: Any):
    batch = batch_of(noise)
    order = np.array([2, 0, 3, 1])
    out = step.apply(batch, drawn(step, batch.info))
    other = batch.take(order)
    again = step.apply(other, drawn(step, other.info))
    for k, i in enumerate(order):
        assert torch.equal(again.row(k), out.row(int(i)))


@pytest.mark.parametrize("step", [Mixup(), Cutmix(), BatchMix()], ids=repr)
def test_params_survive_json_and_partners_are_others(step: Any, noise: Any):
    batch = batch_of(noise)
    params = drawn(step, batch.info)
    assert all(int(p) != int(k) for p, k in zip(params["partner"], KEYS, strict=True))
    again = Params.from_rows([json.loads(json.dumps(params.row(i))) for i in range(len(batch))])
    assert torch.equal(step.apply(batch, again).data, step.apply(batch, params).data)
    with pytest.raises(SampleError, match="partner"):
        step.apply(batch.take(np.array([0])), params.take(np.array([0])))


def test_mixup_is_the_weighted_mean(noise: Any):
    batch = batch_of(noise, label=[0, 1, 1, 2])
    step = Mixup()
    params = drawn(step, batch.info)
    out = step.apply(batch, params)
    assert (params.array("weight") >= 0.5).all()
    place = {str(int(k)): i for i, k in enumerate(KEYS)}
    for i in range(4):
        j, w = place[params["partner"][i]], float(params.array("weight")[i])
        n = int(batch.lengths[i])
        other = torch.nn.functional.pad(batch.row(j), (0, max(0, n - int(batch.lengths[j]))))[:, :n]
        torch.testing.assert_close(out.row(i), w * batch.row(i) + (1 - w) * other, atol=1e-6, rtol=0)
        label = out.info.target("label")[i]
        labels = [0, 1, 1, 2]
        wanted = labels[i] if labels[i] == labels[j] else {labels[i]: w, labels[j]: 1 - w}
        assert label == (wanted if isinstance(wanted, int) else pytest.approx(wanted))


def test_mixup_of_class_weights_and_events(noise: Any):
    weights = list(torch.eye(4))
    events = [Events([[0.1, 0.18]], labels=[k]) for k in range(4)]
    batch = batch_of(noise, label=weights, events=events)
    out = Mixup().apply(batch, drawn(Mixup(), batch.info))
    for i in range(4):
        assert float(out.info.target("label")[i].sum()) == pytest.approx(1.0)
        found = out.info.target("events")[i]
        assert found.labels[0] == i
        assert len(found) == 2
        assert found.data.max() <= batch.lengths[i] / 16000


HOPS = {
    "ids": lambda k: np.arange(40) // 10 + 10 * k,
    "list": lambda k: [f"{k}{hop // 10}" for hop in range(40)],
    "weights": lambda k: torch.eye(4)[k].repeat(40, 1),
    "flags": lambda k: np.arange(40)[:, None] // 10 == np.arange(4) + k,
}


@pytest.mark.parametrize("kind", HOPS)
def test_mixup_of_frame_labels(kind: str, noise: Any):
    labels = [HOPS[kind](k) for k in range(4)]
    batch = batch_of(noise, (4000, 3000, 4000, 5000), frame_labels=labels)
    params = drawn(Mixup(), batch.info)
    out = Mixup().apply(batch, params).info.target("frame_labels")
    for i in range(4):
        j, w = list(KEYS).index(int(params["partner"][i])), float(params.array("weight")[i])
        found = out[i]
        assert len(found) == 40
        for hop in range(40):
            time = (hop + 0.5) / 40 * batch.lengths[i]
            theirs = int(time / batch.lengths[j] * 40)
            heard = theirs < 40
            mine = labels[i][hop]
            other = labels[j][theirs] if heard else (labels[j][0] * 0 if kind != "list" else 0)
            if kind == "weights":
                torch.testing.assert_close(found[hop], w * mine + (1 - w) * other)
            elif kind == "flags":
                assert np.array_equal(found[hop], mine | other.astype(bool))
            else:
                wanted = {mine: 1.0} if mine == other else {mine: w, other: 1 - w}
                assert found[hop] == pytest.approx(wanted)
    assert type(out[0]) is (list if kind in ("ids", "list") else type(labels[0]))


def test_frame_labels_of_other_shapes_cannot_be_mixed(noise: Any):
    batch = batch_of(noise, frame_labels=[np.zeros((10, 2 + k % 2)) for k in range(4)])
    with pytest.raises(SampleError, match="cannot be mixed"):
        Mixup().apply(batch, drawn(Mixup(), batch.info))


def test_what_one_of_both_lacks_stays_the_rows_own(noise: Any):
    labels = [np.arange(5), None, np.arange(5), None]
    batch = batch_of(noise, frame_labels=labels)
    for step in (Mixup(), Cutmix()):
        out = step.apply(batch, drawn(step, batch.info)).info.target("frame_labels")
        assert out[1] is None
        assert out[3] is None


@pytest.mark.parametrize("lengths", [(8000, 8000, 8000, 8000), (8000, 1600, 4800, 12800)], ids=str)
def test_cutmix_takes_over_a_stretch_with_its_labels(lengths: tuple[int, ...]):
    rows = [torch.full((1, n), float(k + 1)) for k, n in enumerate(lengths)]
    frame_labels = [np.full(n // 160, k + 1) for k, n in enumerate(lengths)]
    events = [Events([[0.0, n / 16000]], labels=[k + 1]) for k, n in enumerate(lengths)]
    label = [{k + 1: 1.0} for k in range(4)]
    targets = {"frame_labels": frame_labels, "events": events, "label": label}
    batch = make_batch("audio", rows, rates=16000, keys=KEYS, targets=targets)
    out = Cutmix().apply(batch, drawn(Cutmix(), batch.info))
    for i in range(4):
        sound = out.row(i)[0]
        values, counts = sound.unique(return_counts=True)
        shares = {int(v): int(c) / lengths[i] for v, c in zip(values, counts, strict=True)}
        assert len(shares) == 2
        assert out.info.target("label")[i] == pytest.approx(shares)
        middles = sound[80::160].numpy()
        assert (middles == out.info.target("frame_labels")[i]).mean() > 0.95
        marked = np.zeros(lengths[i])
        for (onset, offset), name in zip(
            out.info.target("events")[i].data, out.info.target("events")[i].labels, strict=True
        ):
            marked[round(onset * 16000) : round(offset * 16000)] = name
        assert np.array_equal(marked, sound.numpy())


def test_batch_mix_has_the_ratio_and_keeps_labels(noise: Any):
    batch = batch_of(noise, label=[5, 6, 7, 8])
    step = BatchMix(snr=(6, 6))
    out = step.apply(batch, drawn(step, batch.info))
    assert out.info.target("label") == [5, 6, 7, 8]
    for i in range(4):
        added = (out.row(i) - batch.row(i)).double()
        ratio = float(batch.row(i).double().square().mean() / added.square().mean())
        assert abs(10 * np.log10(ratio) - 6) < 0.1


def test_alone_nothing_changes(noise: Any):
    batch = batch_of(noise, (3000,), label=[3])
    for step in (Mixup(), Cutmix(), BatchMix(), Babble()):
        out = step.apply(batch, drawn(step, batch.info))
        torch.testing.assert_close(out.data, batch.data, atol=1e-6, rtol=0)


def test_labels_must_match(noise: Any):
    batch = batch_of(noise, label=[1, None, 2, 3])
    with pytest.raises(SampleError, match="some samples of the batch have a label and some have none"):
        Mixup().apply(batch, drawn(Mixup(), batch.info))


@pytest.mark.parametrize("name", ["audio.mixup", "audio.cutmix", "audio.batch_mix", "audio.babble"])
def test_sounds_of_all_lengths_find_partners(name: str, noise: Any):
    rows = [noise(n, seed=n) for n in (400, 1000, 3000, 9000, 30000)]
    out = augreg.augment([(row, 16000) for row in rows], augreg.Pipeline({"audio": [name]}), seed=1)
    for (mixed, _), row in zip(out, rows, strict=True):
        assert mixed.shape == row.shape
        assert not torch.equal(mixed, row)


def test_cutmix_moves_what_it_takes():
    """The values and labels of a ramp say which moment of the partner is heard."""
    rows = [torch.arange(n, dtype=torch.float32)[None] + 1e5 * k for k, n in enumerate((8000, 4000, 16000))]
    labels = [np.arange(n // 80) + 1000 * k for k, n in enumerate((8000, 4000, 16000))]
    events = [Events([[t, t + 0.01] for t in np.arange(0, n / 16000, 0.01)]) for n in (8000, 4000, 16000)]
    targets = {"frame_labels": labels, "events": [e.replace(e.data) for e in events]}
    batch = make_batch("audio", rows, rates=16000, keys=KEYS[:3], targets=targets)
    out = Cutmix().apply(batch, drawn(Cutmix(), batch.info))
    for i in range(3):
        sound, hops = out.row(i)[0].numpy(), out.info.target("frame_labels")[i]
        heard = sound[40::80] // 1e5 * 1000 + sound[40::80] % 1e5 / 80
        assert np.abs(heard - hops - 0.5).max() < 1.01
        assert len(set(hops // 1000)) == 2


@pytest.mark.parametrize("step", [Mixup(), Cutmix(), BatchMix(), Babble()], ids=repr)
def test_all_rows_at_once_agree_with_row_by_row(step: Any, noise: Any):
    batch = batch_of(noise, (4000, 3000, 1, 5000))
    silent = batch.data.clone()
    silent[3] = 0.0
    for data in (batch.data, silent):
        rows = batch.replace(data)
        params, tracked = drawn(step, batch.info), batch.replace(data.clone().requires_grad_())
        got = step.apply(tracked, params).data
        torch.testing.assert_close(got.detach(), step.apply(rows, params).data, atol=1e-5, rtol=0)
    got.square().sum().backward()
    assert torch.isfinite(tracked.data.grad).all()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_babble_is_the_sum_of_others_at_the_ratio(count: int, noise: Any):
    batch = batch_of(noise, (4000, 1500, 4000, 5000), label=[5, 6, 7, 8])
    loud = batch.replace(batch.data * torch.tensor([1.0, 3.0, 0.1, 1.0])[:, None, None])
    step = Babble(count=(count, count), snr=(6, 6))
    params = drawn(step, batch.info)
    out = step.apply(loud, Params.from_rows([json.loads(json.dumps(params.row(i))) for i in range(4)]))
    assert out.info.target("label") == [5, 6, 7, 8]
    place = {str(int(k)): i for i, k in enumerate(KEYS)}
    for i in range(4):
        others = [place[key] for key in params["partner"][i]]
        assert len(set(others)) == min(count, 3)
        assert i not in others
        frames, murmur = int(batch.lengths[i]), 0.0
        for j in others:
            voice = loud.row(j).double()
            murmur = murmur + voice[:, torch.arange(frames) % voice.shape[-1]] / voice.square().mean().sqrt()
        added = (out.row(i) - loud.row(i)).double()
        share = loud.row(i).double().square().mean() / added.square().mean()
        assert abs(10 * np.log10(float(share)) - 6) < 0.1
        torch.testing.assert_close(added / added.norm(), murmur / murmur.norm(), atol=1e-4, rtol=0)


def test_a_partner_of_the_babble_must_be_there(noise: Any):
    batch = batch_of(noise)
    params = drawn(Babble(), batch.info)
    with pytest.raises(SampleError, match="partner"):
        Babble().apply(batch.take(np.array([0])), params.take(np.array([0])))


def test_a_mixture_is_cut_into_a_sound_with_plain_frame_labels(noise: Any):
    plain = np.arange(40) % 3
    mixture = [{0: 0.75, 2: 0.25}] * 40
    batch = batch_of(noise, (4000, 4000), frame_labels=[plain, mixture])
    step = Cutmix()
    out = step.apply(batch, drawn(step, batch.info))
    first, second = out.info.target("frame_labels")
    assert isinstance(first, list)
    assert len(first) == 40
    cut = [isinstance(label, dict) for label in first]
    assert any(cut)
    assert all(
        label == (mixture[0] if taken else plain[i]) for i, (label, taken) in enumerate(zip(first, cut, strict=True))
    )
    assert any(not isinstance(label, dict) for label in second)
