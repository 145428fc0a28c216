"""audiomentations' transforms: the index is true, results are audiomentations' own, nothing global is touched."""

import pickle
import random
from concurrent.futures import ThreadPoolExecutor

import augreg_audiomentations.plugin as plugin
import numpy as np
import pytest
import torch
from augreg_audiomentations import introspect

import augreg
from augreg import Audio, ConfigError
from augreg.adapters import Index
from augreg.errors import UnsupportedError

INDEX = Index.beside(plugin.__file__)
peer = INDEX.import_peer()
RATE = 16000
pytestmark = pytest.mark.filterwarnings("ignore:Warning.*input samples dtype:UserWarning")


def sound(number=0, channels=1, seconds=0.5, rate=RATE):
    n = round(seconds * rate)
    noise = np.random.default_rng(number).normal(size=(channels, n)) * np.linspace(0.01, 0.2, n)
    return torch.from_numpy(noise.astype(np.float32))


def run(data, *steps, key=0, rate=RATE, **options):
    return augreg.augment(Audio(data, rate), list(steps), seed=7, keys=key, **options)


def by_peer(name, options, data, seed, rate=RATE):
    """What audiomentations makes after the seeds that the documentation names."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - it is the global state that this is about
    random.seed(seed)
    np.random.seed([seed % 2**32, seed >> 32])  # noqa: NPY002
    try:
        made = getattr(peer, name)(**options, p=1.0)((data[0] if len(data) == 1 else data).numpy().copy(), rate)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
    return made.reshape(len(data), -1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", sorted(INDEX.transforms))
@pytest.mark.filterwarnings("ignore:The input sound is not long enough:UserWarning")
def test_a_result_is_that_of_audiomentations_with_the_same_seed(name, channels):
    options = dict((INDEX.transforms[name]["examples"] or [{}])[0])
    given = sound(1, channels)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    out, trace = run(given.clone(), {f"audiomentations.{name}": options}, return_trace=True)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    seed = next(iter(trace)).steps[0]["params"].get("seed", 0)
    np.testing.assert_array_equal(out.data.numpy(), by_peer(name, options, given, seed))


def test_slow_stretching_is_keyed_too():
    step = {"audiomentations.TimeStretch": {"min_rate": 0.3, "max_rate": 0.3, "leave_length_unchanged": False}}
    first, again, other = run(sound(), step), run(sound(), step), run(sound(), step, key=1)
    assert torch.equal(first.data, again.data)
    assert not torch.equal(first.data, other.data)
    assert first.data.shape[-1] > 3 * sound().shape[-1]


def test_threads_do_not_disturb_each_other_nor_those_who_draw_meanwhile():
    steps = [{f"audiomentations.{name}": {}} for name in ("AddColorNoise", "Gain", "TimeMask", "SevenBandParametricEQ")]
    pipe = augreg.Pipeline({"audio": steps})
    wanted = [augreg.augment(Audio(sound(i), RATE), pipe, seed=1, keys=i).data for i in range(6)]
    random.seed(3)
    drawn = [random.Random(3).random()]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda i: augreg.augment(Audio(sound(i % 6), RATE), pipe, seed=1, keys=i % 6).data, range(18))
        )
    assert [random.random()] == drawn
    assert all(torch.equal(f, wanted[i % 6]) for i, f in enumerate(found))


def test_audiomentations_by_itself_draws_from_the_global_state_as_before():
    run(sound(), "audiomentations.AddGaussianNoise")
    first, second = (by_peer("AddGaussianNoise", {}, sound(), seed) for seed in (1, 2))
    np.testing.assert_array_equal(first, by_peer("AddGaussianNoise", {}, sound(), 1))
    assert not np.array_equal(first, second)


def test_a_noise_has_the_level_that_is_asked_for():
    out = run(sound(), {"audiomentations.AddGaussianSNR": {"min_snr_db": 10.0, "max_snr_db": 10.0}})
    power = [float(x.double().square().mean()) for x in (sound(), out.data - sound())]
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(10, abs=0.3)


def test_peaking_filters_above_half_the_rate_stay_finite():
    options = {"min_center_freq": 5000.0, "max_center_freq": 7000.0}
    with np.errstate(all="ignore"):
        assert not np.isfinite(by_peer("PeakingFilter", options, sound(rate=8000), 1, 8000)).all()
    out = run(sound(rate=8000), {"audiomentations.PeakingFilter": options}, rate=8000)
    torch.testing.assert_close(out.data, sound(rate=8000), atol=0.01, rtol=0)


def test_a_part_at_the_end_is_repeated():
    step = {"audiomentations.RepeatPart": {"min_part_duration": 0.2, "max_part_duration": 0.48}}
    lengths = {run(sound(), step, key=key).data.shape[-1] for key in range(64)}
    assert len(lengths) > 30
    assert min(lengths) >= sound().shape[-1]


@pytest.mark.parametrize("name", introspect.facts.MOVES)
def test_events_are_refused_where_sounds_move(name):
    options = dict((INDEX.transforms[name]["examples"] or [{}])[0])
    events = augreg.Events([[0.1, 0.2]])
    with pytest.raises(UnsupportedError, match="events"):
        augreg.augment(Audio(sound(), RATE, events=events), [{f"audiomentations.{name}": options}], seed=1, keys=0)
    out = augreg.augment(Audio(sound(), RATE, events=events), ["audiomentations.Gain"], seed=1, keys=0)
    np.testing.assert_allclose(out.events.data, events.data)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("AddGaussianSNR", {"min_snr": 3}, "Did you mean 'min_snr_db'"),
        ("Gain", {"p": 0.5}, "has no parameter 'p'"),
        ("TimeStretch", {"min_rate": 0.01}, "min_rate must be >= 0.1"),
        ("BandPassFilter", {"min_rolloff": 7}, "multiple of 6 dB"),
        ("Padding", {"min_fraction": -0.5}, "assert min_fraction >= 0"),
        ("AdjustDuration", {}, "needs duration_seconds"),
        ("Shift", {"shift_unit": "minutes"}, "shift_unit"),
    ],
)
def test_what_audiomentations_refuses_is_refused_when_it_is_made(name, options, said):
    with pytest.raises(ConfigError, match=said):
        augreg.make(f"audiomentations.{name}", **options)


def test_a_duration_is_said_in_samples_or_seconds():
    in_samples = {"duration_samples": 1234, "duration_seconds": None}
    assert run(sound(), {"audiomentations.AdjustDuration": in_samples}).data.shape == (1, 1234)
    assert run(sound(), {"audiomentations.AdjustDuration": {"duration_seconds": 0.75}}).data.shape == (1, 12000)


def test_a_step_pickles():
    step = augreg.make("audiomentations.Shift", min_shift=-0.2, max_shift=0.2)
    assert pickle.loads(pickle.dumps(step)) == step
    assert torch.equal(run(sound(), pickle.loads(pickle.dumps(step))).data, run(sound(), step).data)


@pytest.mark.parametrize("name", sorted(INDEX.transforms))
def test_a_compose_is_converted(name):
    options = dict((INDEX.transforms[name]["examples"] or [{}])[0])
    found = augreg.convert(peer.Compose([getattr(peer, name)(**options, p=0.5)]))
    (line,) = found.lines
    assert line.transform == f"audiomentations.{name}"
    if line.how == "adapter":
        ((ours, params),) = found.pipeline.to_dict()["audio"][0].items()
        assert params.pop("p") == 0.5
        assert augreg.make(ours, **params) == augreg.make(f"audiomentations.{name}", **options)
    augreg.augment(Audio(sound(), RATE), found.pipeline, seed=1, keys=0)


def test_what_no_augmenter_does_is_converted_to_the_adapter():
    found = augreg.convert(peer.Compose([peer.Gain(p=1.0), peer.TanhDistortion(min_distortion=0.2, p=0.4)]))
    assert [line.ours for line in found.lines] == ["audio.gain", "audiomentations.TanhDistortion"]
    step = found.pipeline.to_dict()["audio"][1]
    assert step == {"audiomentations.TanhDistortion": {"min_distortion": 0.2, "p": 0.4}}


def test_functions_are_refused_when_a_pipeline_is_converted():
    part = peer.RepeatPart(part_transform=peer.Gain(p=1.0))
    with pytest.raises(ConfigError, match="no parameter 'part_transform'"):
        augreg.convert(peer.Compose([part]))
