"""torchaudio's effects: the index is true, results are torchaudio's own, parameters are drawn by key, faults mended."""

import inspect
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import augreg_torchaudio.plugin as plugin
import numpy as np
import pytest
import torch
import torchaudio
from augreg_audio import Spectrogram
from augreg_torchaudio import calls, introspect

import augreg
from augreg import Audio, ConfigError, SampleError
from augreg.adapters import Index, TorchDraws
from augreg.errors import UnsupportedError

INDEX = Index.beside(plugin.__file__)
SOUNDS = sorted(name for name, entry in INDEX.transforms.items() if entry["modality"] == "audio")
SPECTRA = sorted(name for name, entry in INDEX.transforms.items() if entry["modality"] == "spectrogram")
RATE = 16000
OWN_CALL = ("PitchShift", "Speed", "SpeedPerturbation")
"""What the adapter calls in another way than torchaudio's users do; tests of their own compare."""


def sound(number=0, channels=1, n=4000):
    noise = np.random.default_rng(number).normal(size=(channels, n)) * np.linspace(0.01, 0.3, n)
    return torch.from_numpy(noise.astype(np.float32))


def tone(hertz, n=8000):
    return 0.2 * torch.sin(2 * math.pi * hertz * torch.arange(n) / RATE)[None]


def run(sample, *steps, key=0, **options):
    return augreg.augment(sample, list(steps), seed=7, keys=key, **options)


def one(name, given, sample=None, **options):
    sample = Audio(sound(1, 2), RATE) if sample is None else sample
    out, trace = run(sample, {f"torchaudio.{name}": given}, return_trace=True, **options)
    return out, next(iter(trace)).steps[0]["params"]


def example(name):
    return dict((INDEX.transforms[name]["examples"] or [{}])[0])


