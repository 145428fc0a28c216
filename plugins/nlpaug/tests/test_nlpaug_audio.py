"""nlpaug's audio augmenters: keyed, nothing global touched."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from augreg_nlpaug import audio as na
from augreg_nlpaug import dsp, engine

from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

MADE = [
    na.Noise(), na.Noise(color="random"), na.Loudness(), na.Mask(), na.PolarityInverse(), na.Normalize(),
    na.Normalize(method="random"), na.Crop(), na.Shift(), na.Speed(), na.Pitch(), na.Vtlp(coverage=1.0),
]  # fmt: skip
each = pytest.mark.parametrize("made", MADE, ids=lambda m: type(m).__name__)


def sounds(lengths=(4000, 1600, 2, 1), channels=1):
    generator = np.random.default_rng(0)
    return [torch.from_numpy(generator.uniform(-0.5, 0.5, (channels, n)).astype(np.float32)) for n in lengths]


def run(made, rows, keys=None):
    keys = hash_keys(range(len(rows))) if keys is None else keys
    batch = make_batch("audio", rows, rates=8000, keys=keys)
    before = batch.data.clone()
    out = made.apply(batch, made.draw(batch.info, Rng(3, keys).at("step")))
    assert torch.equal(batch.data, before)
    return out.rows()


@each
def test_a_sound_does_not_depend_on_its_neighbors_nor_on_global_state(made):
    rows = sounds()
    keys = hash_keys(range(len(rows)))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - it is the global state that this is about
    together = run(made, rows, keys)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert not torch.equal(together[0], rows[0])
    for i, row in enumerate(rows):
        assert torch.equal(run(made, [row], keys[i : i + 1])[0], together[i])
        assert together[i].dtype == row.dtype


@pytest.mark.slow
def test_threads_do_not_disturb_each_other():
    rows = sounds((4000, 1600) * 4)
    expected = [run(made, rows) for made in MADE]
    with ThreadPoolExecutor(8) as pool:
        for number, found in pool.map(lambda n: (n, run(MADE[n], rows)), [*range(len(MADE))] * 4):
            assert all(torch.equal(a, b) for a, b in zip(found, expected[number], strict=True))


@each
def test_channels_get_the_same_numbers(made):
    row = sounds((3000,))[0]
    stereo = run(made, [torch.cat([row, row])])[0]
    assert torch.equal(stereo[0], stereo[1])


def test_what_they_do():
    row = sounds((1000,))[0]
    inverted = run(na.PolarityInverse(), [row])[0]
    changed = (inverted != row).flatten()
    assert int(changed.sum()) == 180
    assert torch.equal(inverted.flatten()[changed], -row.flatten()[changed])
    assert run(na.Crop(coverage=0.5), [row])[0].shape == (1, 700)
    shifted = run(na.Shift(duration=[0.01, 0.01], direction="left"), [row])[0]
    assert torch.equal(shifted[:, 80:], row[:, :-80])


def test_silence_stays_finite():
    assert torch.isfinite(run(na.Normalize(), [torch.zeros(1, 500)])[0]).all()


def tone(hertz, seconds=2.0, rate=8000):
    return torch.sin(2 * torch.pi * hertz * torch.arange(int(seconds * rate)) / rate)[None]


def loudest(row, rate=8000):
    middle = row[0, row.shape[1] // 4 : -row.shape[1] // 4].numpy()
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum)) * rate / len(middle)


@pytest.mark.parametrize("steps", [-7.0, 5.0])
def test_a_pitch_moves_by_semitones(steps):
    shifted = run(na.Pitch(zone=(0, 1), factor=(steps, steps)), [tone(440.0)])[0]
    assert shifted.shape == (1, 16000)
    assert loudest(shifted) == pytest.approx(440.0 * 2 ** (steps / 12), abs=1.5)
    assert float(shifted.std()) == pytest.approx(float(tone(440.0).std()), rel=0.1)


@pytest.mark.parametrize("speed", [0.7, 1.6])
def test_a_speed_changes_the_duration_and_not_the_pitch(speed):
    stretched = run(na.Speed(zone=(0, 1), factor=(speed, speed)), [tone(440.0)])[0]
    assert stretched.shape == (1, round(16000 / speed))
    assert loudest(stretched) == pytest.approx(440.0, abs=1.5)


def test_a_vocal_tract_is_warped_by_its_factor():
    # Below nlpaug's boundary of 4800 Hz, on an axis that it takes to be twice as long, all frequencies are scaled.
    warped = run(na.Vtlp(zone=(0, 1), coverage=1.0, factor=(0.9, 0.9)), [tone(1000.0, rate=16000)])[0]
    assert warped.shape == (1, 32000)
    assert loudest(warped, 16000) != pytest.approx(1000.0, abs=20)


def test_spectra_lead_back_to_the_sound():
    generator = np.random.default_rng(0)
    for length in (1, 600, 2048, 5000):
        y = generator.normal(size=length).astype(np.float32)
        np.testing.assert_allclose(dsp.istft(dsp.stft(y), length), y, atol=1e-5)
    y = np.sin(np.arange(1000) * 2 * np.pi * 25 / 1000)
    np.testing.assert_allclose(dsp.resample(y, 400), np.sin(np.arange(400) * 2 * np.pi * 25 / 400), atol=1e-9)


def test_nlpaugs_own_classes_stay_as_they_are():
    na.Speed()
    model = engine.load("model.audio:Speed")
    if importlib.util.find_spec("librosa") is None:
        with pytest.raises(ModuleNotFoundError, match="librosa"):
            model()
    assert "dsp" not in repr(model.manipulate.__globals__.get("librosa"))
