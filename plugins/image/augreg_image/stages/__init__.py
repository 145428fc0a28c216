"""Stages: the parts of a fused image operator, a file for each kind. What they have in common is in `stage.py`."""
