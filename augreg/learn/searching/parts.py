"""Which samples a search sees: those of the training alone, cut in two, for trials and for the confirmation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg.learn.data import Data
from augreg.learn.splits import Splitter

HELD: Final = 77_777
"""The seed of the cut: another one than any training has."""


@dataclass(frozen=True)
class Parts:
    """The samples of a search.

    Args:
        trials: what trials are trained and scored on.
        whole: all training samples; those held back for the confirmation are its test.
        tests: paths of samples that were held back for a test of the user's own (``test_share``).
        notes: what the user should know.

    """

    trials: Data
    whole: Data
    tests: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def held(self) -> int:
        """How many samples the confirmation is scored on."""
        assert self.whole.is_test is not None
        return int(self.whole.is_test.sum())


def parts_of(data: Data, test_share: float | None, held_share: float, seed: int) -> Parts:
    """Cut data for a search. The samples of a given test are not looked at.

    Raises:
        ConfigError: a class or its groups are too few for that.

    """
    tests: tuple[str, ...] = ()
    notes = list(data.notes)
    places = np.arange(len(data.examples))
    if data.is_test is not None:
        places = np.flatnonzero(~data.is_test)
        notes += _shared(data)
    elif test_share is not None:
        places, tested = Splitter(data, test_share).of(HELD + seed)
        places = np.sort(places)
        tests = tuple(data.examples.keys[place] for place in sorted(tested))
        notes.append(f"{len(tests)} samples were held back for a test of your own; the report lists their paths")
    else:
        notes.append(
            "no test was held back: the data has no split, and all of it was searched on (--test-share 0.2 holds some)"
        )
    train = _some(data, places, f"the training part of {data.name}")
    cut = Splitter(train, held_share)
    searched, held = cut.of(HELD + seed)
    marks = np.zeros(len(train.examples), bool)
    marks[held] = True
    trials = _some(train, np.sort(searched), f"the part of {data.name} that is searched on")
    whole = replace(train, is_test=marks)
    return Parts(trials, whole, tests, tuple(notes))


def _some(data: Data, places: NDArray[np.int64], name: str) -> Data:
    groups = None if data.groups is None else tuple(data.groups[place] for place in places)
    return Data(data.examples.take(places), groups, None, name)


def _shared(data: Data) -> list[str]:
    """Say which groups are in the test, too. That they are is told by their names, without a look at its samples."""
    if data.groups is None or data.is_test is None:
        return []
    sides = [{g for g, test in zip(data.groups, data.is_test, strict=True) if test == side} for side in (False, True)]
    both = sides[0] & sides[1]
    return [f"{len(both)} groups are in the test, too, which will flatter what was learned of them"] if both else []
