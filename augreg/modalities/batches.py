"""Batches made by hand, for tests and for kernels that use others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from augreg.data.batch import Batch, BatchInfo, Row, dtypes_of, shapes_of, stack_rows
from augreg.modalities.known import modalities
from augreg.registry import default


def make_batch(
    modality: str,
    rows: Sequence[Row],
    *,
    rates: Sequence[float] | float | None = None,
    targets: Mapping[str, list[Any]] | None = None,
    keys: np.ndarray | None = None,
    extras: Mapping[str, list[Any]] | None = None,
) -> Batch:
    """Return the batch of some rows as a kernel gets it on the CPU: padded and stacked if ragged, else a list.

    Args:
        modality: the name of an installed one.
        rows: tensors on one device, of one dtype and channel count if they are ragged; or strings.
        rates: per sample or one for all.
        targets, keys, extras: see :class:`BatchInfo`; keys default to the positions' own.

    >>> import torch
    >>> from augreg.kernel import make_batch
    >>> batch = make_batch("audio", [torch.ones(1, 2), torch.ones(1, 3)], rates=8000)
    >>> batch.data.shape, batch.info.lengths.tolist()
    (torch.Size([2, 1, 3]), [2, 3])

    """
    n, form = len(rows), modalities(default())[modality].form
    info = BatchInfo(
        modality,
        np.arange(n, dtype=np.uint64) if keys is None else keys,
        shapes_of(rows) if n else np.zeros((0, 1), dtype=np.int64),
        np.broadcast_to(np.asarray(np.nan if rates is None else rates, dtype=np.float64), (n,)).copy(),
        dtypes_of(rows),
        dict(targets or {}),
        None,
        dict(extras or {}),
        form,
    )
    return Batch(stack_rows(rows, form) if form.ragged and n else list(rows), info)
