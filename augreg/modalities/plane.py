"""Maps of the plane, and the way back along them: for boxes, points, and scores of every pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg.data.box_corners import corners, from_corners
from augreg.data.targets import Boxes, Keypoints
from augreg.modalities.plane_scores import scores_back

Floats = NDArray[np.float64]
Canvas = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class PlaneMap:
    """Where the pixels of a picture went, as one matrix; the :class:`augreg.Inverse` of pictures and of clips.

    Coordinates are those of pixel edges: a picture of size (H, W) covers [0, W] x [0, H], x first.

    Args:
        size: height and width of the picture.
        gates: the canvases that it went over, the last one is that of the view: for each the matrix, float64 (3, 3),
            from the picture to there, and its height and width. What is outside one of them is not seen on the view.

    >>> import augreg
    >>> import numpy as np
    >>> from augreg.modalities import PlaneMap
    >>> mirror = PlaneMap.of(np.array([[-1.0, 0, 6], [0, 1, 0], [0, 0, 1]]), (4, 6), (4, 6))
    >>> mirror.back("boxes", augreg.Boxes([[0, 1, 2, 3]])).data.tolist()
    [[4.0, 1.0, 6.0, 3.0]]

    """

    size: Canvas
    gates: tuple[tuple[Floats, Canvas], ...]

    @classmethod
    def of(cls, matrix: Floats, size: Canvas, canvas: Canvas) -> PlaneMap:
        """Return the map of one matrix (3, 3) from a picture of a size to a canvas, heights and widths."""
        return cls(size, ((matrix, canvas),))

    @classmethod
    def still(cls, height: int, width: int) -> PlaneMap:
        """Return the map of a picture that stays as it is."""
        return cls.of(np.eye(3), (height, width), (height, width))

    def then(self, later: PlaneMap) -> PlaneMap:
        """Return this map and then another, which is of the canvas of this one."""
        return replace(self, gates=(*self.gates, *((matrix @ self.matrix, canvas) for matrix, canvas in later.gates)))

    @property
    def matrix(self) -> Floats:
        """The matrix, float64 (3, 3), from the picture to the view."""
        return self.gates[-1][0]

    @property
    def canvas(self) -> Canvas:
        """Height and width of the view."""
        return self.gates[-1][1]

    def back(self, target: str, predictions: Any) -> Any:
        """Return "boxes", "keypoints" or "masks" on the view as they are on the picture.

        Boxes may be a list with one entry per frame, and so may keypoints. They are neither clipped nor dropped.
        Upright boxes become the upright rectangle around them. Points of a view that is mirrored exchange their pairs.
        For masks see :func:`augreg.modalities.plane_scores.scores_back`.
        """
        if target == "masks":
            return scores_back(predictions, self.size, self.gates)
        if isinstance(predictions, (list, tuple)):
            return [self.back(target, entry) for entry in predictions]
        return self._boxes(predictions) if isinstance(predictions, Boxes) else self._points(predictions)

    def _boxes(self, boxes: Boxes) -> Boxes:
        if not len(boxes):
            return boxes
        return boxes.replace(from_corners(self._returned(corners(boxes)), boxes.format))

    def _points(self, points: Keypoints) -> Keypoints:
        data, visible = self._returned(points.data), points.visible
        if np.linalg.det(self.matrix) < 0 and points.swap is not None:
            order = np.arange(len(points))
            for a, b in points.swap:
                order[[a, b]] = order[[b, a]]
            data, visible = data[order], None if visible is None else visible[order]
        return points.replace(data, visible)

    def _returned(self, points: Floats) -> Floats:
        inverse: Floats = np.linalg.inv(self.matrix).astype(np.float64, copy=False)
        return project(inverse, points)


def project(matrix: Floats, points: Floats) -> Floats:
    """Return points (..., 2) after a matrix (3, 3)."""
    mapped: Floats = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped[..., :2] / mapped[..., 2:]
