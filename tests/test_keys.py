"""A sample's random numbers hang on its key, and on nothing that it lies in; without a key a seed is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

import augreg
from augreg import ConfigError, KeysWarning

NOISE = augreg.Pipeline({"image": [{"image.gaussian_noise": {"p": 1.0}}, "image.hflip"]})
PICTURE = np.random.default_rng(0).integers(0, 256, (3, 12, 15), dtype=np.uint8)


def picture() -> torch.Tensor:
    return torch.from_numpy(PICTURE.copy())


def bare(key: str | int, pipe: augreg.Pipeline = NOISE) -> torch.Tensor:
    return augreg.augment(picture(), pipe, seed=3, keys=key, modality="image")


HELD = {
    "a sample with its key": lambda key: augreg.augment(augreg.Image(picture(), key=key), NOISE, seed=3).data,
    "a record": lambda key: augreg.augment({"image": augreg.Image(picture()), "id": key}, NOISE, seed=3)["image"].data,
    "a field of another name": lambda key: (
        augreg.augment([{"img": augreg.Image(picture()), "__key__": key, "label": 3}], NOISE, seed=3)[0]["img"].data
    ),
    "a pair": lambda key: augreg.augment([(picture(), 4)], NOISE, seed=3, keys=[key], modality="image")[0][0],
    "a picture with targets": lambda key: augreg.augment(
        (picture(), {"label": 1}), NOISE, seed=3, keys=key, modality="image"
    )[0],
    "columns": lambda key: augreg.augment({"x": picture()[None], "key": [key]}, NOISE, seed=3, schema={"x": "image"})[
        "x"
    ][0],
    "a list": lambda key: augreg.augment([picture()] * 3, NOISE, seed=3, keys=["p", key, "q"], modality="image")[1],
    "a stack": lambda key: augreg.augment(
        torch.stack([picture()] * 2), NOISE, seed=3, keys=["p", key], modality="image"
    )[1],
    "beside a caption": lambda key: (
        augreg.augment({"image": augreg.Image(picture()), "caption": augreg.Text("a b"), "id": key}, NOISE, seed=3)[
            "image"
        ].data
    ),
}


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
@pytest.mark.parametrize("key", ["cat/7.jpg", 7])
def test_what_a_sample_lies_in_is_no_part_of_its_key(held, key):
    assert torch.equal(held(key), bare(key))


@given(st.integers(-(2**70), 2**70))
def test_a_number_and_its_digits_are_one_key(number):
    assert torch.equal(bare(number), bare(str(number)))


def test_leading_zeros_are_part_of_a_key():
    assert not torch.equal(bare("000003"), bare(3))


def test_several_pictures_of_a_record_draw_apart_whatever_their_order():
    both = {"left": augreg.Image(picture()), "right": augreg.Image(picture()), "id": 1}
    out = augreg.augment(both, NOISE, seed=3)
    turned = augreg.augment(dict(reversed(both.items())), NOISE, seed=3)
    assert not torch.equal(out["left"].data, out["right"].data)
    assert all(torch.equal(out[side].data, turned[side].data) for side in ("left", "right"))


def test_tied_pictures_share_the_numbers_of_one_that_stands_alone():
    pipe = augreg.Pipeline({**NOISE.to_dict(), "tie": {"right": "left"}})
    both = {"left": augreg.Image(picture()), "right": augreg.Image(picture()), "id": 1}
    out = augreg.augment(both, pipe, seed=3)
    assert torch.equal(out["left"].data, out["right"].data)
    assert torch.equal(out["left"].data, bare(1))


def test_a_record_with_one_picture_beside_records_with_two():
    one = {"left": augreg.Image(picture()), "id": 1}
    two = {"left": augreg.Image(picture()), "right": augreg.Image(picture()), "id": 1}
    out = augreg.augment([one, two], NOISE, seed=3)
    assert torch.equal(out[0]["left"].data, bare(1))
    assert torch.equal(out[1]["left"].data, augreg.augment(two, NOISE, seed=3)["left"].data)


def test_the_key_of_a_record_comes_before_that_of_its_sample():
    record = {"image": augreg.Image(picture(), key="own"), "id": "record"}
    assert torch.equal(augreg.augment(record, NOISE, seed=3)["image"].data, bare("record"))
    del record["id"]
    assert torch.equal(augreg.augment(record, NOISE, seed=3)["image"].data, bare("own"))


@pytest.mark.parametrize("sample", [augreg.Image(PICTURE.transpose(1, 2, 0)), {"image": augreg.Image(picture())}])
def test_one_sample_without_a_key_goes_by_its_place_and_says_so(sample):
    with pytest.warns(KeysWarning, match=r"one sample without a key.*keys=7 is enough.*leave seed out"):
        out = augreg.augment(sample, NOISE, seed=3)
    expected = augreg.augment(sample, NOISE, seed=3, keys=0)
    if isinstance(out, dict):
        out, expected = out["image"], expected["image"]
    assert np.array_equal(out.data, expected.data)


def test_a_list_without_keys_goes_by_places_and_says_so():
    samples = [augreg.Image(picture()) for _ in range(3)]
    with pytest.warns(KeysWarning, match="places in this list are their keys"):
        out = augreg.augment(samples, NOISE, seed=3)
    assert torch.equal(out[2].data, bare(2))


def test_without_a_seed_nothing_is_said_and_torch_decides():
    torch.manual_seed(5)
    one, other = (augreg.augment(augreg.Image(picture()), NOISE).data for _ in range(2))
    assert not torch.equal(one, other)
    torch.manual_seed(5)
    assert torch.equal(augreg.augment(augreg.Image(picture()), NOISE).data, one)


class Batches(torch.utils.data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return augreg.augment([augreg.Text("one two three")], {"text": ["text.word_swap"]}, seed=3)


def test_places_are_refused_as_keys_in_a_worker():
    loader = DataLoader(Batches(), batch_size=None, num_workers=1)
    with pytest.raises(ConfigError, match="samples without keys in a DataLoader's worker"):
        next(iter(loader))


@pytest.mark.parametrize("key", [np.int64(7), torch.tensor(7), np.array(7), "7"], ids=repr)
def test_the_key_of_one_sample_may_be_a_scalar_of_other_libraries(key):
    assert torch.equal(bare(key), bare(7))


@pytest.mark.parametrize("key", [7.0, np.float64(7), True, b"7"], ids=repr)
def test_what_is_no_key_is_refused(key):
    with pytest.raises((augreg.SampleError, ConfigError), match="keys are strings or integers|one key per sample|key"):
        bare(key)


def test_one_key_for_several_samples_is_refused_with_their_number():
    text = augreg.Pipeline({"text": ["text.char_case"]})
    with pytest.raises(augreg.SampleError, match="keys='a' is one key.*one key per sample, here of 2"):
        text(("a cat", "a dog"), seed=7, keys="a")
    with pytest.raises(ConfigError, match="its 'id' holds a float; keys are strings or integers"):
        text.bind(seed=7, schema={"caption": "text"})({"id": 3.0, "caption": "a cat"})
