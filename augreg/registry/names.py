"""From a name, as the user wrote it, to the spec it stands for, or to an error that helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from typing import NamedTuple, TypeVar

from augreg.errors import (
    AmbiguousAugmenterError,
    AugregError,
    ConfigError,
    UnknownAugmenterError,
    listing,
    nearest,
)
from augreg.registry.aliases import GROUPS, SUGGESTED, Alias, aliases, known_as, near, suggestion
from augreg.registry.operations import OperationSet
from augreg.registry.spec import AugmenterSpec, GeneratorSpec, LeftOut, ModalitySpec, PluginRecord, PolicySpec


@cache
def first_party() -> frozenset[str]:
    """Return the namespaces `x` that a distribution `augreg-x` of this project offers: the extras of augreg itself."""
    try:
        return frozenset(metadata("augreg").get_all("Provides-Extra") or ()) - {"all"}
    except PackageNotFoundError:  # run from sources that nobody installed
        return frozenset()


S = TypeVar("S", ModalitySpec, PolicySpec, OperationSet, GeneratorSpec)


def unique(specs: Iterable[AugmenterSpec]) -> dict[str, AugmenterSpec]:
    """Return every name that stands for one spec only: all full ids, and the short names without a namesake."""
    found: dict[str, list[AugmenterSpec]] = {}
    for spec in specs:
        for name in {spec.name, spec.id}:
            found.setdefault(name, []).append(spec)
    return {name: same[0] for name, same in found.items() if len(same) == 1}


class Known(NamedTuple):
    """What a registry knows: where a name is looked for that nobody offers, too."""

    specs: Sequence[AugmenterSpec]
    records: Sequence[PluginRecord]
    causes: Mapping[str, BaseException]
    policies: Sequence[PolicySpec]
    """They may stand where augmenters do."""
    left_out: Sequence[LeftOut]


def unresolved(name: str, known: Known) -> AmbiguousAugmenterError | UnknownAugmenterError:
    """Return the error for a name that is not `unique`.

    Ambiguous when several specs have it; else unknown, chained to the cause where a plugin that failed may be
    the reason.
    """
    found = [spec for spec in known.specs if spec.name == name]
    if found:
        ids = listing(spec.id for spec in found)
        return AmbiguousAugmenterError(f"{name!r} is offered by {len(found)} plugins: {ids}. Write one id in full.")
    return _unknown(name, *known)


def _unknown(
    name: str,
    specs: Sequence[AugmenterSpec],
    records: Sequence[PluginRecord],
    causes: Mapping[str, BaseException],
    policies: Sequence[PolicySpec],
    left_out: Sequence[LeftOut],
) -> UnknownAugmenterError:
    plugin, _, short = name.rpartition("/")
    message = f"no augmenter named {name!r}."
    for one in left_out:
        if one.name == short and plugin in ("", one.plugin):
            see = f" Run: augreg list --plugin {one.plugin}"
            like = suggestion(known_as(short, aliases([*specs, *policies]), exact=True))
            return UnknownAugmenterError(f"{message} {reason(one)}{like or see}")
    for record in records:
        if record.status != "ok" and _may_own(record, plugin, short):
            error = UnknownAugmenterError(f"{message} {record.label} is {record.status}: {record.reason}")
            error.__cause__ = causes.get(record.plugin)
            return error
    plugins = [record.plugin for record in records]
    error = UnknownAugmenterError(message + (_advice(plugin, short, specs, plugins, policies) or " Run: augreg list"))
    # Any plugin that failed may be the one that offers it: names say little about who does.
    failed = [record for record in records if record.status not in ("ok", "blocked")]
    if failed:
        first = failed[0]
        rest = f" {len(failed) - 1} more failed; run: augreg plugins" if len(failed) > 1 else ""
        error = UnknownAugmenterError(
            f"{error} Or is it of {first.label}, which is {first.status}: {first.reason}{rest}"
        )
        error.__cause__ = causes.get(first.plugin)
    return error


def reason(one: LeftOut) -> str:
    """Return the sentence that says why an adapter does not offer something of its library."""
    return f"{one.plugin} leaves {one.name} out: {one.why}."


def _may_own(record: PluginRecord, plugin: str, short: str) -> bool:
    """Guess whether a plugin that failed offers the name: it is asked for, or an entry point is so called."""
    namespaces = (*record.entry_points, record.plugin.removeprefix("augreg-"))
    return plugin == record.plugin if plugin else short.partition(".")[0] in namespaces


def _advice(
    plugin: str, short: str, specs: Sequence[AugmenterSpec], plugins: Sequence[str], policies: Sequence[PolicySpec]
) -> str:
    """Return what to write or to install instead, or ""."""
    if short in (drawing := [policy.name for policy in policies]):
        return f" {short!r} is a policy, which draws operations: write it as a step of a pipeline."
    known = [] if plugin else aliases([*specs, *policies])
    if found := known_as(short, known, exact=True):
        return suggestion(found)
    if not plugin and (advice := GROUPS.get(short.rpartition(".")[2])):
        return f" {advice}."
    if hint := nearest(short, drawing):
        return hint
    namespace, _, last = short.rpartition(".")
    if plugin and plugin not in plugins:
        return f" No plugin {plugin!r} is installed.{nearest(plugin, plugins)} Run: augreg plugins"
    if not plugin and namespace in first_party() and f"augreg-{namespace}" not in plugins:
        return f" Run: pip install augreg-{namespace}"
    names = dict.fromkeys(spec.name for spec in specs)
    # Who asks for "audio.normalize" means one of the audio.*_normalize.
    within = [name for name in names if last in name.rpartition(".")[2].split("_") and name.startswith(f"{namespace}.")]
    if namespace and 0 < len(within) <= SUGGESTED:
        return f" Did you mean {' or '.join(map(repr, within))}?"
    same = [name for name in names if name.rpartition(".")[2] == last]
    # "video.resize" is far from "image.resize" by its letters, and means it.
    if same and (not namespace or len(same) <= SUGGESTED):
        return f" Did you mean {' or '.join(map(repr, same))}?"
    return suggestion(known_as(short, known)) or _near(short, names, known)


def _near(short: str, names: Iterable[str], known: Sequence[Alias]) -> str:
    """Return what was meant by a name with a slip: one of ours if it has a namespace, else one that others use."""
    ours, others = nearest(short, names), suggestion(near(short, known))
    return ours or others if "." in short else others or ours


def pick(kind: str, name: str, specs: Sequence[S], error: type[AugregError]) -> S:
    """Return the one of *specs* called *name*. Raises *error* for none, ConfigError for several."""
    found = [spec for spec in specs if spec.name == name]
    if not found:
        valid = [spec.name for spec in specs]
        known = f"Known: {listing(valid)}." if valid else "No installed plugin offers any."
        raise error(f"no {kind} named {name!r}.{nearest(name, valid)} {known}")
    if len(found) > 1:
        owners = listing(spec.plugin for spec in found)
        raise ConfigError(
            f"{kind} {name!r} is offered by {len(found)} plugins: {owners}. Block all but one with AUGREG_BLOCK."
        )
    return found[0]
