"""Checks of generators that a plugin offers: what they make is sound, and a keyed one makes it twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from augreg.errors import AugregError, SampleError
from augreg.learn.gates_seen import seen_of
from augreg.modalities.known import modalities
from augreg.registry import Registry
from augreg.registry.discovery import normalised
from augreg.registry.spec import GeneratorSpec
from augreg.testing.check import Check, ConformanceError, require
from augreg.testing.compare import fingerprint
from augreg.testing.purity import globals_kept, seed_globals
from augreg.testing.subject import SEED, examples

COUNT: Final = 8
"""Samples that are given, and asked for."""


def generator_checks(registry: Registry, distribution: str) -> Iterator[Check]:
    """Yield the checks of the generators that a distribution offers.

    >>> from augreg.registry import default
    >>> from augreg.testing.generators import generator_checks
    >>> list(generator_checks(default(), "augreg-image"))
    []

    """
    for spec in registry.generators():
        if normalised(spec.plugin) != normalised(distribution):
            continue
        doc = (generator_loads.__doc__ or "").strip()
        yield Check(f"{spec.name}-generator_loads", partial(generator_loads, registry, spec), doc)
        rules: list[Callable[[_Made], None]] = [makes_samples, leaves_its_samples, *([is_keyed] if spec.keyed else [])]
        for modality in spec.modalities:
            for rule in rules:
                run = partial(_run, rule, registry, spec, modality)
                yield Check(f"{spec.name}-{modality}-{rule.__name__}", run, (rule.__doc__ or "").strip())


class _Made:
    """What a generator makes of the samples that it is given."""

    def __init__(self, registry: Registry, spec: GeneratorSpec, modality: str) -> None:
        self.name, self.modality = spec.name, modality
        self.make = registry.load_generator(spec.name)
        given = getattr(self.make, "examples", None)
        self.samples = list(examples(modalities(registry)[modality], COUNT) if given is None else given())

    def __call__(self, seed: int, elsewhere: int = 0) -> list[Any]:
        with globals_kept():
            seed_globals(elsewhere)  # what hangs on global generators shows by their being elsewhere
            return list(self.make(self.samples, len(self.samples), seed))


def _run(rule: Callable[[_Made], None], registry: Registry, spec: GeneratorSpec, modality: str) -> None:
    try:
        rule(_Made(registry, spec, modality))
    except ConformanceError:
        raise
    except Exception as error:
        raise ConformanceError(f"{spec.name} fails where it should not: {type(error).__name__}: {error}") from error


def generator_loads(registry: Registry, spec: GeneratorSpec) -> None:
    """What the plugin names can be imported and called, and is not offered by another plugin, too."""
    try:
        registry.load_generator(spec.name)
    except AugregError as error:
        raise ConformanceError(f"{spec.name} does not load: {error}") from error


def makes_samples(made: _Made) -> None:
    """It returns as many samples as are asked for, or fewer, of its modality, with finite values, and not one each."""
    found = made(SEED)
    asked = len(made.samples)
    require(0 < len(found) <= asked, f"{made.name} made {len(found)} samples, and {asked} were asked for.")
    kinds = set()
    for place, sample in enumerate(found):
        try:
            seen = seen_of(sample, "sample", place)
        except SampleError as error:
            raise ConformanceError(f"{made.name} made what is no sample: {error}") from error
        kind = seen.item.modality
        require(kind == made.modality, f"{made.name} made {kind}, and it is offered for {made.modality}.")
        kinds.add(seen.content)
    require(asked < 2 or len(kinds) > 1, f"{made.name} made {len(found)} samples that are all the same.")


def leaves_its_samples(made: _Made) -> None:
    """It does not change the samples that it is given."""
    before = [fingerprint(sample) for sample in made.samples]
    made(SEED)
    changed = [place for place, sample in enumerate(made.samples) if fingerprint(sample) != before[place]]
    require(not changed, f"{made.name} changes the samples that it is given. Work on copies.")


def is_keyed(made: _Made) -> None:
    """Equal samples, count and seed give equal samples, whatever global generators hold; another seed gives others."""
    first = _contents(made(SEED, elsewhere=1))
    require(first == _contents(made(SEED, elsewhere=2)), _unkeyed(made.name))
    require(first != _contents(made(SEED + 1)), f"{made.name} makes the same samples with another seed. Draw by it.")


def _contents(found: Sequence[Any]) -> list[bytes]:
    return [seen_of(sample, "sample", place).content for place, sample in enumerate(found)]


def _unkeyed(name: str) -> str:
    return f"{name} says that it is keyed, and makes other samples when it is called again. Draw from its seed alone."
