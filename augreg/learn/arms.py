"""The arms of an experiment: none, repeat control, trivial, the given pipeline, and its operations one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing
from augreg.learn.examples import Arm
from augreg.learn.probes import always
from augreg.learn.records import RECORD, steps_of
from augreg.learn.variants import doses_of, levels_of, without
from augreg.pipeline import Pipeline
from augreg.registry import default

CONTROL: Final = "repeat"

TURNING: Final = ("image.rotate", "image.shear")
"""By 30 degrees a square becomes one whose upright box has 1.9 times its area: a detector would learn to be loose."""

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
    boxed: bool = False,
    example: Any = None,
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
        boxed: whether boxes are what is learned; ``trivial`` has no operations then that make them loose.
        example: where samples are records, one of them.

    Raises:
        ConfigError: the pipeline has no steps for this modality, or an operation is not there.

    """
    arms = [Arm("none", "none"), *([Arm(CONTROL, "repeat")] if repeats else [])]
    trivial = {"operations": _upright(modality)} if boxed else {}
    made = partial(steps_of, example=example) if modality == RECORD else partial(_steps, modality=modality)
    arms.append(Arm("trivial", "trivial", made([{"policy.trivial": trivial}])))
    single: list[Any] = []
    if pipeline is not None:
        name, steps = _pipeline(pipeline, modality)
        kept = steps if modality == RECORD else {key: steps[key] for key in ("version", modality)}
        arms.append(Arm(name, "pipeline", kept))
        single += steps[modality] if alone and modality != RECORD and len(steps[modality]) > 1 else []
    single += given_steps(operations, modality)
    for step in single:
        written = made([step])
        name = _free(_step(written), [arm.name for arm in arms])
        if all(arm.steps != written for arm in arms):  # a step that is there twice is trained once
            arms.append(Arm(name, "operation", written))
    if full and modality != RECORD:  # of records some steps belong together
        for arm in [one for one in arms if one.kind in ("trivial", "pipeline")]:
            arms += doses_of(arm, modality)
        for arm in [one for one in arms if one.kind == "pipeline"]:
            arms += without(arm, modality)
    return arms


def _upright(modality: str) -> list[Any]:
    """Return TrivialAugment's operations but those after which an upright box around the old one is too large."""
    newest = max((one for one in default().operation_sets(modality) if not one.family), key=lambda one: one.number)
    kept = [one for one in newest.operations if one.name not in TURNING]
    return [{one.name: {**one.params, "level": _plain(one.level), "weight": one.weight}} for one in kept]


def _plain(level: Any) -> Any:
    return list(level) if isinstance(level, tuple) else level


def judged_of(arms: Sequence[Arm], *, levels: bool = False) -> dict[str, Mapping[str, Any]]:
    """Return the operations, each as a pipeline that applies it to every sample; ``levels``: also at four levels."""
    alone = [arm for arm in arms if arm.kind == "operation"]
    found: dict[str, Mapping[str, Any]] = {}
    for arm in alone:
        assert arm.steps is not None, "operations have steps"
        branch = branch_of(arm.steps)
        found[arm.name] = _steps([always(arm.steps[branch][0])], branch)
    if levels:
        found |= {
            at_level(arm.name, level): steps
            for arm in alone
            if arm.steps is not None
            for level, steps in levels_of(arm, branch_of(arm.steps))
        }
    return found


def branch_of(written: Mapping[str, Any]) -> str:
    """Return the branch of a pipeline of one branch."""
    return next(key for key in written if key not in ("version", "schema"))


def _step(written: Mapping[str, Any]) -> Any:
    """Return the one step of a pipeline."""
    return next(steps for steps in written.values() if isinstance(steps, list))[0]


def at_level(name: str, level: float) -> str:
    """Return what an operation at a level is called."""
    return f"{name}, level {level:g}"


def _pipeline(given: Any, modality: str) -> tuple[str, dict[str, Any]]:
    name = "pipeline"
    if isinstance(given, str | Path):
        name, given = Path(given).stem, Pipeline.load(given)
    steps = (given if isinstance(given, Pipeline) else Pipeline(given)).to_dict()
    if modality != RECORD and not steps.get(modality):
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
