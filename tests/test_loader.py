"""`augreg.loader`: a DataLoader whose order, epochs, shares and repeats are taken care of."""

import pickle

import pytest
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    Subset,
)

import augreg

BRIGHT = augreg.Pipeline({"image": [{"image.brightness": {"factor": [0.5, 1.5], "p": 1}}]})
N = 10


class Grey(Dataset):
    def __len__(self):
        return N

    def __getitem__(self, i):
        return torch.full((3, 2, 2), 0.5), i


def make(dataset=None, **options):
    return augreg.loader(Grey() if dataset is None else dataset, BRIGHT, modality="image", **{"seed": 7, **options})


def passed(loader):
    """One pass: (index, value of the picture) per item."""
    return [(int(i), float(x[0, 0, 0])) for images, labels in loader for x, i in zip(images, labels, strict=True)]


def right(epoch, copies=None):
    """What `augment` makes of every item in an epoch."""
    items = [Grey()[i] for i in range(N)]
    out = augreg.augment(items, BRIGHT, seed=7, epoch=epoch, keys=range(N), modality="image")
    return {i: float(x[0, 0, 0]) for x, i in out}


def test_every_pass_is_the_next_epoch_and_hangs_on_nothing_else():
    one, other = make(batch_size=3, shuffle=True), make(batch_size=4, shuffle=True, num_workers=2)
    orders = []
    for epoch in range(3):
        found = passed(one)
        assert passed(other) == found
        assert (one.epoch, dict(found)) == (epoch, right(epoch))
        orders.append([i for i, _ in found])
    assert len(set(map(tuple, orders))) == 3
    assert all(sorted(order) == list(range(N)) for order in orders)


def test_set_epoch_says_which_pass_comes_and_auto_epoch_can_be_switched_off():
    loader = make(batch_size=4)
    loader.set_epoch(5)
    assert [dict(passed(loader)) == right(epoch) for epoch in (5, 6)] == [True, True]
    fixed = make(batch_size=4, auto_epoch=False, shuffle=True)
    assert passed(fixed) == passed(fixed)
    fixed.set_epoch(1)
    assert dict(passed(fixed)) == right(1)
    with pytest.raises(augreg.ConfigError, match="epoch='x' is no integer"):
        loader.set_epoch("x")


def test_seeds_and_epochs_are_not_added_up():
    def orders(seed, epoch):
        loader = make(seed=seed, shuffle=True)
        loader.set_epoch(epoch)
        return [i for i, _ in passed(loader)]

    assert len({tuple(orders(seed, epoch)) for seed in (6, 7, 8) for epoch in (0, 1, 2)}) == 9


def test_without_a_seed_torchs_generator_decides():
    def run(seed):
        torch.manual_seed(seed)
        return passed(make(seed=None, shuffle=True))

    assert run(1) == run(1) != run(2)


def test_epochs_reach_persistent_workers_whoever_sets_them():
    loader = make(batch_size=5, num_workers=2, persistent_workers=True)
    for tell in (loader.set_epoch, loader.dataset.set_epoch, loader.sampler.set_epoch, loader.collate_fn.set_epoch):
        for epoch in (2, 2, 4):
            tell(epoch)
            assert dict(passed(loader)) == right(epoch)
        assert dict(passed(loader)) == right(5)
    loader.sampler.set_epoch(9)
    assert loader.state_dict() == {"epoch": 9, "seed": 7}


def test_a_state_resumes_with_the_epoch_that_was_not_finished():
    loader = make(batch_size=4, shuffle=True)
    passed(loader)
    assert loader.state_dict() == {"epoch": 1, "seed": 7}
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    assert state == {"epoch": 1, "seed": 7}
    whole = make(batch_size=4, shuffle=True)
    whole.load_state_dict(state)
    assert dict(passed(whole)) == right(1)
    assert whole.state_dict() == {"epoch": 2, "seed": 7}
    with pytest.raises(augreg.ConfigError, match="saved with seed=7, and loader has seed=8"):
        make(seed=8).load_state_dict(state)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_processes_share_the_epoch_out(shuffle, drop_last):
    options = {"batch_size": 2, "shuffle": shuffle, "drop_last": drop_last}
    whole = [i for i, _ in passed(make(shuffle=shuffle))]
    shares = [make(distributed=(rank, 3), **options) for rank in range(3)]
    assert {len(share) for share in shares} == {1 if drop_last else 2}
    found = [passed(share) for share in shares]
    if drop_last:
        assert [[i for i, _ in share] for share in found] == [whole[r:9:3][:2] for r in range(3)]
    else:
        filled = whole + whole[:2] if len(whole) % 3 == 1 else whole
        assert [[i for i, _ in share] for share in found] == [filled[r::3] for r in range(3)]
    values = [value for share in found for _, value in share]
    assert len(set(values)) == len(values)  # what fills the last share up is another copy


