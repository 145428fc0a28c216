"""Says whether a candidate still shows its class, by models that have seen nothing of its source's group."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError
from augreg.jobs.cleaning.judge import FOLDS, fitted

LOWEST: Final = 0.05
"""Share of the sources of a class that would not pass themselves: as sure as they are, candidates have to be."""

ENOUGH: Final = 20
"""Sources of a class from which on it has a threshold of its own: a twentieth of fewer is less than one of them."""

SURE: Final = 0.5
"""What is likelier of its class than of all others together passes, however sure models are of the sources: they have
learned from sources only, and are less sure of whatever is moved or turned a little."""


class Judges:
    """Models of the folds of sources, and how sure they are of sources that they have not seen.

    Args:
        features: of the sources, (n, d).
        classes: what they are.
        groups: the speaker, patient, scene of each: what belongs together is in one fold.
        practice: of copies of the sources, (copies * n, d), all first copies first: learned from with their sources.

    Attributes:
        needed: class -> the probability that its candidates need.

    Raises:
        ConfigError: scikit-learn is missing, or there are too few classes, or groups of a class.

    """

    def __init__(
        self,
        features: NDArray[Any],
        classes: Sequence[str],
        groups: Sequence[Any],
        practice: NDArray[Any] | None = None,
    ) -> None:
        if find_spec("sklearn") is None:
            raise ConfigError("classes are judged by scikit-learn. Install it: pip install 'augreg[learn]'.")
        self.names, self._codes = np.unique(np.array(classes, object).astype(str), return_inverse=True)
        self._folds = _folds(self.names, self._codes, groups)
        learned = features if practice is None else np.concatenate([features, practice])
        self._models = [self._fit(learned, fold) for fold in range(int(self._folds.max()) + 1)]
        self.needed = self._thresholds(self.chances(features, np.arange(len(features)))[0])

    def chances(
        self, features: NDArray[Any], origins: NDArray[np.int64], classes: Sequence[str] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return how likely each row is of its class, and which class it looks like most.

        Args:
            features: (n, d).
            origins: the source of each row; -1 for one that has none: then it is the mean of what all models say.
            classes: of each row; None for those of their sources.

        """
        codes = (
            self._codes[origins]
            if classes is None
            else np.searchsorted(self.names, np.array(classes, object).astype(str))
        )
        folds = np.where(origins < 0, -1, self._folds[origins])
        whole = np.zeros((len(features), len(self.names)))
        for fold, (known, model) in enumerate(self._models):
            for rows, share in (
                (np.flatnonzero(folds == fold), 1.0),
                (np.flatnonzero(folds < 0), 1 / len(self._models)),
            ):
                if len(rows):
                    whole[np.ix_(rows, known)] += share * model(features[rows])
        return whole[np.arange(len(features)), codes], whole.argmax(1)

    def _fit(self, features: NDArray[Any], fold: int) -> tuple[NDArray[np.int64], Any]:
        from sklearn.exceptions import ConvergenceWarning

        copies = len(features) // len(self._folds)
        rows, codes = np.flatnonzero(np.tile(self._folds != fold, copies)), np.tile(self._codes, copies)
        with warnings.catch_warnings():
            # A regression that is not quite at its end judges as well.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return np.unique(codes[rows]), fitted(features[rows], codes[rows])

    def _thresholds(self, own: NDArray[Any]) -> dict[str, float]:
        """Return what the least sure sources reach, of each class; of a small one, of all sources."""
        found = {}
        for code, name in enumerate(self.names):
            mine = own[self._codes == code]
            found[str(name)] = min(SURE, float(np.quantile(mine if len(mine) >= ENOUGH else own, LOWEST)))
        return found


def _folds(names: NDArray[Any], codes: NDArray[np.int64], groups: Sequence[Any]) -> NDArray[np.int64]:
    """Return the fold of each source, each with about as many of each class; groups stay together."""
    from sklearn.model_selection import StratifiedGroupKFold

    if len(names) < 2:
        raise ConfigError(f"all sources are of class {str(names[0])!r}, and no model can tell it. Give classes=None.")
    places = np.unique(np.array([str(group) for group in groups], object).astype(str), return_inverse=True)[1]
    each = [len(np.unique(places[codes == code])) for code in range(len(names))]
    if min(each) < 2:
        name = names[int(np.argmin(each))]
        what = "source" if len(np.unique(places)) == len(places) else "group of sources"
        raise ConfigError(f"class {str(name)!r} has 1 {what}, and it is judged by others. Give 2, or classes=None.")
    found = np.zeros(len(codes), np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a small class is not in every fold
        cut = StratifiedGroupKFold(min(FOLDS, max(2, min(each))), shuffle=True, random_state=0)
        for fold, (_, rows) in enumerate(cut.split(codes, codes, places)):
            found[rows] = fold
    return found
