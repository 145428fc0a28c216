"""Variants of an arm: weaker and stronger ones (dose-response), and pipelines with one step left out (ablation)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from augreg.errors import AugregError
from augreg.learn.examples import Arm
from augreg.param import describe
from augreg.pipeline import Pipeline
from augreg.registry import default, list_augmenters

DOSES: Final = (0.25, 0.5, 0.75)
"""What strengths are multiplied by, or the share of samples that are augmented."""

STRONG: Final = ("policy.trivial", "policy.rand", "policy.uniform", "policy.sub")
"""Policies that draw strengths; what others draw is no matter of strength, as that of mixing."""


def doses_of(arm: Arm, modality: str) -> list[Arm]:
    """Return weaker and stronger variants of an arm.

    Where all steps are drawn by a policy or have a ``level``, strengths are multiplied by each of :data:`DOSES`. Other
    steps say themselves how strong they are; then each dose is the share of the samples that the whole is applied to.
    Twice the dose is the whole applied two times.

    >>> from augreg.learn.examples import Arm
    >>> from augreg.learn.variants import doses_of
    >>> steps = {"version": 1, "image": [{"image.rotate": {"level": [0.2, 0.8]}}]}
    >>> [(arm.name, arm.steps["image"]) for arm in doses_of(Arm("p", "pipeline", steps), "image")][0]
    ('p, strength x 0.25', [{'image.rotate': {'level': [0.05, 0.2]}}])

    """
    assert arm.steps is not None
    steps = list(arm.steps[modality])
    found = []
    for dose in DOSES:
        weaker = [_weaker(step, dose) for step in steps]
        names = [step if isinstance(step, str) else next(iter(step)) for step in steps]
        if all(step is not None for step in weaker) and len(set(names)) == len(names):
            found.append(_arm(arm, f"{arm.name}, strength x {dose:g}", weaker, modality, dose))
        else:
            shared = [{"sequential": {"steps": [_outside(step) for step in steps], "p": dose}}]
            found.append(_arm(arm, f"{arm.name}, for {dose:.0%} of samples", shared, modality, dose))
    again = [_without_id(step) for step in steps]
    found.append(_arm(arm, f"{arm.name}, twice", [*steps, *again], modality, 2.0))
    return [one for one in found if one is not None]


def without(arm: Arm, modality: str) -> list[Arm]:
    """Return a pipeline of several steps with each of them left out in turn."""
    assert arm.steps is not None
    steps = list(arm.steps[modality])
    if len(steps) < 2:
        return []
    names = [step if isinstance(step, str) else next(iter(step)) for step in steps]
    found = []
    for place, name in enumerate(names):
        which = f" (step {place + 1})" if names.count(name) > 1 else ""
        called = f"{arm.name} without {name}{which}"
        found.append(_arm(arm, called, steps[:place] + steps[place + 1 :], modality, None, kind="without"))
    return [one for one in found if one is not None]


def _arm(
    arm: Arm, name: str, steps: Sequence[Any], modality: str, dose: float | None, kind: str = "dose"
) -> Arm | None:
    try:
        written = Pipeline({modality: list(steps)}).to_dict()
    except AugregError:
        return None  # steps that belong together, or come once only: this variant is none
    return Arm(name, kind, written, of=arm.name, dose=dose)


def _weaker(step: Any, dose: float) -> Any:
    """Return a step of so much of its strength; None where it says itself what it does."""
    name, said = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if name in STRONG:
        own = {spec.name for spec in describe(default().load_policy(name))}
        beside = {key: value for key, value in said.items() if key in ("p", "id") and key not in own}
        inner = {key: value for key, value in said.items() if key not in beside}
        # Under its own name it draws what the whole dose draws, so that both differ in strength alone.
        return {"policy.curriculum": {"level": dose, "policy": {name: inner}, "id": name, **beside}}
    level = said.get("level") if isinstance(said, Mapping) else None
    if isinstance(level, (int, float)):
        return {name: {**said, "level": level * dose}}
    if isinstance(level, (list, tuple)) and all(isinstance(end, (int, float)) for end in level):
        return {name: {**said, "level": [end * dose for end in level]}}
    return None


def _outside(step: Any) -> Any:
    """Return a step as it is outside of a group, where its probability is what its augmenter declares."""
    name, said = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if name not in _names() or "p" in (said or {}):
        return step
    declared = getattr(getattr(default().load(name), "declares", None), "p", 1.0)
    return {name: {**(said or {}), "p": declared}}


def _without_id(step: Any) -> Any:
    if isinstance(step, str):
        return step
    name, said = next(iter(step.items()))
    return {name: {key: value for key, value in said.items() if key != "id"}} if isinstance(said, Mapping) else step


def _names() -> set[str]:
    return {spec.name for spec in list_augmenters()}


def _measures(given: tuple[str, Any]) -> bool:
    """Whether a parameter says how strong a step is, as numbers do."""
    name, value = given
    values = value if isinstance(value, (list, tuple)) else [value]
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values)
    return numbers and name not in ("p", "level", "id")


def levels_of(arm: Arm, modality: str) -> Iterator[tuple[float, Mapping[str, Any]]]:
    """Yield the levels of an operation that declares one, each with a pipeline that applies it to every sample."""
    assert arm.steps is not None
    step = arm.steps[modality][0]
    name, said = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if name not in _names():
        return
    level = getattr(default().load(name).declares, "level", None)
    if level is None or any(map(_measures, (said or {}).items())):
        return  # it says itself how strong it is
    kept = {key: value for key, value in (said or {}).items() if key != "id"}
    for dose in (*DOSES, 1.0):
        try:
            yield dose, Pipeline({modality: [{name: {**kept, "level": dose, "p": 1.0}}]}).to_dict()
        except AugregError:
            return
