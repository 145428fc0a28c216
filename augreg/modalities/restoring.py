"""Results as the user's kind, unless a step says what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from augreg.modalities.base import AS_TENSOR, Result


def restore_row(result: Result, restore: Callable[[Any], Any]) -> Any:
    """Return the row of a result in the user's kind, as ``restore`` makes it; or as it is, if a step says so.

    >>> import torch
    >>> from augreg.modalities import AS_TENSOR, Result, restore_row
    >>> row = torch.ones(2)
    >>> restore_row(Result(row, {}, 1.0, {}), list), restore_row(Result(row, {}, 1.0, {AS_TENSOR: True}), list)
    ([tensor(1.), tensor(1.)], tensor([1., 1.]))

    """
    return result.row if result.extras.get(AS_TENSOR) else restore(result.row)
