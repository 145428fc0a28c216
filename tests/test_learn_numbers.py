"""Intervals, metrics and splits of an evaluation, against SciPy, scikit-learn and loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import augreg.learn
from augreg.errors import ConfigError
from augreg.learn.intervals import interval, quantile
from augreg.learn.metrics import measured
from augreg.learn.splits import Splitter

metrics = pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 14, 40, 101])
@pytest.mark.parametrize("share", [0.6, 0.975, 0.9975, 0.9999])
def test_quantiles_are_those_of_scipy(freedom: int, share: float) -> None:
    assert quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-9)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.sampled_from([0.9, 0.95, 0.999]))
def test_intervals_are_those_of_scipy(values: list[float], level: float) -> None:
    found = interval(values, range(len(values)), level)
    scale = stats.sem(values)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-12)
    if scale > 1e-9:
        low, high = stats.t.interval(level, len(values) - 1, np.mean(values), scale)
        assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high), rel=1e-9, abs=1e-12)


def test_one_seed_and_no_spread_decide_nothing() -> None:
    assert interval([0.5], [0]).half is None
    same = interval([0.5, 0.5], [0, 1])
    assert not same.above
    assert not same.below
    assert interval([0.5, 0.5], [0, 1], grain=0.01).above


def test_equal_differences_by_rounding_are_no_proof() -> None:
    """Recalls on 40 samples that differ by one of them in both of two seeds."""
    assert not interval([-1 / 40, -1 / 40], [0, 1], 1 - 0.05 / 10, 1 / 40).below


def examples(labels: np.ndarray, count: int) -> augreg.learn.Examples:
    names = tuple(map(str, range(count)))
    return augreg.learn.Examples([augreg.Text("a")] * len(labels), labels, names, names * len(labels))


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_metrics_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(4), rng.integers(0, 4, 40)])
    chances = rng.dirichlet(np.ones(4), len(labels))
    said = chances.argmax(1)
    found = measured({"probabilities": chances, "loss": 1.5}, examples(labels, 4), "it")
    assert found.numbers["accuracy"] == pytest.approx(metrics.accuracy_score(labels, said))
    assert found.numbers["macro_f1"] == pytest.approx(metrics.f1_score(labels, said, average="macro"))
    assert found.numbers["macro_recall"] == pytest.approx(metrics.balanced_accuracy_score(labels, said))
    assert found.recall == pytest.approx(metrics.recall_score(labels, said, average=None))
    assert found.f1 == pytest.approx(metrics.f1_score(labels, said, average=None))
    assert found.confusion == tuple(map(tuple, metrics.confusion_matrix(labels, said).tolist()))
    assert found.numbers["loss"] == 1.5
    assert found.numbers["ece"] == pytest.approx(calibration(chances, labels))


def calibration(chances: np.ndarray, labels: np.ndarray) -> float:
    """The expected calibration error by its definition, bin by bin."""
    whole = 0.0
    for low in range(15):
        held = [i for i in range(len(labels)) if low / 15 <= chances[i].max() < (low + 1) / 15]
        if held:
            right = sum(chances[i].argmax() == labels[i] for i in held) / len(held)
            whole += len(held) / len(labels) * abs(right - sum(chances[i].max() for i in held) / len(held))
    return whole


def test_a_class_without_test_samples_has_no_recall() -> None:
    found = measured({"predicted": np.array([0, 1])}, examples(np.array([0, 1]), 3), "it")
    assert found.recall == (1.0, 1.0, None)
    assert found.numbers["macro_recall"] == 1.0
    assert "ece" not in found.numbers


@pytest.mark.parametrize(
    ("scored", "said"),
    [
        ({"accuracy": float("nan")}, "accuracy=nan, which is no finite number"),
        ({"curve": [1, 2]}, r"curve=\[1, 2\], which is no finite number"),
        ({}, "returned nothing"),
        ({"predicted": [0, 7]}, "not one of 0 to 1"),
        ({"probabilities": np.ones((2, 3))}, r"of shape \(2, 3\)"),
        ({"probabilities": np.full((2, 2), np.nan)}, "not all finite"),
    ],
)
def test_what_a_task_may_not_return_is_named(scored: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        measured(scored, examples(np.array([0, 1]), 2), "it")


def texts(labels: list[str], **more) -> augreg.learn.Data:
    return augreg.learn.Data.of([augreg.Text(f"text {n}") for n in range(len(labels))], labels, **more)


@given(st.lists(st.integers(4, 30), min_size=2, max_size=5), st.integers(0, 99), st.sampled_from([0.2, 0.25, 0.5]))
@settings(max_examples=30, deadline=None)
def test_splits_are_stratified_and_cover_all(sizes: list[int], seed: int, share: float) -> None:
    data = texts([str(code) for code, size in enumerate(sizes) for _ in range(size)])
    train, test = Splitter(data, share).of(seed)
    assert sorted([*train, *test]) == list(range(sum(sizes)))
    counts = np.bincount(data.examples.labels[test], minlength=len(sizes))
    assert all(abs(count - size * share) <= 1 for count, size in zip(counts, sizes, strict=True))
    again = Splitter(data, share).of(seed)
    assert all(np.array_equal(one, two) for one, two in zip((train, test), again, strict=True))


@given(st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_groups_and_equal_samples_stay_on_one_side(seed: int) -> None:
    samples = [augreg.Text(f"text {n % 37}") for n in range(40)]  # the last three equal the first three
    groups = [f"speaker {n // 4}" for n in range(40)]
    data = augreg.learn.Data.of(samples, [str(n % 2) for n in range(40)], groups=groups)
    train, test = (set(places.tolist()) for places in Splitter(data).of(seed))
    assert not {groups[n] for n in train} & {groups[n] for n in test}
    assert not {samples[n].data for n in train} & {samples[n].data for n in test}


@pytest.mark.parametrize("size", [3, 7, 20, 30])
def test_so_many_training_samples_of_each_class_its_share(size: int) -> None:
    data = texts(["a"] * 24 + ["b"] * 12 + ["c"] * 4)
    train, _ = Splitter(data, train_size=size).of(0)
    counts = np.bincount(data.examples.labels[train], minlength=3)
    assert counts.sum() == size
    assert counts.min() >= 1
    assert all(abs(c - size * share) <= 1 for c, share in zip(counts, (0.6, 0.3, 0.1), strict=True))


def test_one_class_and_too_few_are_refused() -> None:
    with pytest.raises(ConfigError, match="one class only, 'a'"):
        texts(["a"] * 5)
    with pytest.raises(ConfigError, match="class 'b' .* has 1 samples"):
        Splitter(texts(["a"] * 8 + ["b"])).check()
    with pytest.raises(ConfigError, match="train_size is 99; there are 12 training samples"):
        Splitter(texts(["a", "b"] * 8), train_size=99).check()


def test_leaks_are_refused_or_dropped_and_said() -> None:
    samples = [augreg.Text(f"text {n % 10}") for n in range(12)]
    data = augreg.learn.Data.of(
        samples, ["a", "b"] * 6, keys=[f"{n}.txt" for n in range(12)], is_test=[n >= 8 for n in range(12)]
    )
    with pytest.raises(ConfigError, match="2 training samples are in the test .*'0.txt' and '10.txt'"):
        Splitter(data).check()
    dropped = Splitter(data, leaks="drop")
    assert dropped.check() == ["2 training samples that leak into the test were left out"]
    assert sorted(dropped.of(0)[0]) == [2, 3, 4, 5, 6, 7]
    with pytest.raises(ConfigError, match="leaks='drop' would do nothing"):
        augreg.learn.evaluate(augreg.learn.digits(), leaks="drop")
    with pytest.raises(ConfigError, match="leaks='ignore' is unknown"):
        Splitter(data, leaks="ignore")


def test_classes_are_numbers_in_their_order_then_names() -> None:
    assert texts(["10", "9", "b", "a"]).examples.classes == ("9", "10", "a", "b")


def test_samples_of_two_modalities_are_refused() -> None:
    both = [augreg.Text("a"), augreg.Image(torch.zeros(1, 4, 4))]
    with pytest.raises(ConfigError, match="2 modalities"):
        augreg.learn.Data.of(both, ["a", "b"])