def test_shares_of_batches():
    batches = BatchSampler(range(N), 2, drop_last=False)
    shares = [make(batch_sampler=batches, distributed=(rank, 2)) for rank in range(2)]
    assert [[i for i, _ in passed(share)] for share in shares] == [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 0, 1]]


def test_torchs_distributed_sampler_may_be_given_and_is_told_the_epoch():
    shares = [make(sampler=DistributedSampler(Grey(), 2, rank, seed=3)) for rank in range(2)]
    for epoch in range(2):
        found = [passed(share) for share in shares]
        expected = [DistributedSampler(Grey(), 2, rank, seed=3) for rank in range(2)]
        for sampler, share in zip(expected, found, strict=True):
            sampler.set_epoch(epoch)
            assert [i for i, _ in share] == list(sampler)
        assert {i: v for share in found for i, v in share} == right(epoch)


@pytest.mark.parametrize("batches", [False, True])
def test_a_sampler_that_its_owner_tells_the_epoch_sets_that_of_the_loader(batches):
    sampler = DistributedSampler(Grey(), 2, 1, seed=3)
    loader = make(batch_sampler=BatchSampler(sampler, 2, False)) if batches else make(sampler=sampler)
    for epoch in (4, 5, 2):  # resumed with 4, as torchvision's references do
        sampler.set_epoch(epoch)
        found = passed(loader)
        assert loader.epoch == epoch
        assert [i for i, _ in found] == list(sampler)
        assert dict(found).items() <= right(epoch).items()
    assert [loader.epoch for _ in range(2) if passed(loader)] == [3, 4]  # nobody says otherwise
    loader.set_epoch(9)
    assert sampler.epoch == 9
    passed(loader)
    assert loader.epoch == 9


def test_passes_by_themselves_are_epochs_also_with_a_sampler_that_has_one():
    loader = make(sampler=DistributedSampler(Grey(), 2, 0, seed=3))
    assert [loader.epoch for _ in range(3) if passed(loader)] == [0, 1, 2]
    fixed = make(sampler=DistributedSampler(Grey(), 2, 0, seed=3), auto_epoch=False)
    assert passed(fixed) == passed(fixed)


class Running:
    """Stands for torch.distributed with two processes."""

    @staticmethod
    def install(monkeypatch, rank):
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda: rank)


def test_who_shares_out_has_to_be_said_where_processes_run(monkeypatch):
    Running.install(monkeypatch, 1)
    with pytest.raises(augreg.ConfigError, match="runs 2 processes.*distributed=True, or False where accelerate"):
        make()
    assert [i for i, _ in passed(make(distributed=True))] == [1, 3, 5, 7, 9]
    assert len(passed(make(distributed=False))) == N
    with pytest.raises(augreg.ConfigError, match="Give seed="):
        make(distributed=True, seed=None, shuffle=True)
    with pytest.raises(augreg.ConfigError, match="generator with one seed for all"):
        make(distributed=True, sampler=RandomSampler(Grey()))
    share = DistributedSampler(Grey(), 2, 1, shuffle=False)  # says it itself
    assert [i for i, _ in passed(make(sampler=share))] == [1, 3, 5, 7, 9]
    assert [i for i, _ in passed(make(batch_sampler=BatchSampler(share, 2, False)))] == [1, 3, 5, 7, 9]
    seeded = RandomSampler(Grey(), generator=torch.Generator().manual_seed(1))
    assert len(passed(make(distributed=True, sampler=seeded))) == 5


