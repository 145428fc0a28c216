"""Pipelines: steps, groups of steps, their files, and what they compile to."""

from augreg.pipeline.pipeline import Pipeline
from augreg.pipeline.program import Execution, Program
from augreg.pipeline.steps import OneOf, Sequential, SomeOf, Step

__all__ = ["Execution", "OneOf", "Pipeline", "Program", "Sequential", "SomeOf", "Step"]
