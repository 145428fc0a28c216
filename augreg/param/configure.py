"""Reads the parameters that a class declares: describes them, checks and builds configurations, says them plainly."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from augreg.errors import ConfigError, nearest
from augreg.param import schedule
from augreg.param.declare import KEY
from augreg.param.from_field import FromField
from augreg.param.spec import ParamSpec


def describe(cls: type) -> list[ParamSpec]:
    """Return the parameters of an augmenter class: its own in order of declaration, then inherited ones.

    >>> import augreg
    >>> [spec.name for spec in augreg.param.describe(type(augreg.make("audio.gain")))]
    ['decibels']

    """
    depth = {name: i for i, base in reversed(list(enumerate(cls.__mro__))) for name in inspect.get_annotations(base)}
    found = []
    for field in sorted(dataclasses.fields(cls), key=lambda f: depth.get(f.name, 0)):
        spec = field.metadata.get(KEY)
        if not field.init:
            continue
        if spec is None:
            spec = ParamSpec(field.name, "value", field.default)
        found.append(dataclasses.replace(spec, name=field.name))
    return found


def check_all(instance: Any) -> None:
    """Check every parameter of a freshly built frozen dataclass and store its canonical form.

    >>> from dataclasses import dataclass
    >>> from augreg import param
    >>> @dataclass(frozen=True)
    ... class Turn:
    ...     degrees: tuple = param.interval((-10, 10), "how far", centre=0)
    ...     def __post_init__(self):
    ...         param.check_all(self)
    >>> Turn(5)
    Turn(degrees=(-5.0, 5.0))

    """
    for spec in describe(type(instance)):
        object.__setattr__(instance, spec.name, spec.check(getattr(instance, spec.name)))


def build(cls: type[Any], params: Mapping[str, Any], name: str) -> Any:
    """Construct ``cls`` from ``params``; errors name the augmenter as the user wrote it (``name``).

    >>> import augreg
    >>> gain = type(augreg.make("audio.gain"))
    >>> augreg.param.build(gain, {"decibels": [-3, 3]}, "audio.gain").decibels
    (-3.0, 3.0)
    >>> augreg.param.build(gain, {"decibel": 3}, "audio.gain")
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: audio.gain has no parameter 'decibel'. Did you mean 'decibels'? Parameters: decibels.

    """
    specs = {spec.name: spec for spec in describe(cls)}
    for key in params:
        if key not in specs:
            valid = ", ".join(specs) or "none"
            raise ConfigError(f"{name} has no parameter {key!r}.{nearest(key, specs)} Parameters: {valid}.")
    missing = [s.name for s in specs.values() if s.required and s.name not in params]
    if missing:
        raise ConfigError(f"{name} needs {', '.join(missing)}. Give it, e.g. {{{name}: {{{missing[0]}: ...}}}}.")
    try:
        return cls(**params)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def config(instance: Any) -> dict[str, Any]:
    """Return the parameters of an augmenter that differ from their defaults, in YAML-able form.

    >>> import augreg
    >>> augreg.param.config(augreg.make("audio.gain", decibels=3))
    {'decibels': [-3.0, 3.0]}

    """
    specs = describe(type(instance))
    # Built, not read off the declaration: an augmenter may bring its defaults into a form of its own.
    default = type(instance)(**{s.name: getattr(instance, s.name) for s in specs if s.required})
    found = {}
    for spec in specs:
        current = getattr(instance, spec.name)
        if spec.required or current != getattr(default, spec.name):
            found[spec.name] = plain(current)
    return found


def in_epoch(instance: Any, epoch: int) -> Any:
    """Return a configuration with the numbers that its schedules say for an epoch; itself if it has none.

    >>> import augreg
    >>> from augreg.policies import Rand
    >>> augreg.param.in_epoch(Rand(level={"linear": [0, 1], "epochs": 10}), 5).level
    0.5

    """
    current = {name: getattr(instance, name) for name in _scheduled(instance.__class__)}
    changes = {name: schedule.in_epoch(held, epoch) for name, held in current.items() if schedule.is_scheduled(held)}
    return dataclasses.replace(instance, **changes) if changes else instance


@lru_cache(maxsize=1024)
def _scheduled(cls: type) -> tuple[str, ...]:
    """Return the parameters of a class that schedules may say; policies are asked in every call."""
    return tuple(spec.name for spec in describe(cls) if spec.scheduled)


def plain(current: Any) -> Any:
    """Return a value in YAML-able form.

    >>> import augreg
    >>> augreg.param.plain((1, (2, 3)))
    [1, [2, 3]]

    """
    if isinstance(current, (schedule.Schedule, FromField)):
        return current.plain()
    if isinstance(current, (tuple, list)):
        return [plain(v) for v in current]
    if isinstance(current, Mapping):
        return {k: plain(v) for k, v in current.items()}
    return current
