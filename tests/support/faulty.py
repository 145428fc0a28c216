"""Augmenters with one fault each, and the rule of the conformance kit that must find it."""

from __future__ import annotations

import faulty_draws
import faulty_forms
import faulty_kinds
import faulty_meanings
import faulty_rules
from faults import FAULTS

__all__ = ["FAULTS", "faulty_draws", "faulty_forms", "faulty_kinds", "faulty_meanings", "faulty_rules"]

# Else the order, and with it which of several faults docs/rules.md shows, would hang on what was imported first.
FAULTS.sort(key=lambda fault: (fault[1].__module__ != "faulty_rules", fault[1].__module__))
