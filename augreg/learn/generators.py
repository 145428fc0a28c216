"""What makes new samples of a class, such as a GAN: called for each class in each round, and told when it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augreg.errors import ConfigError, SampleError, listing
from augreg.learn.gates_seen import check_values, sample_of
from augreg.random.keys import stream_key
from augreg.registry import Registry, default
from augreg.registry.spec import GeneratorSpec

Generator = Callable[[Sequence[Any], int, int], Sequence[Any]]
"""Makes new samples of a class: takes its sources, how many are wanted, and a seed."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a generator, and which of the samples that it returned is meant.

    Args:
        name: of the class.
        seed, count: what it was called with, besides the sources.
        at: the place among what it returned.

    """

    name: str
    seed: int
    count: int
    at: int = 0

    @classmethod
    def of(cls, seed: int, round_: int, name: str, count: int) -> Call:
        """Return the call of a round for a class of so many sources."""
        return cls(name, stream_key(seed, 0, round_, "generator", name) % 2**32, count)

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest says of it besides the class."""
        return {"seed": self.seed, "count": self.count, "at": self.at}


@dataclass(frozen=True, slots=True)
class Named:
    """A generator by its name, as messages and tables have it.

    Args:
        make: the callable.
        name: "generator" for one that has no name.

    """

    make: Generator
    name: str = "generator"

    @classmethod
    def of(cls, given: str | Generator, modality: str, registry: Registry | None = None) -> Named:
        """Return a generator that a user gives as a callable, or by the name that a plugin offers it by.

        Raises:
            ConfigError: nobody offers it, or it is for another modality.

        """
        if not isinstance(given, str):
            if not callable(given):
                said = f"generator is a {type(given).__name__}. Give generate(samples, count, seed), or a plugin's name"
                raise ConfigError(f"{said}, as `augreg list --generators` shows them.")
            return cls(given)
        return cls((registry or default()).load_generator(spec_for(given, modality, registry).name), given)

    def __call__(self, own: Sequence[Any], call: Call) -> list[Any]:
        """Return what is made of the samples of a class, no more than asked for.

        Raises:
            ConfigError: it fails, or returns no sequence.

        """
        try:
            found = self.make(own, call.count, call.seed)
        except Exception as error:
            said = f"{self.name} failed on {call.count} samples of class {call.name!r}: {type(error).__name__}: {error}"
            raise ConfigError(said) from error
        if isinstance(found, (str, Mapping)) or not hasattr(found, "__len__") or not hasattr(found, "__getitem__"):
            kind = type(found).__name__
            raise ConfigError(f"{self.name} returned a {kind} for class {call.name!r}. Return a list of samples.")
        return [found[place] for place in range(min(len(found), call.count))]


def spec_for(name: str, modality: str, registry: Registry | None = None) -> GeneratorSpec:
    """Return what is said of a generator of a name.

    Raises:
        ConfigError: nobody offers it, or it is for another modality.

    """
    spec = (registry or default()).generator(name)
    if modality not in spec.modalities:
        raise ConfigError(f"{name} makes {listing(spec.modalities)}, and the samples are {modality}. Leave it out.")
    return spec


def with_values(made: Sequence[Any]) -> Iterator[bool]:
    """Yield of each sample whether its values are such as can be seen or heard: a generator may diverge.

    Raises:
        SampleError: one is of no kind that is judged.

    """
    for place, given in enumerate(made):
        sample = sample_of(given, f"candidate {place}")
        try:
            check_values(sample, "")
        except SampleError:
            yield False
        else:
            yield True
