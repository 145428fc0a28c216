"""Reads transforms that are objects: their parameters are those of their constructors, kept in attributes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from augreg.conversion.tree import Group, Item, LeftOut, Ours, Read, Transform
from augreg.errors import ConfigError
from augreg.policies.of_torchvision import READ, from_torchvision


def library_of(obj: Any) -> str:
    """Return the package that an object's class comes from."""
    return type(obj).__module__.partition(".")[0]


def params_of(obj: Any, library: str) -> dict[str, Any]:
    """Return the parameters of the constructor, as the object holds them.

    Raises:
        ConfigError: an attribute is missing, so that the parameter is not known.

    """
    found = {}
    for name, parameter in inspect.signature(type(obj).__init__).parameters.items():
        if name in ("self", "p") or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if not hasattr(obj, name):
            raise ConfigError(
                f"{library}.{type(obj).__name__}: its parameter {name} cannot be read off the object. "
                "Write the step by hand."
            )
        found[name] = getattr(obj, name)
    return found


def read_torchvision(obj: Any) -> Read:
    """Return the tree of a transform of torchvision, v2 or before."""
    item = _torchvision(obj)
    steps = item.steps if isinstance(item, Group) and item.kind == "sequential" and item.p == 1 else [item]
    return Read("torchvision", "image", steps)


def _torchvision(obj: Any) -> Item:
    name = type(obj).__name__
    if library_of(obj) != "torchvision":
        raise ConfigError(
            f"{type(obj).__module__}.{name} is no transform of torchvision. Take it out, and add it by hand."
        )
    if name in READ:
        if name == "TrivialAugmentWide":
            advice = "Write augreg.policies.from_torchvision(transform, size=(224, 224)), or policy.trivial."
            raise ConfigError(f"torchvision.{name} moves by pixels, so the size of the pictures must be said. {advice}")
        return Ours(name, from_torchvision(obj))
    if name in ("Identity", "ToPureTensor"):
        return LeftOut(name, "it changes nothing here")
    inner = getattr(obj, "transforms", None)
    if inner is None:
        return Transform(name, params_of(obj, "torchvision"), float(getattr(obj, "p", 1.0)))
    steps = [_torchvision(one) for one in inner]
    if name == "Compose":
        return Group("sequential", steps)
    if name == "RandomApply":
        return Group("sequential", steps, {}, float(obj.p))
    if name == "RandomOrder":
        return Group("some_of", steps, {"n": len(steps), "order": "random"})
    if name == "RandomChoice":
        chances = getattr(obj, "p", None) or [1.0] * len(steps)
        return Group("one_of", steps, {} if len(set(chances)) == 1 else {"weights": [float(p) for p in chances]})
    raise ConfigError(f"torchvision.{name} is no group that can be read. Take it out of the pipeline.")


def read_audiomentations(obj: Any) -> Read:
    """Return the tree of a transform of audiomentations."""
    item = _audiomentations(obj)
    steps = item.steps if isinstance(item, Group) and item.kind == "sequential" and item.p == 1 else [item]
    return Read("audiomentations", "audio", steps)


def _audiomentations(obj: Any) -> Item:
    name, p = type(obj).__name__, float(getattr(obj, "p", 1.0))
    if library_of(obj) != "audiomentations":
        raise ConfigError(f"{type(obj).__module__}.{name} is no transform of audiomentations. Take it out.")
    if not hasattr(obj, "transforms"):
        return Transform(name, _as_given(params_of(obj, "audiomentations")), p)
    steps = [_audiomentations(one) for one in obj.transforms]
    if name == "Compose":
        return (
            Group("some_of", steps, {"n": len(steps), "order": "random"}, p)
            if obj.shuffle
            else Group("sequential", steps, {}, p)
        )
    if name == "OneOf":
        # What is chosen happens with its own probability.
        weights = getattr(obj, "weights", None)
        return Group("one_of", steps, {} if weights is None else {"weights": [float(w) for w in weights]}, p)
    if name == "SomeOf":
        n: Any = obj.num_transforms
        most = len(steps) if isinstance(n, tuple) and n[1] is None else None
        count = [n[0], most or n[1]] if isinstance(n, tuple) else n
        return Group("some_of", steps, {"n": count}, p)
    raise ConfigError(f"audiomentations.{name} is no group that can be read. Take it out of the pipeline.")


def _as_given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a transform of audiomentations as its constructor takes them.

    Some it holds as numpy calls them, and functions that nobody gave are parameters of no step.
    """
    silence = {name: "silence" for name in ("mode", "padding_mode") if params.get(name) == "constant"}
    return {name: value for name, value in {**params, **silence}.items() if (name, value) != ("part_transform", None)}


def read_nlpaug(obj: Any) -> Read:
    """Return the tree of an augmenter or a flow of nlpaug."""
    item = _nlpaug(obj)
    first = next(iter(_leaves([item])), None)
    module = "" if first is None else first.params["module"]
    kind = "audio" if ".audio" in module else "spectrogram" if ".spectrogram" in module else "text"
    return Read(
        "nlpaug", kind, item.steps if isinstance(item, Group) and item.p == 1 and item.kind == "sequential" else [item]
    )


def _leaves(items: Sequence[Item]) -> list[Transform]:
    found: list[Transform] = []
    for item in items:
        found += _leaves(item.steps) if isinstance(item, Group) else [item] if isinstance(item, Transform) else []
    return found


def _nlpaug(obj: Any) -> Item:
    name = type(obj).__name__
    if library_of(obj) != "nlpaug":
        raise ConfigError(f"{type(obj).__module__}.{name} is no augmenter of nlpaug. Take it out.")
    if isinstance(obj, list):
        steps = [_nlpaug(one) for one in obj]
        if name == "Sequential":
            return Group("sequential", steps)
        if name == "Sometimes":
            chance = float(vars(obj)["aug_p"])  # of each of them
            return Group("sequential", [Group("sequential", [step], {}, chance) for step in steps])
        raise ConfigError(f"nlpaug.{name} is no flow that can be read. Take it out.")
    return Transform(name, {"module": type(obj).__module__, "object": obj})
