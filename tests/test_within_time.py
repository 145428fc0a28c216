"""Steps that are for events of sounds and clips, and for what stands in the frames of clips."""

import numpy as np
import pytest
import torch
from augreg_audio import Spectrogram
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Audio, Boxes, Events, Keypoints, Video

RNG = np.random.default_rng(3)
RATE = 8000
EVENTS = Events([[0.1, 0.2], [0.25, 0.2501], [0.4, 9.0]], labels=["dog", "cat", "dog"])
SOUND_STEPS = [
    {"audio.gain": {"decibels": [-20, -10]}},
    {"audio.gaussian_noise": {}},
    {"audio.lowpass": {}},
    {"audio.tanh": {}},
    {"audio.mu_law": {}},
]


def sound(frames=4000, channels=2, dtype=np.float32, events=EVENTS):
    wave = RNG.uniform(-0.5, 0.5, (channels, frames))
    wave = (wave * 32767).astype(dtype) if dtype is np.int16 else wave.astype(dtype)
    return Audio(torch.from_numpy(wave), RATE, events=events)


def aimed(step, **aims):
    ((name, params),) = step.items()
    return {name: {**params, "p": 1.0, **aims}}


def loop_weights(frames, rows, soft):
    """The weight of every sample, by its middle, in a loop."""
    found = np.zeros(frames)
    for k in range(frames):
        t = (k + 0.5) / RATE
        for start, end in rows:
            apart = max(start - t, t - end)
            inside = start <= t < end
            found[k] = max(found[k], 1.0 if inside else max(0.0, 1 - max(apart, 0) / soft) if soft else 0.0)
    return found


@pytest.mark.parametrize("step", SOUND_STEPS, ids=lambda step: next(iter(step)))
@pytest.mark.parametrize("option", ["within", "outside"])
@pytest.mark.parametrize("soft", [0.0, 0.01])
def test_events_of_sounds(step, option, soft):
    samples = [sound(frames) for frames in (4000, 3500, 4100, 1000)]
    call = {"seed": 3, "keys": [0, 1, 2, 3]}
    plain = augreg.Pipeline([aimed(step)])(samples, **call)
    out = augreg.Pipeline([aimed(step, **{option: {"target": "events", "soft": soft}})])(samples, **call)
    for old, full, new in zip(samples, plain, out, strict=True):
        weights = loop_weights(old.data.shape[1], EVENTS.data, soft)
        weights = weights if option == "within" else 1 - weights
        old_data, full_data, new_data = (each.data.numpy() for each in (old, full, new))
        assert (new_data[:, weights == 0] == old_data[:, weights == 0]).all()
        # Samples that soft edges of two events reach from both sides may round differently at their ends.
        assert np.allclose(new_data, old_data + weights * (full_data.astype(float) - old_data), atol=1e-6)
        assert (new_data[:, weights == 1] == full_data[:, weights == 1]).all()
        assert (new.events.data == EVENTS.data).all()


def test_sounds_of_16_bits_are_rounded():
    one = sound(dtype=np.int16)
    step = {"audio.gain": {"decibels": [-6, -6]}}
    full = augreg.Pipeline([aimed(step)])(one, seed=1, keys=[0]).data.numpy()
    out = augreg.Pipeline([aimed(step, within={"target": "events", "soft": 0.02})])(one, seed=1, keys=[0]).data.numpy()
    weights = loop_weights(one.data.shape[1], EVENTS.data, 0.02)
    assert out.dtype == np.int16
    assert np.abs(out - (one.data.numpy() + weights * (full.astype(float) - one.data.numpy()))).max() <= 0.5 + 1e-3


def test_some_events_and_alone_as_in_a_batch():
    pipe = augreg.Pipeline(
        [aimed(step, within={"target": "events", "where": {"label": "cat"}}) for step in SOUND_STEPS]
    )
    samples = [sound(frames) for frames in (4000, 3500, 4100)]
    out, trace = pipe(samples, seed=5, keys=["a", "b", "c"], return_trace=True)
    again = pipe.replay(samples, trace)
    for key, old, new, third in zip("abc", samples, out, again, strict=True):
        alone = pipe(old, seed=5, keys=[key]).data
        assert torch.equal(alone, new.data)
        assert torch.equal(new.data, third.data)
        assert set((old.data != new.data).any(dim=0).nonzero()[:, 0].tolist()) <= {2000}


def test_hugging_face_records_with_events():
    wave = RNG.uniform(-0.5, 0.5, 4000).astype(np.float32)
    record = {"audio": {"array": wave, "sampling_rate": RATE}, "speech": [[0.1, 0.2]], "id": 3}
    steps = [{"audio.polarity": {"p": 1.0, "outside": "events"}}]
    pipe = augreg.Pipeline({"audio": steps}, schema={"audio": "audio", "speech": "events"})
    out = pipe(record, seed=1)["audio"]["array"]
    sign = np.where((np.arange(4000) >= 800) & (np.arange(4000) < 1600), 1, -1)
    assert (out == sign * wave).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64, torch.float16])
