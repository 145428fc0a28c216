"""Lets audiomentations draw from generators of our own: nothing global is touched, and threads do not wait.

audiomentations draws from `random` and `numpy.random`, and python_stretch from the hardware. Its modules see them all,
and `warnings`, through stand-ins: private to the thread while we run a transform, the real ones at any other time.
"""

from __future__ import annotations

import random
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np


class _Private(threading.local):
    """What belongs to one thread while audiomentations runs: the seed, and the generators that were asked for."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.python = random.Random(0)
        self._numpy: np.random.RandomState | None = None

    def start(self, seed: int | None) -> None:
        """Take a seed; None: audiomentations has ended."""
        self.seed, self._numpy = seed, None
        if seed is not None:
            self.python.seed(seed)

    def numpy(self) -> np.random.RandomState:
        """Return numpy's generator of the seed, made when first asked for: it takes long, and few transforms ask."""
        if self._numpy is None:
            self._numpy = np.random.RandomState(words(self.seed or 0))
        return self._numpy


_mine: Final = _Private()


def words(seed: int) -> list[int]:
    """Return a seed below 2**64 as the two of 32 bits that numpy's generator takes."""
    return [seed & 0xFFFFFFFF, seed >> 32]


class _StandIn(types.ModuleType):
    """A module whose attributes are those of another, but for what a subclass says."""

    def __init__(self, real: Any) -> None:
        super().__init__(real.__name__)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Random(_StandIn):
    def __getattr__(self, name: str) -> Any:
        return getattr(self._real if _mine.seed is None else _mine.python, name)


class _Numpy(_StandIn):
    def __getattr__(self, name: str) -> Any:
        return _mine.numpy() if name == "random" and _mine.seed is not None else getattr(self._real, name)


class _Stretch(_StandIn):
    """python_stretch, whose randomness below half the rate is seeded while we run."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name != "Signalsmith" or _mine.seed is None:
            return found
        seed = _mine.seed & 0x7FFFFFFF  # it takes a C long, which has 32 bits on some systems
        return types.SimpleNamespace(Stretch=lambda: found.Stretch(seed))


class _Warnings(_StandIn):
    """warnings, which would come for every sound anew; to filter them by `warnings` itself is not safe in threads."""

    def __getattr__(self, name: str) -> Any:
        return _no_warning if name == "warn" and _mine.seed is not None else getattr(self._real, name)


def _no_warning(*args: Any, **kwargs: Any) -> None:
    """Say nothing."""


_STAND_INS: Final = {"random": _Random, "np": _Numpy, "python_stretch": _Stretch, "warnings": _Warnings}
_lock: Final = threading.Lock()


def install() -> None:
    """Put the stand-ins into the modules of audiomentations that are imported; again does nothing."""
    with _lock:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] != "audiomentations" or module is None:
                continue
            for global_name, kind in _STAND_INS.items():
                real = vars(module).get(global_name)
                if isinstance(real, types.ModuleType) and not isinstance(real, _StandIn):
                    setattr(module, global_name, kind(real))


_warm: Final[set[str]] = set()


def warm(made: Any) -> None:
    """Let librosa load and compile what a transform needs of it; it draws from the global state when it does."""
    key = f"{type(made).__name__} {getattr(made, 'method', '')}"
    if "librosa" not in vars(sys.modules[type(made).__module__]) or key in _warm:
        return
    with _lock:
        states = random.getstate(), np.random.get_state()  # noqa: NPY002 -- it is the global state that is kept
        try:
            made(np.linspace(-1, 1, 8192, dtype=np.float32), 16000)
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002
            _warm.add(key)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let audiomentations draw from generators of this seed, 0 to 2**63 - 1, in this thread."""
    _mine.start(seed)
    try:
        yield
    finally:
        _mine.start(None)
