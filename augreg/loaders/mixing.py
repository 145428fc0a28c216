"""Steps that mix samples of a batch, where there is no batch, or where what is in one changes from run to run."""

from __future__ import annotations

from augreg.errors import ConfigError
from augreg.pipeline import Pipeline


def mixing_step(pipeline: Pipeline) -> str | None:
    """Return the name of the first step that mixes samples, None if there is none."""
    for modality in pipeline.modalities:
        for execution in pipeline.executions(modality):
            if execution.augmenter.declares.labels == "mixes":
                return execution.built.name
    return None


def refuse_mixing(pipeline: Pipeline, why: str) -> None:
    """Refuse a pipeline that mixes samples.

    Raises:
        ConfigError: it does; the message ends with ``why`` and what to do instead.

    """
    name = mixing_step(pipeline)
    if name is not None:
        raise ConfigError(f"step {name!r} mixes samples of a batch, and {why}")
