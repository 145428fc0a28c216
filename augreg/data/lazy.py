"""Data that is not in memory yet: a row that knows its shape, and reads what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    import numpy as np


class Window(NamedTuple):
    """A rectangle of a picture: rows ``top`` to ``bottom``, columns ``left`` to ``right``, the ends excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What cuts it out of an array (H, W, ...)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


class LazyRow:
    """A row along a time axis whose data is read on demand; it stands where a CPU tensor of this shape would.

    Steps that choose along time take only what they choose (:meth:`take`), or look at one entry after the other
    (:meth:`visit`); for any other step the core reads it whole first, so kernels see tensors only. It pickles, and is
    never modified. Subclasses define ``take`` and ``read``, and ``visit`` if they can do better. (No ``abc.ABC``: every
    sample of every batch is asked whether it is one of these.)

    Attributes:
        shape: as the tensor's, time first.
        dtype: a torch dtype.

    """

    shape: tuple[int, ...]
    dtype: torch.dtype

    def take(self, index: np.ndarray) -> torch.Tensor:
        """Return the entries at ``index`` (int64, each in 0..len - 1, in any order, repeated or not), as a tensor."""
        raise NotImplementedError

    def visit(self, index: np.ndarray, window: Window | None = None) -> Iterator[tuple[int, torch.Tensor]]:
        """Yield each entry that occurs in ``index`` once, with its place in time, in an order that is quick to read.

        With a ``window``, only that rectangle of the last two axes.
        """
        wanted: dict[int, int] = {place: k for k, place in enumerate(index.tolist())}
        found = self.take(index)
        for place, k in wanted.items():
            yield place, found[k] if window is None else found[k][(..., *window.slices)]

    def read(self) -> torch.Tensor:
        """Return everything."""
        raise NotImplementedError

    def check_room(self, size: int) -> None:
        """Raise if ``size`` bytes, which are about to be allocated for what is made of this row, are too many.

        Whoever reads on demand knows what its user allows; by default everything is.
        """

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that it takes once it is read."""
        count = self.dtype.itemsize
        for side in self.shape:
            count *= side
        return count


class Shrunk(NamedTuple):
    """A picture (C, h, w), each pixel of which stands for ``scale`` x ``scale`` pixels of another.

    The pixel in row y and column x shows that one's rows from ``top + scale * y`` on, and columns from
    ``left + scale * x`` on.
    """

    data: torch.Tensor
    scale: int = 1
    top: int = 0
    left: int = 0


class LazyPicture(LazyRow):
    """A picture (C, H, W) that is decoded on demand, and may be had smaller. Subclasses define ``read``.

    The core reads it whole for every operator that does not say ``takes_lazy = True``.
    """

    def take(self, index: np.ndarray) -> torch.Tensor:
        """Return channels."""
        return self.read()[torch.from_numpy(index)]

    def shrunk(self, factor: float, *, transient: bool = False) -> Shrunk:
        """Return the picture made smaller by at most ``factor``, where that is cheaper to have; else whole.

        What is ``transient`` may be overwritten by the next transient one of this thread: fresh memory costs a third
        of decoding.
        """
        return Shrunk(self.read())


def in_memory(data: torch.Tensor | LazyRow) -> torch.Tensor:
    """Return data that may be lazy as a tensor.

    >>> import torch
    >>> from augreg.kernel import in_memory
    >>> in_memory(torch.tensor([1, 2]))
    tensor([1, 2])

    """
    return data.read() if isinstance(data, LazyRow) else data
