"""Shared memory that a loader's worker uses again, once whoever received a batch in it has let go of that batch.

torch makes new shared memory for every batch. The kernel clears and maps such memory page by page at the first write:
0.4 ms for a picture of 3 x 224 x 224 floats, where writing the values takes 0.04.

A block is a file without a name (``memfd_create(2)``, which also knows nothing of a full /dev/shm). Its first page says
who needs it, one byte each: the worker's own tensor, and every time that it was sent. Who is done clears his byte; with
all bytes clear the block is free. A byte belongs to one process, so that nobody has to wait for anybody. A child that
is forked inherits what its parent holds, and nobody hears when it is done: such a block is given up, and its memory
goes when the last process goes that has it.
"""

from __future__ import annotations

import math
import mmap
import os
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from multiprocessing.reduction import DupFd, ForkingPickler
from typing import Any, Final

import numpy as np
import torch
from torch.multiprocessing import reductions

HEAD: Final = mmap.PAGESIZE
"""Bytes before a block's values, so that these begin on a page."""

HOLDERS: Final = 64
"""Bytes of the head that are used: one for the worker, the others for so many times that a block is sent at once."""

WORTH: Final = 1 << 20
"""Bytes from which on a batch is worth a block."""

MOST: Final = 32
"""Blocks of a worker, so that one whose batches are all kept does not run out of file descriptors."""

_FREE: Final = bytes(HOLDERS)
_HELD, _INHERITED = 1, 2

_as_torch_does: Final[Callable[[torch.Tensor], Any]] = reductions.reduce_tensor
_strategy: Final[Callable[[], str]] = torch.multiprocessing.get_sharing_strategy

_watched: Final[dict[int, weakref.finalize[Any, Any]]] = {}
"""What clears a byte when a tensor's memory is let go of, by number."""

_numbers: Final = count()


class Block:
    """One piece of shared memory."""

    def __init__(self, nbytes: int) -> None:
        self.fd = os.memfd_create("augreg", os.MFD_CLOEXEC)
        weakref.finalize(self, os.close, self.fd)
        os.ftruncate(self.fd, HEAD + nbytes)
        self.nbytes, self.memory = nbytes, mmap.mmap(self.fd, HEAD + nbytes)
        self.place = _values(self.memory, nbytes).__array_interface__["data"][0]

    def free(self) -> bool:
        """Whether nobody needs what is in it."""
        return self.memory[:HOLDERS] == _FREE

    def inherited(self) -> bool:
        """Whether a child has it, too."""
        return _INHERITED in self.memory[:HOLDERS]

    def fits(self, nbytes: int) -> bool:
        """Whether it holds so many bytes, and not many more."""
        return nbytes <= self.nbytes <= 2 * nbytes

    def taken(self, nbytes: int) -> torch.Tensor:
        """Return its first bytes for the worker to write, uint8 (nbytes,)."""
        return _held(self.memory, 0, nbytes)

    def sent(self) -> int | None:
        """Return the byte of one more who will hold it; None if there are too many."""
        place = self.memory[:HOLDERS].find(0, 1)
        if place < 0:
            return None
        self.memory[place] = _HELD
        return place


_blocks: Final[list[Block]] = []
"""Those of this worker, the one that was used last at the end."""


def shared(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    """Return an uninitialised tensor that a worker sends without a copy; torch's own where a block is of no use.

    Someone who asks torch for its other way of sharing (``set_sharing_strategy("file_system")``) mostly does so for
    want of file descriptors, so that way is left to torch.
    """
    nbytes = math.prod(shape) * dtype.itemsize
    useful = nbytes >= WORTH and _possible() and _strategy() == "file_descriptor"
    block = _free_block(nbytes) if useful else None
    if block is not None:
        return block.taken(nbytes).view(dtype).view(shape)
    new: Any = torch.UntypedStorage._new_shared  # what torch's own collating calls
    storage: torch.UntypedStorage = new(max(1, nbytes))
    return torch.empty(0, dtype=dtype).set_(storage).view(shape)


def _free_block(nbytes: int) -> Block | None:
    """Return a free block that fits, else a new one in the place of one that is free and does not fit."""
    _blocks[:] = [block for block in _blocks if not block.inherited()]
    free = [block for block in _blocks if block.free()]
    block = next((block for block in reversed(free) if block.fits(nbytes)), None)
    if block is not None:
        _blocks.remove(block)
    else:
        # Some stay: the stacks of a record's fields take turns.
        if len(free) > MOST // 4 or (free and len(_blocks) >= MOST):
            _blocks.remove(free[0])
        if len(_blocks) >= MOST:
            return None
        try:
            block = Block(nbytes)
        except OSError:  # no more descriptors, or a system that has no such files
            return None
    _blocks.append(block)
    return block


@cache
def _possible() -> bool:
    """Whether this system has files without names; if so, from now on blocks are sent as what they are."""
    if not hasattr(os, "memfd_create"):
        return False
    ForkingPickler.register(torch.Tensor, _reduced)
    return True


def _reduced(tensor: torch.Tensor) -> Any:
    """Say how to send a tensor: one that lies in a block as the block, all others as torch does."""
    start = tensor.untyped_storage().data_ptr()
    block = next((block for block in tuple(_blocks) if block.place == start), None)
    if block is None or tensor.requires_grad or type(tensor) is not torch.Tensor:
        return _as_torch_does(tensor)
    holder = block.sent()
    if holder is None:
        return _as_torch_does(tensor)
    layout = tensor.storage_offset(), tuple(tensor.shape), tensor.stride()
    return received, (DupFd(block.fd), holder, tensor.untyped_storage().nbytes(), tensor.dtype, *layout)


def received(
    handle: Any, holder: int, nbytes: int, dtype: torch.dtype, offset: int, shape: Sequence[int], stride: Sequence[int]
) -> torch.Tensor:
    """Return a tensor that was sent, on the sender's memory."""
    fd = handle.detach()
    try:
        memory = mmap.mmap(fd, HEAD + nbytes)
    finally:
        os.close(fd)
    values = _held(memory, holder, nbytes)
    return torch.empty(0, dtype=dtype).set_(values.untyped_storage(), offset, shape, stride)


def _held(memory: mmap.mmap, holder: int, nbytes: int) -> torch.Tensor:
    """Return the values of a block; its byte is set until the last tensor on them is gone.

    A tensor made from an array holds that very array for as long as its storage lives, whatever views there are.
    """
    memory[holder] = _HELD
    values = _values(memory, nbytes)
    number = next(_numbers)
    watch = _watched[number] = weakref.finalize(values, _let_go, memory, holder, number)
    watch.atexit = False
    return torch.from_numpy(values)


def _values(memory: mmap.mmap, nbytes: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(memory, np.uint8, nbytes, HEAD)


def _let_go(memory: mmap.mmap, holder: int, number: int) -> None:
    memory[holder] = 0
    _watched.pop(number, None)


def _before_fork() -> None:
    for number in list(_watched):
        held = _watched.pop(number).detach()
        if held is not None:
            memory, holder, _ = held[2]
            memory[holder] = _INHERITED


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_blocks.clear)