def test_counted_samplers_and_keyed_data_are_not_wrapped_twice():
    loader = make(augreg.Keyed(Grey()), sampler=augreg.CountRepeats([1, 1, 2], rank=0, num_replicas=1))
    found = passed(loader)
    assert [i for i, _ in found] == [1, 1, 2]
    assert len({value for _, value in found}) == 3
    assert type(loader.dataset.dataset) is Grey
    share = make(sampler=augreg.CountRepeats([1, 1, 2, 2], rank=1, num_replicas=2))
    assert [i for i, _ in passed(share)] == [1, 2]
    with pytest.raises(augreg.ConfigError, match="takes a share already"):
        make(sampler=augreg.CountRepeats([1, 2], rank=1, num_replicas=2), distributed=(0, 2))


def test_subsets_keep_the_augmentation_of_the_whole():
    part = dict(passed(make(Subset(Grey(), [7, 2]))))
    assert part == {i: right(0)[i] for i in (7, 2)}


class Stream(IterableDataset):
    def __iter__(self):
        yield from ({"id": i, "image": torch.full((3, 2, 2), 0.5)} for i in range(4))


def test_streams_of_records_with_keys():
    loader = augreg.loader(Stream(), BRIGHT, seed=7, batch_size=3, schema={"image": "image"}, drop="id")
    epochs = [torch.cat([batch["image"] for batch in loader]) for _ in range(2)]
    assert epochs[0].shape == (4, 3, 2, 2)
    assert not torch.equal(*epochs)
    for wrong in ({"shuffle": True}, {"sampler": [1]}, {"distributed": (0, 2)}):
        with pytest.raises(augreg.ConfigError, match=f"Leave out {next(iter(wrong))}"):
            augreg.loader(Stream(), BRIGHT, seed=7, **wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_sze": 3}, "loader has no option 'batch_sze'. Did you mean 'batch_size'"),
        ({"num_worker": 3}, "Did you mean 'num_workers'"),
        ({"collate_fn": list}, "Pass yours as then="),
        ({"batch_size": None}, "batch_size=None leaves no batches"),
        ({"sampler": [1], "shuffle": True}, "sampler is an order. Leave out shuffle"),
        ({"batch_sampler": [[1]], "drop_last": True}, "Leave out drop_last"),
        ({"distributed": True}, "torch.distributed is not initialized"),
        ({"distributed": (2, 2)}, "rank=2 of num_replicas=2 is not valid"),
    ],
)
def test_options_that_do_not_go_together_are_told(options, message):
    with pytest.raises(augreg.ConfigError, match=message):
        make(**options)


def test_its_parts_pickle_for_spawned_workers():
    loader = make(shuffle=True)
    data, collate = pickle.loads(pickle.dumps((loader.dataset, loader.collate_fn)))
    images, labels = collate(data.__getitems__([3]))
    assert (labels.tolist(), float(images[0, 0, 0, 0])) == ([3], right(0)[3])


def test_a_record_with_a_key_gets_the_same_from_every_way_in():
    records = [{"id": f"r{i}", "caption": f"a quick brown fox number {i}"} for i in range(6)]
    pipe = augreg.Pipeline({"text": [{"text.char_swap": {"rate": 0.5}}]}, schema={"caption": "text"})
    right = [record["caption"] for record in augreg.augment(records, pipe, seed=7)]
    assert right != [record["caption"] for record in augreg.augment(records, pipe, seed=7, keys=list(range(6)))]
    ways = {
        "loader": augreg.loader(records, pipe, seed=7, batch_size=4),
        "keyed": DataLoader(augreg.Keyed(records), 4, collate_fn=augreg.collate(pipe, seed=7)),
        "named": DataLoader(augreg.Keyed(records), 4, collate_fn=pipe.bind(seed=7, key="id", then=by_field)),
        "plain": DataLoader(records, 4, collate_fn=augreg.collate(pipe, seed=7)),
    }
    for way, loader in ways.items():
        assert [caption for batch in loader for caption in batch["caption"]] == right, way


def by_field(records):
    return {name: [record[name] for record in records] for name in records[0]}