@pytest.mark.parametrize("soft", [0.0, 0.05])
def test_events_of_spectrograms(dtype, soft):
    data = torch.from_numpy(RNG.normal(size=(1, 16, 100))).to(dtype)
    sample = Spectrogram(data, 100.0, Events([[0.2, 0.5]]))
    step = {"spectrogram.frequency_mask": {"count": 2}}
    full, out = (
        augreg.Pipeline({"spectrogram": [aimed(step, **aims)]})(sample, seed=4, keys=["a"]).data
        for aims in ({}, {"within": {"target": "events", "soft": soft}})
    )
    at = (np.arange(100) + 0.5) / 100
    apart = np.maximum(np.maximum(0.2 - at, at - 0.5), 0)
    weights = torch.from_numpy(np.clip(1 - apart / soft, 0, 1) if soft else ((at > 0.2) & (at < 0.5)).astype(float))
    wide = torch.complex128 if dtype.is_complex else torch.float64
    wanted = data.to(wide) + weights * (full.to(wide) - data.to(wide))
    assert torch.allclose(out.to(wide), wanted, atol=1e-6 if dtype != torch.float16 else 2e-3)
    assert torch.equal(out[..., weights == 0], data[..., weights == 0])
    assert torch.equal(out[..., weights == 1], full[..., weights == 1])
    assert not torch.equal(out, data)


FRAMES, H, W = 6, 20, 30
CLIP = RNG.integers(0, 256, (FRAMES, H, W, 3), dtype=np.uint8)
PER_FRAME = [Boxes([[2 + t, 3, 12 + t, 9]]) if t != 2 else Boxes(np.zeros((0, 4))) for t in range(FRAMES)]
CLIP_MASKS = RNG.random((FRAMES, H, W)) < 0.3
X, Y = np.meshgrid(np.arange(W) + 0.5, np.arange(H) + 0.5)


def clip(**more):
    return Video(CLIP, **{"fps": 10.0, "boxes": PER_FRAME, "masks": CLIP_MASKS, **more})


def box_parts():
    return np.stack(
        [np.zeros((H, W), bool) if t == 2 else (2 + t < X) & (12 + t > X) & (Y > 3) & (Y < 9) for t in range(6)]
    )


POINTS = [Keypoints([[5 + t, 9]]) for t in range(FRAMES)]
CLIP_PARTS = {
    "boxes": (clip(), "boxes", box_parts()),
    "masks": (clip(), "mask", CLIP_MASKS),
    "points": (
        clip(keypoints=POINTS),
        {"target": "keypoints", "radius": 0.2},
        np.stack([np.hypot(X - 5 - t, Y - 9) <= 4 for t in range(FRAMES)]),
    ),
    "events": (
        clip(events=Events([[0.1, 3 * 0.1]])),
        "events",
        np.isin(np.arange(FRAMES), [1, 2])[:, None, None] & np.ones((1, H, W), bool),
    ),
    "timestamps": (
        clip(events=Events([[0.5, 2.0]]), fps=None, timestamps=[0, 0.5, 0.6, 1.9, 2.0, 2.1]),
        "events",
        np.isin(np.arange(FRAMES), [1, 2, 3])[:, None, None] & np.ones((1, H, W), bool),
    ),
}
CLIP_STEPS = [{"video.noise": {}}, {"image.gaussian_blur": {"sigma": 3}}, {"image.invert": {}}, {"video.flicker": {}}]


@pytest.mark.parametrize("part", CLIP_PARTS)
@pytest.mark.parametrize("step", CLIP_STEPS, ids=lambda step: next(iter(step)))
def test_parts_of_clips(part, step):
    sample, said, weights = CLIP_PARTS[part]
    call = {"seed": 2, "keys": ["x"]}
    full = augreg.Pipeline({"video": [aimed(step)]})(sample, **call).data
    for option, kept in (("within", weights), ("outside", ~weights)):
        pipe = augreg.Pipeline({"video": [aimed(step, **{option: said})]})
        out = pipe(sample, **call)
        assert (out.data == np.where(kept[..., None], full, CLIP)).all()
        assert (
            pipe(
                [clip(**{said: getattr(sample, said)}) if said == "boxes" else sample, sample], seed=2, keys=["y", "x"]
            )[1].data
            == out.data
        ).all()
        assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe


def test_a_lift_keeps_its_options():
    step = {"image.gaussian_blur": {"sigma": [1, 4], "temporal": "per_frame", "p": 1.0, "within": "boxes"}}
    pipe = augreg.Pipeline({"video": [step]})
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe
    assert "per_frame" in pipe.to_yaml()


def test_masks_of_another_size_are_refused():
    pipe = augreg.Pipeline({"video": [{"image.invert": {"p": 1.0, "within": "mask"}}]})
    with pytest.raises(augreg.SampleError, match=r"masks of shape \(1, 1\) do not fit a picture of 20 x 30"):
        pipe(clip(masks=CLIP_MASKS[:, :1, :1]), seed=1, keys=[0])


def test_frames_without_times_have_no_events():
    pipe = augreg.Pipeline({"video": [{"image.invert": {"p": 1.0, "within": "events"}}]})
    with pytest.raises(augreg.SampleError, match="neither fps nor timestamps"):
        pipe(clip(events=EVENTS, fps=None), seed=1, keys=[0])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.6), st.floats(0, 0.3)), max_size=4), st.sampled_from([0.0, 0.02]))
def test_sound_outside_is_untouched(rows, soft):
    rows = [(start, start + length) for start, length in rows]
    one = sound(2000, 1, events=Events(np.array(rows).reshape(-1, 2)))
    pipe = augreg.Pipeline([{"audio.polarity": {"p": 1.0, "within": {"target": "events", "soft": soft}}}])
    out = pipe(one, seed=0, keys=[0]).data[0]
    weights = loop_weights(2000, rows, soft)
    assert torch.equal(out[weights == 0], one.data[0][weights == 0])
    assert torch.equal(out[weights == 1], -one.data[0][weights == 1])
