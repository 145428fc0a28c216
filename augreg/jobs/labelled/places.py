"""Where files of labels lie: within the folder of the inputs, and nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from augreg.jobs.sources import Folder, Source
from augreg.jobs.sources.lists import Paths
from augreg.jobs.sources.places import is_address


def root_of(source: Source) -> Path | None:
    """Return the local folder from which names of inputs count; None where there is none."""
    if isinstance(source, Folder):
        return source.root
    return Path(source.root) if isinstance(source, Paths) and not is_address(source.root) else None


def stamp_of(root: Path, place: str) -> tuple[int, int] | None:
    """Return size and time of last change of a file; None if it is not there, or a link that leads out of the root."""
    path = root / place
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or not path.resolve().is_relative_to(root.resolve()):
            return None
    except (OSError, ValueError, RuntimeError):  # ValueError: a NUL in the name; RuntimeError: a link in a circle
        return None
    return status.st_size, status.st_mtime_ns


def as_kept(labels: Any) -> tuple[int, int]:
    """Return size and time of last change as the plan saw them."""
    return labels["bytes"], labels["mtime_ns"]
