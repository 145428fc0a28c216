"""Names that more than one plugin offers, so that nobody can use them by that name alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from augreg.errors import listing
from augreg.registry import Registry
from augreg.registry.spec import FormatSpec


def clashes(registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield each plugin with what it offers that another one offers too, and plugins that offer no augmenters."""
    for kind, specs, cure in (
        ("augmenter", registry.augmenters(), "Write it in full: {plugin}/{name}."),
        ("modality", registry.modalities(), "Block one plugin."),
        ("policy", registry.policies(), "Block one plugin."),
        ("set of operations", registry.operation_sets(), "Block one plugin."),
        ("generator", registry.generators(), "Block one plugin."),
        ("form of labels to read", registry.label_readers(), "Block one plugin."),
        ("form of labels to write", registry.label_writers(), "Block one plugin."),
    ):
        yield from _of(kind, [(spec.name, spec) for spec in specs], cure)
    for verb, formats in (("read", registry.readers()), ("write", registry.writers())):
        yield from _of(f"file format to {verb}", list(_extensions(formats)), "Block one plugin.")
    yield from _idle(registry)


def _extensions(specs: Iterable[FormatSpec]) -> Iterator[tuple[str, FormatSpec]]:
    for spec in specs:
        for extension in spec.extensions:
            yield extension, spec


def _of(kind: str, named: list[tuple[str, Any]], cure: str) -> Iterator[tuple[str, str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for name, spec in named:
        if spec.plugin not in owners[name]:
            owners[name].append(spec.plugin)
    for name, plugins in owners.items():
        for plugin in plugins if len(plugins) > 1 else ():
            others = listing(other for other in plugins if other != plugin)
            said = cure.format(plugin=plugin, name=name)
            yield plugin, f"its {kind} {name!r} is offered by {others}, too. {said}"


def _idle(registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield plugins whose hooks return nothing, and what those without augmenters offer."""
    kinds: dict[str, list[Any]] = {
        "modalities": registry.modalities(),
        "policies": registry.policies(),
        "sets of operations": registry.operation_sets(),
        "generators": registry.generators(),
        "commands": registry.commands(),
        "file formats": [*registry.readers(), *registry.writers()],
        "forms of labels": [*registry.label_readers(), *registry.label_writers()],
        "lifts": registry.lifts(),
    }
    for record in registry.records:
        if record.status != "ok" or record.augmenters:
            continue
        offered = [kind for kind, specs in kinds.items() if any(spec.plugin == record.plugin for spec in specs)]
        if offered:
            yield record.plugin, f"Offers {listing(offered)}."
        elif not _only_wraps(registry, record.plugin):
            yield record.plugin, "it offers nothing: its hooks return empty lists. Return specs from them."


def _only_wraps(registry: Registry, plugin: str) -> bool:
    """Whether a plugin implements a hook that runs with every call, and so need not offer anything."""
    hooks = (registry.hook.augreg_execute, registry.hook.augreg_spoken_of)
    return any(impl.plugin_name.partition(":")[0] == plugin for hook in hooks for impl in hook.get_hookimpls())
