"""Whether `augreg evaluate` flags what spoils a data set and nothing else: digits upside down, Fashion-MNIST.

    python benchmarks/learn/evaluate.py                                    digits, half a minute
    python benchmarks/learn/evaluate.py --fashion /usr/share/datasets/fashion-mnist     Debian: dataset-fashion-mnist

The figures are those of docs/evaluate.md.
"""

from __future__ import annotations

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
import torch

import augreg.learn
from augreg.learn.demo import PIPELINE, SPOILERS
from augreg.learn.network import Network, small_cnn
from augreg.learn.tables import HEADS, rows

STRONG = [
    {"image.translate": {"x": 0.11, "y": 0.11, "p": 1.0}},
    {"image.hflip": {"p": 0.5}},
    {"image.erasing": {"scale": [0.1, 0.5], "p": 1.0}},
]
"""Far too much for 28 x 28 pixels and few steps: over-augmentation."""

POOL, TESTS = 5_000, 2_000
"""Pictures of Fashion-MNIST from which each seed draws its 500, and those that it is tested on."""


def fashion(folder: Path) -> augreg.learn.Data:
    """Return a part of Fashion-MNIST, with its split."""

    def read(part: str, kind: str, head: int, count: int) -> np.ndarray:
        raw = gzip.decompress((folder / f"{part}-{kind}-ubyte.gz").read_bytes())
        return np.frombuffer(raw, np.uint8, offset=head).reshape(-1, *((1, 28, 28) if head == 16 else ()))[:count]

    parts = (("train", POOL), ("t10k", TESTS))
    pixels = np.concatenate([read(part, "images-idx3", 16, count) for part, count in parts])
    labels = np.concatenate([read(part, "labels-idx1", 8, count) for part, count in parts])
    samples = [augreg.Image(torch.from_numpy(one.copy())) for one in pixels]
    is_test = [place >= POOL for place in range(len(samples))]
    return augreg.learn.Data.of(samples, labels.tolist(), is_test=is_test, name="Fashion-MNIST")


def tell(found: augreg.learn.Outcome, began: float) -> None:
    """Print what was found."""
    print(f"{found.data['name']}, {found.data['train']} train, {found.data['test']} test, {found.model}")
    print(found.summary)
    for row in (HEADS, *rows(found)):
        print("| " + " | ".join(row) + " |")
    print(f"{time.monotonic() - began:.0f} s\n")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fashion", type=Path, help="folder of the four .gz files of Fashion-MNIST")
    parser.add_argument("--report", type=Path, help="keep trainings there")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    common = {"workers": given.workers, "report": given.report}
    began = time.monotonic()
    if given.fashion is None:
        digits = augreg.learn.digits()
        tell(
            augreg.learn.evaluate(
                digits, PIPELINE, operations=SPOILERS, model="sklearn:SVC", train_size=50, seeds=20, **common
            ),
            began,
        )
        return
    model = Network(small_cnn, steps=600)
    found = augreg.learn.evaluate(
        fashion(given.fashion), {"image": STRONG}, alone=False, model=model, train_size=500, seeds=5, **common
    )
    tell(found, began)


if __name__ == "__main__":
    main()
