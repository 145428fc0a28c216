"""Class labels of mixtures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError


def mix_labels(first: Any, second: Any, share: float) -> Any:
    """Return the label of a mixture that is ``share`` of the first sample and the rest of the second.

    Class weights (tensors or arrays of one shape) are interpolated and stay what they are. Plain labels (numbers,
    strings) become a mapping label -> weight; mappings are mixed further. None where neither has a label.

    Raises SampleError if only one of them has a label, or if weights of different shapes meet.
    """
    if first is None and second is None:
        return None
    if first is None or second is None:
        raise SampleError("a sample without a label cannot be mixed with one that has one. Label all or none.")
    if isinstance(first, (torch.Tensor, np.ndarray)) and np.ndim(first) > 0:
        if np.shape(first) != np.shape(second):
            raise SampleError(f"labels of shapes {np.shape(first)} and {np.shape(second)} cannot be mixed.")
        return first * share + second * (1.0 - share)
    mixed: dict[Any, float] = {}
    for label, weight in ((first, share), (second, 1.0 - share)):
        for name, part in (label if isinstance(label, Mapping) else {_plain(label): 1.0}).items():
            mixed[name] = mixed.get(name, 0.0) + weight * part
    return mixed


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, (torch.Tensor, np.ndarray, np.generic)) else label
