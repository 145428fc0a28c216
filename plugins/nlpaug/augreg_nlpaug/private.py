"""Lets nlpaug draw from generators of our own: nothing global is touched.

nlpaug draws from `random` and `numpy.random`. Here every thread has private generators instead, and the modules of
nlpaug see numpy through a stand-in whose `random` is private while we run them, and numpy's own at any other time.
"""

from __future__ import annotations

import importlib
import random
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from augreg import ConfigError

Options = tuple[tuple[str, Any], ...]


class Private(threading.local):
    """What belongs to one thread: its objects, its generator; while nlpaug runs the seed, and numpy's generator."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, Options], Any] = {}
        self.generator = random.Random(0)
        self.seed: int | None = None
        self._numpy: np.random.RandomState | None = None

    def numpy(self) -> np.random.RandomState:
        """Return numpy's generator of the seed, made when first asked for: few augmenters do, and it takes long."""
        if self._numpy is None:
            seed = self.seed or 0
            self._numpy = np.random.RandomState([seed & 0xFFFFFFFF, seed >> 32])
        return self._numpy

    def reseed(self, seed: int | None) -> None:
        """Take a seed; None: nlpaug has ended."""
        self.seed, self._numpy = seed, None


mine: Final = Private()
_importing: Final = threading.Lock()


class _Numpy(types.ModuleType):
    """numpy, except that `random` is the thread's own generator while nlpaug runs."""

    def __getattr__(self, name: str) -> Any:
        if name == "random" and mine.seed is not None:
            return mine.numpy()
        return getattr(np, name)


_stand_in: Final = _Numpy("numpy")


def load(path: str) -> Any:
    """Return a class of nlpaug, "augmenter.char:KeyboardAug" for instance.

    Raises:
        ConfigError: a package that nlpaug needs for it is missing.

    """
    module, _, name = path.partition(":")
    with _importing, warnings.catch_warnings():
        # nlpaug's sources hold invalid escape sequences, about which newer Pythons warn when they compile them.
        warnings.simplefilter("ignore")
        try:
            found = getattr(importlib.import_module(f"nlpaug.{module}"), name)
        except ImportError as error:
            raise ConfigError(f"nlpaug's {name} cannot be imported: {error}. Run: pip install {error.name}") from None
        for loaded in [m for key, m in sys.modules.items() if key.startswith("nlpaug.") and m is not None]:
            if getattr(loaded, "np", None) is np:
                loaded.np = _stand_in  # type: ignore[attr-defined]  # the name by which nlpaug knows numpy
    return found


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let nlpaug draw from generators of this seed, 0 to 2**63 - 1, in this thread."""
    mine.generator.seed(seed)
    mine.reseed(seed)
    try:
        yield
    finally:
        mine.reseed(None)
