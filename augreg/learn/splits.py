"""Which samples train and which test: the split that the data has, or one of each seed's own; and what leaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError, nearest
from augreg.learn.cleaned import Cleaner, Out
from augreg.learn.data import Data

Places = NDArray[np.int64]

LEAKS = ("refuse", "drop")
"""What may be done with training samples that are in the test, too."""


@dataclass(frozen=True, slots=True)
class Splitter:
    """Draws train and test of each seed.

    Args:
        data: the samples.
        test_share: which share of each class is the test, where the data has no split.
        train_size: how many training samples are used, about as many of each class as there are; None for all.
        leaks: "refuse" data whose given split leaks, or "drop" the training samples that are in the test.
        cleaner: what says which training samples are left out; None for none.

    """

    data: Data
    test_share: float = 0.25
    train_size: int | None = None
    leaks: str = "refuse"
    cleaner: Cleaner | None = None

    def __post_init__(self) -> None:
        if self.leaks not in LEAKS:
            raise ConfigError(f"leaks={self.leaks!r} is unknown.{nearest(self.leaks, LEAKS)} Valid: refuse, drop.")
        if not 0 < self.test_share < 1:
            raise ConfigError(f"test_share is {self.test_share}; it must be between 0 and 1, as 0.25 is.")

    def leaked(self) -> list[tuple[int, int]]:
        """Return the training samples that equal, or share a group with, a test sample: pairs of places."""
        marks = self.data.is_test
        if marks is None:
            return []  # a split of our own keeps them together
        found = []
        for unit in self.data.units:
            tests = [place for place in unit if marks[place]]
            found += [(place, tests[0]) for place in unit if not marks[place] and tests]
        return found

    def check(self) -> list[str]:
        """Return what has to be said of the splits.

        Raises:
            ConfigError: they leak, or a class is not on both sides.

        """
        notes = list(self.data.notes)
        leaked = self.leaked()
        if leaked and self.leaks == "refuse":
            ours, theirs = (self.data.examples.keys[place] for place in leaked[0])
            raise ConfigError(
                f"{len(leaked)} training samples are in the test of {self.data.name}, too, or share a group with it: "
                f"{ours!r} and {theirs!r}. Mend the split, or leave them out of the training by leaks='drop' "
                "(--leaks drop)."
            )
        if leaked:
            notes.append(f"{len(leaked)} training samples that leak into the test were left out")
        if self.data.is_test is None:
            doubles = len(self.data.hashes) - len(set(self.data.hashes))
            if doubles:
                notes.append(f"{doubles} samples equal others; equal ones stay on one side of each split")
        self.of(0)
        return notes

    def of(self, seed: int) -> tuple[Places, Places]:
        """Return the places of the training and of the test samples of a seed, in random order."""
        train, test, rng = self._sides(seed)
        shuffled, tested = rng.permutation(train), rng.permutation(test)  # the same test, in the same order, if cleaned
        if self.cleaner is not None:
            shuffled = shuffled[~np.isin(shuffled, list(self.cleaner.out(train, test)))]
        return self._some(shuffled), tested

    def left_out(self, seed: int) -> Out:
        """Return the training samples of a seed that cleaning leaves out: place -> code."""
        train, test, _ = self._sides(seed)
        return {} if self.cleaner is None else self.cleaner.out(train, test)

    def _sides(self, seed: int) -> tuple[Places, Places, np.random.Generator]:
        """Return the places of both sides in order, and the generator by which they are shuffled."""
        rng = np.random.Generator(np.random.PCG64([seed, 1]))
        if self.data.is_test is None:
            is_test = self._drawn(rng)
            train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
        else:
            train, test = np.flatnonzero(~self.data.is_test), np.flatnonzero(self.data.is_test)
            train = np.setdiff1d(train, [place for place, _ in self.leaked()])
        self._both(train, test)
        return train, test, rng

    def _drawn(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw a stratified test of whole units: a unit is taken if it brings the classes nearer to their shares."""
        labels, units = self.data.examples.labels, self.data.units
        wanted = np.bincount(labels) * self.test_share
        wanted = np.maximum(wanted, 0.51)  # at least one of each class
        have, is_test = np.zeros_like(wanted), np.zeros(len(labels), bool)
        order = sorted(rng.permutation(len(units)).tolist(), key=lambda u: -len(units[u]))  # large ones fit in first
        for unit in (list(units[u]) for u in order):
            counts = np.bincount(labels[unit], minlength=len(wanted))
            if np.sum((have + counts - wanted) ** 2) < np.sum((have - wanted) ** 2):
                have += counts
                is_test[unit] = True
        return is_test

    def _both(self, train: Places, test: Places) -> None:
        examples = self.data.examples
        for side, places in (("training", train), ("test", test)):
            counts = examples.take(places).counts
            if not counts.all() and (side == "training" or self.data.is_test is None):
                name = examples.classes[int(counts.argmin())]
                have = int(examples.counts[counts.argmin()])
                whole = " and groups" if self.data.groups else ""
                raise ConfigError(
                    f"class {name!r} of {self.data.name} has {have} samples, and none of them came into the {side} "
                    f"split: each class needs samples{whole} on both sides. Add some, or leave the class out."
                )
        if not len(test):
            raise ConfigError(
                f"{self.data.name} has no test samples. Add some, or read it without its split (split_from='none')."
            )

    def _some(self, train: Places) -> Places:
        """Return as many of the training samples as were asked for, of each class its share."""
        if self.train_size is None:
            return train
        # Of pictures with boxes some classes are the rarest of none.
        found, labels = np.unique(self.data.examples.labels[train], return_inverse=True)
        classes = len(found)
        if not classes <= self.train_size <= len(train):
            raise ConfigError(
                f"train_size is {self.train_size}; there are {len(train)} training samples of {classes} classes. "
                f"Give {classes} to {len(train)}."
            )
        shares = np.bincount(labels) * self.train_size / len(train)
        counts = np.maximum(np.floor(shares), 1).astype(int)
        for code in np.argsort(counts - shares, kind="stable"):  # who lost most by rounding gets one first
            counts[code] += counts.sum() < self.train_size
        while counts.sum() > self.train_size:  # small classes were given one each
            counts[counts.argmax()] -= 1
        rank = np.zeros(len(train), int)
        for code in range(classes):
            rank[labels == code] = np.arange(np.sum(labels == code))
        return train[rank < counts[labels]]
