"""The arms of an experiment: none, repeat control, trivial, the given pipeline, and its operations one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing
from augreg.learn.examples import Arm
from augreg.learn.probes import always
from augreg.learn.variants import doses_of, levels_of, without
from augreg.pipeline import Pipeline

CONTROL: Final = "repeat"

OWN: Final = ("none", CONTROL, "trivial")
"""Names of arms that are always there."""


def arms_of(
    pipeline: Pipeline | Mapping[str, Any] | str | Path | None,
    operations: Sequence[Any] | str | Path,
    modality: str,
    *,
    repeats: bool,
    alone: bool = True,
    full: bool = False,
) -> list[Arm]:
    """Return the arms.

    Args:
        pipeline: what is evaluated; None for trivial alone.
        operations: names or steps that are measured alone, beside those of a pipeline of several; or a file of steps.
        modality: of the samples.
        repeats: whether the task looks at samples more often with augmentation than without: else "none" has as many
            steps as any other arm, and there is no other control.
        alone: whether the steps of a pipeline of several are arms, too.
        full: whether weaker and stronger variants are, and the pipeline with each step left out.

    Raises:
        ConfigError: the pipeline has no steps for this modality, or an operation is not there.

    """
    arms = [Arm("none", "none"), *([Arm(CONTROL, "repeat")] if repeats else [])]
    arms.append(Arm("trivial", "trivial", _steps([{"policy.trivial": {}}], modality)))
    single: list[Any] = []
    if pipeline is not None:
        name, steps = _pipeline(pipeline, modality)
        arms.append(Arm(name, "pipeline", {key: steps[key] for key in ("version", modality)}))
        single += steps[modality] if alone and len(steps[modality]) > 1 else []
    single += given_steps(operations, modality)
    for step in single:
        written = _steps([step], modality)
        name = _free(written[modality][0], [arm.name for arm in arms])
        if all(arm.steps != written for arm in arms):  # a step that is there twice is trained once
            arms.append(Arm(name, "operation", written))
    if full:
        for arm in [one for one in arms if one.kind in ("trivial", "pipeline")]:
            arms += doses_of(arm, modality)
        for arm in [one for one in arms if one.kind == "pipeline"]:
            arms += without(arm, modality)
    return arms


def judged_of(arms: Sequence[Arm], modality: str, *, levels: bool = False) -> dict[str, Mapping[str, Any]]:
    """Return the operations, each as a pipeline that applies it to every sample; ``levels``: also at four levels."""
    alone = [arm for arm in arms if arm.kind == "operation" and arm.steps is not None]
    found: dict[str, Mapping[str, Any]] = {
        arm.name: _steps([always(arm.steps[modality][0])], modality) for arm in alone if arm.steps is not None
    }
    if levels:
        found |= {at_level(arm.name, level): steps for arm in alone for level, steps in levels_of(arm, modality)}
    return found


def at_level(name: str, level: float) -> str:
    """Return what an operation at a level is called."""
    return f"{name}, level {level:g}"


def _pipeline(given: Any, modality: str) -> tuple[str, dict[str, Any]]:
    name = "pipeline"
    if isinstance(given, str | Path):
        name, given = Path(given).stem, Pipeline.load(given)
    steps = (given if isinstance(given, Pipeline) else Pipeline(given)).to_dict()
    if not steps.get(modality):
        others = sorted(set(steps) - {"version"})
        raise ConfigError(
            f"the pipeline has no steps for {modality}, which the data is; it has some for {listing(others)}. Add a "
            f"list of steps under {modality!r}."
        )
    return (f"{name} (pipeline)" if name in OWN else name), steps


def given_steps(operations: Sequence[Any] | str | Path, modality: str) -> list[Any]:
    """Return the steps of a file, or names as steps."""
    if isinstance(operations, str | Path):
        path = Path(operations)
        if path.suffix in (".yaml", ".yml", ".json"):
            return list(_pipeline(path, modality)[1][modality])
        operations = [name.strip() for name in str(operations).split(",")]
    return list(operations)


def _steps(steps: list[Any], modality: str) -> dict[str, Any]:
    return Pipeline({modality: steps}).to_dict()


def _free(step: Any, taken: Sequence[str]) -> str:
    """Return a name that no other arm has: where an operation comes twice, its parameters are told."""
    name, parameters = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if name not in taken or not isinstance(parameters, Mapping):
        return str(name)
    return f"{name} ({', '.join(f'{key}={value}' for key, value in parameters.items())})"
