"""The 64 samples that all hosts get, the pipeline, and the one hash over keys, parameters and bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

import augreg

N, SEED, EPOCH = 64, 7, 0
"""The first epoch, since an estimator of scikit-learn knows no other; each host's own tests go on."""

CONFIG = {"image": ["image.hflip", {"image.rotate": {"degrees": 20}}, {"image.brightness": {"p": 1}}]}
PIPE = augreg.Pipeline(CONFIG)
PICTURES = np.random.default_rng(0).integers(0, 256, (N, 12, 16, 3), dtype=np.uint8)
KEYS = [f"r{i}" for i in range(N)]
LABELS = np.arange(N) % 10


def rows() -> list[dict[str, Any]]:
    """Return the samples as records."""
    parts = zip(KEYS, PICTURES, LABELS.tolist(), strict=True)
    return [{"id": key, "image": picture, "label": label} for key, picture, label in parts]


def plain(picture: Any) -> np.ndarray:
    """Return a picture (H, W, C), whatever a host made of it."""
    if isinstance(picture, torch.Tensor):
        picture = picture.detach().cpu().numpy()
    array = np.asarray(picture)
    return array.transpose(1, 2, 0) if array.shape[0] == 3 and array.shape[-1] != 3 else array


def digest(items: Iterable[tuple[str, Any]], epoch: int = EPOCH) -> str:
    """Return the hash of (key, picture): over keys, parameters and bytes, in the order of keys.

    Hosts hand out no traces. So the parameters of the key are those that must have been in effect, if what they make of
    the original is what the host gave, bit for bit; any other picture has none.
    """
    found = hashlib.sha256()
    _, traces = PIPE(list(PICTURES), modality="image", seed=SEED, epoch=epoch, keys=KEYS, return_trace=True)
    recorded = {trace.key: trace.to_dict() for trace in traces}
    for key, picture in sorted((str(key), plain(picture)) for key, picture in items):
        original = PICTURES[KEYS.index(key)]
        again = PIPE.replay(original, [recorded[key]], modality="image")
        steps = recorded[key]["steps"] if np.array_equal(again, picture) else "others"
        found.update(json.dumps([key, steps, list(picture.shape), str(picture.dtype)]).encode() + picture.tobytes())
    return found.hexdigest()
