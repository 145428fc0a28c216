"""What belongs to a sample and must stay true: boxes, keypoints, events, spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from augreg.data.plain import check_plain
from augreg.errors import SampleError, nearest

BoxFormat = Literal["xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy"]
BOX_COLUMNS: dict[str, int] = {"xyxy": 4, "xywh": 4, "cxcywh": 4, "xywhr": 5, "cxcywhr": 5, "xyxyxyxy": 8}


def _floats(data: Any, columns: int, what: str) -> np.ndarray:
    check_plain(data, what)
    if hasattr(data, "detach"):
        data = data.detach().cpu().numpy()
    try:
        array = np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError):
        raise SampleError(f"{what} are not rows of numbers: {data!r}; expected (n, {columns}).") from None
    if array.size == 0:
        return np.zeros((0, columns))
    if array.ndim != 2 or array.shape[1] != columns:
        raise SampleError(f"{what} have shape {array.shape}; expected (n, {columns}).")
    return array


def _check_along(what: str, n: int, entries: Mapping[str, Any]) -> None:
    for name, column in entries.items():
        if column is not None and not hasattr(column, "__len__"):
            raise SampleError(f"{what} come with {name}={column!r} for {n} rows; give a list with one per row.")
        if column is not None and len(column) != n:
            raise SampleError(f"{what} come with {len(column)} {name} for {n} rows; give one per row.")


def _flags(visible: Any) -> np.ndarray:
    """Return visibility as it is meant: truth values, or the three values of COCO."""
    check_plain(visible, "visible")
    if hasattr(visible, "detach"):
        visible = visible.detach().cpu().numpy()
    given = np.asarray(visible)
    if given.dtype == bool or not given.size:
        return given.astype(bool)
    known = np.isin(given, (0, 1, 2)) if given.dtype.kind in "uif" else np.zeros(given.shape, dtype=bool)
    if not known.all():
        raise SampleError(
            f"visible holds {given[~known].tolist()[0]!r}; give True and False, or 0 (not labelled), 1 (hidden), "
            "2 (visible) as in COCO. A score belongs elsewhere: visible=score > 0.5."
        )
    return given.astype(np.int64)


def take_along(entries: Any, keep: np.ndarray) -> Any:
    """Return the entries (array, tensor, list or tuple) at the integer positions ``keep``.

    >>> import numpy as np
    >>> from augreg.kernel import take_along
    >>> take_along(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']

    """
    if entries is None:
        return None
    if isinstance(entries, (list, tuple)):
        return type(entries)(entries[int(i)] for i in keep)
    if isinstance(entries, np.ndarray):
        return entries[keep]
    import torch

    return entries[torch.as_tensor(keep, device=entries.device)]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes of one image in pixel-edge coordinates: half-open, x in [0, W], y in [0, H].

    Args:
        data: float64 (n, k); k is 4 for xyxy, xywh, cxcywh, 5 for xywhr, cxcywhr (the rotation in degrees,
            counter-clockwise as seen, about the centre for cxcywhr and about the corner (x, y) for xywhr,
            as in torchvision), 8 for the corners xyxyxyxy.
        format: one of the names above.
        labels: one per box, or None; filtered along with the boxes.
        columns: further columns (ids, crowd flags, ...), filtered along.

    """

    data: np.ndarray
    format: BoxFormat = "xyxy"
    labels: Any = None
    columns: Mapping[str, Any] = field(default_factory=dict)

    if TYPE_CHECKING:  # what the constructor takes is wider than what it stores

        def __init__(
            self,
            data: ArrayLike,
            format: BoxFormat = "xyxy",  # noqa: A002 - the field's name
            labels: Any = None,
            columns: Mapping[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        if self.format not in get_args(BoxFormat):
            raise SampleError(
                f"box format {self.format!r} is unknown.{nearest(self.format, BOX_COLUMNS)} "
                f"Valid: {', '.join(BOX_COLUMNS)}."
            )
        object.__setattr__(self, "data", _floats(self.data, BOX_COLUMNS[self.format], f"{self.format} boxes"))
        _check_along("boxes", len(self.data), {"labels": self.labels, **self.columns})

    def __len__(self) -> int:
        return len(self.data)

    def keep(self, rows: np.ndarray) -> Boxes:
        """Return some of the boxes, with their labels and columns."""
        columns = {k: take_along(v, rows) for k, v in self.columns.items()}
        return Boxes(self.data[rows], self.format, take_along(self.labels, rows), columns)

    def replace(self, data: np.ndarray, format: BoxFormat | None = None) -> Boxes:  # noqa: A002 - the field's name
        """Return boxes with other coordinates, labels and columns kept."""
        return Boxes(data, format or self.format, self.labels, self.columns)


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Points of one image in pixel-edge coordinates: the middle of the first pixel is (0.5, 0.5).

    Args:
        data: float64 (n, 2), x and y.
        visible: bool (n,), or None for all visible; or COCO's flags, int64 (n,): 0 not labelled, 1 labelled but hidden,
            2 visible. A point that leaves the picture or is covered gets False, or 0; none is removed, so that
            skeletons keep their order.
        labels: one per point, or None.
        swap: pairs of indices that a mirroring exchanges (left eye, right eye), or None.

    """

    data: np.ndarray
    visible: np.ndarray | None = None
    labels: Any = None
    swap: Sequence[tuple[int, int]] | None = None

    if TYPE_CHECKING:  # what the constructor takes is wider than what it stores

        def __init__(
            self,
            data: ArrayLike,
            visible: ArrayLike | None = None,
            labels: Any = None,
            swap: Sequence[tuple[int, int]] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _floats(self.data, 2, "keypoints"))
        if self.visible is not None:
            object.__setattr__(self, "visible", _flags(self.visible))
        _check_along("keypoints", len(self.data), {"visible": self.visible, "labels": self.labels})
        for pair in self.swap or ():
            if len(pair) != 2 or not all(0 <= i < len(self.data) for i in pair):
                raise SampleError(f"swap holds {pair!r} for {len(self.data)} keypoints; give pairs of their indices.")

    def __len__(self) -> int:
        return len(self.data)

    @property
    def flags(self) -> np.ndarray:
        """The visibility of every point, (n,): as given, all True where nothing was."""
        return np.ones(len(self), dtype=bool) if self.visible is None else self.visible

    def hidden(self, rows: np.ndarray) -> Keypoints:
        """Return points of which some, bool (n,), can no longer be seen: False, or 0."""
        return self.replace(self.data, np.where(rows, np.zeros_like(self.flags), self.flags))

    def replace(self, data: np.ndarray, visible: np.ndarray | None = None) -> Keypoints:
        """Return points with other coordinates (and visibility, if given)."""
        return Keypoints(data, self.visible if visible is None else visible, self.labels, self.swap)


@dataclass(frozen=True, slots=True)
class Events:
    """Events on a time axis, in seconds from the start of the sample.

    Args:
        data: float64 (n, 2), onset and offset.
        labels: one per event, or None.
        columns: further columns, filtered along.

    """

    data: np.ndarray
    labels: Any = None
    columns: Mapping[str, Any] = field(default_factory=dict)

    if TYPE_CHECKING:  # what the constructor takes is wider than what it stores

        def __init__(self, data: ArrayLike, labels: Any = None, columns: Mapping[str, Any] = ...) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _floats(self.data, 2, "events"))
        _check_along("events", len(self.data), {"labels": self.labels, **self.columns})

    def __len__(self) -> int:
        return len(self.data)

    def keep(self, rows: np.ndarray) -> Events:
        """Return some of the events, in the order of ``rows``."""
        columns = {k: take_along(v, rows) for k, v in self.columns.items()}
        return Events(self.data[rows], take_along(self.labels, rows), columns)

    def replace(self, data: np.ndarray) -> Events:
        """Return events at other times."""
        return Events(data, self.labels, self.columns)


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of a text, in characters (code points), half-open.

    Args:
        data: int64 (n, 2), start and end.
        labels: one per span, or None.
        columns: further columns, filtered along.

    """

    data: np.ndarray
    labels: Any = None
    columns: Mapping[str, Any] = field(default_factory=dict)

    if TYPE_CHECKING:  # what the constructor takes is wider than what it stores

        def __init__(self, data: ArrayLike, labels: Any = None, columns: Mapping[str, Any] = ...) -> None: ...

    def __post_init__(self) -> None:
        given = _floats(self.data, 2, "spans")
        if not (np.isfinite(given) & (given == np.floor(given))).all():
            raise SampleError(f"spans are not whole numbers: {given.tolist()}; give characters as (start, end).")
        object.__setattr__(self, "data", given.astype(np.int64))
        if (self.data[:, 0] > self.data[:, 1]).any():
            raise SampleError(f"spans end before they start: {self.data.tolist()}; give (start, end).")
        _check_along("spans", len(self.data), {"labels": self.labels, **self.columns})

    def __len__(self) -> int:
        return len(self.data)

    def keep(self, rows: np.ndarray) -> Spans:
        """Return some of the spans, in the order of ``rows``."""
        columns = {k: take_along(v, rows) for k, v in self.columns.items()}
        return Spans(self.data[rows], take_along(self.labels, rows), columns)

    def replace(self, data: np.ndarray) -> Spans:
        """Return spans at other places."""
        return Spans(data, self.labels, self.columns)
