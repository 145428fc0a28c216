"""Data-set jobs: plan (what to read and write), shards (read, augment, stage, commit by renaming), engines, the end."""

from __future__ import annotations

from augreg.jobs.again import Replayed, replay
from augreg.jobs.cleaning.clean import clean
from augreg.jobs.cleaning.look import Fault
from augreg.jobs.cleaning.report import Report
from augreg.jobs.inspecting.found import Inspection
from augreg.jobs.inspecting.inspect import inspect
from augreg.jobs.items import Item
from augreg.jobs.job import run
from augreg.jobs.look import Verdict, verify
from augreg.jobs.manifest import trace_of
from augreg.jobs.measured import stats
from augreg.jobs.removal import Forgotten, forget
from augreg.jobs.settings import Settings
from augreg.jobs.summary import Summary

__all__ = [
    "Fault",
    "Forgotten",
    "Inspection",
    "Item",
    "Replayed",
    "Report",
    "Settings",
    "Summary",
    "Verdict",
    "clean",
    "forget",
    "inspect",
    "replay",
    "run",
    "stats",
    "trace_of",
    "verify",
]
