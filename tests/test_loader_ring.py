"""Blocks of shared memory that a loader's worker uses again: never while anybody still needs what is in them."""

from __future__ import annotations

import gc
import os
import weakref

import pytest
import torch
from torch.utils.data import DataLoader

import augreg
from augreg.compute import memory, ring

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="the system has no files without names")

STEPS = ["image.hflip", "image.to_tensor"]
SIDE, N, SIZE = 160, 24, 4
"""Batches of 1.2 MB, above what is worth a block."""


class Data(torch.utils.data.Dataset):
    def __len__(self):
        return N

    def __getitem__(self, i):
        generator = torch.Generator().manual_seed(i)
        return augreg.Image(torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8, generator=generator), key=i)


def batches(workers: int, layout=torch.contiguous_format, **options):
    collate = augreg.collate({"image": STEPS}, seed=3, stack=True, memory_format=layout)
    return DataLoader(Data(), batch_size=SIZE, num_workers=workers, collate_fn=collate, **options)


EXPECTED = [batch.clone() for batch in batches(0)]


@pytest.fixture
def in_a_worker(monkeypatch):
    monkeypatch.setattr(memory, "get_worker_info", object)
    ring._blocks.clear()
    yield
    ring._blocks.clear()


def block(size: int = ring.WORTH):
    return memory.loader_memory((size,), torch.uint8)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_batches_that_are_all_kept_are_all_right(method, layout):
    kept = list(batches(2, layout, multiprocessing_context=method))
    assert all(map(torch.equal, kept, EXPECTED))
    assert all(batch.is_contiguous(memory_format=layout) for batch in kept)


def test_batches_that_are_dropped_at_once_are_right():
    for batch, expected in zip(batches(1, prefetch_factor=4), EXPECTED, strict=True):
        assert torch.equal(batch, expected)


def test_any_view_keeps_a_batch():
    views = [(batch[1:3, 0].mT if k % 2 else batch.numpy()[2]) for k, batch in enumerate(batches(1))]
    gc.collect()
    for k, view in enumerate(views):
        wanted = EXPECTED[k][1:3, 0].mT if k % 2 else EXPECTED[k].numpy()[2]
        assert torch.equal(torch.as_tensor(view), torch.as_tensor(wanted))


def test_a_batch_may_be_changed_and_outlives_its_loader():
    loader = iter(batches(1))
    batch = next(loader)
    batch += 1
    del loader
    gc.collect()
    assert torch.equal(batch, EXPECTED[0] + 1)


def test_a_worker_uses_its_block_again_once_it_is_free(in_a_worker):
    first = block()
    place = first.data_ptr()
    second = block()
    assert second.data_ptr() != place
    del first
    assert block().data_ptr() == place


def sent(tensor: torch.Tensor) -> torch.Tensor:
    """Send a tensor as a loader's queue does, to this very process."""
    build, (handle, *rest) = ring._reduced(tensor)

    class Handle:
        def detach(self):
            return os.dup(ring._blocks[-1].fd)

    del handle
    return build(Handle(), *rest)


def test_what_was_sent_keeps_the_block_after_the_worker_has_let_go(in_a_worker):
    mine = block()
    mine.fill_(7)
    theirs, again = sent(mine), sent(mine)
    place = mine.data_ptr()
    del mine
    assert block().data_ptr() != place
    del theirs
    assert block().data_ptr() != place
    assert again.unique().tolist() == [7]
    del again
    assert next(block for block in ring._blocks if block.place == place).free()


def test_a_child_of_a_fork_keeps_what_it_inherited(in_a_worker):
    mine = block()
    mine.fill_(7)
    theirs = sent(mine)
    child = os.fork()
    if not child:
        os._exit(0 if not ring._blocks else 1)
    assert os.waitpid(child, 0)[1] == 0, "a child has blocks of its own"
    del mine
    gave_up = weakref.ref(ring._blocks[-1])
    block().fill_(5)
    assert theirs.unique().tolist() == [7]
    assert gave_up() is None, "its memory goes with the last who has it"


def test_a_tensor_that_is_sent_too_often_is_copied(in_a_worker):
    mine = block()
    mine.fill_(3)
    ring._blocks[-1].memory[: ring.HOLDERS] = b"\1" * ring.HOLDERS
    build, arguments = ring._reduced(mine)
    assert build is not ring.received
    assert torch.equal(build(*arguments), mine)


def test_no_more_blocks_than_there_may_be(in_a_worker):
    kept = [block() for _ in range(ring.MOST + 3)]
    assert [tensor.is_shared() for tensor in kept] == [False] * ring.MOST + [True] * 3


@pytest.mark.parametrize("sizes", [[1, 5], [5, 1]])
def test_blocks_of_other_sizes_make_room(in_a_worker, sizes):
    small, large = (size * ring.WORTH for size in sizes)
    for _ in range(3 * ring.MOST):
        block(small)
    for _ in range(3 * ring.MOST):
        block(large)
    assert len(ring._blocks) <= ring.MOST
    assert block(large).numel() == large


def test_small_batches_and_another_way_of_sharing_are_torch_s(in_a_worker, monkeypatch):
    assert block(ring.WORTH - 1).is_shared()
    monkeypatch.setattr(ring, "_strategy", lambda: "file_system")
    assert block().is_shared()
    assert not ring._blocks


def test_a_system_without_more_descriptors_has_torch_s(in_a_worker, monkeypatch):
    def fails(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "memfd_create", fails)
    assert block().is_shared()
