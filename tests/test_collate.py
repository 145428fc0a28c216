"""collate and Keyed: keys are demanded with a seed, epochs reach workers, items of every usual form collate."""

import numpy as np
import pytest
import torch
from pictures import flip_pipe, photo, upper_pipe
from torch.utils.data import DataLoader, IterableDataset

import augreg
from augreg.data.lazy import LazyRow
from augreg.loaders.collate import KeyedItem, collate_items


class Numbers:
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.full((3, 2, 2), 0.5), i


def test_a_seed_demands_keys():
    with pytest.raises(augreg.ConfigError, match=r"Wrap the data set: augreg.Keyed"):
        augreg.collate(upper_pipe(), seed=1)([(photo(), 1)])
    augreg.collate(upper_pipe())([(photo(), 1)])


def test_keyed_items_get_the_augmentation_of_their_index():
    collate = augreg.collate(upper_pipe(), seed=1, modality="image")
    data = augreg.Keyed(Numbers())
    whole, labels = collate(data.__getitems__(range(8)))
    assert labels.tolist() == list(range(8))
    for i in range(8):
        assert torch.equal(collate(data.__getitems__([i]))[0][0], whole[i])
    assert len({float(x[0, 0, 0]) for x in whole}) == 8


def test_epochs_reach_persistent_workers():
    augreg.register(_brightness(), name="tmp.brightness", modalities=("image",))
    try:
        collate = augreg.collate({"image": ["tmp.brightness"]}, seed=1, modality="image")
        loader = DataLoader(augreg.Keyed(Numbers()), 4, num_workers=1, collate_fn=collate, persistent_workers=True)
        epochs = []
        for epoch in (0, 1, 0):
            collate.set_epoch(epoch)
            epochs.append(torch.cat([images for images, _ in loader]))
        assert torch.equal(epochs[0], epochs[2])
        assert not torch.equal(epochs[0], epochs[1])
    finally:
        augreg.unregister("tmp.brightness")


def _brightness():
    from toys import Brightness

    return Brightness


def test_records_with_keys_need_no_wrapping():
    records = [{"id": i, "image": torch.zeros(3, 4, 4), "y": i} for i in range(3)]
    out = augreg.collate(flip_pipe(), seed=1, schema={"image": "image"})(records)
    assert out["image"].shape == (3, 3, 4, 4)
    assert out["y"].tolist() == [0, 1, 2]


def test_then_replaces_the_collation():
    assert augreg.collate(upper_pipe(), then=len)([KeyedItem(1, "a"), KeyedItem(2, "b")]) == 2


def test_wrong_options_are_named_when_the_function_is_made():
    with pytest.raises(augreg.ConfigError, match="no option 'shema'. Did you mean 'schema'"):
        augreg.collate(upper_pipe(), shema={})
    with pytest.raises(augreg.ConfigError, match="no option 'epoch'"):
        augreg.collate(upper_pipe(), epoch=1)


@pytest.mark.parametrize("epoch", ["a", None, 1.5, True, 2**63, torch.tensor(0.5)])
def test_wrong_epochs_are_named_and_change_nothing(epoch):
    collate = augreg.collate(upper_pipe(), seed=1)
    collate.set_epoch(3)
    with pytest.raises(augreg.ConfigError, match=r"^epoch=.* is no integer of 64 bits\. Give the number of the epoch"):
        collate.set_epoch(epoch)
    assert collate.epoch == 3


@pytest.mark.parametrize("epoch", [0, -1, 2**63 - 1, np.int32(5), torch.tensor(7)])
def test_any_kind_of_integer_is_an_epoch(epoch):
    collate = augreg.collate(upper_pipe(), seed=1)
    collate.set_epoch(epoch)
    assert collate.epoch == int(epoch)


class Stream(IterableDataset):
    def __iter__(self):
        yield from ({"id": i, "image": torch.full((3, 4, 4), 0.5)} for i in range(4))


@pytest.mark.parametrize("data", [Stream(), iter([1, 2]), {1, 2}])
def test_data_without_indices_is_refused_by_keyed(data):
    with pytest.raises(augreg.ConfigError, match=f"{type(data).__name__} has no indices: .*Leave Keyed out, and give"):
        augreg.Keyed(data)


def test_a_stream_of_records_with_keys_needs_no_wrapping():
    loader = DataLoader(Stream(), 2, collate_fn=augreg.collate(flip_pipe(), seed=1, schema={"image": "image"}))
    assert [batch["id"].tolist() for batch in loader] == [[0, 1], [2, 3]]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_pictures_are_collated_as_torch_does_it(dtype, p):
    pictures = [(torch.rand(3, 9, 7, generator=torch.Generator().manual_seed(i)) * 255).to(dtype) for i in range(8)]
    if dtype == torch.float32:
        pictures = [picture / 255 for picture in pictures]
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": p}}, {"image.rotate": {"degrees": 9, "p": p}}]})
    out = augreg.augment(pictures, pipe, seed=1, modality="image")
    together = collate_items(list(zip(out, range(8), strict=True)))
    assert torch.equal(together[0], torch.utils.data.default_collate(out))
    assert together[1].tolist() == list(range(8))
    assert together[0].data_ptr() not in {picture.data_ptr() for picture in (*pictures, *out)}


def test_what_torch_collates_in_its_own_way_stays_with_it():
    assert collate_items([torch.ones(2), torch.ones(3)])[1].shape == (3,)
    assert collate_items([1, 2]).tolist() == [1, 2]
    sparse = [torch.eye(3).to_sparse(), torch.eye(3).to_sparse()]
    assert collate_items(sparse) == sparse  # torch has no way to collate these


class Frames(LazyRow):
    """A clip that counts how often it is read."""

    shape, dtype = (4, 3, 6, 8), torch.uint8

    def read(self):
        return torch.zeros(self.shape, dtype=self.dtype)

    def take(self, index):
        return self.read()[index]


def test_views_of_clips_that_no_step_changed_are_read_too():
    collate = augreg.collate({"text": ["text.keyboard"]}, seed=1, views=2, then=list)
    for view in collate([{"id": 1, "clip": augreg.Video(Frames(), fps=4.0)}]):
        assert isinstance(view[0]["clip"].data, torch.Tensor)


def test_a_seed_that_is_none_is_refused_when_the_function_is_made():
    with pytest.raises(augreg.ConfigError, match="seed='a' is not an integer"):
        augreg.collate({"text": ["text.keyboard"]}, seed="a")
