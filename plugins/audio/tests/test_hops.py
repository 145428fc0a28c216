"""Frame labels with a stated hop: their number and their places by formula, whatever a step does to the time."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import SampleError

RATE = 8000


def labeled(frames: int, hop: int, *, rest: bool = True, rate: int = RATE) -> augreg.Audio:
    """Return a sound whose label k is k; ``hop`` is in samples."""
    count = math.ceil(frames / hop) if rest else frames // hop
    return augreg.Audio(torch.zeros(1, frames), rate, frame_labels=np.arange(count), hop=hop / rate)


def counted(seconds: float, hop: float, *, rest: bool = True) -> int:
    """The formula: whole hops, and one more for an uneven rest that is longer than rounding."""
    return math.ceil(seconds / hop - 0.01) if rest else math.floor(seconds / hop + 0.01)


STEPS = [
    {"audio.crop": {"share": [0.3, 0.9]}},
    {"audio.pad": {}},
    {"audio.speed": {"factor": [0.6, 1.7]}},
    {"audio.time_stretch": {"factor": [0.7, 1.4]}},
    {"audio.tempo": {}},
    {"audio.splice_out": {}},
    {"audio.loop": {}},
    {"audio.repeat_part": {}},
    {"audio.to_rate": {"rate": 11025}},
    {"audio.reverse": {"p": 1.0}},
    {"audio.shift": {}},
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
@pytest.mark.parametrize("rest", [True, False])
def test_there_are_as_many_labels_as_the_hop_makes(step, rest):
    sounds = [labeled(n, 160, rest=rest) for n in (8000, 8079, 8010, 12345, 5000, 4001)]
    for sound, out in zip(sounds, augreg.augment(sounds, [step], seed=3, keys=list(range(6))), strict=True):
        seconds = out.data.shape[-1] / out.sample_rate
        even = (sound.data.shape[-1] / 160) % 1 < 0.01  # which convention it follows cannot be seen
        assert len(out.frame_labels) == counted(seconds, sound.hop, rest=rest or even)
        assert out.hop == sound.hop


@settings(deadline=None, max_examples=60)
@given(st.integers(400, 9000), st.integers(40, 400), st.floats(0.2, 0.9), st.integers(0, 50), st.booleans())
def test_a_crop_takes_the_labels_of_what_it_keeps(frames, hop, share, key, rest):
    sound = labeled(frames, hop, rest=rest)
    out, trace = augreg.augment(sound, [{"audio.crop": {"share": share}}], seed=1, keys=key, return_trace=True)
    kept = out.data.shape[-1]
    row = trace[0].steps[0]["params"] if isinstance(trace[0], augreg.SampleTrace) else trace[0]
    start = min(int(row["place"] * (frames - kept + 1)), frames - kept)
    middles = [(k * hop + min((k + 1) * hop, kept)) / 2 for k in range(len(out.frame_labels))]
    wanted = [min(int((start + middle) // hop), len(sound.frame_labels) - 1) for middle in middles]
    near = [abs((start + m) / hop - round((start + m) / hop)) < 1e-6 for m in middles]  # on an edge by rounding
    found = out.frame_labels.tolist()
    assert all(a == b or (close and abs(a - b) == 1) for a, b, close in zip(found, wanted, near, strict=True))


def test_backwards_labels_run_backwards_and_lists_stay_lists():
    sound = augreg.Audio(torch.zeros(1, 800), RATE, frame_labels=["a", "b", "c", "d", "e"], hop=0.02)
    assert augreg.augment(sound, [{"audio.reverse": {"p": 1.0}}], seed=1, keys=1).frame_labels == list("edcba")


def test_with_an_uneven_rest_the_hop_is_not_spread():
    """One and a half hops: without the hop both labels would have three quarters of it each."""
    sound = augreg.Audio(torch.zeros(1, 240), RATE, frame_labels=[1, 2], hop=0.02)
    out = augreg.augment(sound, [{"audio.crop": {"share": 2 / 3, "where": "start"}}], seed=1, keys=1)
    assert out.data.shape[-1] == 160
    assert out.frame_labels == [1]


@pytest.mark.parametrize("count", [0, 48, 49, 52])
def test_other_numbers_of_labels_are_refused(count):
    sound = augreg.Audio(torch.zeros(1, 8080), RATE, frame_labels=np.zeros(count), hop=0.02)
    with pytest.raises(SampleError, match=r"frame_labels has .* 1.01 s have 50 or, with the uneven rest, 51 frames"):
        augreg.augment(sound, ["audio.gain"], seed=1, keys=1)


@pytest.mark.parametrize("hop", [0, -0.1, math.nan, math.inf, "0.02", True])
def test_what_is_no_hop_is_refused(hop):
    with pytest.raises(SampleError, match="is not a positive number of seconds"):
        augreg.augment(augreg.Audio(torch.zeros(1, 80), RATE, hop=hop), ["audio.gain"], seed=1, keys=1)


def test_samples_in_samples_are_told():
    with pytest.raises(SampleError, match="of 160 samples at 16000 Hz it is 0.01"):
        augreg.augment(
            augreg.Audio(torch.zeros(1, 1600), 16000, frame_labels=np.zeros(10), hop=160),
            ["audio.gain"],
            seed=1,
            keys=1,
        )


def test_mixing_goes_hop_by_hop():
    first = augreg.Audio(torch.zeros(1, 500), RATE, frame_labels=np.eye(4)[[0, 1, 2, 3]], hop=160 / RATE)
    second = augreg.Audio(torch.zeros(1, 640), RATE, frame_labels=np.eye(4)[[3, 2, 1, 0]], hop=160 / RATE)
    out = augreg.augment([first, second], [{"audio.mixup": {"p": 1.0}}], seed=1, keys=[1, 2])
    share = out[0].frame_labels[0, 0]
    assert 0 < share < 1
    assert np.allclose(out[0].frame_labels, share * first.frame_labels + (1 - share) * second.frame_labels)


def test_a_batch_with_and_without_a_hop_is_as_each_by_itself():
    sounds = [labeled(8079, 160), augreg.Audio(torch.zeros(1, 8079), RATE, frame_labels=np.arange(51))]
    together = augreg.augment(sounds, [{"audio.speed": {"factor": [0.8, 1.2]}}], seed=5, keys=[0, 1])
    for i, sound in enumerate(sounds):
        alone = augreg.augment(sound, [{"audio.speed": {"factor": [0.8, 1.2]}}], seed=5, keys=i)
        assert np.array_equal(alone.frame_labels, together[i].frame_labels)


SCHEMA = {"sound": "audio", "labels": {"role": "frame_labels", "of": "sound", "hop": 0.02}}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
def test_in_records_a_schema_says_the_hop(step):
    kinds = [np.arange(50), torch.arange(50), list(range(50)), np.eye(50), np.arange(51), None]
    frames = [8000, 8000, 8000, 8000, 8079, 8000]
    records = [{"sound": (torch.zeros(1, n), RATE), "labels": k} for n, k in zip(frames, kinds, strict=True)]
    sounds = [
        augreg.Audio(torch.zeros(1, n), RATE, frame_labels=k, hop=0.02) for n, k in zip(frames, kinds, strict=True)
    ]
    keys = list(range(6))
    out = augreg.augment(records, [step], seed=3, keys=keys, schema=SCHEMA)
    for record, sound in zip(out, augreg.augment(sounds, [step], seed=3, keys=keys), strict=True):
        assert torch.equal(record["sound"][0], sound.data)
        assert type(record["labels"]) is type(sound.frame_labels)
        np.testing.assert_array_equal(record["labels"], sound.frame_labels)


WRONG = {
    "another number of labels": (
        {"labels": np.arange(40)},
        SCHEMA,
        "frame_labels has 40 entries, and 1 s have",
    ),
    "no labels": ({"labels": "abc"}, SCHEMA, "a str is no frame labels"),
    "another hop": (
        {"sound": augreg.Audio(torch.zeros(1, 8000), RATE, hop=0.03)},
        SCHEMA,
        "says hop=0.02 for 'labels', and 'sound' says hop=0.03",
    ),
    "labels in dictionaries": (
        {"labels": [{"x": 1}] * 50},
        {"sound": "audio", "labels.x": "frame_labels of sound"},
        "'labels.x' stands in each dictionary of a list",
    ),
    "nothing said": ({"frame_labels": np.arange(50), "labels": 1}, None, "'frame_labels' looks like frame_labels"),
}


@pytest.mark.parametrize(("more", "schema", "message"), WRONG.values(), ids=list(WRONG))
def test_what_cannot_be_labels_of_the_sound_is_refused(more, schema, message):
    record = {"sound": (torch.zeros(1, 8000), RATE), "labels": np.arange(50), "id": 1, **more}
    with pytest.raises(SampleError, match=message):
        augreg.augment(record, [{"audio.speed": {}}], seed=1, schema=schema)


def test_a_hop_that_is_none_is_refused_with_the_schema():
    for hop in (0, "0.02", True):
        schema = {"sound": "audio", "labels": {"role": "frame_labels", "of": "sound", "hop": hop}}
        with pytest.raises(augreg.ConfigError, match="'labels': hop=.* is not a positive number of seconds"):
            augreg.Pipeline([{"audio.speed": {}}], schema=schema)


def test_labels_of_a_films_frames_follow_them_in_records():
    clip = torch.arange(8, dtype=torch.uint8)[:, None, None, None].expand(8, 3, 16, 16).clone()
    schema = {"clip": "video", "labels": "frame_labels of clip"}
    steps = [{"video.reverse": {"p": 1}}, {"video.subsample": {"frames": 4}}]
    out = augreg.augment({"clip": clip, "labels": list(range(8)), "id": 1}, steps, seed=1, schema=schema)
    assert out["labels"] == out["clip"][:, 0, 0, 0].tolist()
    with pytest.raises(SampleError, match="video has 8 frames but 7 entries"):
        augreg.augment({"clip": clip, "labels": [0] * 7, "id": 1}, steps, seed=1, schema=schema)
