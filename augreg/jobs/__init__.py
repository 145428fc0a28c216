"""Data-set jobs: plan (what to read and write), work (read, augment, stage), commit (rename, manifest)."""

from __future__ import annotations

from augreg.jobs.job import Settings, Summary, run
from augreg.jobs.manifest import trace_of
from augreg.jobs.plan import Item, Plan, make_plan

__all__ = ["Item", "Plan", "Settings", "Summary", "make_plan", "run", "trace_of"]
