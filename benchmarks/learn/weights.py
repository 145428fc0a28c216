"""Weights learned by gradient on 50 digits, where half of the operations harm.

    uv run python benchmarks/learn/weights.py --seeds 10

Each seed draws 50 of scikit-learn's digits, five of each class: three are augmented and trained on, two are held out.
With `--splits 4 --steps 200` weights are averaged over four such cuts of the same 50, as `augreg search` averages them.
The operations are those of selection.py. The harmful ones are to have at most half the mean weight of the good ones.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np
from selection import BAD, GOOD

import augreg.learn
from augreg.learn.intervals import interval
from augreg.learn.weighing.learning import STEPS, learn_weights
from augreg.learn.weighing.weights import Weights, averaged


def one(seed: int, steps: int, splits: int) -> Weights:
    known = augreg.learn.digits().examples
    rng = np.random.default_rng(seed)
    places = np.stack([rng.permutation(np.flatnonzero(known.labels == code))[:5] for code in range(10)])
    found = []
    for split in range(splits):
        train, held = (known.take(part.reshape(-1)) for part in (places[:, :3], places[:, 3:]))
        found.append(learn_weights(train, held, [*GOOD, *BAD], seed=1_000 * split + seed, steps=steps))
        places = rng.permuted(places, axis=1)
    return averaged(found)


def said(values: list[float]) -> str:
    found = interval(values, range(len(values)))
    return f"{found.mean:.2f} ± {found.half or float('nan'):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    chosen = parser.parse_args()
    means, kept = [], Counter[str]()
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        began = time.monotonic()
        found = one(seed, chosen.steps, chosen.splits)
        means.append([weighed.whole.mean or 0.0 for weighed in found.operations])
        kept.update(w.operation.called for w in found.operations if w.kept(0.5) is not None)
        good, bad = np.mean(means[-1][: len(GOOD)]), np.mean(means[-1][len(GOOD) :])
        took = time.monotonic() - began
        print(f"seed {seed}: good {good:.2f}, harmful {bad:.2f}, ratio {bad / good:.2f} ({took:.0f} s)", flush=True)
    table = np.array(means)
    for place, weighed in enumerate(found.operations):
        name = weighed.operation.called
        kind = "good" if place < len(GOOD) else "harms"
        print(f"{kind:6} {name:40} {said(table[:, place].tolist())}, kept {kept[name]}/{chosen.seeds}")
    ratios = table[:, len(GOOD) :].mean(1) / table[:, : len(GOOD)].mean(1)
    print(f"harmful to good: {said(ratios.tolist())}, at most half in {int((ratios <= 0.5).sum())}/{len(ratios)} seeds")


if __name__ == "__main__":
    main()
