"""Finds installed plugins, applies the allow and block lists, and imports what is left, each in its own `try`.

A plugin is a distribution with entry points in the group `augreg`. Metadata is read once per registry and
never cached on disk: over 300 distributions cost a few milliseconds. Only `load` runs code of a plugin.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Final

from augreg.errors import AugregError, nearest
from augreg.registry.spec import PluginRecord, Status, check_api

GROUP: Final = "augreg"
ALLOW_VARIABLE: Final = "AUGREG_PLUGINS"
BLOCK_VARIABLE: Final = "AUGREG_BLOCK"
_ENTRY: Final = re.compile(r"[\w.]+\s*(:\s*[\w.]+)?\s*(\[.*\])?\s*")
"""What an entry point names, as importlib reads it."""
SLIP: Final = 0.9
"""How alike two names must be for one to be a slip of the other, as `difflib` counts."""


@dataclass(frozen=True, slots=True)
class Found:
    """An installed distribution with its entry points, nothing of it imported yet."""

    plugin: str
    version: str
    entry_points: tuple[EntryPoint, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its entry points; by convention the namespaces of its augmenters."""
        return tuple(entry.name for entry in self.entry_points)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plugin, or one of its entry points, cannot be used."""

    status: Status
    reason: str
    cause: BaseException | None = None

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Describe *error*: one of ours means a broken rule, any other a broken plugin."""
        if isinstance(error, AugregError):
            return cls("invalid", str(error), error)
        kind = type(error).__name__
        try:
            said = " ".join(str(error).split())  # one line: listings have one for each plugin
        except Exception:  # an exception of a plugin may not even be printable
            said = ""
        return cls("broken", f"{kind}: {said}" if said else kind, error)


def normalised(distribution: str) -> str:
    """Return a distribution name as package indexes compare it: lower case, one '-' between words."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


def meant(name: str, plugins: Sequence[str]) -> str:
    """Return " Did you mean 'augreg-image'?" for a name that no plugin has: "image", or one with a slip; else ""."""
    ours = f"{GROUP}-{normalised(name)}"
    return f" Did you mean {ours!r}?" if ours in plugins else nearest(name, plugins)


def find(path: Iterable[str] | None = None) -> list[Found]:
    """Return the plugins on *path* (default: `sys.path`), sorted by name, each once.

    A distribution that the path shows twice, as editable installs and linked folders do, counts as the first.
    """
    found: dict[str, Found] = {}
    for distribution in distributions() if path is None else distributions(path=list(path)):
        # Parsing every distribution's metadata would take ten times as long as this look at one file.
        if not _offers(distribution):
            continue
        plugin = _found(distribution)
        found.setdefault(plugin.plugin, plugin)
    return [found[name] for name in sorted(found)]


def _found(distribution: Distribution) -> Found:
    """Read name, version and entry points; a distribution without metadata is named after its module."""
    entries = tuple(sorted(distribution.entry_points.select(group=GROUP), key=lambda entry: entry.name))
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    if name := _header(text, "Name"):
        return Found(normalised(name), _header(text, "Version"), entries)
    return Found(normalised(entries[0].value.partition(":")[0].partition(".")[0]), "", entries)


def _header(text: str, name: str) -> str:
    """Return a line of metadata, "" if it is missing; `Distribution.metadata` parses the whole README, too."""
    found = re.search(rf"^{name}:[ \t]*(.*?)[ \t\r]*$", text.partition("\n\n")[0], re.MULTILINE | re.IGNORECASE)
    return found.group(1) if found else ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which plugins may be imported: one that any list keeps out stays out."""

    allow: tuple[tuple[str, frozenset[str]], ...]
    block: tuple[tuple[str, frozenset[str]], ...]

    @classmethod
    def of(cls, allow: Collection[str] | None, block: Collection[str] | None) -> Filter:
        """Combine the arguments of a registry with the environment variables. None means no such list."""
        return cls(
            allow=_lists(("allow", allow), (ALLOW_VARIABLE, _from_environment(ALLOW_VARIABLE))),
            block=_lists(("block", block), (BLOCK_VARIABLE, _from_environment(BLOCK_VARIABLE))),
        )

    def reason(self, plugin: str) -> str:
        """Return why *plugin* is kept out, or ""."""
        for source, names in self.block:
            if plugin in names:
                return f"named in {source}"
        for source, names in self.allow:
            if plugin not in names:
                return f"not named in {source}"
        return ""

    def missing(self, installed: Collection[str]) -> list[PluginRecord]:
        """Return a record for every name that is not installed and most likely misspelt.

        A plugin may well be blocked in advance. So such a name only counts if an installed one is nearly the same:
        somebody wants that kept out, and it is not.
        """
        absent = [(name, source) for source, names in self.allow for name in sorted(names.difference(installed))]
        for source, names in self.block:
            unknown = sorted(names.difference(installed))
            absent += [(name, source) for name in unknown if get_close_matches(name, installed, cutoff=SLIP)]
        return [
            PluginRecord(name, "", "invalid", f"named in {source} but not installed.{nearest(name, installed)}")
            for name, source in absent
        ]


def available(distribution: str) -> bool:
    """Return whether a plugin is installed and let in by the environment, without importing anything of it.

    For plugins that offer more where another one is there: `if augreg.registry.available("augreg-audio"): ...`.
    """
    name = normalised(distribution)
    if Filter.of(None, None).reason(name):
        return False
    # By name one distribution is looked up, and not every one on the path: plugins ask in each listing.
    offers = any(_offers(one) for one in Distribution.discover(name=name))
    return offers or any(plugin.plugin == name for plugin in find())


def _offers(distribution: Distribution) -> bool:
    """Return whether a distribution has entry points of ours, without parsing anything."""
    return f"[{GROUP}]" in (distribution.read_text("entry_points.txt") or "")


def _from_environment(variable: str) -> list[str] | None:
    text = os.environ.get(variable)
    return None if text is None else [name for name in text.split(",") if name.strip()]


def _lists(*sources: tuple[str, Collection[str] | None]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((source, frozenset(map(normalised, names))) for source, names in sources if names is not None)


def load(entry: EntryPoint) -> tuple[object, Failure | None, float]:
    """Import one entry point. Return the object, why it cannot be used (or None) and the milliseconds it took."""
    start = time.perf_counter()
    plugin: object = None
    failure = None
    if not _ENTRY.fullmatch(entry.value):  # importlib would fail at it with an AttributeError of its own
        said = f"entry point {entry.name} = {entry.value!r} is no 'module' or 'module:object'."
        return None, Failure("invalid", said), 0.0
    try:
        plugin = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may call sys.exit, and that must not end the host
        failure = Failure.of(error)
    elapsed = (time.perf_counter() - start) * 1e3
    if failure is None and (reason := check_api(_api(plugin, entry))):
        failure = Failure("incompatible", reason)
    return plugin, failure, elapsed


def _api(plugin: object, entry: EntryPoint) -> object:
    """Return the plugin interface that the object, else its module, states; 1 when neither does."""
    return getattr(plugin, "AUGREG_API", getattr(sys.modules.get(entry.module), "AUGREG_API", 1))
