"""Searches policies with real trainings, and writes one only where it beats `policy.trivial` (`augreg search`)."""
