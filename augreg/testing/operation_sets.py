"""Checks of the sets of operations that a plugin offers: whoever draws from one gets what its name promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from augreg import param
from augreg.engine.augment import augment
from augreg.errors import AugregError
from augreg.modalities.known import modalities
from augreg.pipeline import Pipeline
from augreg.registry import Registry
from augreg.registry.discovery import normalised
from augreg.registry.operations import Operation, OperationSet
from augreg.testing.check import Check, ConformanceError, require
from augreg.testing.compare import fingerprint
from augreg.testing.subject import SEED, examples

EQUAL: Final = 64
DIFFERENT: Final = 60
"""How many of 64 equal samples must become different ones; a few operations have few strengths."""


def set_checks(registry: Registry, distribution: str) -> Iterator[Check]:
    """Yield the checks of the sets that a distribution offers."""
    for found in registry.operation_sets():
        if normalised(found.plugin) != normalised(distribution):
            continue
        rules: list[Callable[[Registry, OperationSet], None]] = [members_fit, members_say_why, members_build, builds]
        for rule in [*rules, *([] if found.family else [results_differ])]:
            doc = (rule.__doc__ or "").partition("\n")[0]
            run = partial(_run, rule, registry, found)
            yield Check(f"{found.name}-{rule.__name__}", run, doc, slow=rule is results_differ)


def _run(rule: Callable[[Registry, OperationSet], None], registry: Registry, found: OperationSet) -> None:
    try:
        rule(registry, found)
    except ConformanceError:
        raise
    except Exception as error:
        raise ConformanceError(f"{found.name} fails where it should not: {type(error).__name__}: {error}") from error


def members_fit(registry: Registry, found: OperationSet) -> None:
    """Every member exists once, runs on samples of the modality, and has a level or says ``own``."""
    lifted = {lift.source for lift in registry.lifts() if lift.modality == found.modality}
    said = [(o.name, repr(dict(o.params))) for o in found.operations]
    twice = sorted({name for name, params in said if said.count((name, params)) > 1})
    require(not twice, f"{found.name} holds {', '.join(twice)} twice; give it a weight instead.")
    for operation in found.operations:
        spec = registry.resolve(operation.name)
        fits = {found.modality, *lifted} & set(spec.modalities)
        require(bool(fits), f"{found.name}: {spec.name} is for {', '.join(spec.modalities)}, not {found.modality}.")
        declares: Any = registry.load(spec.id).declares
        strong = declares.level is not None or operation.level == "own"
        require(strong, f"{found.name}: {spec.name} declares no level; give it level='own', or leave it out.")


def members_say_why(_registry: Registry, found: OperationSet) -> None:
    """Every member says what speaks for it, and the set what it is for."""
    bare = [o.name for o in found.operations if not o.why.strip()]
    require(not bare, f"{found.name}: {', '.join(bare)} without why; name a source, or a measurement.")
    require(bool(found.summary.strip()), f"{found.name} has no summary.")


def members_build(registry: Registry, found: OperationSet) -> None:
    """Every member can be built as the set configures it, without files and models."""
    for operation in found.operations:
        _built(registry, operation, found)


def _built(registry: Registry, operation: Operation, found: OperationSet) -> None:
    spec = registry.resolve(operation.name)
    try:
        param.build(registry.load(spec.id), dict(operation.params), spec.name)
    except AugregError as error:
        raise ConformanceError(f"{found.name}: {operation.name} cannot be built: {error}") from None


def builds(registry: Registry, found: OperationSet) -> None:
    """A pipeline whose policy draws from it can be built, and survives its file."""
    pipe = _pipeline(registry, found)
    again = Pipeline.from_dict(pipe.to_dict(), registry=registry)
    require(again == pipe, f"{found.name}: the pipeline is another one when it is read back from its file.")


def results_differ(registry: Registry, found: OperationSet) -> None:
    """Of 64 equal samples at least 60 become different ones: strengths are continuous, no operation is dead."""
    samples = examples(modalities(registry)[found.modality], 1) * EQUAL
    results = augment(samples, _pipeline(registry, found), seed=SEED, keys=range(EQUAL))
    different = len({fingerprint(result) for result in results})
    require(
        different >= DIFFERENT,
        f"{found.name}: {EQUAL} equal samples give {different} different results, less than {DIFFERENT}; leave out what"
        " does nothing or has one result, or give it a smaller weight.",
    )


def _pipeline(registry: Registry, found: OperationSet) -> Pipeline:
    steps = [{"policy.trivial": {"operations": found.name}}]
    return Pipeline({found.modality: steps}, registry=registry)
