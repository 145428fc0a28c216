"""Cleaning as a step before training: what `augreg clean` would leave out of the training samples of a split."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError
from augreg.jobs.cleaning.classes import Classes
from augreg.jobs.cleaning.clean import Cleaning
from augreg.jobs.cleaning.kinds import KEPT, KINDS
from augreg.jobs.cleaning.look import Seen
from augreg.learn.data import Data
from augreg.learn.gates_seen import JUDGED, seen_of

Places = NDArray[np.int64]

TRAIN, TEST = "train", "test"
LEAK: Final = "W_LEAK"

Out = dict[int, str]
"""Place of a training sample -> the code of why it is left out."""


@dataclass(frozen=True)
class Cleaner:
    """Says which training samples are left out; test samples never are.

    Args:
        data: the samples.
        seen: what was seen of each.
        known: what was found for splits that were asked for before; it goes along to other processes.

    """

    data: Data
    seen: Sequence[Seen]
    known: dict[bytes, Out] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Data) -> Cleaner:
        """Look at all samples.

        Raises:
            ConfigError: they are of a kind that is not looked at, or scikit-learn is missing.
            SampleError: one cannot be read.

        """
        if data.modality not in JUDGED or data.examples.boxed:
            kind = "pictures with boxes" if data.examples.boxed else data.modality
            raise ConfigError(
                f"cleaning looks at pictures, sounds and texts that have a class each, and {data.name} is {kind}. "
                "Leave clean out (--clean)."
            )
        if find_spec("sklearn") is None:
            raise ConfigError("cleaning needs scikit-learn. Install it: pip install 'augreg[learn]'.")
        seen = [seen_of(sample, "sample", place) for place, sample in enumerate(data.examples.samples)]
        for one in seen:
            one.raw = one.content  # in memory what it decodes to is all that there is of a file
        return cls(data, seen)

    def out(self, train: Places, test: Places) -> Out:
        """Return what is left out of a split.

        Raises:
            ConfigError: nothing would be left of a class.

        """
        asked = np.sort(train).tobytes() + b"|" + np.sort(test).tobytes()
        if asked not in self.known:
            # Classes, sizes and languages are judged by training samples alone; only leaks hang on the test.
            leaks = {place: code for place, code in self._found(train, test).items() if code == LEAK}
            self.known[asked] = leaks | self._found(train, test[:0])
            self._check(train, self.known[asked])
        return self.known[asked]

    def _found(self, train: Places, test: Places) -> Out:
        order = [*sorted(train.tolist()), *sorted(test.tolist())]
        splits = [TRAIN] * len(train) + [TEST] * len(test)
        items = tuple(replace(self.seen[place].item, position=at, path=str(place)) for at, place in enumerate(order))
        labels, names = self.data.examples.labels, self.data.examples.classes
        given = [names[labels[place]] for place in order]
        with tempfile.TemporaryDirectory(prefix="augreg-clean-") as folder:
            classes = Classes(given, None if len(test) else Path(folder))
            work = Cleaning(items, frozenset(), Path(folder), splits, classes)
            for at, place in enumerate(order):
                one = self.seen[place]
                faults = [replace(fault, path=str(place)) for fault in one.faults]
                work.take(at, replace(one, item=items[at], faults=faults))
            faults = work.report().faults
        own = {str(place) for place in train.tolist()}
        return {int(f.path): f.code for f in reversed(faults) if f.path in own and f.code not in KEPT}

    def _check(self, train: Places, out: Out) -> None:
        labels, names = self.data.examples.labels, self.data.examples.classes
        left = {int(labels[place]) for place in train.tolist() if place not in out}
        if lost := sorted({int(labels[place]) for place in train.tolist()} - left):
            codes = Counter(code for place, code in out.items() if labels[place] == lost[0])
            raise ConfigError(
                f"cleaning would leave no training sample of class {names[lost[0]]!r} of {self.data.name} ("
                f"{told(codes)}). Look at them with augreg clean, or leave clean out (--clean)."
            )


def told(codes: Counter[str]) -> str:
    """Return counts of codes in words.

    >>> from collections import Counter
    >>> from augreg.learn.cleaned import told
    >>> told(Counter({"W_BLANK": 2, "W_NEAR": 1}))
    '2 W_BLANK (a picture or clip of one color, or nearly), 1 W_NEAR (nearly the same as another file)'

    """
    return ", ".join(
        f"{count} {code} ({KINDS.get(code, 'it cannot be used')})" for code, count in sorted(codes.items())
    )
