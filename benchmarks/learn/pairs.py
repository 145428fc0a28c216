"""What a mirror does to pictures with captions: two shapes side by side, "circle left of square", true or not.

    python benchmarks/learn/pairs.py --workers 2

An unguarded `image.hflip` makes true captions false, and false ones true; `image_text.hflip` rewrites them. The figures
are those of docs/evaluate.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import augreg
import augreg.learn
from augreg.learn.tables import HEADS, rows

SHAPES = ("circle", "square", "triangle", "cross")
WORDS = (*SHAPES, "left", "right", "of")
HIGH, WIDE = 20, 40

GUARDED = {"record": [{"image_text.hflip": {"languages": ["en"], "p": 0.5}}]}
UNGUARDED = [{"image.hflip": {"p": 0.5}}]


def shape(name: str, size: int) -> np.ndarray:
    """Return where a shape is, bool (size, size); a mirror leaves each as it is."""
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    if name == "circle":
        return x**2 + y**2 < (size / 2) ** 2
    if name == "square":
        return np.ones((size, size), bool)
    if name == "triangle":
        return np.abs(x) < (y + size / 2) / 2
    return (np.abs(x) < size / 6) | (np.abs(y) < size / 6)


def pairs(count: int, seed: int = 0) -> augreg.learn.Data:
    """Return pictures of two different shapes with a caption, of which half are false."""
    rng = np.random.default_rng(seed)
    records, labels = [], []
    for number in range(count):
        left, right = rng.choice(len(SHAPES), 2, replace=False)
        canvas = rng.normal(60, 15, (HIGH, WIDE))
        for half, which in enumerate((left, right)):
            size = int(rng.integers(9, 15))
            y, x = rng.integers(0, HIGH - size + 1), half * WIDE // 2 + rng.integers(0, WIDE // 2 - size + 1)
            canvas[y : y + size, x : x + size][shape(SHAPES[which], size)] += rng.uniform(80, 140)
        true, turned = number % 2 == 0, rng.random() < 0.5
        first, second = (right, left) if turned else (left, right)
        side = "right" if turned == true else "left"
        data = torch.from_numpy(canvas.clip(0, 255).astype(np.uint8))[None]
        caption = f"{SHAPES[first]} {side} of {SHAPES[second]}"
        records.append({"image": augreg.Image(data), "caption": augreg.Text(caption)})
        labels.append("true" if true else "false")
    return augreg.learn.Data.of(records, labels, name=f"{count} pairs of shapes")


class Towers(nn.Module):
    """A tower for the picture and one for the caption; how well what they say agrees tells whether it is true."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, padding=2), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, padding=1), nn.ReLU(),
            nn.AdaptiveMaxPool2d((1, 2)), nn.Flatten(), nn.Linear(64, 64),
        )  # fmt: skip
        self.caption = nn.Sequential(nn.Linear(4 * len(WORDS), 64), nn.ReLU(), nn.Linear(64, 64))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """Return (n, 2): false, true."""
        agree = (self.picture(x) * self.caption(words)).sum(1) / 8 + self.bias
        return torch.stack([-agree, agree], 1)


class Pairs:
    """The two towers as a task: as many steps with augmentation as without."""

    repeats = False
    steps = 300

    def fit(self, train, augment, seed):
        """See augreg.learn.Task."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model, order = Towers(), torch.Generator().manual_seed(seed)
            optimizer = torch.optim.Adam(model.parameters(), 5e-3)
            each = -(-len(train) // 32)
            for step in range(self.steps):
                if step % each == 0:
                    made = train if augment is None else augment(train, step // each)
                    held, targets = inputs(made.samples), torch.from_numpy(made.labels)
                    shuffled = torch.randperm(len(train), generator=order)
                places = shuffled[step % each * 32 :][:32]
                loss = F.cross_entropy(model(held[0][places], held[1][places]), targets[places])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return model.eval()

    def score(self, fitted, test):
        """See augreg.learn.Task."""
        with torch.inference_mode():
            return {"probabilities": fitted(*inputs(test.samples)).softmax(1).double().numpy()}


def inputs(records) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures, (n, 1, HIGH, WIDE), and words by place, (n, 4 * words)."""
    x = torch.stack([record["image"].data for record in records]).float() / 128 - 0.7
    words = torch.tensor([[WORDS.index(word) for word in record["caption"].data.split()] for record in records])
    return x, F.one_hot(words, len(WORDS)).flatten(1).float()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--report", type=Path, help="keep trainings there")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    began = time.monotonic()
    found = augreg.learn.evaluate(
        pairs(1_200),
        GUARDED,
        operations=UNGUARDED,
        model=Pairs(),
        seeds=given.seeds,
        workers=given.workers,
        report=given.report,
    )
    print(f"{found.data['name']}, {found.data['train']} train, {found.data['test']} test\n{found.summary}")
    for row in (HEADS, *rows(found)):
        print("| " + " | ".join(row) + " |")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
