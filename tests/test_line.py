"""One sample by itself has the bits that it has in a batch, whatever the steps; and it costs few calls."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import augreg
from augreg.modalities.known import modalities
from augreg.random.keys import hash_keys
from augreg.random.one import OneRng
from augreg.random.rng import Rng, fires
from augreg.registry import default
from augreg.testing.compare import explain

IMAGE_STEPS = [
    "image.hflip",
    "image.rotate",
    {"image.resized_crop": {"size": [24, 20]}},
    "image.color_jitter",
    {"image.grayscale": {"p": 0.5}},
    "image.equalize",
    {"image.to_tensor": {"p": 0.5}},
    "image.gaussian_blur",
    {"image.gaussian_noise": {"p": 0.5}},
    {"image.erasing": {"level": 0.4}},
    {"one_of": {"steps": ["image.invert", "image.vflip"], "p": 0.7}},
    {"some_of": {"steps": ["image.solarize", "image.posterize", "image.affine"], "n": [0, 2], "order": "random"}},
]
AUDIO_STEPS = [
    "audio.gain",
    "audio.polarity",
    "audio.lowpass",
    "audio.speed",
    {"audio.gaussian_snr": {"p": 0.5}},
    "audio.clip",
    {"audio.crop": {"seconds": 0.3}},
    {"one_of": ["audio.tanh", "audio.delay"]},
]
TEXT_STEPS = [
    "text.keyboard",
    "text.word_swap",
    "text.char_swap",
    {"text.word_delete": {"p": 0.5}},
    {"some_of": {"steps": ["text.word_case", "text.leet"], "n": 1}},
]
VIDEO_STEPS = ["video.hflip", "video.reverse", {"video.subsample": {"frames": 5}}, "video.color_jitter"]
STEPS = {"image": IMAGE_STEPS, "audio": AUDIO_STEPS, "text": TEXT_STEPS, "video": VIDEO_STEPS}


@st.composite
def chains(draw):
    modality = draw(st.sampled_from(sorted(STEPS)))
    steps = draw(st.lists(st.sampled_from(STEPS[modality]), min_size=1, max_size=5))
    return modality, steps, draw(st.integers(0, 7)), draw(st.integers(0, 2**40))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(chains())
def test_a_sample_by_itself_has_the_bits_of_a_batch(chain):
    modality, steps, number, key = chain
    known = modalities(default())[modality]
    sample, others = known.examples(8)[number], known.examples(8)[:3]
    pipe = augreg.Pipeline({modality: steps})
    try:
        wanted = augreg.augment([*others, sample], pipe, seed=5, epoch=2, copy=1, keys=["a", "b", "c", key])[3]
    except augreg.UnsupportedError:
        with pytest.raises(augreg.UnsupportedError):
            augreg.augment(sample, pipe, seed=5, epoch=2, copy=1, keys=key)
        return
    found = augreg.augment(sample, pipe, seed=5, epoch=2, copy=1, keys=key)
    assert not explain(found, wanted, rounding=True)
    assert (found is sample) == (wanted is sample)


def test_the_fields_of_a_record_go_one_by_one():
    pipe = augreg.Pipeline(
        {"image": IMAGE_STEPS[:2], "text": TEXT_STEPS[:2], "fields": {"right": ["image.invert"]}},
        schema={"left": "image", "right": "image", "caption": "text"},
    )
    picture = np.random.default_rng(0).integers(0, 256, (3, 20, 30), dtype=np.uint8)
    record = {"left": torch.from_numpy(picture), "right": torch.from_numpy(picture[:, :9]), "caption": "one two three"}
    alone = augreg.augment({**record, "id": 4, "y": 1}, pipe, seed=3)
    listed = augreg.augment([{**record, "id": i, "y": 1} for i in range(6)], pipe, seed=3)[4]
    assert not explain(alone, listed)


DRAWS = st.one_of(
    st.tuples(st.just("uniform"), st.floats(-1e6, 1e6), st.floats(0, 1e6)),
    st.tuples(st.just("log_uniform"), st.floats(1e-9, 1e6), st.floats(0, 1e6)),
    st.tuples(st.just("log_sized"), st.sampled_from([1, 2, 10, 60, (2, 3)]), st.just(0)),
    st.tuples(st.just("sized"), st.sampled_from([1, 3, 4, 7, 60, (2, 3), (0,)]), st.just(0)),
    st.tuples(st.just("words"), st.integers(0, 70), st.just(0)),
    st.tuples(st.just("integers"), st.integers(-(2**40), 2**40), st.integers(1, 2**32)),
    st.tuples(st.just("bernoulli"), st.floats(-0.5, 1.5), st.just(0)),
    st.tuples(st.just("normal"), st.floats(-5, 5), st.floats(0, 5)),
    st.tuples(st.just("choice"), st.integers(1, 50), st.just(0)),
    st.tuples(st.just("sign"), st.just(0), st.just(0)),
    st.tuples(st.just("permutation"), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("noise_key"), st.just(0), st.just(0)),
    st.tuples(st.just("gamma"), st.floats(0.1, 9), st.just(0)),
)


def drawn(rng, name, what, low, more):
    if what == "log_sized":
        return rng.log_uniform(name, 0.3, 4.0, size=low)
    if what == "sized":
        return rng.uniform(name, -1.0, 3.0, size=low)
    method = getattr(rng, what)
    if what in ("uniform", "integers", "log_uniform"):
        return method(name, low, low + more)
    if what == "normal":
        return method(name, low, more)
    return method(name) if what in ("sign", "noise_key") else method(name, low)


@given(st.integers(-(2**70), 2**70), st.text(max_size=5), st.lists(DRAWS, min_size=1, max_size=4))
def test_the_numbers_of_one_sample_are_those_of_many(seed, name, draws):
    keys = hash_keys(["x", name])
    one = OneRng(seed, keys[1:], epoch=3, copy=1).at("step").at("within")
    many = Rng(seed, keys, epoch=3, copy=1).at("step").at("within")
    for what, low, more in draws:
        found, wanted = drawn(one, name, what, low, more), drawn(many, name, what, low, more)[1:]
        assert found.dtype == wanted.dtype
        assert found.tobytes() == wanted.tobytes(), (what, low, more)
    for rows, theirs in (([0], [1]), ([True], [1]), ([False], []), ([0, 0], [1, 1])):
        assert one.take(rows).uniform(name).tolist() == many.take(theirs).uniform(name).tolist()
    gates, ps = ["a", "b", "c", "d"], [0.3, 0.9, 0.0, 1.0]
    ours = OneRng(seed, keys[1:], epoch=3, copy=1).fire(gates, ps)
    assert ours == fires(seed, keys[1:], gates, ps, epoch=3, copy=1)[:, 0].tolist()


def test_an_error_of_a_plugin_says_which_step():
    class Broken(augreg.AugmenterBase):
        declares = augreg.Declaration(dtypes=("uint8",))

        def apply(self, batch, params):
            raise ZeroDivisionError("division by zero")

    pipe = augreg.Pipeline({"image": [Broken()]})
    with pytest.raises(ZeroDivisionError) as caught:
        augreg.augment(augreg.Image(torch.zeros(3, 4, 4, dtype=torch.uint8), key=1), pipe, seed=3)
    assert "in Broken: batch of 1 on cpu" in caught.value.__notes__[0]


def test_what_a_step_does_not_take_is_refused_every_time():
    pipe = augreg.Pipeline({"image": [{"image.equalize": {"p": 0.0}}]})
    for _ in range(2):
        with pytest.raises(augreg.UnsupportedError, match=r"image.equalize does not take float32"):
            augreg.augment(torch.zeros(3, 4, 4, dtype=torch.float64), pipe, seed=3, keys=1, modality="image")
