"""Runs a pipeline over a mixed batch: draws, groups, fuses, places, applies, scatters."""
