"""Asks one plugin object what it offers: checks its hooks, calls them, and checks the answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MethodType, ModuleType
from typing import Any, Final, TypeVar

from augreg.errors import ContractError, listing, nearest
from augreg.registry import hookspecs
from augreg.registry.operations import OperationSet
from augreg.registry.spec import (
    AugmenterSpec,
    CommandSpec,
    FormatSpec,
    GeneratorSpec,
    LabelSpec,
    LeftOut,
    LiftSpec,
    ModalitySpec,
    PolicySpec,
)

PREFIX: Final = f"{hookspecs.PROJECT}_"
HOOKS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(inspect.signature(hook).parameters) for name, hook in vars(hookspecs).items() if name.startswith(PREFIX)
}
"""The hooks and the arguments that each passes."""

MOST: Final = 20_000
"""What a hook may return at most: an iterator without an end would hang whoever lists. All of ours are some 600."""

WRAPPABLE: Final = "augreg_execute"

S = TypeVar("S", AugmenterSpec, ModalitySpec, LiftSpec, PolicySpec, OperationSet, GeneratorSpec, CommandSpec)
F = TypeVar("F", FormatSpec, LabelSpec)

_METHODS: Final = (staticmethod, classmethod, MethodType)
"""What has a function inside. Other objects are not asked: an imported module may answer, and slowly."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one plugin object offers, every spec stamped with the plugin's name."""

    augmenters: tuple[AugmenterSpec, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    modalities: tuple[ModalitySpec, ...] = ()
    lifts: tuple[LiftSpec, ...] = ()
    policies: tuple[PolicySpec, ...] = ()
    operation_sets: tuple[OperationSet, ...] = ()
    generators: tuple[GeneratorSpec, ...] = ()
    commands: tuple[CommandSpec, ...] = ()
    readers: tuple[FormatSpec, ...] = ()
    writers: tuple[FormatSpec, ...] = ()
    label_readers: tuple[LabelSpec, ...] = ()
    label_writers: tuple[LabelSpec, ...] = ()


def has_hooks(plugin: object) -> bool:
    """Return whether *plugin* has a function that is marked as a hook or named like one."""
    return any(True for _ in _hooks(plugin))


def check_hooks(plugin: object) -> None:
    """Raise ContractError for a hook that pluggy would ignore in silence, or call wrongly."""
    for name, options, function in _hooks(plugin):
        hook = (options or {}).get("specname") or name
        if hook not in HOOKS:
            raise ContractError(f"no hook named {hook!r}.{nearest(hook, HOOKS)} Hooks: {listing(HOOKS)}.")
        if options is None:
            raise ContractError(f"{name} is not marked as a hook. Write @augreg.hookimpl above it.")
        if (options.get("wrapper") or options.get("hookwrapper")) and hook != WRAPPABLE:
            raise ContractError(f"{name} cannot be a wrapper: only {WRAPPABLE} can be wrapped.")
        _check_arguments(name, hook, function)


def _check_arguments(name: str, hook: str, function: Callable[..., Any]) -> None:
    for argument in inspect.signature(function).parameters.values():
        if argument.default is not argument.empty:
            raise ContractError(
                f"argument {argument.name!r} of {name} has a default: pluggy would not pass it. Remove the default."
            )
        if argument.name not in HOOKS[hook]:
            raise ContractError(
                f"{name} has no argument {argument.name!r}.{nearest(argument.name, HOOKS[hook])} "
                f"It may take: {listing(HOOKS[hook])}."
            )


def _hooks(plugin: object) -> Iterator[tuple[str, Mapping[str, Any] | None, Callable[..., Any]]]:
    """Yield name, marker options (None when unmarked) and function of everything that is or looks like a hook."""
    # A module's names are its own: looked up in a tenth of the time that classes take.
    names = vars(plugin) if isinstance(plugin, ModuleType) else {}
    for name in dir(plugin):
        # Looked up without running properties or a module's __getattr__, as pluggy does.
        static = names[name] if name in names else inspect.getattr_static(plugin, name, None)
        function = static.__func__ if isinstance(static, _METHODS) else static
        if not inspect.isroutine(function):
            continue
        options = getattr(function, f"{hookspecs.PROJECT}_impl", None)
        if isinstance(options, Mapping) or name.startswith(PREFIX):
            yield name, options, getattr(plugin, name)


def collect(plugin: object, name: str, version: str = "") -> Offer:
    """Return what *plugin* offers, stamped with *name* and *version*.

    Raises ContractError for an answer of the wrong type or a name offered twice, and whatever a hook raises.
    """
    hooks = {(options or {}).get("specname") or hook: function for hook, options, function in _hooks(plugin)}

    def answer(hook: str) -> object:
        return hooks[hook]() if hook in hooks else ()

    def ask(hook: str, kind: type[S], **more: str) -> tuple[S, ...]:
        return tuple(replace(spec, plugin=name, **more) for spec in _checked(hook, answer(hook), kind))

    policies = list(_checked("augreg_policies", answer("augreg_policies"), PolicySpec, OperationSet))
    files = {
        hook: [replace(spec, plugin=name) for spec in _checked(hook, answer(hook), FormatSpec, LabelSpec)]
        for hook in ("augreg_readers", "augreg_writers")
    }

    def of(hook: str, kind: type[F]) -> tuple[F, ...]:
        return tuple(spec for spec in files[hook] if isinstance(spec, kind))

    def told(hook: str, value: str) -> Iterable[tuple[str, str]]:
        return _mapping(hook, hooks[hook]() if hook in hooks else {}, value).items()

    offer = Offer(
        augmenters=ask("augreg_augmenters", AugmenterSpec, version=version),
        left_out=tuple(LeftOut(one, why, name) for one, why in told("augreg_left_out", "why")),
        modalities=ask("augreg_modalities", ModalitySpec),
        lifts=ask("augreg_lifts", LiftSpec),
        policies=tuple(replace(spec, plugin=name) for spec in policies if isinstance(spec, PolicySpec)),
        operation_sets=tuple(replace(spec, plugin=name) for spec in policies if isinstance(spec, OperationSet)),
        generators=tuple(replace(spec, version=version) for spec in ask("augreg_generators", GeneratorSpec)),
        commands=tuple(CommandSpec(*one, name) for one in told("augreg_commands", "'module:click_command'")),
        readers=of("augreg_readers", FormatSpec),
        writers=of("augreg_writers", FormatSpec),
        label_readers=of("augreg_readers", LabelSpec),
        label_writers=of("augreg_writers", LabelSpec),
    )
    named = (offer.augmenters, offer.modalities, offer.policies, offer.operation_sets, offer.generators)
    for specs in (*named, offer.label_readers, offer.label_writers):
        _check_unique(spec.name for spec in specs)
    return offer


def _checked(hook: str, answer: object, *kinds: Any) -> Iterator[Any]:
    names = " or ".join(kind.__name__ for kind in kinds)
    if not isinstance(answer, Iterable) or isinstance(answer, str):
        raise ContractError(f"{hook} returned {answer!r}, not a list of {names}. Return a list.")
    for number, spec in enumerate(answer):
        if number == MOST:
            raise ContractError(f"{hook} returned more than {MOST} of {names}. Return a list that ends.")
        if not isinstance(spec, kinds):
            raise ContractError(f"{hook} returned {spec!r} in its list, which is not an augreg.{names}.")
        yield spec


def _mapping(hook: str, answer: object, value: str) -> Mapping[str, str]:
    if not isinstance(answer, Mapping):
        raise ContractError(f"{hook} returned {answer!r}. Return a dict of name -> {value}.")
    return answer


def _check_unique(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ContractError(f"{name!r} is offered twice by the same plugin. Remove one of them.")
        seen.add(name)
