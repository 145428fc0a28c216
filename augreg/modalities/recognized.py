"""Layouts of records that are known as a whole, so that nobody has to write a schema for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """One layout of records that some library or data set hands out.

    Args:
        name: what it is called in messages, "torchvision.datasets.CocoDetection".
        fields: fields that a record of this layout has, all of them; the positions of tuples are "0", "1", ...
        schema: the schema of a record that has these fields, as people write it; None if it is none of this layout.

    """

    name: str
    fields: tuple[str, ...]
    schema: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
