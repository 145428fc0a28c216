"""torch-audiomentations: the index is true, results are its own, nothing global is touched, faults are mended."""

import pickle
import random
import warnings
from concurrent.futures import ThreadPoolExecutor

import augreg_torch_audiomentations.plugin as plugin
import numpy as np
import pytest
import torch
from augreg_torch_audiomentations import introspect

import augreg
from augreg import Audio, ConfigError, SampleError
from augreg.adapters import Index
from augreg.errors import UnsupportedError

INDEX = Index.beside(plugin.__file__)
peer = INDEX.import_peer()
RATE = 16000


def sound(number=0, channels=1, seconds=0.5, rate=RATE):
    n = round(seconds * rate)
    noise = np.random.default_rng(number).normal(size=(channels, n)) * np.linspace(0.01, 0.2, n)
    return torch.from_numpy(noise.astype(np.float32))


def run(data, *steps, key=0, rate=RATE, **options):
    return augreg.augment(Audio(data, rate), list(steps), seed=7, keys=key, **options)


def example(name):
    return dict((INDEX.transforms[name]["examples"] or [{}])[0])


def by_peer(name, options, data, seed, rate=RATE):
    """What torch-audiomentations makes of a batch of one sound, after the seeds that the documentation names."""
    state = random.getstate()
    made = getattr(peer, name)(**options, p=1.0, sample_rate=rate, output_type="dict")
    if name == "PitchShift":
        made._fast_shifts.sort()
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        random.seed(seed)
        done = made(data[None].clone(), rate).samples[0]
    random.setstate(state)
    return done


def fails(name, data, seed, rate=RATE):
    try:
        by_peer(name, {}, data, seed, rate)
    except (RuntimeError, ValueError):
        return True
    return False


@pytest.mark.parametrize("mode", ["per_example", "per_channel"])
@pytest.mark.parametrize("name", sorted(INDEX.transforms))
def test_a_result_is_that_of_torch_audiomentations_with_the_same_seed(name, mode):
    modes = next(p["options"] for p in INDEX.transforms[name]["parameters"] if p["name"] == "mode")
    if mode not in modes:
        pytest.skip(f"{name} has no {mode}")
    options = {**example(name), "mode": mode}
    given = sound(1, 2)
    before = random.getstate(), torch.random.get_rng_state()
    out, trace = run(given.clone(), {f"torch_audiomentations.{name}": options}, return_trace=True)
    assert random.getstate() == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])
    wanted = by_peer(name, options, given, next(iter(trace)).steps[0]["params"].get("seed", 0))
    torch.testing.assert_close(out.data, wanted, rtol=0, atol=1e-6)
    assert torch.equal(out.data, given) == (name == "Identity")


def test_threads_and_batches_do_not_disturb_each_other():
    steps = ["AddColoredNoise", "Gain", "PitchShift", "LowPassFilter", "Shift", "SpliceOut"]
    pipe = augreg.Pipeline({"audio": [{f"torch_audiomentations.{name}": example(name)} for name in steps]})
    sounds = [Audio(sound(i), RATE) for i in range(6)]
    wanted = augreg.augment(sounds, pipe, seed=1, keys=list(range(6)))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: augreg.augment(sounds[i % 6], pipe, seed=1, keys=i % 6).data, range(18)))
    assert all(torch.equal(f, wanted[i % 6].data) for i, f in enumerate(found))


def test_noise_does_not_begin_anew_every_second():
    given = sound(2, seconds=3.0)
    theirs = by_peer("AddColoredNoise", {}, given, 5) - given
    torch.testing.assert_close(theirs[:, :RATE], theirs[:, RATE : 2 * RATE], atol=1e-6, rtol=0)  # and here not:
    snr = {"min_snr_in_db": 10.0, "max_snr_in_db": 10.0, "min_f_decay": 0.0, "max_f_decay": 0.0}
    ours = run(given, {"torch_audiomentations.AddColoredNoise": snr}).data - given
    first, second = ours[0, :RATE], ours[0, RATE : 2 * RATE]
    assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.05
    power = [float(x.double().square().mean()) for x in (given, ours)]
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("name", ["LowPassFilter", "BandPassFilter", "BandStopFilter"])
def test_what_reaches_above_half_the_rate_ends_there(name):
    given = sound(rate=8000)
    assert any(fails(name, given, seed, 8000) for seed in range(40))
    # 4000 Hz, the default, is half the rate.
    options = {} if name == "LowPassFilter" else {"max_center_frequency": 3900.0}
    for key in range(40):
        assert torch.isfinite(run(given, {f"torch_audiomentations.{name}": options}, key=key, rate=8000).data).all()
    wide = {"min_cutoff_freq": 7000.0, "max_cutoff_freq": 7500.0}
    if name == "LowPassFilter":
        out = run(given, {f"torch_audiomentations.{name}": wide}, rate=8000).data
        torch.testing.assert_close(out, given, atol=0.05, rtol=0)


@pytest.mark.parametrize("name", ["BandPassFilter", "HighPassFilter"])
def test_what_would_leave_nothing_is_refused_whatever_is_drawn(name):
    what = "center_frequency" if name == "BandPassFilter" else "cutoff_freq"
    for key in range(3):
        with pytest.raises(SampleError, match=f"max_{what} is 5000 Hz, and this sound holds frequencies below 4000 Hz"):
            run(sound(rate=8000), {f"torch_audiomentations.{name}": {f"max_{what}": 5000}}, key=key, rate=8000)


