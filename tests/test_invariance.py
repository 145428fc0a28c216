"""The same 64 mixed samples give one hash: for any batch size, order, number of workers and start method."""

import hashlib
import json

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import augreg
from augreg.loaders.collate import collate_items

N = 64
PIPE = {
    "image": [
        {"image.resized_crop": {"size": [20, 24]}},
        "image.hflip",
        {"image.rotate": {"degrees": [-20, 20], "p": 0.5}},
        {"image.color_jitter": {"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "p": 0.7}},
        {"image.gaussian_noise": {"p": 0.5}},
    ],
    "audio": [{"audio.gain": {"p": 0.8}}, {"audio.lowpass": {"p": 0.5}}, {"audio.gaussian_snr": {"p": 0.5}}],
    "video": [{"video.reverse": {"p": 0.5}}, {"video.hflip": {"p": 0.5}}],
    "text": [{"text.keyboard": {"p": 0.5}}, {"text.char_swap": {"p": 0.5}}],
}
WORDS = "the quick brown fox jumps over a lazy dog while seven wizards watch quietly from the old stone bridge"


def sample(i):
    """Return sample i of a mixed data set, with sizes that differ."""
    rs = np.random.default_rng(i)
    kind = i % 4
    if kind == 0:
        h, w = int(rs.integers(24, 40)), int(rs.integers(24, 40))
        return augreg.Image(torch.from_numpy(rs.integers(0, 256, (3, h, w), dtype=np.uint8)), key=f"s{i}")
    if kind == 1:
        wave = torch.from_numpy(rs.normal(0, 0.1, (1, int(rs.integers(500, 4000)))).astype(np.float32))
        return augreg.Audio(wave, 8000, key=f"s{i}")
    if kind == 2:
        frames = rs.integers(0, 256, (int(rs.integers(3, 7)), 3, 16, 18), dtype=np.uint8)
        return augreg.Video(torch.from_numpy(frames), fps=10.0, key=f"s{i}")
    words = WORDS.split()
    return augreg.Text(" ".join(words[j] for j in rs.integers(0, len(words), 12)), key=f"s{i}")


class Mixed(Dataset):
    """The data set of a user."""

    def __len__(self):
        return N

    def __getitem__(self, i):
        return sample(i)


def output_bytes(out):
    if isinstance(out.data, str):
        return out.data.encode()
    return str(tuple(out.data.shape)).encode() + out.data.contiguous().numpy().tobytes()


def digest(pairs):
    """Return one hash over keys, parameters and output bytes, in the order of the keys."""
    total = hashlib.sha256()
    for key, params, out in sorted(pairs, key=lambda p: p[0]):
        total.update(key.encode() + params.encode() + output_bytes(out))
    return total.hexdigest()


class Traced:
    """Augments a batch and keeps the trace; what a user who logs parameters writes."""

    def __init__(self):
        self.pipe = augreg.Pipeline(PIPE)

    def __call__(self, items):
        out, trace = augreg.augment(items, self.pipe, seed=11, return_trace=True)
        return [(t.key, json.dumps(t.to_dict()["steps"]), o) for t, o in zip(trace, out, strict=True)]


def run(batch_size, order):
    traced = Traced()
    items = [sample(i) for i in order]
    return digest([p for i in range(0, N, batch_size) for p in traced(items[i : i + batch_size])])


@pytest.fixture(scope="module")
def expected():
    return run(N, range(N))


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_batch_size_and_order(expected, batch_size):
    assert run(batch_size, range(N)) == expected
    assert run(batch_size, np.random.default_rng(batch_size).permutation(N).tolist()) == expected


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [0, 2, 4])
def test_number_of_workers(expected, workers):
    loader = DataLoader(Mixed(), batch_size=3, num_workers=workers, collate_fn=Traced(), shuffle=True)
    assert digest([p for batch in loader for p in batch]) == expected


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_start_methods(expected, method):
    loader = DataLoader(
        Mixed(),
        batch_size=16,
        num_workers=2,
        collate_fn=augreg.collate(PIPE, seed=11, then=list),
        multiprocessing_context=method,
    )
    outs = {item.key: item for batch in loader for item in batch}
    whole = Traced()([sample(i) for i in range(N)])
    assert digest(whole) == expected
    assert all(output_bytes(outs[key]) == output_bytes(out) for key, _, out in whole)


def test_seeds_keys_and_epochs_matter(expected):
    traced = Traced()
    items = [sample(i) for i in range(N)]
    changed = augreg.augment(items, traced.pipe, seed=11, epoch=1)
    same = [output_bytes(a) == output_bytes(o) for a, (_, _, o) in zip(changed, traced(items), strict=True)]
    assert sum(same) < N / 3


def test_collate_items_stacks_what_it_can():
    out = collate_items([{"x": torch.zeros(2), "r": torch.zeros(i + 1), "n": i, "s": "a"} for i in range(3)])
    assert out["x"].shape == (3, 2)
    assert isinstance(out["r"], list)
    assert torch.equal(out["n"], torch.arange(3))
    assert out["s"] == ["a", "a", "a"]
