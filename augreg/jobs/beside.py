"""What belongs to an input without being media, labels and columns: whether it is what the manifest says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augreg.jobs.fetched import attached
from augreg.jobs.hashes import sha256
from augreg.jobs.items import Item
from augreg.jobs.sources import Source, Tabular

Beside = tuple[dict[str, str] | None, str | None]
"""Extension -> SHA-256 of what is attached, and the hash of what is carried; None where there is none."""


def carried_by(source: Source, item: Item) -> dict[str, Any]:
    """Return what belongs to a record and is no media, as JSON has it."""
    return source.plain([item])[0] if isinstance(source, Tabular) else dict(item.carried)


def digest_of(carried: Mapping[str, Any]) -> str:
    """Return the hash by which a line remembers what was carried along."""
    return hashlib.sha256(json.dumps(carried, sort_keys=True).encode("ascii")).hexdigest()


def said(line: Mapping[str, Any]) -> Beside:
    """Return what a line tells of it."""
    attached = line.get("attached", {}).items()
    held = {name: of["sha256"] for name, of in attached if not (of.get("carried") or of.get("made"))}
    return held or None, line.get("carried_sha256")


def same(source: Source, item: Item, known: Beside, into: Path) -> bool:
    """Whether what belongs to an input is what a line told; what it did not tell is not asked for.

    Args:
        source: where the input comes from.
        item: the input.
        known: what :func:`said` returned, of the lines of its files.
        into: a folder for what has to be unpacked.

    """
    files, carried = known
    try:
        if files is not None and {n: sha256(path) for n, path in attached(source, item, into).items()} != files:
            return False
        return carried is None or carried == digest_of(carried_by(source, item))
    except OSError:  # MediaError is one
        return False
