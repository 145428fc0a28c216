"""What looks as if it belonged to a sample, and says nothing, is refused; what is harmless hardly ever is."""

from __future__ import annotations

import numpy as np
import PIL.Image
import pytest
import torch

import augreg

HEIGHT, WIDTH = 48, 64
PICTURE = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
FLIP = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})

SUSPECTS = {
    "heat": np.zeros((HEIGHT, WIDTH), dtype=np.float32),
    "normals": torch.zeros(3, HEIGHT, WIDTH),
    "flow": np.zeros((HEIGHT, WIDTH, 2)),
    "rows": np.array([[10.0, 5.0, 30.0, 15.0]]),
    "shares": torch.tensor([[0.1, 0.2, 0.4, 0.6], [0.3, 0.3, 0.2, 0.2]]),
    "listed": [[10, 5, 20, 10], [1, 2, 3, 4]],
    "outline": [[10.0, 5, 30, 5, 30, 15]],
    "corners": [[[10, 5], [30, 5], [30, 15]]],
    "bbox": [10, 5, 20, 10],
    "landmarks": np.zeros((5, 2)),
    "nested": {"deep": {"gt_bboxes": [[1, 2, 3, 4]]}},
    "many": [{"polygon": [[10.0, 5, 30, 5, 30, 15]]}],
    "depth": PIL.Image.new("L", (WIDTH, HEIGHT)),
    "labels16": PIL.Image.new("I;16", (WIDTH, HEIGHT)),
}


@pytest.mark.parametrize("name", SUSPECTS)
def test_what_looks_as_if_it_belonged_is_refused_by_name(name) -> None:
    row = {"image": PICTURE, name: SUSPECTS[name], "id": 1}
    with pytest.raises(augreg.SampleError, match=f"'{name}.*schema="):
        augreg.augment(row, FLIP, seed=1)
    with pytest.raises(augreg.SampleError, match=f"'{name}"):  # whether or not a step fires
        augreg.augment(row, {"image": [{"image.hflip": {"p": 0.0}}]}, seed=1)
    with pytest.raises(augreg.SampleError, match=f"'{name}"):  # a schema for something else says nothing of it
        augreg.augment([{**row, "caption": "x"}], FLIP, seed=1, schema={"image": "image", "caption": "text"})
    apart = {"image": "image", "extra": [name]}
    assert augreg.augment(row, FLIP, seed=1, schema=apart)[name] is SUSPECTS[name]
    still = augreg.Pipeline({"image": [{"image.brightness": {"p": 1.0}}]})
    augreg.augment({**row}, still, seed=1)  # nothing moves, so nothing is left behind


HARMLESS = {
    "normal features": lambda d: d.normal(size=(8, 4)),
    "a feature of four": lambda d: d.normal(size=(1, 4)),
    "embedding": lambda d: d.normal(size=768),
    "token embeddings": lambda d: d.normal(size=(77, 512)).astype(np.float32),
    "a matrix": lambda d: np.eye(4) + d.normal(size=(4, 4)) / 9,
    "a camera": lambda d: np.array([[500.0, 0, 32], [0, 500, 24], [0, 0, 1]]),
    "logits": lambda d: d.normal(size=(10,)),
    "token ids": lambda d: d.integers(0, 50000, 40),
    "attention": lambda d: np.ones((12, 40), dtype=bool),
    "one-hot of four": lambda d: np.eye(4)[d.integers(0, 4, 6)],
    "quaternions": lambda d: (lambda q: q / np.linalg.norm(q, axis=1, keepdims=True))(d.normal(size=(5, 4))),
    "mean and deviation": lambda d: [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]],
    "scores of four": lambda d: d.dirichlet(np.ones(4), 8),
    "a second photo": lambda d: PIL.Image.new("RGB", (WIDTH, HEIGHT)),
    "a thumbnail": lambda d: PIL.Image.new("L", (16, 12)),
    "times": lambda d: np.sort(d.uniform(0, 60, 12)),
    "captions": lambda d: ["a cat", "a dog"],
    "numbers of answers": lambda d: [[3, 1], [4, 1], [5, 9]],
    "names": lambda d: {"city": "x", "tags": ["a", "b"]},
    "counts": lambda d: d.integers(0, 5, (6, 7)),
}


def test_harmless_fields_are_rarely_refused() -> None:
    """Of 2000 fields that do not belong to the picture at most one in a hundred is taken for one that does."""
    refused: dict[str, int] = {}
    for name, make in HARMLESS.items():
        for k in range(100):
            try:
                augreg.augment({"image": PICTURE, "field": make(np.random.default_rng(k)), "id": k}, FLIP, seed=1)
            except augreg.SampleError:
                refused[name] = refused.get(name, 0) + 1
    assert sum(refused.values()) <= 0.01 * 100 * len(HARMLESS), refused
