"""`augreg check pipeline.yaml`: what every step may alter, and which captions it makes false."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from augreg.cli.aside import aside

if TYPE_CHECKING:
    from augreg.pipeline.alterations import Alteration

SUFFIXES: Final = (".yaml", ".yml", ".json")
"""What a pipeline file is told by."""

NO_RECORDS: Final = (
    "It has no schema and no joint steps, so nothing is known of its records: "
    "whether captions stay true is not checked. Say what they hold, e.g. schema: {image: image, caption: text}."
)


def report(path: Path) -> Iterator[str]:
    """Yield the lines of the report. Raises ConfigError, ... for a pipeline that cannot be built."""
    from augreg.pipeline import Pipeline
    from augreg.pipeline.alterations import alterations, fields_of

    with aside():
        pipeline = Pipeline.load(path)
        found = alterations(pipeline)
    width = max((len(step.name) for step in found), default=0)
    for branch, steps in groupby(found, key=lambda step: step.branch):
        yield branch
        for step in steps:
            yield f"  {step.name:{width}}  {_altered(step)}"
            yield from (f"    {line}" for line in (*_spared(step), *_warning(step)))
    warnings = sum(bool(step.untrue) for step in found)
    yield f"{path}: {_count(len(found), 'step')}, {_count(warnings, 'warning')}."
    if not fields_of(pipeline):
        yield NO_RECORDS


def _altered(step: Alteration) -> str:
    if not step.alters:
        return "alters nothing"
    mended = f"; captions follow {', '.join(sorted(step.mends))}" if step.mends else ""
    return f"may alter {', '.join(sorted(step.alters))}{mended}"


def _spared(step: Alteration) -> Iterator[str]:
    if step.spared:
        captions = " or ".join(map(repr, step.captions))
        yield f"left out for records whose {captions} speaks of {' or '.join(step.spared)}."


def _warning(step: Alteration) -> Iterator[str]:
    from augreg.contract.meanings import MEANINGS

    if not step.untrue:
        return
    yield f"warning: {' and '.join(map(repr, step.captions))} may become false."
    yield from (f"  {word}: {MEANINGS[word]}" for word in step.untrue)
    if step.instead:
        yield f"  Use {' or '.join(step.instead)} under record: captions stay true."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
