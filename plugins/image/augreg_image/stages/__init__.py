"""Stages: the parts of a fused image operator, each vectorised over the samples."""
