"""`augreg.sklearn.Augment`: copies in `fit` only, whatever searches, pipelines and metadata do around it."""

from __future__ import annotations

import doctest
from typing import ClassVar

import numpy as np
import PIL.Image
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier, is_regressor
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

import augreg
from augreg.errors import ConfigError, SampleError

Augment = augreg.sklearn.Augment
SHIFT = [{"image.translate": {"p": 1.0}}]
DIGITS = load_digits()
PICTURES = (DIGITS.images[:120] * 15).astype(np.uint8)
LABELS = DIGITS.target[:120]
SOUND = {"modality": "audio", "sample_rate": 100}


def flat(pictures):
    return np.asarray(pictures).reshape(len(pictures), -1) / 255


def model(**options):
    return make_pipeline(FunctionTransformer(flat), SVC(**options))


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was given."""

    seen: ClassVar[list] = []  # by all clones

    def __init__(self, tag=0):
        self.tag = tag

    def fit(self, X, y, sample_weight=None, groups=None):
        self.classes_ = np.unique(y)
        self.given_ = (X, y, sample_weight, groups)
        Recorder.seen.append(("fit", X))
        return self

    def predict(self, X):
        Recorder.seen.append(("predict", X))
        return np.full(len(X), self.classes_[0])


@pytest.fixture(autouse=True)
def _nothing_seen():
    Recorder.seen.clear()


UNFIT = {
    "check_estimators_dtypes": "sounds and pictures of 64-bit integers have no range and are refused",
    "check_dtype_object": "numbers in arrays of objects are refused",
    "check_classifier_data_not_an_array": "it gives 64-bit integers, too",
    "check_regressor_data_not_an_array": "the columns of a table are no sample",
}


@parametrize_with_checks(
    [Augment(LogisticRegression(), [{"audio.gain": {"p": 1}}], **SOUND)],
    expected_failed_checks=lambda _: UNFIT,
)
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.SkipTestWarning", "ignore::sklearn.exceptions.ConvergenceWarning"
)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [Augment(Ridge(), [{"audio.gain": {"p": 1}}], **SOUND)],
    expected_failed_checks=lambda _: UNFIT,
)
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.SkipTestWarning", "ignore::sklearn.exceptions.ConvergenceWarning"
)
def test_checks_of_scikit_learn_around_a_regressor(estimator, check):
    check(estimator)


def test_the_docstring_shows_what_happens():
    found = doctest.DocTestFinder().find(Augment, "Augment", globs={})
    runner = doctest.DocTestRunner()
    assert sum(runner.run(test).attempted for test in found) == 5
    assert not runner.summarize(verbose=False).failed


def test_the_estimator_sees_rows_then_copies_by_key():
    keys = [f"k{i}" for i in range(len(PICTURES))]
    fitted = Augment(Recorder(), SHIFT, copies=2, seed=5).fit(PICTURES, LABELS, keys=keys)
    X, y, weight, _ = fitted.estimator_.given_
    wanted = list(PICTURES)
    for c in (0, 1):
        options = {"seed": 5, "copy": c, "modality": "image", "layout": "HW"}
        wanted += [augreg.augment(p, SHIFT, keys=k, **options) for p, k in zip(PICTURES, keys, strict=True)]
    assert np.array_equal(X, np.stack(wanted))
    assert np.array_equal(y, np.tile(LABELS, 3))
    assert weight is None
    assert X.dtype == np.uint8


def test_keys_are_positions_unless_they_are_given():
    one = Augment(Recorder(), SHIFT, include_original=False).fit(PICTURES, LABELS)
    two = Augment(Recorder(), SHIFT, include_original=False).fit(PICTURES, LABELS, keys=np.arange(120))
    assert np.array_equal(one.estimator_.given_[0], two.estimator_.given_[0])
    turned = Augment(Recorder(), SHIFT, include_original=False).fit(PICTURES[::-1], LABELS, keys=np.arange(120)[::-1])
    assert np.array_equal(one.estimator_.given_[0], turned.estimator_.given_[0][::-1])


def test_weights_and_groups_follow_their_rows():
    weight, groups = np.arange(120) / 7, [f"g{i % 3}" for i in range(120)]
    fitted = Augment(Recorder(), SHIFT, copies=2).fit(PICTURES, LABELS, sample_weight=weight, groups=groups)
    assert np.array_equal(fitted.estimator_.given_[2], np.tile(weight, 3))
    assert list(fitted.estimator_.given_[3]) == groups * 3


def test_test_folds_are_neither_augmented_nor_learned_from():
    search = GridSearchCV(Augment(Recorder(), SHIFT), {"copies": [1, 2]}, cv=KFold(3), refit=False, scoring="accuracy")
    search.fit(PICTURES, LABELS)
    folds = list(KFold(3).split(PICTURES)) * 2
    fits, asked = ([X for did, X in Recorder.seen if did == name] for name in ("fit", "predict"))
    assert len(fits) == len(asked) == 6
    for (train, test), learned, predicted in zip(folds, fits, asked, strict=True):
        assert np.array_equal(predicted, PICTURES[test])
        assert np.array_equal(learned[: len(train)], PICTURES[train])
        assert len(learned) in (2 * len(train), 3 * len(train))


def test_a_search_over_strengths_is_the_same_in_two_processes():
    grid = {
        "pipeline": [[{"image.rotate": {"degrees": d, "p": 1.0}}] for d in ([-5, 5], [150, 180])],
        "estimator__svc__C": [1, 10],
    }
    turned = Augment(model(), SHIFT, include_original=False)
    found = [GridSearchCV(turned, grid, cv=3, n_jobs=jobs).fit(PICTURES, LABELS, keys=range(120)) for jobs in (1, 2)]
    one, two = (search.cv_results_["mean_test_score"] for search in found)
    assert np.array_equal(one, two)
    assert found[0].best_params_["pipeline"] == grid["pipeline"][0]
    assert one[:2].max() > one[2:].max()  # half turns are over-augmentation
    assert np.array_equal(found[0].predict(PICTURES), found[1].predict(PICTURES))


def test_keys_reach_it_through_pipelines_and_searches_by_routing():
    keys, weight = np.arange(1000, 1120), np.linspace(1, 2, 120)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = Recorder().set_fit_request(sample_weight=True, groups=False)
        scoring = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        augmented = Augment(inner, SHIFT, include_original=False).set_fit_request(keys=True)
        steps = make_pipeline(FunctionTransformer(), augmented)
        search = GridSearchCV(steps, {"augment__seed": [0]}, cv=GroupKFold(2), scoring=scoring)
        search.fit(PICTURES, LABELS, keys=keys, sample_weight=weight, groups=np.arange(120) % 4)
    X, _, given, _ = search.best_estimator_[-1].estimator_.given_
    assert np.array_equal(given, weight)
    wanted = augreg.augment(PICTURES, SHIFT, seed=0, keys=list(keys), modality="image", layout="NHW")
    assert np.array_equal(X, wanted)


def test_it_is_what_its_estimator_is():
    assert is_classifier(Augment(SVC(), SHIFT))
    assert is_regressor(Augment(Ridge(), SHIFT))
    assert not hasattr(Augment(SVC(), SHIFT), "predict_proba")
    assert not hasattr(Augment(SVC(), SHIFT), "classes_")
    fitted = Augment(model(), SHIFT).fit(PICTURES, LABELS)
    assert fitted.classes_.tolist() == list(range(10))
    assert fitted.decision_function(PICTURES).shape == (120, 10)
    assert fitted.score(PICTURES, LABELS) == np.mean(fitted.predict(PICTURES) == LABELS)
    reduced = Augment(PCA(2), [{"audio.gain": {"p": 1}}], **SOUND).fit(np.random.default_rng(0).normal(size=(9, 40)))
    assert reduced.transform(np.zeros((3, 40))).shape == (3, 2)


def test_parameters_are_kept_and_cloned():
    one = Augment(SVC(), SHIFT, copies=4, options={"white": 16})
    two = clone(one).set_params(copies=1, estimator__C=3.0)
    assert (one.copies, two.copies, two.estimator.C, two.pipeline) == (4, 1, 3.0, SHIFT)


def test_no_copies_is_the_estimator_itself():
    plain, none = model().fit(PICTURES, LABELS), Augment(model(), SHIFT, copies=0).fit(PICTURES, LABELS)
    assert np.array_equal(plain.decision_function(PICTURES), none.decision_function(PICTURES))


def test_texts_and_pictures_of_several_sizes():
    texts = ["one two three four", "five six seven", "eight nine ten"] * 4
    bags = Augment(make_pipeline(CountVectorizer(), MultinomialNB()), ["text.word_swap"], modality="text", copies=2)
    for X in (texts, np.array(texts), np.array(texts, object)):
        assert bags.fit(X, [0, 1, 2] * 4).predict(["seven", "ten"]).tolist() == [1, 2]
    photos = [PIL.Image.fromarray(PICTURES[i][: 5 + i % 3]) for i in range(6)]
    seen = Augment(Recorder(), SHIFT).fit(photos, [0, 1] * 3).estimator_.given_[0]
    assert [p.size for p in seen] == [p.size for p in photos] * 2
    assert cross_val_score(bags, texts, [0, 1, 2] * 4, cv=2).mean() == 1.0


def test_pictures_of_any_range():
    kept = Augment(Recorder(), SHIFT, options={"white": 16}).fit(DIGITS.images[:9], LABELS[:9]).estimator_.given_[0]
    assert kept.max() == 16.0
    with pytest.raises(SampleError, match="values up to 1[56]"):
        Augment(Recorder(), ["image.brightness"]).fit(DIGITS.images[:9], LABELS[:9])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pipeline": ["image.mixup"]}, "step 'image.mixup' mixes labels"),
        ({"pipeline": [{"image.resize": {"size": [4, 4]}}]}, r"rows \(4, 4\) uint8 of rows \(8, 8\) uint8"),
        ({"pipeline": ["image.to_tensor"]}, "rows"),
        ({"pipeline": {"text": ["text.word_swap"]}}, "no steps for modality='image'. It has steps for text"),
        ({"copies": -1}, "copies=-1"),
        ({"copies": True}, "copies=True"),
        ({"copies": 0, "include_original": False}, "leave nothing to learn from"),
        ({"include_original": "no"}, "include_original='no'"),
        ({"estimator": SVC(kernel="precomputed")}, "distances or kernels"),
        ({"seed": "a"}, "seed='a'"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        Augment(Recorder(), SHIFT).set_params(**options).fit(PICTURES, LABELS)


@pytest.mark.parametrize(
    ("X", "y", "keys", "said"),
    [
        (flat(PICTURES), LABELS, None, r"rows of X have the shape \(64,\), and image rows have the axes"),
        (PICTURES, LABELS[:5], None, "y has 5 entries, and X has 120 rows"),
        (PICTURES, LABELS, [1, 2], "keys has 2 entries"),
        ("a text", LABELS, None, "X is a str"),
        (iter(PICTURES), LABELS, None, "X is a "),
        (PICTURES.astype(object), LABELS, None, "dtype object"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(X, y, keys, said):
    with pytest.raises(SampleError, match=said):
        Augment(Recorder(), SHIFT).fit(X, y, keys=keys)


def test_without_scikit_learn_it_says_what_to_install(fresh):
    code = """
import sys
sys.modules["sklearn"] = None
import importlib.util
importlib.util.find_spec = lambda name, package=None: None
import augreg
from augreg import *
try:
    augreg.sklearn.Augment
except augreg.ConfigError as error:
    print(error)
"""
    assert "pip install 'augreg[learn]'" in fresh(code).stdout
