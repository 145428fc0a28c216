"""`augreg.sklearn.Augment`: an estimator whose inner estimator is fitted on augmented copies, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from augreg.errors import ConfigError
from augreg.loaders.hard_labels import checked_keys, checked_pipeline
from augreg.loaders.sklearn_rows import Maker, joined, repeated, rows_of

DELEGATED = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score")


def _inner(name: str) -> Callable[[Any], bool]:
    """Return what says whether the inner estimator has a method or attribute."""

    def has(self: Augment) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), name)  # its AttributeError says more than False
        return True

    return has


def _offered(name: str) -> Callable[[Callable[..., Any]], Any]:
    """Offer a method where the inner estimator has one of this name: `available_if`, with types."""
    found: Callable[[Callable[..., Any]], Any] = available_if(_inner(name))
    return found


class Augment(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Fit an estimator of scikit-learn on rows and augmented copies of them; what it is asked later is not augmented.

    A transformer of scikit-learn can change neither the number of rows nor ``y``, and is run on test rows, too. So
    this is an estimator around another one: put it around the steps that come after the augmentation, and search,
    cross-validate and score it as any estimator. In each fold only the rows of ``fit`` are augmented.

    Args:
        estimator: a classifier, a regressor, a pipeline, ...; a clone of it is fitted.
        pipeline: what :func:`augreg.augment` takes; plain data can be searched, as in
            ``{"pipeline": [[{"image.rotate": {"degrees": d}}] for d in (5, 10, 20)]}``.
        copies: augmented copies of each row; 0 for none.
        include_original: whether the rows themselves are learned from, too.
        seed: with equal seed, key and copy a row gets the same augmentation. None: drawn from torch's generator.
        modality: what rows are.
        sample_rate: of sounds, in Hz.
        layout: the axes of one row, as "CHW". Default: "HW" and "HWC" for pictures, "T" and "CT" for sounds.
        options: what is to be known of all rows, such as ``{"white": 16}``, see :func:`augreg.augment`.

    Rows: pictures (n, H, W[, C]), sounds (n[, C], T), an array or list of texts, or a list of arrays of several sizes.
    The inner estimator gets the same kind: first the rows, then all first copies, then all second ones. Rows of an
    array keep shape and dtype, since those that are predicted later have them. A row's key is its position in the
    ``X`` that is given to ``fit``, or its entry of ``fit(X, y, keys=...)``, by which it gets the same copies in
    every fold; a search passes keys along as it does weights. ``y``, ``sample_weight``, ``groups`` and whatever else
    has one entry per row are repeated.

    Attributes:
        estimator_: the fitted clone; ``classes_`` and other attributes of fitted estimators are its own.

    Raises:
        ConfigError: in ``fit``: a parameter is wrong; a step mixes rows, whose labels are hard, changes labels, or
            changes shape or dtype of the rows of an array.
        SampleError: in ``fit``: rows cannot be read.

    >>> import augreg, numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> model = augreg.sklearn.Augment(DummyClassifier(), ["text.word_swap"], copies=2, modality="text")
    >>> model.fit(["one two", "three four"], ["a", "b"]).predict(["five"]).tolist()
    ['a']
    >>> model.estimator_.class_prior_.tolist(), model.classes_.tolist()
    ([0.5, 0.5], ['a', 'b'])

    """

    def __init__(
        self,
        estimator: Any,
        pipeline: Any,
        *,
        copies: int = 1,
        include_original: bool = True,
        seed: int | None = 0,
        modality: str = "image",
        sample_rate: int | None = None,
        layout: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.estimator = estimator
        self.pipeline = pipeline
        self.copies = copies
        self.include_original = include_original
        self.seed = seed
        self.modality = modality
        self.sample_rate = sample_rate
        self.layout = layout
        self.options = options

    def fit(self, X: Any, y: Any = None, *, keys: Any = None, **params: Any) -> Self:
        """Fit a clone of the estimator on the rows and copies of them.

        Args:
            X: rows; y: their labels; keys: their keys, strings or integers; params: for the estimator's own ``fit``.

        """
        self._check(y)
        rows = rows_of(X)
        named = checked_keys(keys, len(rows))
        times = self.copies + bool(self.include_original)
        parts = [rows] if self.include_original else []
        if self.copies:
            pipe = checked_pipeline(self.pipeline, self.modality)
            maker = Maker(pipe, self.seed, self.modality, self.sample_rate, self.layout, self.options)
            parts += [maker.copy(rows, named, copy) for copy in range(self.copies)]
        given = {name: repeated(value, len(rows), times) for name, value in self._routed("fit", params).items()}
        labels = () if y is None else (repeated(y, len(rows), times, name="y"),)
        self.estimator_ = clone(self.estimator).fit(joined(parts), *labels, **given)
        return self

    def _check(self, y: Any) -> None:
        """Refuse parameters that are wrong: scikit-learn wants them as they were given until `fit`."""
        if isinstance(self.copies, bool) or not isinstance(self.copies, (int, np.integer)) or self.copies < 0:
            raise ConfigError(f"copies={self.copies!r} is not a number of copies; give an integer >= 0.")
        if not isinstance(self.include_original, (bool, np.bool_)):
            raise ConfigError(f"include_original={self.include_original!r} is neither True nor False.")
        if not self.copies and not self.include_original:
            raise ConfigError("copies=0 and include_original=False leave nothing to learn from. Give copies=1.")
        tags = get_tags(self.estimator)
        if y is None and tags.target_tags.required:
            said = "requires y to be passed, but the target y is None"
            raise ConfigError(f"{type(self.estimator).__name__} {said}. Give fit(X, y).")
        if tags.input_tags.pairwise:
            raise ConfigError("the estimator takes distances or kernels, and these cannot be augmented. Give it rows.")

    def _routed(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return what the estimator's method is to be given: with metadata routing, what it asks for."""
        if not params:
            return {}
        from sklearn import get_config

        if not get_config()["enable_metadata_routing"]:
            return params
        return dict(getattr(process_routing(self, method, **params).estimator, method))

    def get_metadata_routing(self) -> MetadataRouter:
        """Return who takes which metadata: ``fit`` takes keys, the estimator what it asks for."""
        mapping = MethodMapping()
        for method in ("fit", *DELEGATED):
            mapping.add(caller=method, callee=method)
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self) -> Any:
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type, tags.target_tags = inner.estimator_type, inner.target_tags
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.transformer_tags = inner.transformer_tags
        tags.input_tags = replace(inner.input_tags, sparse=False, allow_nan=False)
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __getattr__(self, name: str) -> Any:
        """Return attributes that a fitted estimator has: ``classes_``, ``n_features_in_``, ``coef_``, ..."""
        if name.endswith("_") and not name.startswith("_") and name != "estimator_" and "estimator_" in vars(self):
            return getattr(self.estimator_, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _ask(self, method: str, *args: Any, **params: Any) -> Any:
        check_is_fitted(self)
        return getattr(self.estimator_, method)(*args, **self._routed(method, params))

    @_offered("predict")
    def predict(self, X: Any, **params: Any) -> Any:
        """Return what the fitted estimator predicts for rows as they are."""
        return self._ask("predict", X, **params)

    @_offered("predict_proba")
    def predict_proba(self, X: Any, **params: Any) -> Any:
        """Return the probabilities that the fitted estimator predicts for rows as they are."""
        return self._ask("predict_proba", X, **params)

    @_offered("predict_log_proba")
    def predict_log_proba(self, X: Any, **params: Any) -> Any:
        """Return the logarithms of :meth:`predict_proba`."""
        return self._ask("predict_log_proba", X, **params)

    @_offered("decision_function")
    def decision_function(self, X: Any, **params: Any) -> Any:
        """Return the fitted estimator's decision function for rows as they are."""
        return self._ask("decision_function", X, **params)

    @_offered("transform")
    def transform(self, X: Any, **params: Any) -> Any:
        """Return what the fitted estimator makes of rows as they are."""
        return self._ask("transform", X, **params)

    @_offered("score")
    def score(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Return the fitted estimator's score on rows as they are."""
        return self._ask("score", X, *(() if y is None else (y,)), **params)
