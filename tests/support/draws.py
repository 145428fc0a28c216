"""Every kind of draw of an Rng by name, for tests that must hold for each; run as a program: a digest of them all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from augreg.random import noise
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng, fires

DRAWS: dict[str, Callable[[Rng], np.ndarray]] = {
    "unit": lambda rng: rng.uniform("x"),
    "uniform": lambda rng: rng.uniform("x", -30, 30),
    "uniform rows": lambda rng: rng.uniform("x", 0.0, per_row(rng), size=(2, 3)),
    "integers": lambda rng: rng.integers("x", -3, 9),
    "integers rows": lambda rng: rng.integers("x", 0, per_row(rng).astype(np.int64), size=5),
    "bernoulli": lambda rng: rng.bernoulli("x", 0.3),
    "choice": lambda rng: rng.choice("x", 4),
    "weighted": lambda rng: rng.choice("x", 3, weights=[0.2, 0.0, 0.5], size=2),
    "normal": lambda rng: rng.normal("x", 2.0, 0.5),
    "normal rows": lambda rng: rng.normal("x", per_row(rng), per_row(rng), size=2),
    "log_uniform": lambda rng: rng.log_uniform("x", 0.1, 10.0),
    "beta": lambda rng: rng.beta("x", 0.4, 0.2),
    "gamma": lambda rng: rng.gamma("x", 2.5, size=2),
    "small gamma": lambda rng: rng.gamma("x", 0.1),
    "dirichlet": lambda rng: rng.dirichlet("x", [0.5, 1.0, 3.0], 3),
    "sign": lambda rng: rng.sign("x", size=(2,)),
    "permutation": lambda rng: rng.permutation("x", 6),
    "sample": lambda rng: rng.sample("x", 50, 4),
    "sample rows": lambda rng: rng.sample("x", 5 + per_row(rng).astype(np.int64) * 400, 4),
    "words": lambda rng: rng.words("x", 7),
    "noise_key": lambda rng: rng.noise_key("x"),
}


def per_row(rng: Rng) -> np.ndarray:
    """One bound for each sample, 1.0 to 20.0, that belongs to it wherever it stands."""
    return 1.0 + (rng.keys % np.uint64(20)).astype(np.float64)


def digest() -> str:
    """Return a hash of the bits of many draws and of noise."""
    total = hashlib.sha256()
    for n in (1, 3000):
        rng = Rng(7, hash_keys(range(n)), epoch=1).at("a step")
        for draw in DRAWS.values():
            total.update(np.ascontiguousarray(draw(rng)).tobytes())
        total.update(rng.ragged("x", np.arange(n) % 11).tobytes())
        total.update(fires(7, rng.keys, ["a", "b"], [0.5, 0.1], epoch=1, copy=0).tobytes())
    total.update(noise.normal_numpy(5, 100_003).tobytes())
    total.update(noise.uniform_numpy(5, 10_003).tobytes())
    total.update(noise.normal([1, 2], (3, 50)).numpy().tobytes())
    return total.hexdigest()


if __name__ == "__main__":
    print(digest())
