"""Judges classes by what samples look like to a model that was trained without them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError
from augreg.jobs.cleaning.confident import doubtful

FOLDS: Final = 5
"""Parts of the samples; each is judged by models of the four others."""

FEWEST: Final = 10
"""Samples of a class below which it is left out: a model would learn it from fewer than eight."""

AT_ONCE: Final = 20_000
"""Samples that are judged together; of more, parts of about this size by themselves, so that time and memory grow with
the samples and not with their square."""

ENOUGH: Final = 0.6
"""Mean share of each class that is recognized without its label, below which nothing is said: whoever recognizes so
little takes too much for wrong. With many classes it is far above chance, with two hardly."""

NUMBERS: Final = 128
"""Principal components that dense features are brought down to: more take longer and tell no more."""

NEIGHBORS: Final = 10
STRENGTH: Final = 10.0
"""Inverse strength of the regression's penalty."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sample whose class is likely wrong.

    Args:
        number: which one.
        given, seen: its class, and the one that it looks like.
        chances: the predicted probabilities of both.

    """

    number: int
    given: str
    seen: str
    chances: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found.

    Args:
        doubts: the samples whose class is likely wrong, the surest first.
        judged: how many samples were looked at.
        accuracy: which share of each class was recognized without its label, on average over classes.
        reason: why nothing is said; "" where something is.
        small: how many classes were left out as too small.

    """

    doubts: tuple[Doubt, ...] = ()
    judged: int = 0
    accuracy: float = 0.0
    reason: str = ""
    small: int = 0


def check_installed() -> None:
    """Refuse to begin where the library is missing.

    Raises:
        ConfigError: it is.

    """
    if find_spec("sklearn") is None:
        raise ConfigError("judge_labels needs scikit-learn. Install it: pip install 'augreg[clean]'.")


def judge(features: NDArray[np.float32], given: Sequence[str]) -> Judgement:
    """Return whose class is likely wrong, by the mean of a logistic regression and of ten nearest neighbors.

    The same features and classes give the same result.

    Args:
        features: float32 (n, d).
        given: the classes of the samples.

    """
    counts = Counter(given)
    parts = max(1, round(len(given) / AT_ONCE))
    known = sorted(name for name, count in counts.items() if count >= FEWEST * parts)
    small = len(counts) - len(known)
    if len(known) < 2:
        return Judgement(reason=f"fewer than 2 classes have {FEWEST} samples", small=small)
    codes = {name: code for code, name in enumerate(known)}
    whole = np.array([codes.get(name, -1) for name in given])
    predicted = np.zeros((len(given), len(known)))
    taken = np.flatnonzero(whole >= 0)
    blocks = list(_parts(whole, taken, parts))
    for block in blocks:
        predicted[block] = _out_of_fold(features[block], whole[block], len(known))
    right = predicted[taken].argmax(1) == whole[taken]
    accuracy = float(np.mean([right[whole[taken] == code].mean() for code in range(len(known))]))
    if accuracy < ENOUGH:
        return Judgement((), len(taken), accuracy, "what they look like tells too little of their class", small)
    places = [block[doubtful(predicted[block], whole[block])] for block in blocks]
    doubts = [_doubt(int(place), predicted[place], int(whole[place]), known) for place in np.concatenate(places)]
    doubts.sort(key=lambda doubt: doubt.chances[0] - doubt.chances[1])
    return Judgement(tuple(doubts), len(taken), accuracy, "", small)


def _parts(given: NDArray[Any], taken: NDArray[Any], count: int) -> Iterator[NDArray[Any]]:
    """Yield the places of each part, with about as many samples of each class."""
    order = np.random.Generator(np.random.PCG64(0)).permutation(taken)
    order = order[np.argsort(given[order], kind="stable")]
    yield from (np.sort(order[part::count]) for part in range(count))


def _out_of_fold(features: NDArray[Any], given: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """Return for each sample the probabilities of its classes by models that have not seen it."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import StratifiedKFold

    found = np.zeros((len(given), classes))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(features, given):
        with warnings.catch_warnings():
            # A regression that is not quite at its end judges as well.
            warnings.simplefilter("ignore", ConvergenceWarning)
            found[test] = _predicted(features[train], given[train], features[test])
    return found


def _predicted(train: NDArray[Any], given: NDArray[Any], test: NDArray[Any]) -> NDArray[np.float64]:
    return fitted(train, given)(test)


def fitted(train: NDArray[Any], given: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    """Return what predicts the probabilities of classes, (n, m) in their rising order, from features (n, d).

    Args:
        train: features to learn from; given: their classes.

    """
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    def alone(features: NDArray[Any]) -> Any:
        return features

    brought: Callable[[NDArray[Any]], Any] = alone
    if np.count_nonzero(train) < train.size // 5:  # texts: few words of many
        brought = csr_matrix
    elif min(train.shape) > NUMBERS:
        brought = PCA(NUMBERS, svd_solver="covariance_eigh").fit(train).transform
    rows = brought(train)
    straight = LogisticRegression(C=STRENGTH, max_iter=200).fit(rows, given)
    near = KNeighborsClassifier(min(NEIGHBORS, len(train)), weights="distance").fit(rows, given)

    def predict(features: NDArray[Any]) -> NDArray[np.float64]:
        asked = brought(features)
        return np.asarray((straight.predict_proba(asked) + near.predict_proba(asked)) / 2.0)

    return predict


def _doubt(number: int, chances: NDArray[np.float64], given: int, known: Sequence[str]) -> Doubt:
    seen = int(np.argmax(np.where(np.arange(len(known)) == given, -1.0, chances)))
    return Doubt(number, known[given], known[seen], (float(chances[given]), float(chances[seen])))
