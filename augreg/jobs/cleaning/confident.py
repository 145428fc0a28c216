"""Which labels are likely wrong, by predictions that were made without them: confident learning.

C. Northcutt, L. Jiang, I. Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels. Journal of Artificial
Intelligence Research 70 (2021), sections 3.1 and 3.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def joint_counts(probabilities: Matrix, given: NDArray[Any]) -> Matrix:
    """Return how many samples of each given class (rows) are of each class in truth (columns), float64 (m, m).

    A sample counts for the likeliest of the classes whose probability is at least the mean that samples of this class
    get; those that reach none do not count. Rows are then scaled to the given number of samples (equations 1 to 3).

    Args:
        probabilities: (n, m), each row predicted by a model that has not seen that sample.
        given: the classes that the samples are said to be of, integers (n,) from 0 to m - 1, each of them there.

    """
    classes = probabilities.shape[1]
    counts = np.zeros((classes, classes))
    seen = _confident(probabilities, given)
    np.add.at(counts, (given[seen >= 0], seen[seen >= 0]), 1.0)
    sums = counts.sum(1, keepdims=True)
    return np.asarray(counts / np.maximum(sums, 1.0) * np.bincount(given, minlength=classes)[:, None])


def _confident(probabilities: Matrix, given: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class that each sample counts for, -1 for none."""
    thresholds = np.array([probabilities[given == j, j].mean() for j in range(probabilities.shape[1])])
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    return np.asarray(np.where(reached.max(1) >= 0.0, reached.argmax(1), -1))


def doubtful(probabilities: Matrix, given: NDArray[Any]) -> NDArray[np.int64]:
    """Return the numbers of the samples whose label is likely wrong, the surest first.

    They are as many as the counts off the diagonal say, those whose likeliest other class is furthest above the given
    one. Two things differ from the paper (prune by noise rate). It takes them for each pair of classes; but of three
    wrong labels in a hundred, ten classes have fewer than one for each pair, and rounding would lose them: so all pairs
    are added first. And since a fifth of the samples does not count, chance alone makes the number too small as often
    as too large: one standard error is added. A wrong label that stays costs more than a right one that is looked at.

    >>> given = np.array([0] * 10 + [1] * 10)
    >>> predicted = np.array([[0.9, 0.1]] * 9 + [[0.05, 0.95]] + [[0.1, 0.9]] * 10)
    >>> doubtful(predicted, given).tolist()
    [9]

    """
    found = margins(probabilities, given)
    order = np.argsort(-found, kind="stable")[: round(_number(probabilities, given))]
    return np.asarray(order[found[order] > 0.0])


def _number(probabilities: Matrix, given: NDArray[Any]) -> float:
    """Return how many labels are wrong, and one standard error more: of a binomial number, each seen with a chance."""
    counts, seen = joint_counts(probabilities, given), _confident(probabilities, given)
    chance = float((seen >= 0).mean())
    wrong = int(((seen >= 0) & (seen != given)).sum())
    return float(counts.sum() - np.trace(counts)) + (np.sqrt(wrong * (1.0 - chance)) / chance if wrong else 0.0)


def margins(probabilities: Matrix, given: NDArray[Any]) -> NDArray[np.float64]:
    """Return by how much the likeliest other class of each sample is above its given one, from -1 to 1."""
    rows = np.arange(len(given))
    others = probabilities.copy()
    others[rows, given] = -1.0
    return np.asarray(others.max(1) - probabilities[rows, given])