def test_what_is_spliced_out_stays_within_the_sound():
    given = sound(3, seconds=1.0)
    assert any(fails("SpliceOut", given, seed) for seed in range(20))
    for key in range(20):
        out = run(given, "torch_audiomentations.SpliceOut", key=key).data
        assert out.shape == given.shape
        assert not torch.equal(out, given)
        assert float(out.abs().max()) > 0
    assert torch.equal(run(given[:, :5], "torch_audiomentations.SpliceOut").data, given[:, :5])


def test_one_channel_is_not_shuffled_and_two_are():
    assert torch.equal(run(sound(), "torch_audiomentations.ShuffleChannels").data, sound())
    found = [run(sound(0, 2), "torch_audiomentations.ShuffleChannels", key=key).data for key in range(8)]
    assert any(torch.equal(x, sound(0, 2).flip(0)) for x in found)
    assert any(torch.equal(x, sound(0, 2)) for x in found)


def test_a_shift_moves_as_far_as_it_says():
    step = {"torch_audiomentations.Shift": {"min_shift": 100, "max_shift": 100, "shift_unit": "samples"}}
    assert torch.equal(run(sound(), step).data, sound().roll(100, -1))
    step["torch_audiomentations.Shift"] |= {
        "rollover": False,
        "shift_unit": "samples",
        "min_shift": -50,
        "max_shift": -50,
    }
    out = run(sound(), step).data
    assert torch.equal(out[:, :-50], sound()[:, 50:])
    assert not out[:, -50:].any()


@pytest.mark.parametrize("name", introspect.facts.MOVES)
def test_events_are_refused_where_sounds_move(name):
    events = augreg.Events([[0.1, 0.2]])
    with pytest.raises(UnsupportedError, match="events"):
        augreg.augment(
            Audio(sound(), RATE, events=events), [{f"torch_audiomentations.{name}": example(name)}], seed=1, keys=0
        )
    out = augreg.augment(Audio(sound(), RATE, events=events), ["torch_audiomentations.Gain"], seed=1, keys=0)
    np.testing.assert_allclose(out.events.data, events.data)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("Gain", {"min_gain": 3}, "Did you mean 'min_gain_in_db'"),
        ("Gain", {"p": 0.5}, "has no parameter 'p'"),
        ("Gain", {"min_gain_in_db": 6.0, "max_gain_in_db": 6.0}, "must be higher"),
        ("Gain", {"mode": "per_batch"}, "expected one of 'per_example', 'per_channel'"),
        ("BandPassFilter", {"min_center_frequency": 500, "max_center_frequency": 500}, "refuses these parameters"),
        ("PitchShift", {"min_transpose_semitones": 0.01, "max_transpose_semitones": 0.011}, "fast pitch-shift"),
        ("Shift", {"shift_unit": "minutes"}, "shift_unit"),
        ("Shift", {"shift_unit": "samples"}, "min_shift=-0.5 is not valid"),
        ("SpliceOut", {"max_width": 0}, "max_width"),
    ],
)
def test_what_cannot_be_drawn_by_is_refused_when_it_is_made(name, options, said):
    with pytest.raises(ConfigError, match=said):
        augreg.make(f"torch_audiomentations.{name}", **options)


def test_a_rate_without_ratios_is_named():
    with pytest.raises(SampleError, match="cannot be made for 16001 Hz"):
        run(sound(rate=16001), "torch_audiomentations.PitchShift", rate=16001)


def test_a_step_pickles():
    step = augreg.make("torch_audiomentations.PitchShift", min_transpose_semitones=-2)
    assert pickle.loads(pickle.dumps(step)) == step
    assert torch.equal(run(sound(), pickle.loads(pickle.dumps(step))).data, run(sound(), step).data)


def theirs(name, **options):
    rate = {"sample_rate": RATE} if name == "PitchShift" else {}
    return getattr(peer, name)(**options, **rate, output_type="dict")


@pytest.mark.parametrize("name", sorted(set(INDEX.transforms) - {"PitchShift"}))
def test_a_compose_is_converted(name):
    found = augreg.convert(peer.Compose([theirs(name, **example(name), p=0.4)], output_type="dict"))
    (line,) = found.lines
    assert (line.ours, line.how) == (f"torch_audiomentations.{name}", "adapter")
    ((ours, params),) = found.pipeline.to_dict()["audio"][0].items()
    assert params.pop("p") == 0.4
    assert augreg.make(ours, **params) == augreg.make(f"torch_audiomentations.{name}", **example(name))


def test_groups_are_converted():
    inner = [theirs("PolarityInversion", p=1.0), theirs("Gain", min_gain_in_db=-3.0, p=0.5)]
    one_of = peer.OneOf(inner, p=0.3, output_type="dict")
    some_of = peer.SomeOf((1, None), inner, output_type="dict")
    shuffled = peer.Compose([one_of, some_of], shuffle=True, output_type="dict")
    (whole,) = augreg.convert(shuffled).pipeline.to_dict()["audio"]
    assert whole["some_of"]["n"] == 2
    first, second = whole["some_of"]["steps"]
    assert first["one_of"]["p"] == 0.3
    assert second["some_of"]["n"] == [1, 2]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: theirs("PitchShift"), "min_transpose_semitones cannot be read off the object"),
        (lambda: theirs("Gain", mode="per_channel", p=0.5), "Give it p_mode='per_example'"),
        (lambda: theirs("Gain", mode="per_batch"), "expected one of 'per_example', 'per_channel'"),
        (lambda: peer.Compose([torch.nn.Identity()], output_type="dict"), "is no transform of torch-audiomentations"),
    ],
)
def test_what_cannot_be_converted_is_refused(made, said):
    with pytest.raises(ConfigError, match=said):
        augreg.convert(made())
