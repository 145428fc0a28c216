"""The exceptions that augreg raises, and how their messages are built.

    AugregError
    |- UnknownAugmenterError   (LookupError)  no installed plugin offers this name
    |- AmbiguousAugmenterError (LookupError)  several plugins offer this name
    |- UnknownModalityError    (ValueError)   no such modality, or none could be told from the sample
    |- PluginLoadError         (ImportError)  what a plugin names cannot be imported
    |- ContractError           (TypeError)    a plugin breaks a rule of the plugin interface
    |- ConfigError             (ValueError)   a wrong parameter, step, policy or pipeline file
    |- SampleError             (ValueError)   a sample or a target that cannot be augmented
    |- UnsupportedError        (ValueError)   dtype, target, channel count or device that a step does not handle
    `- MediaError              (OSError)      a file that cannot be read or written

A message names the thing as the user wrote it, gives the actual value and what would be valid, and ends
with one thing to do. Its first sentence makes sense alone. `nearest` and `listing` build the second half.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import get_close_matches
from os import PathLike, fspath
from typing import Final

LISTED: Final = 12
"""How many valid values a message spells out."""


HOUSE: Final = __file__.removesuffix("errors.py")
"""Where the code of augreg lies."""


def outside() -> int:
    """Return the ``stacklevel`` by which a warning names the line outside augreg that led to it.

    Python shows a warning once for each line, and deprecations only where the line is the user's own.
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HOUSE):
        level, frame = level + 1, frame.f_back
    return level


class AugregError(Exception):
    """Everything that augreg raises on purpose."""


class UnknownAugmenterError(AugregError, LookupError):
    """No installed plugin offers an augmenter of this name."""


class AmbiguousAugmenterError(AugregError, LookupError):
    """Several plugins offer this name: the message lists the full ids to choose from."""


class UnknownModalityError(AugregError, ValueError):
    """No plugin knows this modality, or a sample does not say which modality it has."""


class PluginLoadError(AugregError, ImportError):
    """Something that a plugin names cannot be imported: the message gives distribution, version and cause."""


class ContractError(AugregError, TypeError):
    """A plugin or an augmenter breaks a rule of the plugin interface: its author has to mend it."""


class ConfigError(AugregError, ValueError):
    """A parameter, step, policy or pipeline file is wrong: whoever wrote it has to mend it."""


class SampleError(AugregError, ValueError):
    """A sample or one of its targets is not what it should be, for instance not finite or without a rate."""


class UnsupportedError(AugregError, ValueError):
    """A step does not handle this dtype, target, channel count or device."""


class KeysWarning(UserWarning):
    """Samples got no keys: with a seed, every such call gives its i-th sample the same augmentation."""


class RowsWarning(UserWarning):
    """Boxes, events or spans left or came, and a field with as many entries stays: perhaps it belongs to them."""


class MediaError(AugregError, OSError):
    """A file cannot be read or written. `path` names it, `reason` says why, `code` is a stable name for the reason.

    The codes (E_EMPTY, E_FORMAT, E_TRUNCATED, ...) are listed in `augreg.media.codes`; manifests carry them.
    """

    def __init__(self, path: str | PathLike[str], reason: str, code: str = "E_MEDIA") -> None:
        super().__init__(f"{fspath(path)}: {reason}")
        self.path: Final = fspath(path)
        self.reason: Final = reason
        self.code: Final = code

    def __reduce__(self) -> tuple[type[MediaError], tuple[str, str, str]]:
        return type(self), (self.path, self.reason, self.code)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the valid value closest to *name*, or "" when none is close.

    Upper and lower case count as equal; among equally close values the first wins.

    >>> from augreg.kernel import nearest
    >>> nearest("rotat", ["rotate", "resize"])
    " Did you mean 'rotate'?"

    """
    by_lower = {value.lower(): value for value in reversed(list(valid))}
    close = get_close_matches(str(name).lower(), reversed(by_lower), n=1)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""


def listing(values: Iterable[object], limit: int = LISTED) -> str:
    """Return *values* separated by commas, those beyond *limit* as a count; "none" for no value.

    >>> from augreg.kernel import listing
    >>> listing(["a", "b", "c", "d"], limit=2)
    'a, b and 2 more'

    """
    words = [str(value) for value in values]
    rest = len(words) - limit
    return ", ".join(words[:limit]) + (f" and {rest} more" if rest > 0 else "") or "none"
