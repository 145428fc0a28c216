"""Policies: which operations run on a sample, and how strong, drawn per sample."""
