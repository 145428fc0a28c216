"""nlpaug's own augmenters, run so that a result depends on the sample's key alone and nothing global is touched.

nlpaug draws from `random` and `numpy.random`. Here every object gets a private generator instead, reseeded for
each sample: `Augmenter.sample` and `Augmenter.prob` are replaced on the object, and the modules of nlpaug see
numpy through a stand-in whose `random` is private while we run them, and numpy's own at any other time.
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
from functools import lru_cache
from typing import Any, Final

import numpy as np
import regex

from augreg import ConfigError

Options = tuple[tuple[str, Any], ...]

clusters: Final = regex.compile(r"\X").findall
"""Split a text into grapheme clusters."""
_OBJECTS_PER_THREAD: Final = 64
"""nlpaug's objects that a thread keeps: each holds tables of up to some megabytes, and a pipeline has few."""


class _Private(threading.local):
    """What belongs to one thread: its objects, its generator, and numpy's while nlpaug runs."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, Options], Any] = {}
        self.generator = random.Random(0)
        self.numpy: np.random.RandomState | None = None


_mine: Final = _Private()
_importing: Final = threading.Lock()


class _Numpy(types.ModuleType):
    """numpy, except that `random` is the thread's own generator while nlpaug runs."""

    def __getattr__(self, name: str) -> Any:
        if name == "random" and _mine.numpy is not None:
            return _mine.numpy
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


def instance(path: str, options: Options) -> Any:
    """Return this thread's object of a class of nlpaug, built when first asked for.

    Raises:
        ConfigError: nlpaug refuses the options, or lacks a package or a file.

    """
    kept = _mine.objects
    if (path, options) not in kept:
        from augreg_nlpaug.mend import mended  # it builds on this module

        kind = mended(path, load(path))
        try:
            made = _privatize(kind(**{name: _plain(option) for name, option in options}))
        except ConfigError:
            raise
        except (ValueError, TypeError, LookupError, OSError, ImportError) as error:
            raise ConfigError(f"nlpaug's {kind.__name__} refuses these options: {error}") from None
        if len(kept) >= _OBJECTS_PER_THREAD:
            kept.pop(next(iter(kept)))
        kept[path, options] = made
    return kept[path, options]


def _plain(option: Any) -> Any:
    """Return an option as nlpaug takes it: lists for tuples."""
    return [_plain(o) for o in option] if isinstance(option, tuple) else option


def _privatize(made: Any) -> Any:
    made.sample = _sample
    made.prob = lambda: _mine.generator.random()
    made.token2char = clusters
    made._get_aug_range_idxes = lambda tokens: _run_of(made, tokens)
    if hasattr(made, "dict_path"):
        made.model = _spelling(made.dict_path, made.include_reverse)
    return made


@lru_cache(maxsize=8)
def _spelling(path: str, reverse: bool) -> Any:
    """Return a spelling table of our own: nlpaug keeps the first one that is loaded, whatever the file."""
    table = load("model.word_dict:Spelling")(path, reverse)
    for words in table.dict.values():
        # They come out of sets, in an order that depends on PYTHONHASHSEED.
        words.sort()
    return table


def _sample(x: Any, num: int | None = None) -> Any:
    """Draw as nlpaug does: some items of a list, or a number from 1 to x - 2."""
    generator = _mine.generator
    return generator.sample(x, num or 0) if isinstance(x, list) else generator.randrange(1, max(x - 1, 2))


def _run_of(made: Any, tokens: list[str]) -> list[int]:
    """Choose neighboring tokens for a crop; nlpaug 1.1.11 returns negative places, or none at all."""
    count = min(made.generate_aug_cnt(len(tokens)), len(tokens) - 1)
    if count <= 0:
        return []
    first = _mine.generator.randrange(len(tokens) - count + 1)
    if first == 0 < count - 1:
        # nlpaug would write the second word again, to give it the capital of the first.
        made.align_capitalization = lambda *_: ""
    else:
        made.__dict__.pop("align_capitalization", None)
    return list(range(first, first + count))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let nlpaug draw from generators of this seed, 0 to 2**63 - 1, in this thread."""
    _mine.generator.seed(seed)
    _mine.numpy = np.random.RandomState([seed & 0xFFFFFFFF, seed >> 32])
    try:
        yield
    finally:
        _mine.numpy = None
