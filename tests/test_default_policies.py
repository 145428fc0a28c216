"""policy.trivial as it comes, on every modality: different for equal inputs, and the same whatever the batch."""

import numpy as np
import pytest
import torch

import augreg

TEXT = "The quick brown fox jumped happily over a lazy dog while two curious children watched from the wall"


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape)


SAMPLES = {
    "image": augreg.Image(torch.from_numpy((noise(3, 24, 24) * 255).astype(np.uint8))),
    "audio": augreg.Audio(torch.from_numpy((noise(1, 4000) - 0.5).astype(np.float32)), 8000),
    "video": augreg.Video(torch.from_numpy((noise(6, 3, 20, 20) * 255).astype(np.uint8)), fps=6.0),
    "text": augreg.Text(TEXT),
}


FIELDS = {"picture": "image", "sound": "audio", "film": "video", "words": "text"}


def bits(sample: augreg.data.samples.Sample) -> bytes:
    return sample.data.encode() if isinstance(sample.data, str) else np.ascontiguousarray(sample.data).tobytes()


@pytest.fixture(scope="module", params=list(SAMPLES))
def run(request):
    sample, pipe = SAMPLES[request.param], augreg.Pipeline({request.param: ["policy.trivial"]})
    out = pipe([sample] * 64, seed=3, keys=list(range(64)))
    return sample, pipe, [bits(found) for found in out]


def test_equal_inputs_become_different(run) -> None:
    assert len(set(run[2])) >= 60


def test_a_sample_alone_and_in_another_order_is_the_same(run) -> None:
    sample, pipe, every = run
    order = np.random.default_rng(1).permutation(64)[:20].tolist()
    again = pipe([sample] * 20, seed=3, keys=order)
    assert [bits(found) for found in again] == [every[k] for k in order]
    for key in order[:8]:
        assert bits(pipe(sample, seed=3, keys=key)) == every[key]


def test_a_record_of_all_modalities_gets_the_same(run) -> None:
    """The keys and draws of a sample do not hang on what else is in its record."""
    sample, _, every = run
    pipe = augreg.Pipeline(
        {name: ["policy.trivial"] for name in SAMPLES} | {"separate": ["sound", "film"]}, schema=FIELDS
    )
    (mine,) = (field for field, name in FIELDS.items() if name == sample.modality)
    record = {field: SAMPLES[name] for field, name in FIELDS.items() if name != "text"} | {"words": "a plain text"}
    record[mine] = sample
    (out,) = pipe([record], seed=3, keys=[5])
    assert bits(out[mine]) == every[5]
