"""Whether `augreg evaluate` flags what spoils a data set and nothing else: digits upside down, Fashion-MNIST.

    python benchmarks/learn/evaluate.py                                    digits, half a minute
    python benchmarks/learn/evaluate.py --fashion /usr/share/datasets/fashion-mnist     Debian: dataset-fashion-mnist
    python benchmarks/learn/evaluate.py --trec qc.zip     questions of TREC, as NLTK's corpus qc has them

The figures are those of docs/evaluate.md.
"""

from __future__ import annotations

import argparse
import gzip
import time
import zipfile
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

TYPOS = {"text": [{"text.keyboard": {"level": 0.3, "p": 0.5}}]}
TYPING = [{"text.keyboard": {"level": 0.3}}]
"""What half of the training samples get, and all of the corrupted test."""

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


def questions(archive: Path) -> augreg.learn.Data:
    """Return TREC's questions with their six classes; those of the training that are in the test, too, are left out."""
    with zipfile.ZipFile(archive) as held:
        said = {part: held.read(f"qc/{part}.txt").decode("latin-1").splitlines() for part in ("train", "test")}
    # A line is "NUM:dist How far is it from Denver to Aspen ?"
    rows = [(line.partition(" ")[2], line.partition(":")[0], part == "test") for part in said for line in said[part]]
    tests = {text for text, _, is_test in rows if is_test}
    kept = [row for row in rows if row[2] or row[0] not in tests]
    texts, labels, is_test = zip(*kept, strict=True)
    return augreg.learn.Data.of([augreg.Text(text) for text in texts], labels, is_test=is_test, name="TREC")


def tell(found: augreg.learn.Outcome, began: float) -> None:
    """Print what was found."""
    print(f"{found.data['name']}, {found.data['train']} train, {found.data['test']} test, {found.model}")
    print(found.summary)
    for row in (HEADS, *rows(found)):
        print("| " + " | ".join(row) + " |")
    for block in found.blocks:
        for row in block.rows if block.letter == "I" else ():
            print("| " + " | ".join(row) + " |")
    print(f"{time.monotonic() - began:.0f} s\n")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fashion", type=Path, help="folder of the four .gz files of Fashion-MNIST")
    parser.add_argument("--trec", type=Path, help="qc.zip of NLTK's data")
    parser.add_argument("--report", type=Path, help="keep trainings there")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    common = {"workers": given.workers, "report": given.report}
    began = time.monotonic()
    if given.trec is not None:
        tell(
            augreg.learn.evaluate(
                questions(given.trec), TYPOS, train_size=500, seeds=10, corrupt=TYPING, alone=False, **common
            ),
            began,
        )
        return
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
