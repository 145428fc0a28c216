"""Classifiers of scikit-learn as tasks: pooled pixels, TF-IDF of texts, pooled log-mel of sounds."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from augreg.errors import ConfigError, UnsupportedError, nearest
from augreg.learn.examples import Augment, Examples
from augreg.learn.fronts import Front

COPIES: Final = 8
"""Augmented copies of each sample beside the original: an estimator sees its data once, so all looks come at once."""

COMMON: Final = ("svm", "linear_model", "naive_bayes", "neighbors", "ensemble", "tree", "neural_network")
"""Where most classifiers are: to list all imports the whole library, which takes seconds."""

SIDE: Final = 14
"""Cells of a side that pixels and spectrograms are pooled to."""


@dataclass(frozen=True)
class Estimator:
    """A classifier of scikit-learn, with its defaults.

    It is fitted to the samples and :data:`COPIES` augmented copies of each; as the repeat control to plain copies.
    """

    name: str

    def __post_init__(self) -> None:
        if find_spec("sklearn") is None:
            raise ConfigError(f"sklearn:{self.name} needs scikit-learn. Install it: pip install 'augreg[learn]'.")
        if self._class() is None:
            known = _all()
            raise ConfigError(
                f"scikit-learn has no classifier {self.name!r}.{nearest(self.name, known)} Give one of its classes, "
                "as in sklearn:SVC or sklearn:LogisticRegression."
            )

    def _class(self) -> Any:
        from sklearn.base import ClassifierMixin

        found = (getattr(import_module(f"sklearn.{package}"), self.name, None) for package in COMMON)
        usual = (one for one in found if isinstance(one, type) and issubclass(one, ClassifierMixin))
        return next(usual, None) or _all().get(self.name)

    def fit(self, train: Examples, augment: Augment | None, seed: int) -> tuple[Any, Any]:
        """See :meth:`augreg.learn.Task.fit`."""
        looks = [train] if augment is None else [train, *(augment(train, epoch) for epoch in range(COPIES))]
        if any(look.shares is not None for look in looks):
            raise UnsupportedError(
                f"sklearn:{self.name} takes one class for each sample, and the pipeline mixes samples of several. "
                "Leave out steps that mix, or give another model, as small-cnn is."
            )
        model = self._class()()
        if "random_state" in model.get_params():
            model.set_params(random_state=seed)
        features = _features(train)
        samples = [sample for look in looks for sample in look.samples]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fit that is not quite at its end is compared with others like it
            model.fit(features(samples), np.concatenate([look.labels for look in looks]))
        return features, model

    def score(self, fitted: tuple[Any, Any], test: Examples) -> Mapping[str, Any]:
        """See :meth:`augreg.learn.Task.score`."""
        features, model = fitted
        x = features(test.samples)
        if not hasattr(model, "predict_proba"):
            return {"predicted": model.predict(x)}
        chances = np.zeros((len(test), len(test.classes)))
        chances[:, model.classes_] = model.predict_proba(x)
        return {"probabilities": chances}


def _features(train: Examples) -> Any:
    """Return what makes features, fitted to the plain training samples."""
    if train.samples[0].modality == "text":
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([sample.data for sample in train.samples])
        return lambda samples: words.transform([sample.data for sample in samples])
    front = Front.fitted(train.samples)
    return lambda samples: front.flat(samples, SIDE)


@cache
def _all() -> dict[str, Any]:
    from sklearn.utils import all_estimators

    return dict(all_estimators(type_filter="classifier"))
