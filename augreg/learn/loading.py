"""Loads the files of a data set into memory, some at once, and goes on where one cannot be read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from augreg import media
from augreg.errors import MediaError
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import Item
from augreg.jobs.sources import Source
from augreg.media import Limits
from augreg.registry import default

BLOCK: Final = 128
"""Files that are fetched at once."""


def load_all(
    source: Source,
    items: Sequence[Item],
    limits: Limits,
    faults: list[tuple[str, str]],
    finish: Callable[[Item, Any, Path], Any] = lambda item, sample, stage: sample,
) -> list[Any]:
    """Return the samples of these inputs.

    Args:
        source: where they come from.
        items: which.
        limits: the largest that are decoded.
        faults: gets path and reason of each that cannot be read.
        finish: makes what is kept of a sample, given a folder that lasts as long as the call.

    """
    found: list[Any] = []
    for start in range(0, len(items), BLOCK):
        block = items[start : start + BLOCK]
        with tempfile.TemporaryDirectory(prefix="augreg-evaluate-") as stage:
            files = Fetched.of(source, block, Path(stage))
            for item in block:
                try:
                    if item.fault is not None:
                        raise item.fault
                    sample = media.load(files[item], limits, default()).sample.changed(key=None)
                    found.append(finish(item, sample, Path(stage)))
                except MediaError as error:
                    faults.append((item.path, error.reason))
    return found
