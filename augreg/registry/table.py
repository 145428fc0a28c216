"""The plugins of one registry: runs discovery, asks each plugin what it offers, and records what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pluggy

from augreg import late
from augreg.errors import ConfigError, ContractError, UnknownModalityError, listing, nearest
from augreg.registry import hookspecs
from augreg.registry.answers import Offer, check_hooks, collect, has_hooks
from augreg.registry.discovery import Failure, Filter, Found, find, load
from augreg.registry.spec import LOCAL, AugmenterSpec, GeneratorSpec, PluginRecord

if TYPE_CHECKING:
    from augreg.data.batch import Batch

CORE: Final = "augreg"

Key = tuple[str, str]
"""Distribution and entry point; or the name given at registration and ""; or LOCAL and the augmenter's name."""


class _Execute:
    """Runs a step where no plugin answers for it."""

    @hookspecs.hookimpl(trylast=True)
    def augreg_execute(self, batch: Batch, run: Callable[[Batch], Batch]) -> Batch:
        """Compute the step."""
        return run(batch)


class PluginTable:
    """Plugin objects, their offers and their records. Not thread-safe: the registry holds a lock around it."""

    def __init__(self) -> None:
        self.manager: Final = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.offers: Final[dict[Key, Offer]] = {}
        self.causes: Final[dict[str, BaseException]] = {}
        self._installed: Final[dict[str, PluginRecord]] = {}
        self.add((CORE, ""), _Execute())
        for module in late.plugins:
            self.add((CORE, module), import_module(module))

    def discover(self, rules: Filter) -> None:
        """Load every installed plugin that *rules* let through. A plugin that fails only leaves a record."""
        found = find()
        for plugin in found:
            reason = rules.reason(plugin.plugin)
            self._installed[plugin.plugin] = (
                PluginRecord(plugin.plugin, plugin.version, "blocked", reason, plugin.names)
                if reason
                else self._load(plugin)
            )
        for record in rules.missing([plugin.plugin for plugin in found]):
            self._installed[record.plugin] = record
        self._drop_unknown_modalities()

    def _load(self, found: Found) -> PluginRecord:
        """Import the entry points of one distribution; the first failure makes its status."""
        record = PluginRecord(found.plugin, found.version, "ok", entry_points=found.names)
        for entry in found.entry_points:
            plugin, failure, elapsed = load(entry)
            record = replace(record, import_ms=record.import_ms + elapsed)
            if failure is None and not has_hooks(plugin):
                failure = Failure("invalid", f"{entry.value} has no function marked @augreg.hookimpl. Mark its hooks.")
            if failure is None:
                failure = self._try_add((found.plugin, entry.name), plugin, found.version)
            if failure is not None and record.status == "ok":
                record = self._failed(record, failure)
        return record

    def _failed(self, record: PluginRecord, failure: Failure) -> PluginRecord:
        if failure.cause is not None:
            self.causes[record.plugin] = failure.cause
        return replace(record, status=failure.status, reason=failure.reason)

    def _try_add(self, key: Key, plugin: object, version: str) -> Failure | None:
        try:
            self.add(key, plugin, version)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a hook raises, sys.exit too, is that plugin's failure alone
            return Failure.of(error)
        return None

    def _drop_unknown_modalities(self) -> None:
        """Take out offers of a modality that nobody knows, once every plugin has had its say."""
        for key, offer in list(self.offers.items()):
            try:
                self.check_modalities(offer)
            except UnknownModalityError as error:
                self.remove(key)
                self._installed[key[0]] = self._failed(self._installed[key[0]], Failure.of(error))

    def add(self, key: Key, plugin: object, version: str = "", *, check: bool = False) -> None:
        """Register the hooks of *plugin* and ask what it offers. On an error nothing of it stays registered.

        With *check*, clashes and unknown modalities are errors at once; discovery leaves both for later.
        """
        check_hooks(plugin)
        name = ":".join(key)
        try:
            self.manager.register(plugin, name)
        except ValueError as error:
            raise ConfigError(f"{name} is already registered. Call unregister({key[0]!r}) first.") from error
        try:
            offer = collect(plugin, key[0], version)
            self._check_own_modalities(key, offer)
            if check:
                self.check_free(offer)
                self.check_modalities(offer)
        except BaseException:
            self.manager.unregister(name=name)
            raise
        self.offers[key] = offer

    def remove(self, key: Key) -> Offer:
        """Take an offer and its hooks away, and return it."""
        name = ":".join(key)
        if self.manager.has_plugin(name):
            self.manager.unregister(name=name)
        return self.offers.pop(key)

    def forget(self, plugin: str) -> None:
        """Drop the record of an installed plugin."""
        self._installed.pop(plugin, None)

    def _check_own_modalities(self, key: Key, offer: Offer) -> None:
        """Raise ContractError for a modality that the core has already."""
        core = {spec.name for (plugin, _), own in self.offers.items() if plugin == CORE for spec in own.modalities}
        for spec in offer.modalities:
            if key[0] != CORE and spec.name in core:
                raise ContractError(f"modality {spec.name!r} belongs to augreg itself. Choose another name.")

    def check_modalities(self, offer: Offer) -> None:
        """Raise UnknownModalityError when *offer* has an augmenter or a generator for a modality that nobody knows."""
        known = [spec.name for spec in self.all("modalities")] + [spec.name for spec in offer.modalities]
        offered: tuple[AugmenterSpec | GeneratorSpec, ...] = (*offer.augmenters, *offer.generators)
        for one in offered:
            for name in one.modalities:
                if name not in known:
                    raise UnknownModalityError(
                        f"{one.name!r} is for modality {name!r}, which nobody offers."
                        f"{nearest(name, known)} Known: {listing(known)}."
                    )

    def check_free(self, offer: Offer) -> None:
        """Raise ConfigError when *offer* has an augmenter whose name another plugin uses already."""
        names = {spec.name for spec in offer.augmenters}
        for other in self.all("augmenters"):
            if other.name in names:
                owner = other.name if other.plugin == LOCAL else other.plugin
                raise ConfigError(
                    f"{other.name!r} is already offered by {other.plugin}. Call unregister({owner!r}) first."
                )

    def all(self, kind: str) -> list[Any]:
        """Return every spec of one kind, an attribute of Offer: the core's first, then in order of registration."""
        return [spec for offer in self.offers.values() for spec in getattr(offer, kind)]

    def records(self) -> Iterator[PluginRecord]:
        """Yield a record for every plugin, installed or registered, sorted by name."""
        offered: dict[str, list[Any]] = {}
        for (plugin, _), offer in self.offers.items():
            offered.setdefault(plugin, []).extend(offer.augmenters)
        for plugin in sorted((self._installed.keys() | offered.keys()) - {CORE}):
            record = self._installed.get(plugin, PluginRecord(plugin, "", "ok"))
            yield replace(record, augmenters=tuple(offered.get(plugin, ())))
