"""Which trials deserve a second look: those that were best, and those that a line through all of them says are best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg.learn.searching.space import Space
from augreg.learn.searching.work import Trial, mean, ranked

ENOUGH: Final = 20
"""Trials below which a line through them says nothing."""

PULL: Final = 0.1
"""How much weights are pulled to 0, in shares of what is known: a trial of a few seeds is mostly noise."""


def promising(trials: Sequence[Trial], space: Space, many: int) -> list[Trial]:
    """Return so many trials with a policy: in turn the best that is left as measured, and as a ridge regression says.

    The score of a trial over two or three seeds is off by as much as candidates differ, so the best of fifty was mostly
    lucky. What all trials with an operation have in common is known far better.
    """
    usable = [one for one in ranked(trials) if one.candidate.steps is not None and one.scores]
    lined = sorted(zip(predicted(usable, space), range(len(usable)), strict=True), key=lambda pair: (-pair[0], pair[1]))
    chosen: list[int] = []
    for measured, (_, line) in zip(range(len(usable)), lined, strict=True):
        chosen += [place for place in (measured, line) if place not in chosen]
    return [usable[place] for place in dict.fromkeys(chosen)][:many]


def predicted(trials: Sequence[Trial], space: Space) -> list[float]:
    """Return what a ridge regression over all trials says of each; what was measured, where there are few."""
    scores = np.array([mean(one) for one in trials])
    if len(trials) < ENOUGH or not all(one.candidate.chosen for one in trials):
        return [float(score) for score in scores]
    features = np.stack([_features(one, space) for one in trials])
    x = (features - features.mean(0)) / (features.std(0) + 1e-9)
    pull = PULL * len(trials) * np.eye(x.shape[1])
    weights = np.linalg.solve(x.T @ x + pull, x.T @ (scores - scores.mean()))
    return [float(score) for score in scores.mean() + x @ weights]


def _features(trial: Trial, space: Space) -> NDArray[np.float64]:
    """Return each choice as a number, and how often a sample meets each group of operations on average."""
    chosen = trial.candidate.chosen
    plain = [one.choices.index(chosen[one.name]) for one in space.dimensions]
    sizes = np.array([len(places) * bool(chosen[f"use {name}"]) for name, places in space.switches.items()], float)
    return np.concatenate([np.array(plain, float), sizes / sizes.sum() * chosen["n"] * chosen["p"]])
