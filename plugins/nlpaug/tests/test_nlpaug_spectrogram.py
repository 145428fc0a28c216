"""nlpaug's spectrogram augmenters: keyed, nothing global touched, what they do."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

pytest.importorskip("augreg_audio")

from augreg_nlpaug.spectrogram import FrequencyMasking, SpectrogramLoudness, TimeMasking

MADE = [FrequencyMasking(factor=(5, 20)), FrequencyMasking(), TimeMasking(coverage=0.5), SpectrogramLoudness()]
each = pytest.mark.parametrize("made", MADE)


def rows(sizes=((40, 50), (16, 30), (1, 9), (40, 1))):
    generator = np.random.default_rng(0)
    return [torch.from_numpy(generator.uniform(1, 2, (2, *size)).astype(np.float32)) for size in sizes]


def run(made, given, keys=None):
    keys = hash_keys(range(len(given))) if keys is None else keys
    batch = make_batch("spectrogram", given, keys=keys)
    before = [row.clone() for row in given]
    out = list(made.apply(batch, made.draw(batch.info, Rng(3, keys).at("step"))).rows())
    assert all(torch.equal(a, b) for a, b in zip(before, given, strict=True))
    return out


@each
def test_a_spectrogram_does_not_depend_on_its_neighbors_nor_on_global_state(made):
    given, keys = rows(), hash_keys(range(4))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - it is the global state that this is about
    together = run(made, given, keys)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert not torch.equal(together[0], given[0])
    for i, row in enumerate(given):
        assert torch.equal(run(made, [row], keys[i : i + 1])[0], together[i])


def test_threads_do_not_disturb_each_other():
    given = rows(((40, 50),) * 8)
    expected = [run(made, given) for made in MADE]
    with ThreadPoolExecutor(8) as pool:
        for number, found in pool.map(lambda n: (n, run(MADE[n], given)), [*range(len(MADE))] * 8):
            assert all(torch.equal(a, b) for a, b in zip(found, expected[number], strict=True))


def test_bands_are_silent_in_the_zone_and_nothing_else_is():
    given = rows(((40, 50),) * 20)
    for old, new in zip(given, run(FrequencyMasking(factor=(5, 20)), given), strict=True):
        gone = (new == 0).all(0)
        bins, frames = gone.any(1), gone.any(0)
        assert 5 <= int(bins.sum()) < 20
        assert frames.nonzero().flatten().tolist() == list(range(10, 40))
        assert torch.equal(gone, bins[:, None] & frames)
        assert torch.equal(new[:, ~gone], old[:, ~gone])


def test_loudness_is_a_factor_in_the_zone():
    given = rows(((8, 40),) * 10)
    for old, new in zip(given, run(SpectrogramLoudness(factor=(0.5, 2.0)), given), strict=True):
        factor = new[:, :, 8:32] / old[:, :, 8:32]
        assert torch.allclose(factor, factor[0, 0, 0].expand_as(factor))
        assert 0.5 <= float(factor[0, 0, 0]) <= 2.0
        assert torch.equal(new[:, :, :8], old[:, :, :8])
        assert torch.equal(new[:, :, 32:], old[:, :, 32:])
