"""Reads many objects of one type at once: arrays, and augreg's own samples around what can be read at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from augreg.data.batch import BatchInfo, Row
from augreg.errors import SampleError
from augreg.modalities.base import AS_TENSOR, WrappedMany
from augreg.modalities.target_checks import check_given


def only(objs: Sequence[Any], kind: type) -> bool:
    """Whether all objects are of exactly this type.

    >>> from augreg.modalities import only
    >>> only(["a", "b"], str), only(["a", 1], str), only([True], int)
    (True, False, False)

    """
    return set(map(type, objs)) == {kind}


def samples_alike(
    samples: Sequence[Any],
    inner: Callable[[list[Any]], WrappedMany | None],
    facts: Callable[[BatchInfo, int], dict[str, Any]] = lambda info, i: {},
) -> WrappedMany | None:
    """Read augreg's samples of one kind; ``inner`` reads their data.

    None where a target is wrong, or has to be turned into another form (masks). ``facts`` gives further fields of a
    changed sample, such as its new sample rate.

    >>> import augreg
    >>> from augreg.modalities import WrappedMany, samples_alike
    >>> texts = [augreg.Text("a", label=1), augreg.Text("b", key="second")]
    >>> read = samples_alike(texts, lambda data: WrappedMany(data))
    >>> read.rows, read.targets, read.keys
    (['a', 'b'], {'label': [1, None]}, [None, 'second'])

    """
    try:
        given = [check_given(sample) for sample in samples]
    except SampleError:
        return None
    names = {name for targets in given for name in targets}
    alike = None if "masks" in names else inner([sample.data for sample in samples])
    if alike is None:
        return None

    def restore(info: BatchInfo, rows: list[Row], changed: np.ndarray) -> list[Any]:
        data = alike.restored(info, rows, changed)
        found: list[Any] = list(samples)
        for i in np.flatnonzero(changed).tolist():
            # What a sample gains when it is mixed with others that have it finds its place, too.
            names = [name for name, entries in info.targets.items() if name in given[i] or entries[i] is not None]
            moved = {name: along(info.targets[name][i], rows[i]) for name in names}
            found[i] = samples[i].changed(data=data[i], **moved, **facts(info, i))
        return found

    columns = {name: [targets.get(name) for targets in given] for name in names}
    return WrappedMany(alike.rows, alike.rate, columns, [sample.key for sample in samples], restore)


def arrays_alike(
    arrays: Sequence[np.ndarray], back: tuple[int, ...], plain: Callable[[Any], bool]
) -> WrappedMany | None:
    """Read arrays whose rows are their axes in another order: axis k of an array is axis ``back[k]`` of its row."""
    if any(a.ndim != len(back) or not a.flags.writeable or not a.dtype.isnative for a in arrays):
        return None
    if any(a.dtype.kind not in "uif" or a.dtype.itemsize > 8 or min(a.strides, default=0) < 0 for a in arrays):
        return None
    axes = tuple(back.index(axis) for axis in range(len(back)))
    rows = [torch.from_numpy(array.transpose(axes)) for array in arrays]
    if not all(map(plain, rows)):
        return None

    def restore(info: BatchInfo, rows: list[Row], changed: np.ndarray) -> list[Any]:
        tensors = info.extras.get(AS_TENSOR) or [False] * len(rows)
        new = zip(rows, arrays, changed.tolist(), tensors, strict=True)
        return [
            (row if whole else row.detach().cpu().numpy().transpose(back)) if done else array
            for row, array, done, whole in new
        ]

    return WrappedMany(rows, restore=restore)


def along(target: Any, row: Any) -> Any:
    """Bring a target tensor (masks, a label's weights) to where the data is."""
    return target.to(row.device) if isinstance(target, torch.Tensor) and isinstance(row, torch.Tensor) else target
