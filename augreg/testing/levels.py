"""Rules about strength: 0 changes nothing, more is more, signs occur, and size or rate makes no difference."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter
from augreg.contract.declaration import Level
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.compare import explain
from augreg.testing.distortion import distortion, graded, spearman
from augreg.testing.repeatable import alone, compare
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

GRID: Final = (0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
CORRELATION: Final = 0.9
FACTOR: Final = {"audio": 1.7, "text": 1.7}
"""How much more the same level may distort at another size or rate: less than sizes and rates differ."""
PICTURES: Final = 2.3
"""Likewise for pictures and clips, whose sides differ threefold."""
NOTICED: Final = 1e-4


def declared(subject: Subject) -> Level:
    """Return the level that the class declares."""
    level = subject.declares.level
    if level is None:
        raise ValueError(f"{subject.label} declares no level")
    return level


def level_zero_is_identity(subject: Subject) -> None:
    """Strength 0 changes neither data nor targets."""
    samples = subject.samples(5)
    floating = any("float" in d for d in subject.declares.dtypes)
    if floating and subject.modality.name != "text":
        samples += [forms.in_dtype(s, "float32") for s in samples if "float32" in subject.declares.dtypes]
    for name, augmenter in subject.each():
        for sample, result in zip(samples, subject.run(augmenter, samples, level=0.0), strict=True):
            if subject.declares.labels == "mixes" and subject.data(result) is not subject.data(sample):
                found = explain(subject.data(sample), subject.data(result), rounding=True)
            else:
                found = explain(sample, result, rounding=True)
            require(not found, f"{name}: level 0 is not the identity: {found}.")


def level_is_monotone(subject: Subject) -> None:
    """More strength distorts more: rank correlation of at least 0.9, and the strongest can be noticed."""
    samples = graded(subject, n=8)
    levels = np.array(grid(declared(subject)))
    name, augmenter = next(subject.each())
    means = np.array([_mean(subject, augmenter, samples, level) for level in levels])
    shown = ", ".join(f"{a:.2f}: {m:.4g}" for a, m in zip(levels, means, strict=True))
    require(means.max() > NOTICED, f"{name}: no level changes anything (mean distortion per level: {shown}).")
    found = spearman(levels, means)
    require(
        found >= CORRELATION,
        f"{name}: distortion does not grow with the level: rank correlation {found:.2f} (per level: {shown}).",
    )


def grid(level: Level) -> tuple[float, ...]:
    """Return levels whose values differ: on an integer scale one for each integer, at most nine."""
    if level.scale != "integer":
        return GRID
    steps = round(abs(level.high - level.low))
    return tuple(float(x) for x in np.linspace(0, steps, min(steps, 8) + 1).round() / steps)


def _mean(subject: Subject, augmenter: Augmenter, samples: list[Any], level: float) -> float:
    results = subject.run(augmenter, samples, level=float(level))
    return float(np.mean([distortion(subject, a, b) for a, b in zip(samples, results, strict=True)]))


def level_sets_parameter(subject: Subject) -> None:
    """The declared parameter grows with the level and hangs on nothing else; both signs occur if it is signed."""
    level = declared(subject)
    for name, augmenter in subject.each():
        n = 240
        levels = np.tile([0.0, 0.25, 0.5, 1.0], n // 4)
        params = subject.draw(augmenter, subject.samples(1) * n, levels)
        column = np.asarray(params[level.param]) if level.param in params else np.zeros(0)
        if column.shape != (n,) or column.dtype.kind not in "iuf":
            continue  # kept in another form; the results are judged by the other rules
        away = _away(level, column.astype(np.float64), levels)
        means = []
        for step in (0.0, 0.25, 0.5, 1.0):
            sizes = np.abs(away[levels == step]) if level.signed else away[levels == step]
            spread = float(sizes.max() - sizes.min())
            require(spread <= 1e-6, f"{name}: level {step} sets {level.param} to values that differ by {spread:.4g}.")
            means.append(sizes.mean())
        steps = np.diff(np.abs(means))
        grows = bool((steps > -1e-9).all() and steps.sum() > 1e-9 and (level.scale == "integer" or steps.min() > 0))
        require(grows, f"{name}: {level.param} does not go further from its value at level 0: {means} at 0 to 1.")
        if level.signed:
            _both_signs(name, away[levels == 1.0])


def _away(level: Level, column: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return how far values are from that at level 0; on a log scale the logarithm of their ratio."""
    rest = column[levels == 0.0][0]
    if level.scale == "log" and rest > 0 and (column > 0).all():
        found: np.ndarray = np.log(column / rest)
        return found
    return np.asarray(column - rest)


