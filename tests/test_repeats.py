"""Repeats: each occurrence of an index in an epoch is a copy of its own, whatever batches, workers and processes."""

import pickle
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import BatchSampler, DataLoader, Dataset, DistributedSampler, WeightedRandomSampler
from toys import pipeline

import augreg
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.repeats import Repeat

INDICES = st.lists(st.integers(0, 5), max_size=20)


def pairs(counted):
    return [(int(i), i.copy) for i in counted]


def reference(indices):
    """How often each index stood before, by looking back at all of them."""
    return [(index, indices[:place].count(index)) for place, index in enumerate(indices)]


@given(INDICES)
def test_copies_count_what_came_before(indices):
    assert pairs(augreg.CountRepeats(indices)) == reference(indices)


@given(INDICES, st.integers(1, 7))
def test_batches_are_counted_as_their_elements(indices, size):
    batches = list(augreg.CountRepeats(BatchSampler(indices, size, drop_last=False)))
    assert [pair for batch in batches for pair in pairs(batch)] == reference(indices)
    assert all(type(batch) is list for batch in batches)


@given(INDICES, st.integers(2, 4), st.booleans())
def test_shares_are_counted_before_they_are_taken(indices, ranks, drop):
    whole = len(indices) - len(indices) % ranks if drop else -(-len(indices) // ranks) * ranks
    filled = (indices + (indices[:ranks] * ranks)[: max(0, whole - len(indices))])[:whole]
    shares = [augreg.CountRepeats(indices, rank=r, num_replicas=ranks, drop_last=drop) for r in range(ranks)]
    assert [pairs(share) for share in shares] == [reference(filled)[r::ranks] for r in range(ranks)]
    assert {len(share) for share in shares} == {whole // ranks}


def test_a_repeat_is_the_integer_and_pickles():
    repeat = Repeat(3, 2)
    again = pickle.loads(pickle.dumps(repeat))
    assert (repeat, [7, 8, 9, 5][repeat], again, again.copy, type(repeat + 1)) == (3, 5, 3, 2, int)


def test_every_pass_counts_anew_and_attributes_go_through():
    sampler = DistributedSampler(range(10), 1, 0, shuffle=False)
    counted = augreg.CountRepeats(sampler)
    assert pairs(counted) == pairs(counted) == [(i, 0) for i in range(10)]
    counted.set_epoch(3)
    assert (sampler.epoch, counted.shuffle, len(counted)) == (3, False, 10)
    assert augreg.CountRepeats(BatchSampler(range(4), 2, drop_last=False)).batch_size == 2
    assert len(pickle.loads(pickle.dumps(counted))) == 10


@pytest.mark.parametrize(("n", "ranks"), [(10, 3), (7, 4), (2, 5), (8, 2)])
def test_what_a_distributed_sampler_fills_up_with_are_copies(n, ranks):
    samplers = [DistributedSampler(range(n), ranks, rank, seed=4) for rank in range(ranks)]
    shares = [list(augreg.CountRepeats(sampler)) for sampler in samplers]
    drawn = Counter((int(i), i.copy) for share in shares for i in share)
    assert max(drawn.values()) == 1
    assert [list(map(int, share)) for share in shares] == [list(sampler) for sampler in samplers]


class Shares(DistributedSampler):
    """Stands for samplers with shares of their own, as those for repeated augmentation are."""


def test_foreign_shares_and_odd_indices_are_refused():
    with pytest.raises(augreg.ConfigError, match=r"Shares yields the share of one of 2 processes.*num_replicas=2\)"):
        augreg.CountRepeats(Shares(range(4), 2, 0))
    with pytest.raises(augreg.ConfigError, match="rank=2 of num_replicas=2"):
        augreg.CountRepeats([1], rank=2, num_replicas=2)
    for odd in ("a", (1, 2), 1.5):
        with pytest.raises(augreg.ConfigError, match="Yield the indices of the data set"):
            list(augreg.CountRepeats([odd]))
    assert pairs(augreg.CountRepeats(Shares(range(4), 1, 0, shuffle=False), rank=1, num_replicas=2)) == [(1, 0), (3, 0)]


class Grey(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.full((3, 2, 2), 0.5), i


BRIGHT = {"image": [{"image.brightness": {"factor": [0.5, 1.5], "p": 1}}]}
ORDER = [0, 0, 1, 0, 2, 1, 1, 3]


def loaded(size, workers):
    collate = augreg.collate(BRIGHT, seed=7, modality="image")
    sampler = augreg.CountRepeats(ORDER)
    loader = DataLoader(augreg.Keyed(Grey()), size, sampler=sampler, num_workers=workers, collate_fn=collate)
    images, labels = zip(*loader, strict=True)
    assert torch.cat(labels).tolist() == ORDER
    return torch.cat(images)


def test_repeats_are_copies_of_augment_for_any_batch_size():
    one = loaded(1, 0)
    pictures = [Grey()[i][0] for i in ORDER]
    bare = [(x, 0) for x in pictures]  # the pair that the data set gives
    for row, (pair, (key, copy)) in enumerate(zip(bare, reference(ORDER), strict=True)):
        alone = augreg.augment([pair], BRIGHT, seed=7, copy=copy, keys=[key], modality="image")[0][0]
        assert torch.equal(alone, one[row])
    assert len({float(row[0, 0, 0]) for row in one}) == len(ORDER)
    for size, workers in ((3, 0), (8, 2)):
        assert torch.equal(loaded(size, workers), one)


def test_uncounted_repeats_of_a_batch_differ_and_the_user_is_told_once():
    collate = augreg.collate(BRIGHT, seed=7, modality="image")
    loader = DataLoader(augreg.Keyed(Grey()), 4, sampler=[0, 0, 1, 1] * 2, collate_fn=collate)
    with pytest.warns(UserWarning, match=r"Wrap the sampler: augreg.CountRepeats\(sampler\)") as told:
        batches = [images for images, _ in loader]
    assert len(told) == 1
    assert len({float(image[0, 0, 0]) for image in batches[0]}) == 4
    assert torch.equal(batches[0], batches[1])


def test_weighted_samplers_differ_over_the_epoch():
    sampler = WeightedRandomSampler([1.0, 1, 1, 1], 12, generator=torch.Generator().manual_seed(1))
    loader = augreg.loader(Grey(), BRIGHT, seed=7, batch_size=5, sampler=sampler, modality="image")
    assert len({float(x[0, 0, 0]) for images, _ in loader for x in images}) == 12


def test_views_of_repeats_keep_their_order():
    collate = augreg.collate(pipeline({"text": ["toy.upper"]}), seed=1, views=2)
    first, second = collate([KeyedItem("a", "one"), KeyedItem("a", "two", 1), KeyedItem("b", "three")])
    assert first == second == ["ONE", "TWO", "THREE"]


def test_a_copy_of_ones_own_and_repeats_are_refused_together():
    collate = augreg.collate(pipeline({"text": ["toy.upper"]}), seed=1, copy=2)
    with pytest.raises(augreg.ConfigError, match="copy=2 and repeated items do not go together"):
        collate([KeyedItem("a", "one", 1)])
