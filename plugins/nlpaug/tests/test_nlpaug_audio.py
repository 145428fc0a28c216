"""nlpaug's audio augmenters: keyed, nothing global touched."""

import importlib.util

import numpy as np
import pytest
import torch
from augreg_nlpaug import audio as na

from augreg.batch import make_batch
from augreg.errors import ConfigError
from augreg.rng import Rng, hash_keys

MADE = [
    na.Noise(), na.Noise(color="random"), na.Loudness(), na.Mask(), na.PolarityInverse(), na.Normalize(),
    na.Normalize(method="random"), na.Crop(), na.Shift(),
]  # fmt: skip
each = pytest.mark.parametrize("made", MADE, ids=lambda m: type(m).__name__)
LIBROSA = importlib.util.find_spec("librosa") is not None


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
def test_a_sound_does_not_depend_on_its_neighbours_nor_on_global_state(made):
    rows = sounds()
    keys = hash_keys(range(len(rows)))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - it is the global state that this is about
    together = run(made, rows, keys)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert not torch.equal(together[0], rows[0])
    for i, row in enumerate(rows):
        assert torch.equal(run(made, [row], keys[i : i + 1])[0], together[i])
        assert together[i].dtype == row.dtype


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


@pytest.mark.skipif(LIBROSA, reason="librosa is installed")
def test_a_missing_package_is_named():
    with pytest.raises(ConfigError, match="librosa"):
        na.Pitch()


@pytest.mark.skipif(not LIBROSA, reason="needs librosa")
@pytest.mark.parametrize("kind", [na.Pitch, na.Speed, na.Vtlp])
def test_those_with_librosa(kind):
    out = run(kind(), sounds((8000,)))
    assert torch.isfinite(out[0]).all()
