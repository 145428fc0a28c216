"""Several things that belong to one sample, told apart from several samples."""

from __future__ import annotations

from typing import Any


class Together(tuple[Any, ...]):
    """Arguments of one call, ``pipe(image, target)``: the fields of one record, and not so many samples."""

    __slots__ = ()