def _both_signs(name: str, column: np.ndarray) -> None:
    share = float((column > 0).mean())
    require(bool((column != 0).all()), f"{name}: declares a signed level, but level 1 does nothing to some samples.")
    require(0.2 < share < 0.8, f"{name}: declares a signed level, but {share:.0%} of the values go up.")


def level_signs_occur(subject: Subject) -> None:
    """A signed level gives different results for equal samples: those of both signs."""
    samples = graded(subject, n=1) * 32
    name, augmenter = next(subject.each())
    results = subject.run(augmenter, samples, level=0.8)
    same = all(not explain(results[0], r) for r in results[1:])
    require(not same, f"{name}: declares a signed level, but level 0.8 does the same to 32 samples.")


def level_of_each_sample(subject: Subject) -> None:
    """Every sample gets the parameters of its own level."""
    samples = subject.samples(1) * 8
    for name, augmenter in subject.each():
        mixed = subject.draw(augmenter, samples, np.tile([0.2, 0.9], 4))
        for level, rows in ((0.2, [0, 2, 4, 6]), (0.9, [1, 3, 5, 7])):
            plain = subject.draw(augmenter, samples, np.full(8, level))
            wrong = [i for i in rows if mixed.row(i) != plain.row(i)]
            require(not wrong, f"{name}: with levels of their own, samples {wrong} draw otherwise than at {level}.")


def level_ignores_size(subject: Subject) -> None:
    """The same level distorts alike at two sizes, or at two sample rates."""
    name, augmenter = next(subject.each())
    means = [_mean(subject, augmenter, graded(subject, size, n=8), 0.7) for size in (1, 2)]
    if max(means) < 1e-3:
        return
    ratio = max(means) / max(min(means), 1e-9)
    what = "8 and 16 kHz" if subject.modality.name == "audio" else "two sizes"
    require(
        ratio <= FACTOR.get(subject.modality.name, PICTURES),
        f"{name}: level 0.7 distorts by {means[0]:.4g} and {means[1]:.4g} at {what}; use a unit that scales along.",
    )


def level_result_hangs_on_level(subject: Subject) -> None:
    """Two calls at one level give the same result."""
    samples = subject.samples(3)
    for name, augmenter in subject.each():
        first, second = (subject.run(augmenter, samples, level=0.6) for _ in range(2))
        compare(name, first, second, "in a second call at level 0.6")


def _levelled(subject: Subject) -> bool:
    return subject.declares.level is not None


def _signed(subject: Subject) -> bool:
    return subject.declares.level is not None and subject.declares.level.signed


def _identity(subject: Subject) -> bool:
    return subject.declares.level is not None and subject.declares.level.identity_at_zero


def _measured(subject: Subject) -> bool:
    """Whether there is a measure of how far a result is from its original: of texts, and of whatever is a tensor."""
    kind = (torch.Tensor, str)
    return _levelled(subject) and alone(subject) and isinstance(subject.data(subject.modality.examples(1)[0]), kind)


def _in_two_sizes(subject: Subject) -> bool:
    """Whether the kit knows how to make the same sample small and large."""
    return _measured(subject) and subject.modality.name in ("image", "audio", "video", "text")


RULES: Final = (
    Rule(level_zero_is_identity, _identity),
    Rule(level_is_monotone, _measured, slow=True),
    Rule(level_sets_parameter, _levelled),
    Rule(level_signs_occur, lambda s: _signed(s) and s.declares.labels != "mixes"),
    Rule(level_of_each_sample, _levelled),
    Rule(level_ignores_size, _in_two_sizes, slow=True),
    Rule(level_result_hangs_on_level, _levelled),
)
