"""The method `weights`: what operations and strengths should weigh, learned by gradient on several splits."""

from __future__ import annotations

from typing import Final

from augreg.learn.searching.space import Candidate
from augreg.learn.searching.work import Work
from augreg.learn.weighing import averaged, learn_weights
from augreg.pipeline import Pipeline

SPLITS: Final = 4
"""Splits that weights are averaged over. On one split of 50 digits harmful operations came to as much weight as good
ones once in six times; what misled it there lies in few samples, which are on the other side of other splits."""

STEPS: Final = 200
"""Of each split; 400 told good from harmful no better."""

LEAST: Final = (0.5, 0.75, 1.0)
"""Mean weights below which operations and outer strengths are left out; each gives a candidate."""


def weights(work: Work) -> None:
    """Learn weights (:func:`augreg.learn.learn_weights`), and try the policies that follow from them."""
    found = []
    for seed in work.seeds(SPLITS):
        train, held = work.parts(seed)
        found.append(learn_weights(train, held, work.space.operations, seed=seed, steps=STEPS))
    mean, modality = averaged(found), work.space.modality
    some = [Candidate(Pipeline(mean.policy(least)).to_dict()) for least in LEAST if mean.keeps(least)]
    work.learned = mean.to_json()
    apart = {repr(one.steps[modality]): one for one in some if one.steps is not None}
    work.attempt([work.space.base, *apart.values()])
