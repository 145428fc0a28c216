"""collate and Keyed: keys are demanded with a seed, epochs reach workers, items of every usual form collate."""

import pytest
import torch
from pictures import flip_pipe, photo, upper_pipe
from torch.utils.data import DataLoader

import augreg
from augreg.loader import KeyedItem


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
    assert data[3].key == 3
    whole, labels = collate([data[i] for i in range(8)])
    assert labels.tolist() == list(range(8))
    for i in range(8):
        assert torch.equal(collate([data[i]])[0][0], whole[i])
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
