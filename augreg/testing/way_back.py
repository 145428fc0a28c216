"""Rule: what an augmenter says leads back from its results does."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from augreg.contract.inverse import inverts
from augreg.data.samples import Sample
from augreg.engine.views import Views
from augreg.testing.check import require
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject, examples

N: Final = 3
NEAR: Final = 1e-6
"""Of the longest way from the origin: matrices are inverted in 64 bits."""


def leads_back(subject: Subject) -> None:
    """Where an augmenter says that it inverts, keypoints that it moved come back to where they were."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        if not inverts(augmenter):
            continue
        made = Views(subject.pipeline(augmenter), 2, seed=SEED, original=False)(samples, keys=list(range(N)))
        found = made.back(keypoints=[_points(view) for view in made.samples])
        for i, back in enumerate(found):
            before = _points(samples[i % N])
            away = np.abs(back - before).max(initial=0.0)
            fine = away <= NEAR * max(1.0, np.abs(before).max(initial=0.0))
            require(fine, f"{name}: keypoints of sample {i % N} come back {away:.3g} from where they were.")


def _points(sample: Any) -> np.ndarray:
    """Return the points of a sample: (k, 2), or (frames, k, 2) of a clip."""
    given = sample.targets["keypoints"]
    return np.stack([one.data for one in given] if isinstance(given, list) else given.data)


def _applies(subject: Subject) -> bool:
    if "keypoints" not in subject.modality.maps_back or "keypoints" not in subject.declares.targets:
        return False
    if subject.declares.labels != "keeps" or not subject.declares.supports("label"):
        return False
    return any(isinstance(s, Sample) and s.targets.get("keypoints") is not None for s in examples(subject.modality, 1))


RULES: Final = (Rule(leads_back, _applies),)
