"""Batches that a loader's worker writes where processes share memory: the bits of batches that are made without one."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import DataLoader

import augreg
from augreg.compute import memory
from augreg.compute.memory import already_stacked
from augreg.intake.stacks import copied

STEPS = [{"image.resized_crop": {"size": 20}}, "image.hflip", "image.to_tensor"]
NORMALIZED = [*STEPS, {"image.normalize": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.2]}}]


class Data(torch.utils.data.Dataset):
    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.rows = torch.randint(0, 256, (10, 3, 30, 40), dtype=torch.uint8, generator=generator)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return {"image": augreg.Image(self.rows[i]), "id": i, "label": i % 3}


@pytest.mark.parametrize("steps", [STEPS, NORMALIZED, ["image.hflip"], [{"image.to_tensor": {"dtype": "uint8"}}]])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_workers_give_what_the_main_process_gives(steps, layout):
    collate = augreg.collate({"image": steps}, seed=3, stack=True, memory_format=layout)
    batches = [
        [(b["image"], b["label"]) for b in DataLoader(Data(), batch_size=4, num_workers=n, collate_fn=collate)]
        for n in (0, 2)
    ]
    for (pictures, labels), (expected, named) in zip(*batches, strict=True):
        assert torch.equal(pictures, expected)
        assert pictures.stride() == expected.stride()
        assert torch.equal(labels, named)


@pytest.fixture
def in_a_worker(monkeypatch):
    monkeypatch.setattr(memory, "get_worker_info", object)


def test_a_stack_in_shared_memory_is_not_copied(in_a_worker):
    block = memory.loader_memory((3, 2, 4), torch.float32)
    assert block.is_shared()
    rows = list(block.copy_(torch.arange(24.0).reshape(3, 2, 4)).unbind(0))
    stack = copied(rows)
    assert stack.data_ptr() == block.data_ptr()
    assert torch.equal(stack, block)


def test_a_batch_is_never_a_data_set_s_own_memory(in_a_worker):
    own = torch.zeros(3, 2, 4).share_memory_()
    assert copied(list(own.unbind(0))).data_ptr() != own.data_ptr()


def test_rows_in_another_order_are_copied(in_a_worker):
    block = memory.loader_memory((3, 4), torch.float32)
    rows = list(block.copy_(torch.arange(12.0).reshape(3, 4)).unbind(0))
    assert already_stacked(rows[::-1]) is None
    assert already_stacked(rows[:2]) is None
    assert torch.equal(copied(rows[::-1]), block.flip(0))


def test_the_main_process_has_none():
    assert memory.loader_memory((2, 2), torch.uint8) is None
