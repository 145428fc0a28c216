"""Mean and deviation of a data set, from the file that `augreg stats` wrote."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from augreg import ConfigError
from augreg.kernel import read_file

MOST: Final = 1 << 20
"""Bytes of such a file; they have about 2,000."""


def of_file(path: str) -> dict[str, tuple[float, ...]]:
    """Return ``mean`` and ``std`` of the pictures that a file speaks of.

    Raises:
        ConfigError: it cannot be read, or says neither.

    """
    try:
        found = json.loads(read_file(path, MOST))
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(path, f"cannot be read: {error}") from None
    pictures = found.get("image") if isinstance(found, dict) else None
    if not isinstance(pictures, dict):
        raise _refused(path, "says nothing of pictures")
    if "mean" not in pictures and isinstance(several := pictures.get("channels"), dict) and len(several) > 1:
        raise ConfigError(
            f"stats={path!r} measured pictures of {' and of '.join(map(str, several))} channels, which have no common "
            "mean. Measure those of one kind, or give mean and std."
        )
    return {name: _numbers(path, name, pictures.get(name)) for name in ("mean", "std")}


def _numbers(path: str, name: str, given: Any) -> tuple[float, ...]:
    if not isinstance(given, list) or not given or not all(_is_number(value) for value in given):
        raise _refused(path, f"has no {name} of pictures that is a list of numbers")
    return tuple(float(value) for value in given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refused(path: str, why: str) -> ConfigError:
    return ConfigError(f"stats={path!r} {why}. Give a file that `augreg stats IN --out FILE` wrote.")
