"""Gate, then select, against taking any: 50 digits, 1,000 candidates, half of them from operations that harm.

    uv run python benchmarks/learn/selection.py --seeds 15

Each seed draws 50 of scikit-learn's digits to learn from, five of each class, and tests on the 1,747 others. Candidates
are 20 copies of each by one of eight operations. An SVC learns from the 50 and 300 of the candidates.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import t as student
from sklearn.datasets import load_digits
from sklearn.svm import SVC

import augreg
from augreg.learn.gates import Gates, counts
from augreg.learn.select import facility_location

GOOD = [
    {"image.translate": {"x": 0.12, "y": 0.12}},
    {"image.rotate": {"degrees": 12}},
    {"image.gaussian_noise": {}},
    {"image.brightness": {}},
]
BAD = [
    {"image.hflip": {}},
    {"image.vflip": {}},
    {"image.rotate": {"degrees": [90, 270]}},
    {"image.invert": {}},
]
TAKEN = 300
COPIES = 20


def candidates(pictures: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (1000, 8, 8), the source of each, and whether its operation harms."""
    operations = [{name: {**options, "p": 1.0}} for step in (*GOOD, *BAD) for name, options in step.items()]
    which = np.random.default_rng(seed).integers(0, len(operations), (COPIES, len(pictures)))
    made = []
    for copy in range(COPIES):
        for place, picture in enumerate(pictures):
            steps = {"image": [operations[which[copy, place]]]}
            options = {"seed": seed, "copy": copy, "modality": "image", "layout": "HW"}
            made.append(augreg.augment(picture, steps, keys=place, **options))
    return np.stack(made), np.tile(np.arange(len(pictures)), COPIES), which.reshape(-1) >= len(GOOD)


def accuracy(train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> float:
    flat = [part[0].reshape(len(part[0]), -1) / 255 for part in (train, test)]
    return 100 * float(SVC().fit(flat[0], train[1]).score(flat[1], test[1]))


def one(seed: int) -> dict[str, tuple[float, float]]:
    """Return arm -> accuracy in percent, and share of harmful candidates in percent."""
    digits = load_digits()
    pictures, labels = (digits.images / 16 * 255).round().astype(np.uint8), digits.target
    rng = np.random.default_rng(seed)
    learned = np.concatenate([rng.permutation(np.flatnonzero(labels == name))[:5] for name in range(10)])
    tested = np.setdiff1d(np.arange(len(labels)), learned)
    sources, classes = pictures[learned], labels[learned]
    made, origins, harmful = candidates(sources, seed)
    gates = Gates(list(sources), [str(name) for name in classes])
    found = gates.judge(list(made), origins.tolist())
    passed = np.flatnonzero([judged.passed for judged in found])
    features = np.stack([found[place].features for place in passed])
    spread = facility_location(features, min(TAKEN, len(passed)), covered=gates.features)
    arms = {
        "none": np.arange(0),
        "random 300": rng.permutation(len(made))[:TAKEN],
        "gates, then random 300": rng.permutation(passed)[:TAKEN],
        "gates, then facility location": passed[spread],
    }
    if seed == 0:
        print(f"seed 0: {counts(found)}")
    test = (pictures[tested], labels[tested])
    return {
        arm: (
            accuracy(
                (np.concatenate([sources, made[taken]]), np.concatenate([classes, classes[origins[taken]]])), test
            ),
            100 * float(harmful[taken].mean()) if len(taken) else 0.0,
        )
        for arm, taken in arms.items()
    }


def said(differences: np.ndarray) -> str:
    half = student.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences))
    return f"{differences.mean():+.2f} ± {half:.2f} ({int((differences > 0).sum())}/{len(differences)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=15)
    seeds = parser.parse_args().seeds
    runs = [one(seed) for seed in range(seeds)]
    for arm in runs[0]:
        scores, harm = np.array([run[arm] for run in runs]).T
        print(f"{arm:32} {scores.mean():6.2f} %, of harmful operations {harm.mean():4.1f} %")
        for other in ("none", "random 300"):
            if arm != other and arm != "none":
                against = np.array([run[arm][0] - run[other][0] for run in runs])
                print(f"{'':32} against {other}: {said(against)}")


if __name__ == "__main__":
    main()
