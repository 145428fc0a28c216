"""The method `cta`: strengths of each operation that a model still recognizes while it is trained with them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError
from augreg.learn.examples import Augmented, Examples
from augreg.learn.network import one_thread
from augreg.learn.searching.space import POLICY, Candidate
from augreg.learn.searching.work import Work
from augreg.pipeline import Pipeline
from augreg.policies.learning import Learner

ROUNDS: Final = 3
"""Trainings of a seed, each with the strengths that the last one left: a task shows only a model that is trained."""

SEEDS: Final = 2

LOOKS: Final = 8
"""Looks at each validation sample of a round, each with another operation."""

BINS: Final = 4

THRESHOLDS: Final = (0.8, 0.9)
"""Shares of the best weight below which a strength is left out; each gives a candidate."""


def cta(work: Work) -> None:
    """Learn weights by CTAugment (:class:`augreg.policies.CTA`), and try what they leave of each operation."""
    found = [_weights(work, seed) for seed in work.seeds(SEEDS)]
    weights = np.mean(found, 0)
    some = [_candidate(work, weights, threshold) for threshold in THRESHOLDS]
    work.attempt([work.space.base, *(one for one in some if one is not None)])


def _candidate(work: Work, weights: NDArray[np.float64], threshold: float) -> Candidate | None:
    least, space = threshold * weights.max(), work.space
    operations = []
    for entry, row in zip(space.operations, weights, strict=True):
        kept = next((place for place, weight in enumerate(row) if weight < least), len(row))
        if kept:
            operations.append(_up_to(entry, kept / len(row)))
    n = space.base.steps[space.modality][0][POLICY]["n"] if space.base.steps is not None else 1
    if not operations or operations == list(space.operations):
        return None
    return Candidate(Pipeline({space.modality: [{POLICY: {"n": n, "operations": operations}}]}).to_dict())


def _up_to(entry: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Return an operation with that share of its strengths, from the weakest on."""
    name, params = next(iter(entry.items()))
    low, high = params.get("level", (0.0, 1.0)) if params.get("level") != "own" else (0.0, 1.0)
    if params.get("level") == "own" or share == 1:
        return dict(entry)
    return {name: {**params, "level": [low, low + (high - low) * share]}}


def _weights(work: Work, seed: int) -> NDArray[np.float64]:
    """Return how well each operation is recognized in each part of its strengths, (operations, bins)."""
    space = work.space
    step = {"policy.cta": {"operations": list(space.operations), "bins": BINS}}
    setup = work.pool.setups["trials"]
    name = hashlib.sha256(f"{setup.name(_arm(work), seed)} cta {BINS} {ROUNDS} {LOOKS}".encode()).hexdigest()[:24]
    path = work.folder / f"cta-{name}.json"
    if path.exists():
        return np.asarray(json.loads(path.read_text(encoding="ascii")), np.float64)
    learner = Learner(Pipeline({space.modality: [step]}))
    # A weight begins at 1 and is the mean of all that was seen: CTAugment's slow decay needs thousands of probes.
    sums = np.ones((len(space.operations), BINS))
    counts = np.ones_like(sums)
    train, held = work.parts(seed)
    for place in range(ROUNDS):
        work.budget.check(1)
        began = time.monotonic()
        with one_thread():
            fitted = work.task.fit(train, Augmented(learner.pipeline().to_dict(), seed), seed)
            for look in range(LOOKS):
                _probe(work, learner, fitted, held, seed + place * LOOKS + look, sums, counts)
        (known,) = learner.snapshot()
        operations = learner.snapshot()[known]["operations"]
        weights = np.maximum(sums / counts, 1e-9)
        learner.restore({known: {"operations": operations, "weights": weights.tolist()}})
        work.count(time.monotonic() - began)
    work.folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(weights.tolist()), encoding="ascii")
    return weights


def _arm(work: Work) -> Any:
    from augreg.learn.searching.pool import Job

    return Job("trials", work.space.base, 0).arm


def _probe(
    work: Work,
    learner: Learner,
    fitted: Any,
    held: Examples,
    seed: int,
    sums: NDArray[np.float64],
    counts: NDArray[np.float64],
) -> None:
    probe = learner.probe(list(held.samples), seed=seed, keys=list(held.keys))
    seen = Examples(probe.samples, held.labels, held.classes, held.keys)
    for operation, place, chance in zip(probe.operations, probe.bins, _chances(work, fitted, seen), strict=True):
        where = slice(None) if place is None else place
        sums[operation, where] += chance
        counts[operation, where] += 1


def _chances(work: Work, fitted: Any, seen: Examples) -> Sequence[float]:
    """Return the probability of the true class of each; of a model that gives none, whether it is what it says."""
    scored = work.task.score(fitted, seen)
    if "probabilities" in scored:
        found = np.asarray(scored["probabilities"])[np.arange(len(seen)), seen.labels]
    elif "predicted" in scored:
        found = (np.asarray(scored["predicted"]) == seen.labels).astype(float)
    else:
        raise ConfigError(
            "method 'cta' needs 'probabilities' or 'predicted' from score, and this task returns neither. Search by "
            "method='optuna'."
        )
    return [float(chance) for chance in found]
