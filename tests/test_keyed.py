"""Keyed: batches carry keys, single items do not; subsets agree with the whole; epochs and attributes go through."""

import copy
import pickle
from pathlib import Path

import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, random_split
from toys import pipeline

import augreg
from augreg.loaders.epochs import UNSET
from augreg.loaders.keyed import KeyedItem


class Squares(Dataset):
    """Items are (index squared, name); counts how it is asked."""

    classes = ("even", "odd")

    def __init__(self, n=10):
        self.n, self.asked, self.epoch_told, self.transform = n, [], None, "old"

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.asked.append("one")
        return i * i, f"item {i}"

    def set_epoch(self, epoch):
        self.epoch_told = epoch


class Bulk(Squares):
    def __getitems__(self, indices):
        self.asked.append("many")
        return [(i * i, f"item {i}") for i in indices]


def keys(dataset, indices):
    return [item.key for item in dataset.__getitems__(indices)]


def test_a_single_item_is_as_the_data_set_gives_it():
    number, name = augreg.Keyed(Squares())[3]
    assert (number, name) == (9, "item 3")


@pytest.mark.parametrize(("kind", "asked"), [(Squares, ["one"] * 10), (Bulk, ["many"] * 3)])
def test_batches_are_fetched_at_once_where_the_data_set_can(kind, asked):
    data = kind()
    batches = list(DataLoader(augreg.Keyed(data), 4, collate_fn=list))
    assert [item for batch in batches for item in batch] == [KeyedItem(i, (i * i, f"item {i}")) for i in range(10)]
    assert data.asked == asked


@pytest.mark.parametrize("kind", [Squares, Bulk])
def test_subsets_have_the_keys_of_the_whole(kind):
    inner = Subset(kind(), [9, 7, torch.tensor(5), 3])
    nested = Subset(inner, [3, 0, 2])
    for dataset in (augreg.Keyed(nested), Subset(Subset(augreg.Keyed(kind()), [9, 7, 5, 3]), [3, 0, 2])):
        assert [(i.key, i.item[0]) for i in dataset.__getitems__([0, 1, 2])] == [(3, 9), (9, 81), (5, 25)]
    wrapped_twice = augreg.Keyed(Subset(augreg.Keyed(kind()), [4, 6]))
    assert [(i.key, i.item[0]) for i in wrapped_twice.__getitems__([0, 1])] == [(4, 16), (6, 36)]


def test_random_split_before_and_after_gives_the_same_keys():
    whole = augreg.Keyed(Squares())
    seed = torch.Generator().manual_seed
    after = [keys(part, range(len(part))) for part in random_split(whole, [6, 4], seed(1))]
    before = [keys(augreg.Keyed(p), range(len(p))) for p in random_split(Squares(), [6, 4], seed(1))]
    assert after == before
    assert sorted(after[0] + after[1]) == list(range(10))


def test_negative_indices_are_the_same_items():
    assert keys(augreg.Keyed(Squares()), [-1, -10]) == [9, 0]


def test_a_mappings_own_keys_stay():
    assert keys(augreg.Keyed({"a": 1, "b": 2}), ["b"]) == ["b"]


def test_keyed_within_a_concatenation_is_told_where_it_belongs():
    data = ConcatDataset([augreg.Keyed(["a", "b"]), augreg.Keyed(["c"])])
    collate = augreg.collate({"text": ["text.keyboard"]}, seed=1)
    with pytest.raises(augreg.ConfigError, match=r"augreg.Keyed\(dataset\), outside of all other wrappers"):
        next(iter(DataLoader(data, 2, collate_fn=collate)))
    assert keys(augreg.Keyed(data), [0, 2]) == [0, 2]


def test_without_batches_the_message_says_what_to_use():
    loader = DataLoader(augreg.Keyed(["a"]), batch_size=None, collate_fn=augreg.collate({"text": []}, seed=1))
    with pytest.raises(augreg.ConfigError, match=r"got one str. Where batch_size=None, .*pass collate_fn=pipe.bind"):
        next(iter(loader))


def test_attributes_are_those_of_the_data_set():
    data = Squares()
    keyed = augreg.Keyed(data)
    assert (keyed.classes, keyed.n) == (("even", "odd"), 10)
    keyed.transform = "new"
    assert data.transform == "new"
    with pytest.raises(AttributeError, match="colour"):
        _ = keyed.colour


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda keyed: pickle.loads(pickle.dumps(keyed))])
def test_copies_work_and_keep_the_epoch(twin):
    keyed = augreg.Keyed(Squares())
    keyed.set_epoch(4)
    other = twin(keyed)
    assert (other.epoch, other.classes, len(other), other[2]) == (4, keyed.classes, 10, keyed[2])
    assert other._epoch.is_shared()


def test_the_epoch_goes_to_the_items_and_to_the_data_set_inside():
    data = Squares()
    keyed = augreg.Keyed(Subset(data, [1, 2]))
    assert keyed.epoch == UNSET
    keyed.set_epoch(3)
    assert data.epoch_told == 3
    assert [item.epoch for item in keyed.__getitems__([0, 1])] == [3, 3]
    inner = augreg.Keyed(data)
    around = augreg.Keyed(Subset(inner, [1]))
    around.set_epoch(5)
    assert (inner.epoch, Subset(inner, [1]).__getitems__([0])[0].epoch) == (5, 5)
    inner.set_epoch(6)
    assert augreg.Keyed(Subset(inner, [1])).epoch == 6


class Grey(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.full((3, 2, 2), 0.5)


def test_the_data_sets_epoch_counts_in_running_workers_and_before_the_collates():
    pipe = {"image": [{"image.brightness": {"factor": [0.5, 1.5], "p": 1}}]}
    collate = augreg.collate(pipe, seed=1, modality="image")
    expected = []
    for epoch in (0, 1):
        collate.set_epoch(epoch)
        expected.append(collate([KeyedItem(i, Grey()[i]) for i in range(8)]))
    collate.set_epoch(99)
    keyed = augreg.Keyed(Grey())
    loader = DataLoader(keyed, 4, num_workers=1, collate_fn=collate, persistent_workers=True)
    for epoch in (0, 1, 0):
        keyed.set_epoch(epoch)
        assert torch.equal(torch.cat(list(loader)), expected[epoch])


@pytest.mark.parametrize("epoch", ["a", None, True, 2**63, UNSET])
def test_wrong_epochs_are_refused(epoch):
    with pytest.raises(augreg.ConfigError, match="is no integer of 64 bits"):
        augreg.Keyed(["a"]).set_epoch(epoch)


def test_batches_of_keyed_and_other_items_are_refused():
    with pytest.raises(augreg.ConfigError, match="some have none. Put augreg.Keyed outermost"):
        augreg.collate(pipeline({"text": ["toy.upper"]}))([KeyedItem(1, "a"), "b"])


@pytest.mark.parametrize("path", ["photos", Path("photos")], ids=["string", "path"])
def test_a_path_is_no_data_set(path):
    for make in (augreg.Keyed, lambda data: augreg.loader(data, {"text": ["text.char_case"]}, seed=7)):
        with pytest.raises(augreg.ConfigError, match=r"looks like a path. Open it first.*ImageFolder\(.*photos"):
            make(path)
