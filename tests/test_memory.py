"""Memory that was touched before is used again: fresh pages are what small kernels spend their time on."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
import torch

from augreg.compute import memory as placed

CODE = """
import resource, torch
torch.set_num_threads(1)
from augreg.compute.memory import keep_freed_memory; keep_freed_memory()
rows = [torch.zeros(1, 16000) for _ in range(64)]

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        stacked = torch.stack(rows)
        scaled = stacked * 0.5
        del stacked
        shifted = scaled + 0.5
        del scaled, shifted
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator")
def test_a_freed_batch_makes_room_for_the_next_one():
    """Three buffers of 1,000 pages, twenty times: in most processes that are not so prepared, 40,000 faults."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000


@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8, torch.float16, torch.int16, torch.float64, torch.bool])
@pytest.mark.parametrize("shape", [(0, 3), (), (7,), (3, 5, 11), (64, 1, 16000), (2, 100003)])
def test_large_buffers_lie_half_a_page_from_what_is_copied_into_them(dtype: torch.dtype, shape: tuple[int, ...]):
    memory = torch.empty(placed.LARGE + placed.PAGE, dtype=torch.uint8)
    for source in (None, memory, memory[16:], memory[2064:]):
        made = placed.empty(shape, dtype, source)
        assert (made.shape, made.dtype, made.is_contiguous()) == (torch.Size(shape), dtype, True)
        made.fill_(1)  # it can be written to, from end to end
        assert bool((made == 1).all())
        if made.nbytes >= placed.LARGE:
            place = made.data_ptr()
            assert place % 64 == 0
            apart = (place - (0 if source is None else source.data_ptr())) % placed.PAGE
            assert abs(apart - placed.PAGE // 2) < 64