def by_torchaudio(name, values, x, seed=0):
    """What torchaudio makes of a sample by plain numbers."""
    kind = getattr(torchaudio.transforms, name, None) or getattr(torchaudio.functional, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if inspect.isclass(kind):
            return kind(**values)(x.clone())
        rate = {"sample_rate": RATE} if "sample_rate" in inspect.signature(kind).parameters else {}
        return kind(x.clone(), **rate, **values)


@pytest.mark.parametrize("name", [name for name in SOUNDS if name not in OWN_CALL])
def test_a_result_is_that_of_torchaudio_with_what_was_drawn(name):
    given, before = example(name), torch.random.get_rng_state()
    intervals = [p["name"] for p in INDEX.transforms[name]["parameters"] if p["kind"] == "interval"]
    out, drawn = one(name, given)
    assert set(intervals) <= set(drawn)
    values = {k: v for k, v in given.items() if k not in intervals} | {k: drawn[k] for k in intervals}
    torch.testing.assert_close(out.data, by_torchaudio(name, values, sound(1, 2)), rtol=0, atol=0)
    assert torch.equal(before, torch.random.get_rng_state())
    for interval in set(intervals) & set(given):
        low, high = np.broadcast_to(given[interval], 2)
        assert low <= drawn[interval] <= high


def spectrum(name, channels=2):
    made = torch.randn(channels, 40, 60, 2, generator=torch.Generator().manual_seed(4), dtype=torch.float32)
    return torch.view_as_complex(made) if name == "TimeStretch" else made[..., 0].contiguous()


@pytest.mark.parametrize("name", SPECTRA)
def test_spectrograms_go_through_torchaudio_with_the_same_seed(name):
    given = example(name)
    out, drawn = one(name, given, Spectrogram(spectrum(name), 100.0))
    values = given if name != "TimeStretch" else {"fixed_rate": drawn["fixed_rate"], "n_freq": 40}
    wanted = by_torchaudio(name, values, spectrum(name), drawn.get("seed", 0))
    assert torch.equal(out.data, wanted)
    assert not torch.equal(out.data, spectrum(name))


def test_a_mask_covers_no_more_than_its_proportion():
    out, _ = one("TimeMasking", {"time_mask_param": 60, "proportion": 0.1}, Spectrogram(torch.ones(1, 40, 60), 100.0))
    assert 0 < int((out.data[0, 0] == 0).sum()) < 7
    assert "p" not in {p["name"] for p in INDEX.transforms["TimeMasking"]["parameters"]}


@pytest.mark.parametrize("hundredths", [80, 90, 101, 113, 125])
def test_a_speed_is_that_of_torchaudio_where_it_does_not_cut_the_product_off(hundredths):
    out, _ = one("Speed", {"factor": hundredths / 100})
    # 0.0025 more: torchaudio takes the whole part of the product, and 1.13 * 100 is less than 113.
    wanted, _ = torchaudio.transforms.Speed(100, (hundredths + 0.25) / 100)(sound(1, 2))
    torch.testing.assert_close(out.data, wanted, rtol=0, atol=1e-5)


def test_a_speed_is_one_of_those_to_choose_from():
    lengths = {one("SpeedPerturbation", {"factors": [0.8, 1.0, 1.25]}, key=key)[0].data.shape[-1] for key in range(20)}
    assert lengths == {5000, 4000, 3200}
    out, drawn = one("SpeedPerturbation", {"factors": [0.8, 1.0, 1.25]})
    with TorchDraws(drawn["seed"]):
        wanted, _ = torchaudio.transforms.SpeedPerturbation(RATE, [0.8, 1.0, 1.25])(sound(1, 2))
    torch.testing.assert_close(out.data, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("steps", [-12, 12])
def test_an_octave_is_shifted_as_by_torchaudio(steps):
    out, _ = one("PitchShift", {"n_steps": steps})
    wanted = torchaudio.functional.pitch_shift(sound(1, 2), RATE, steps)
    torch.testing.assert_close(out.data, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("steps", range(-12, 13))
def test_a_pitch_is_within_half_a_cent_of_what_is_meant(steps):
    rate = calls.pretended_rate(steps / 12)
    cents = 1200 * math.log2(int(rate * 2 ** (steps / 12)) / rate) - 100 * steps
    assert abs(cents) < 0.5


def test_a_tone_has_the_pitch_that_is_asked_for():
    out, _ = one("PitchShift", {"n_steps": 3}, Audio(tone(440, 16000), RATE))
    spectrum_of = torch.fft.rfft(out.data[0, 4000:12000] * torch.hann_window(8000), 2**17).abs()
    assert float(spectrum_of.argmax()) * RATE / 2**17 == pytest.approx(440 * 2 ** (3 / 12), abs=2.0)


def test_a_filter_does_what_its_name_says():
    for hertz, name, given, gain in (
        (1000, "equalizer_biquad", {"center_freq": 1000, "gain": -12}, 10 ** (-12 / 20)),
        (100, "lowpass_biquad", {"cutoff_freq": 3000}, 1.0),
        (6000, "lowpass_biquad", {"cutoff_freq": 100}, 0.0),
        (30, "bass_biquad", {"gain": 6, "central_freq": 400}, 10 ** (6 / 20)),
    ):
        out, _ = one(name, given, Audio(tone(hertz), RATE))
        found = out.data[:, 4000:].square().mean().sqrt() / tone(hertz)[:, 4000:].square().mean().sqrt()
        assert float(found) == pytest.approx(gain, abs=0.03)


def test_frequencies_above_half_the_rate_are_refused_whatever_is_drawn():
    unstable = torchaudio.functional.lowpass_biquad(sound(), RATE, 9000.0)
    assert not float(unstable.abs().max()) < 1.0  # NaN, or clipped at full scale, and no error
    for key in range(3):
        with pytest.raises(SampleError, match="cutoff_freq reaches 9000 Hz.* frequencies below 8000"):
            one("lowpass_biquad", {"cutoff_freq": [100, 9000]}, key=key)


def test_a_shift_with_a_limiter_does_not_change_its_input():
    given = sound()
    kept = given.clone()
    out, _ = one("dcshift", {"shift": 0.3, "limiter_gain": 0.05}, Audio(given, RATE))
    assert torch.equal(given, kept)
    assert float((out.data - kept).mean()) == pytest.approx(0.3, abs=0.01)
    torchaudio.functional.dcshift(given, 0.3, 0.05)
    assert not torch.equal(given, kept)  # torchaudio does


def test_what_torchaudio_calls_dither_is_no_noise():
    first, second = (torchaudio.functional.dither(sound(), "TPDF") for _ in range(2))
    assert torch.equal(first, second)
    with pytest.raises(AttributeError, match="dither.*adds no noise"):
        _ = __import__("augreg_torchaudio.transforms", fromlist=["x"]).dither


def test_drawn_parameters_do_not_hang_on_the_batch_and_threads_do_not_disturb_each_other():
    steps = [
        {"torchaudio.gain": {"gain_db": [-12, 3]}},
        {"torchaudio.SpeedPerturbation": {"factors": [0.9, 1.0, 1.1]}},
        {"torchaudio.equalizer_biquad": {"center_freq": [200, 3000], "gain": [-9, 9], "Q": [0.5, 2]}},
    ]
    pipe = augreg.Pipeline({"audio": steps})
    together = augreg.augment([Audio(sound(i), RATE) for i in range(6)], pipe, seed=1, keys=list(range(6)))
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda i: augreg.augment(Audio(sound(i % 6), RATE), pipe, seed=1, keys=i % 6).data, range(18))
        )
    assert all(torch.equal(f, together[i % 6].data) for i, f in enumerate(found))


@pytest.mark.parametrize("name", introspect.facts.MOVES)
def test_events_are_refused_where_time_moves(name):
    events = augreg.Events([[0.1, 0.2]])
    sample = Spectrogram(spectrum(name), 100.0, events=events) if name == "TimeStretch" else None
    with pytest.raises(UnsupportedError, match="events"):
        one(name, example(name), sample or Audio(sound(), RATE, events=events))
    out, _ = one("gain", {}, Audio(sound(), RATE, events=events))
    np.testing.assert_allclose(out.events.data, events.data)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("lowpass_biquad", {"cutoff": 300}, "Did you mean 'cutoff_freq'"),
        ("lowpass_biquad", {}, "needs cutoff_freq"),
        ("contrast", {"enhancement_amount": [50, 120]}, "enhancement_amount=.*0 to 100"),
        ("equalizer_biquad", {"center_freq": 300, "gain": [6, -6]}, "did you mean \\[-6, 6\\]"),
        ("Vol", {"gain": -3}, "needs gain_type"),
        ("Vol", {"gain": -3, "gain_type": "amplitude"}, "Decibels are meant by gain_type 'db'"),
        ("Fade", {"fade_shape": "sine"}, "expected one of 'linear'"),
        ("Speed", {"factor": [0.9, 1.111]}, "whole hundredths.*Write 1.11"),
        ("SpeedPerturbation", {"factors": [0.0, 1.0]}, "expected numbers from 0.1 to 10"),
        ("PitchShift", {"n_steps": 1, "win_length": 600}, "longer than n_fft=512"),
        ("Deemphasis", {"coeff": 1.0}, "coeff=1.0"),
        ("TimeMasking", {"time_mask_param": 4, "p": 0.5}, "has no parameter 'p'"),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_made(name, options, said):
    with pytest.raises(ConfigError, match=said):
        augreg.make(f"torchaudio.{name}", **options)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("Fade", {"fade_in_len": [0, 5000]}, "fades reach 5000 samples, and this sound has 4000"),
        ("PitchShift", {"n_steps": 1, "n_fft": 16384}, "need more than 8192 samples"),
    ],
)
def test_what_does_not_fit_a_sound_is_refused_by_words(name, options, said):
    with pytest.raises(SampleError, match=said):
        one(name, options)


def test_steps_pickle_and_survive_a_file():
    step = augreg.make("torchaudio.Vol", gain=[-12, 3], gain_type="db")
    assert pickle.loads(pickle.dumps(step)) == step
    pipe = augreg.Pipeline([{"torchaudio.Vol": {"gain": [-12, 3], "gain_type": "db"}}])
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()).to_dict() == pipe.to_dict()


def test_a_gain_has_a_level():
    assert augreg.make("torchaudio.gain").declares.level == augreg.Level("gain_db", 0.0, 12.0, signed=True)
