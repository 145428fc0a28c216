"""Pipelines and keys for samples with one class each, which is not to change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from augreg.errors import ConfigError, SampleError, listing
from augreg.intake.keys import plain_key
from augreg.pipeline import Pipeline


def checked_keys(keys: Iterable[Any] | None, count: int) -> list[Any]:
    """Return the keys of samples, their positions where none are given."""
    if keys is None:
        return list(range(count))
    found = [plain_key(key) for key in keys]
    if len(found) != count:
        raise SampleError(f"keys has {len(found)} entries, and there are {count} samples. Give one key for each.")
    return found


def checked_pipeline(given: Any, modality: str) -> Pipeline:
    """Return a pipeline whose steps leave each sample's label to it.

    Raises:
        ConfigError: a step mixes samples or changes labels, or no step is for the modality.

    """
    listed = isinstance(given, (list, tuple))
    pipe = given if isinstance(given, Pipeline) else Pipeline({modality: list(given)} if listed else given)
    if modality not in pipe.modalities:
        has = f" It has steps for {listing(pipe.modalities)}." if pipe.modalities else ""
        raise ConfigError(f"pipeline has no steps for modality={modality!r}.{has}")
    for execution in pipe.executions(modality):
        does = execution.augmenter.declares.labels
        if does != "keeps":
            raise ConfigError(
                f"step {execution.built.name!r} {does} labels, and each sample has one label that stays as it is. "
                "Leave it out, or train with augreg.loader and a loss that takes mixed labels."
            )
    return pipe
