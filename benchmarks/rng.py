"""What keyed random numbers cost, beside one generator per sample and beside generators that know no key.

Run: uv run python benchmarks/rng.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from augreg.random import noise
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng, fires

BATCH = 1024
PIXELS = 3 * 224 * 224
NAMES = ("degrees", "scale", "shear_x", "shear_y")


def best(call: Callable[[], object], seconds: float = 0.3) -> float:
    """Return the shortest of many calls, in seconds."""
    call()
    shortest, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def report(title: str, rows: dict[str, Callable[[], object]]) -> None:
    print(title)
    for name, call in rows.items():
        print(f"  {name:58s} {best(call) * 1e6:11.1f} µs")


def per_sample(keys: list[int]) -> np.ndarray:
    return np.stack([np.random.Generator(np.random.Philox(key=key)).random(4) for key in keys])


def per_sample_torch(keys: list[int]) -> torch.Tensor:
    return torch.stack([torch.rand(4, generator=torch.Generator().manual_seed(key)) for key in keys])


def main() -> None:
    torch.set_num_threads(1)
    keys = hash_keys(range(BATCH))
    rng, one = Rng(0, keys).at("image.affine"), Rng(0, keys[:1]).at("image.affine")
    halves = (keys >> np.uint64(1)).tolist()
    unkeyed, drawer = np.random.default_rng(0), [f"step{i}" for i in range(10)]
    report(
        f"{BATCH} samples x 4 numbers",
        {
            "Rng.uniform, four names": lambda: [rng.uniform(name, -1.0, 1.0) for name in NAMES],
            "Rng.uniform, size=4": lambda: rng.uniform("x", -1.0, 1.0, size=4),
            "numpy Generator(Philox(key)) per sample": lambda: per_sample(halves),
            "torch.Generator per sample": lambda: per_sample_torch(halves),
            "no key: numpy Generator.random": lambda: unkeyed.random((BATCH, 4)),
            "no key: torch.rand": lambda: torch.rand(BATCH, 4),
        },
    )
    report(
        f"{BATCH} samples, other draws",
        {
            "fires, 10 steps": lambda: fires(0, keys, drawer, [0.5] * 10),
            "integers": lambda: rng.integers("x", 0, 10),
            "normal": lambda: rng.normal("x"),
            "log_uniform": lambda: rng.log_uniform("x", 0.1, 10.0),
            "beta(0.4, 0.4)": lambda: rng.beta("x", 0.4, 0.4),
            "permutation of 8": lambda: rng.permutation("x", 8),
            "sample 10 of 196": lambda: rng.sample("x", 196, 10),
            "ragged, 50 per sample": lambda: rng.ragged("x", np.full(BATCH, 50)),
            "hash_keys of strings seen before": lambda: hash_keys(drawer * (BATCH // 10)),
        },
    )
    report(
        "one sample",
        {
            "Rng.uniform": lambda: one.uniform("x", -1.0, 1.0),
            "Rng.integers": lambda: one.integers("x", 0, 10),
            "Rng.normal": lambda: one.normal("x"),
            "fires, 3 steps": lambda: fires(0, one.keys, drawer[:3], [0.5] * 3),
            "numpy Generator(Philox(key)).random": lambda: per_sample(halves[:1]),
        },
    )
    out, levels = np.empty(PIXELS, np.float32), np.empty(PIXELS, np.int16)
    state = np.random.Generator(np.random.Philox(key=1))
    report(
        f"noise of one picture, {PIXELS} numbers",
        {
            "normal_into float32": lambda: noise.normal_into(1, out, 0.1),
            "normal_into int16": lambda: noise.normal_into(1, levels, 20.0),
            "uniform_numpy": lambda: noise.uniform_numpy(1, PIXELS, out),
            "normal, 8 rows": lambda: noise.normal(halves[:8], (3, 224, 224)),
            "no key: numpy standard_normal float32": lambda: state.standard_normal(PIXELS, np.float32),
            "no key: torch.randn": lambda: torch.randn(PIXELS),
            "no key: torch.rand": lambda: torch.rand(PIXELS),
        },
    )
    if torch.cuda.is_available():
        report("noise of 256 pictures on CUDA", cuda_rows(halves[:256]))


def cuda_rows(keys: list[int]) -> dict[str, Callable[[], object]]:
    def waited(call: Callable[[], object]) -> Callable[[], object]:
        return lambda: (call(), torch.cuda.synchronize())

    return {
        "normal": waited(lambda: noise.normal(keys, (3, 224, 224), "cuda")),
        "uniform": waited(lambda: noise.uniform(keys, (3, 224, 224), "cuda")),
        "no key: torch.randn": waited(lambda: torch.randn(256, 3, 224, 224, device="cuda")),
    }


if __name__ == "__main__":
    main()
