"""The keys that records and callers give samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError

KEY_FIELDS: Final = ("key", "__key__", "id")
"""Fields of a record that hold its key, the first that is there: augreg's, WebDataset's, and most others' name."""


def plain_key(key: Any) -> str | int:
    """Return a key as str or int; numpy's and torch's scalars count as what they hold, and so does ``tensor([3])``.

    Detection data sets have such an ``image_id``, so that it goes to a device with the other targets.
    """
    plain = key.item() if getattr(key, "shape", None) in ((), (1,)) else key
    if isinstance(plain, (str, int)):
        return plain
    raise SampleError(f"key {key!r} is a {type(key).__name__}; keys are strings or integers.")


def own_key(fields: Mapping[str, Any]) -> str | int | None:
    """Return the key that a record brings along, or None. Scalars of numpy and torch count as what they hold."""
    for name in KEY_FIELDS:
        value = fields.get(name)
        if isinstance(value, (str, int, np.integer, np.str_)) or (
            isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 0
        ):
            return plain_key(value)
    return None
