"""nlpaug's own augmenters, run so that a result depends on the sample's key alone and nothing global is touched.

Every object draws from the private generator of `augreg_nlpaug.private`, reseeded for each sample: `Augmenter.sample`
and `Augmenter.prob` are replaced on the object.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import regex

from augreg import ConfigError
from augreg.kernel import check_file
from augreg_nlpaug.mend import mended
from augreg_nlpaug.private import Options, load, mine, seeded

__all__ = ["Options", "clusters", "instance", "load", "seeded"]

clusters: Final = regex.compile(r"\X").findall
"""Split a text into grapheme clusters."""
_OBJECTS_PER_THREAD: Final = 64
"""nlpaug's objects that a thread keeps: each holds tables of up to some megabytes, and a pipeline has few."""


def instance(path: str, options: Options) -> Any:
    """Return this thread's object of a class of nlpaug, built when first asked for.

    Raises:
        ConfigError: nlpaug refuses the options, or lacks a package or a file.

    """
    kept = mine.objects
    if (path, options) not in kept:
        kind = mended(path, load(path))
        try:
            for name, option in options:
                if name == "dict_path" and option is not None:
                    check_file(option)
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
    made.prob = lambda: mine.generator.random()
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
    generator = mine.generator
    return generator.sample(x, num or 0) if isinstance(x, list) else generator.randrange(1, max(x - 1, 2))


def _run_of(made: Any, tokens: list[str]) -> list[int]:
    """Choose neighboring tokens for a crop; nlpaug 1.1.11 returns negative places, or none at all."""
    count = min(made.generate_aug_cnt(len(tokens)), len(tokens) - 1)
    if count <= 0:
        return []
    first = mine.generator.randrange(len(tokens) - count + 1)
    if first == 0 < count - 1:
        # nlpaug would write the second word again, to give it the capital of the first.
        made.align_capitalization = lambda *_: ""
    else:
        made.__dict__.pop("align_capitalization", None)
    return list(range(first, first + count))
