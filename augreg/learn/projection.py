"""Two numbers for each sample, by which samples and what augmentation makes of them are drawn side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import AugregError
from augreg.learn.examples import Arm, Augmented
from augreg.learn.gates import features_of
from augreg.learn.gates_seen import seen_of
from augreg.learn.splits import Splitter

MOST: Final = 200
"""Samples that are drawn, and as many augmented: more points hide each other."""

SHOWN: Final = ("pipeline", "trivial", "operation")
"""Kinds of arms whose augmentation is drawn, the first that there is."""


@dataclass(frozen=True)
class Projection:
    """Principal components of features: gray values, edges and colors of pictures, words, a mel spectrogram.

    Args:
        points: float64 (n, 2), plain samples first, then the same samples augmented.
        classes: of each point, its name.
        plain: how many are plain.
        explained: which share of the variance of the plain samples each component has.
        arm: by which arm samples are augmented; "" for none.
        why: why there is none; "" where there is one.

    """

    points: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()
    plain: int = 0
    explained: tuple[float, float] = (0.0, 0.0)
    arm: str = ""
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        if self.points is None:
            return {"not measured": self.why}
        rows = zip(self.points.round(4).tolist(), self.classes, strict=True)
        return {
            "explained": [round(share, 4) for share in self.explained],
            "augmented_by": self.arm,
            "points": [
                {"x": x, "y": y, "class": name, "augmented": place >= self.plain}
                for place, ((x, y), name) in enumerate(rows)
            ],
        }


def projection(splitter: Splitter, arms: Sequence[Arm]) -> Projection:
    """Return training samples of the first seed, plain and augmented, brought down to two numbers."""
    if splitter.data.examples.boxed:
        return Projection(why="pictures with boxes are not drawn")
    train = splitter.data.examples.take(splitter.of(0)[0][:MOST])
    arm = next((arm for kind in SHOWN for arm in arms if arm.kind == kind), None)
    try:
        made = train if arm is None else Augmented(arm.steps, 0)(train, 0)
        plain = _features(train.samples)
        moved = plain[:0] if arm is None else _features(made.samples)
    except AugregError as error:
        return Projection(why=str(error).rstrip("."))
    if plain.shape[1:] != moved.shape[1:] or len(plain) < 2:
        return Projection(why="there are no features of one size to be compared by")
    axes, explained = components(plain)
    points = (np.concatenate([plain, moved]) - plain.mean(0)) @ axes.T
    names = [train.classes[label] for label in train.labels]
    names += [] if arm is None else [made.classes[label] for label in made.labels]
    return Projection(points, tuple(names), len(plain), explained, "" if arm is None else arm.name)


def _features(samples: Sequence[Any]) -> NDArray[np.float64]:
    return np.stack([features_of(seen_of(sample, "sample", place)) for place, sample in enumerate(samples)]).astype(
        np.float64
    )


def components(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Return the two directions in which samples differ most, (2, d), and their shares of the variance.

    Of each the largest entry is positive, as the sign is nobody's choice.

    >>> import numpy as np
    >>> from augreg.learn.projection import components
    >>> components(np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 1.0], [6.0, 1.0]]))[1]
    (0.9..., 0.0...)

    """
    _, sizes, axes = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    found = np.zeros((2, rows.shape[1]))
    found[: min(2, len(axes))] = axes[:2]
    signs = np.sign(found[np.arange(2), np.abs(found).argmax(1)])
    shares = np.zeros(2)
    shares[: min(2, len(sizes))] = sizes[:2] ** 2 / max(float((sizes**2).sum()), 1e-30)
    return found * np.where(signs == 0, 1.0, signs)[:, None], (float(shares[0]), float(shares[1]))
