"""Data-set jobs: plan (what to read and write), work (read, augment, stage), commit (rename, manifest)."""

from __future__ import annotations

from augreg.run.job import Settings, Summary, run
from augreg.run.manifest import trace_of
from augreg.run.plan import Item, Plan, make_plan

__all__ = ["Item", "Plan", "Settings", "Summary", "make_plan", "run", "trace_of"]
