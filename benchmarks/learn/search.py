"""Whether `augreg search` finds what is there: digits, half of the operations harmful; and spoken digits.

    python benchmarks/learn/search.py --method optuna              15 seeds, some minutes
    python benchmarks/learn/search.py --method random
    python benchmarks/learn/search.py --fsdd FOLDER --workers 2    Free Spoken Digit Dataset: a folder of its recordings

Digits: each seed cuts scikit-learn's 1,797 digits anew. A share is the test, which the search never sees; of the rest,
half are searched on and half confirm. Trainings learn from 50 digits, an SVC's. What was written, and trivial over the
same eight operations, are then trained on 50 digits of the rest, ten times, and scored on the test. Where the search
wrote trivial the difference is 0. The figures are those of docs/policy-search.md.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np
from selection import BAD, GOOD

import augreg
import augreg.learn
from augreg.learn.examples import Arm
from augreg.learn.intervals import interval
from augreg.learn.probes import Probes
from augreg.learn.searching.found import Found
from augreg.learn.splits import Splitter
from augreg.learn.trainings import Setup

MODEL = "sklearn:SVC"
TEST, HELD, LEARNED, SCORED = 0.3, 0.5, 50, 10
UNSEEN = ("theo", "yweweler")
"""The speakers of the test."""


def tested(data: augreg.learn.Data, found: Found, size: int | None, seeds: int, model: str | None) -> list[float]:
    """Return what was written less trivial, in points, on the test, for each seed of the training."""
    setup = Setup(Splitter(data, train_size=size), model, Probes(), str(model))
    arms = [Arm(name, name, steps) for name, steps in (("new", found.pipeline.to_dict()), ("old", found.base))]
    new, old = ([setup.train(arm, 900_000 + seed).main for seed in range(seeds)] for arm in arms)
    return [100 * (one - two) for one, two in zip(new, old, strict=True)]


def digits(method: str, seeds: int, trainings: int) -> None:
    """Search on each seed's digits, and score what was written on its test."""
    whole = augreg.learn.digits().examples
    labels, differences = [whole.classes[label] for label in whole.labels], []
    for seed in range(seeds):
        began = time.monotonic()
        _, test = Splitter(augreg.learn.digits(), TEST).of(1_000 + seed)
        marks = np.isin(np.arange(len(whole)), test)
        data = augreg.learn.Data.of(whole.samples, labels, keys=whole.keys, is_test=marks.tolist(), name="digits")
        options = {"model": MODEL, "train_size": LEARNED, "held_share": HELD, "seeds": 15, "seed": seed}
        found = augreg.learn.search(data, method=method, operations=GOOD + BAD, trainings=trainings, **options)
        wrote = "policy" if found.best else "trivial"
        difference = float(np.mean(tested(data, found, LEARNED, SCORED, MODEL))) if found.best else 0.0
        differences.append(difference)
        print(
            f"seed {seed}: {wrote}, test {difference:+.2f}; {time.monotonic() - began:.0f} s; {found.summary}",
            flush=True,
        )
    said = interval(differences, range(seeds))
    wrote = sum(difference != 0 for difference in differences)
    print(f"{method}: {said.mean:+.2f} ± {said.half:.2f} against trivial on the test, {seeds} seeds, {wrote} policies")


def speech(folder: Path, workers: int, method: str) -> None:
    """Search on the recordings of four speakers, and score what was written on two others."""
    paths = [path for path in sorted(folder.rglob("*.wav")) if re.fullmatch(r"\d_[a-z]+_\d+", path.stem)]
    parts = [path.stem.split("_") for path in paths]
    kept = [place for place, (_, who, take) in enumerate(parts) if who in UNSEEN or int(take) < 10]
    data = augreg.learn.Data.of(
        [augreg.media.load(paths[place]).sample.changed(key=None) for place in kept],
        [parts[place][0] for place in kept],
        keys=[paths[place].name for place in kept],
        groups=[parts[place][1] for place in kept],
        is_test=[parts[place][1] in UNSEEN for place in kept],
        name="spoken digits",
    )
    began = time.monotonic()
    found = augreg.learn.search(data, method=method, workers=workers, budget=600, train_size=None, held_share=0.3)
    print(f"{time.monotonic() - began:.0f} s, {len(found.trials)} trials: {found.summary}")
    if found.best:
        said = interval(tested(data, found, None, 3, "small-cnn"), range(3))
        print(f"on the unseen speakers: {said.mean:+.2f} ± {said.half:.2f} against trivial")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="optuna")
    parser.add_argument("--seeds", type=int, default=15)
    parser.add_argument("--trainings", type=int, default=260)
    parser.add_argument("--fsdd", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if given.fsdd is None:
        digits(given.method, given.seeds, given.trainings)
    else:
        speech(given.fsdd, given.workers, given.method)


if __name__ == "__main__":
    main()
