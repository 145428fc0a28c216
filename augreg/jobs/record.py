"""What the record of a job says of it: enough to do it again, and nothing of where and by whom it was done."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import augreg
from augreg.jobs.chosen import Chosen
from augreg.jobs.hashes import sha256
from augreg.jobs.libraries import libraries
from augreg.jobs.manifest import VERSION
from augreg.jobs.settings import Settings
from augreg.jobs.sinks import Sink
from augreg.jobs.sources import Source
from augreg.pipeline import Pipeline


def _said(source: Source) -> Any:
    """Return what a job's record says of its source, but not where it lies: its kind, and what else was asked of it."""
    said = {name: value for name, value in source.describe().items() if name not in ("given", "root")}
    said = {name: value for name, value in said.items() if value not in (None, [])}
    return said if len(said) > 1 else said["kind"]


def _said_of_choice(settings: Settings) -> dict[str, Any]:
    if settings.chosen is None:
        return {}
    return {"chosen": sha256(settings.chosen), **Chosen.read(settings.chosen).about}


def describe(pipeline: Pipeline, settings: Settings, source: Source, sink: Sink) -> dict[str, Any]:
    """Return what the record of a job says: enough to do it again. No absolute path, no name of user or machine."""
    return {
        "v": VERSION,
        "augreg": augreg.__version__,
        "plugins": {r.plugin: r.version for r in pipeline.registry.records if r.status == "ok"},
        "libraries": libraries(),
        **({"host": platform.node()} if settings.record_host else {}),
        **({"only": sha256(Path(settings.only))} if settings.only is not None else {}),
        **_said_of_choice(settings),
        "source": _said(source),
        "sink": sink.describe(),
        "pipeline": pipeline.to_dict(),
        "seed": settings.seed,
        "epoch": settings.epoch,
        "copies": settings.copies,
        "device": settings.device_name,
        "batch_size": settings.batch_size,
        "shard_size": settings.shard_size,
        "shard_bytes": settings.shard_bytes,
        "on_error": settings.on_error,
        "metadata": "kept" if settings.keep_metadata else "removed",
        "names": settings.names,
        "limits": asdict(settings.limits),
        "decode": settings.decode,
    }
