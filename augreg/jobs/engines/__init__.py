"""Engines: each only executes ``shard(k)``, so what a job leaves does not hang on which one did it."""

from __future__ import annotations

from augreg.jobs.engines.base import Engine, Event, Work

__all__ = ["Engine", "Event", "Work"]
