"""What a job writes without running the pipeline: inputs as they are, and what a generator made before it began."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augreg.errors import MediaError
from augreg.jobs.copying import Copier
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import ORIGINAL, Item, generated
from augreg.jobs.sinks import Made
from augreg.jobs.state import GENERATED, state_of


def original(item: Item, copier: Copier, files: Fetched, stage: Path, opening: Mapping[str, Any]) -> Made:
    """Stage an input itself, where it goes along with its copies.

    Raises:
        MediaError: its metadata cannot be removed.

    """
    staged = stage / f"{item.position}_{ORIGINAL}"
    notes = copier.copy(files[item], staged, item.own_suffix, "the original")
    return Made(item, ORIGINAL, staged, {**opening, "outcome": "original", "steps": [], "notes": list(notes)})


def made_before(item: Item, copy: int, out: Path, stage: Path, opening: Mapping[str, Any]) -> Made:
    """Stage what a generator made: it lies in the job's state as it is to be written.

    Raises:
        MediaError: it is not there any more.

    """
    staged = stage / f"{item.position}_{copy}"
    try:
        shutil.copyfile(state_of(out) / GENERATED / str(generated(copy)), staged)
    except OSError as error:
        reason = f"what a generator made for it is not there any more ({error.strerror}). Begin anew with --overwrite."
        raise MediaError(item.output(copy), reason, "E_MISSING") from None
    return Made(item, copy, staged, {**opening, "outcome": "generated", "steps": [], "notes": []})
