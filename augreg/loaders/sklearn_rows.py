"""Rows as scikit-learn's users hold them: read, copied with augmentations, and joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.utils import _safe_indexing

from augreg.engine.augment import augment, seed_of
from augreg.errors import ConfigError, SampleError, listing
from augreg.pipeline import Pipeline

AXES: Final = {"image": {2: "HW", 3: "HWC"}, "audio": {1: "T", 2: "CT"}}
"""The axes of one row by their number, as people of scikit-learn hold them."""

STACKED: Final = {"audio": "B"}
"""The letter of the axis of rows, where it is not N."""


def rows_of(X: Any) -> Any:
    """Return rows as an array or a list, whatever holds them.

    Raises:
        SampleError: there are none, or they are in a table or a sparse matrix.

    """
    if hasattr(X, "toarray"):
        raise SampleError("X is a sparse matrix, whose rows are no samples. Give an array of pictures or sounds.")
    if hasattr(X, "to_numpy") and getattr(X, "ndim", 2) != 1:
        raise SampleError(f"X is a {type(X).__name__} of several columns. Give the one that holds samples.")
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    nested = isinstance(X, (list, tuple)) and len(X) and isinstance(X[0], (list, tuple))
    if nested or (not isinstance(X, np.ndarray) and hasattr(X, "__array__")):
        X = np.asarray(X)  # numbers in lists of lists; NumPy refuses ragged ones
    if isinstance(X, str) or not isinstance(X, (np.ndarray, list, tuple)):
        raise SampleError(f"X is a {type(X).__name__}. Give an array, or a list of samples.")
    if isinstance(X, np.ndarray) and (X.ndim == 0 or (X.ndim > 1 and X.dtype.kind in "OUT")):
        raise SampleError(f"X has dtype {X.dtype} and shape {X.shape}. Give numbers, as X.astype(float) has, or texts.")
    if isinstance(X, np.ndarray) and X.dtype.kind == "c":
        raise SampleError("Complex data not supported: X is complex. Give X.real, or magnitudes.")
    if not len(X):
        raise SampleError("X has no rows, 0 sample(s) are there. Give at least 1.")
    return X if isinstance(X, np.ndarray) else list(X)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes copies of rows.

    Args:
        pipe: the steps.
        seed, modality, sample_rate, layout, options: as in :class:`augreg.sklearn.Augment`.

    """

    pipe: Pipeline
    seed: int | None
    modality: str
    sample_rate: int | None
    layout: str | None
    options: dict[str, Any] | None

    def copy(self, rows: Any, keys: Sequence[Any], copy: int) -> Any:
        """Return rows, each augmented by its key and the number of the copy, in the same kind of container."""
        made = augment(
            rows,
            self.pipe,
            seed=seed_of(self.seed),
            keys=keys,
            copy=copy,
            options=self.options,
            **self._hints(rows),
        )
        if isinstance(rows, np.ndarray) and rows.dtype.kind not in "OUT":
            _check_like(made, rows)
        return made

    def _hints(self, rows: Any) -> dict[str, Any]:
        """Return what bare arrays are; texts and objects such as PIL images say it themselves."""
        if isinstance(rows, np.ndarray) and rows.dtype.kind not in "OUT":
            layout = self.layout or AXES.get(self.modality, {}).get(rows.ndim - 1)
            stacked = layout and STACKED.get(self.modality, "N") + layout
            self._check_axes(layout, rows.shape[1:])
            return {"modality": self.modality, "sample_rate": self.sample_rate, "layout": stacked}
        first = rows[0]
        if isinstance(first, np.ndarray):
            layout = self.layout or AXES.get(self.modality, {}).get(first.ndim)
            self._check_axes(layout, first.shape)
            return {"modality": self.modality, "sample_rate": self.sample_rate, "layout": layout}
        return {}

    def _check_axes(self, layout: str | None, shape: tuple[int, ...]) -> None:
        if self.modality in AXES and (layout is None or len(layout) != len(shape)):
            known = listing([repr(axes) for axes in AXES[self.modality].values()])
            raise SampleError(
                f"rows of X have the shape {shape}, and {self.modality} rows have the axes {layout or known}. "
                "Give X with these axes, one more in front for the rows, or say layout."
            )


def _check_like(made: Any, rows: np.ndarray[Any, Any]) -> None:
    """Refuse copies that differ from rows in what no row to be predicted has."""
    if isinstance(made, np.ndarray) and made.shape == rows.shape and made.dtype == rows.dtype:
        return
    first = made[0]
    raise ConfigError(
        f"pipeline makes rows {tuple(first.shape)} {first.dtype} of rows {rows.shape[1:]} {rows.dtype}, and the rows "
        "that are to be predicted are not augmented. Leave out steps that change size or type, or do them before."
    )


def joined(parts: Sequence[Any]) -> Any:
    """Return all rows as one array or list."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [row for part in parts for row in part]


def repeated(value: Any, count: int, times: int, name: str = "") -> Any:
    """Return what has one entry per row, once for each row and copy; anything else as it is.

    Args:
        value: a parameter of `fit`; scikit-learn's own searches tell by the length, too, what belongs to rows.
        count: how many rows there are.
        times: how often each is learned from.
        name: what must have one entry per row.

    """
    if hasattr(value, "__array__") and not hasattr(value, "shape"):
        value = np.asarray(value)
    sized = hasattr(value, "__len__") or hasattr(value, "shape")
    length = (value.shape[0] if getattr(value, "shape", ()) else len(value)) if sized else None
    if name and length != count:
        raise SampleError(f"{name} has {length} entries, and X has {count} rows: inconsistent numbers of samples.")
    if length != count or isinstance(value, (str, dict)) or times == 1:
        return value
    return _safe_indexing(value, np.tile(np.arange(count), times))
