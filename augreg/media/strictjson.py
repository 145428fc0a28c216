"""JSON as it is defined: no name twice in an object, and no NaN or infinity, which readers take in different ways."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def loads(text: str) -> Any:
    """Return what a text says.

    Raises:
        ValueError: it is no JSON, names something twice, or holds NaN or an infinity.
        RecursionError: it is nested too deeply.

    >>> from augreg.media import strictjson
    >>> strictjson.loads('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: 'a' stands there twice

    """
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands there twice")
        found[name] = value
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
