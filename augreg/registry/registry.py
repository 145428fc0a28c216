"""What is installed: resolves names to specs, imports what they name on first use, registers at run time."""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from augreg.errors import (
    ConfigError,
    ContractError,
    PluginLoadError,
    UnknownModalityError,
    nearest,
    outside,
)
from augreg.registry import names
from augreg.registry.answers import Offer, has_hooks
from augreg.registry.discovery import Filter, normalised
from augreg.registry.loading import check_class, load_class, load_target
from augreg.registry.operations import OperationSet
from augreg.registry.spec import (
    LOCAL,
    AugmenterSpec,
    CommandSpec,
    FormatSpec,
    GeneratorSpec,
    LabelSpec,
    LeftOut,
    LiftSpec,
    ModalitySpec,
    PluginRecord,
    PolicySpec,
    check_api,
)
from augreg.registry.table import CORE, PluginTable

if TYPE_CHECKING:
    import pluggy

    from augreg.contract.augmenter import Augmenter
    from augreg.contract.policy import Policy


class Registry:
    """The plugins of this process and what they offer.

    *allow* and *block* are distribution names. They act before anything of a plugin is imported, together
    with the environment variables `AUGREG_PLUGINS` and `AUGREG_BLOCK`; what any of the four keeps out stays
    out. `discover=False` leaves installed plugins aside. Many threads may use a registry at once. It does
    not pickle: hold names, not registries.
    """

    def __init__(
        self, allow: Collection[str] | None = None, block: Collection[str] | None = None, discover: bool = True
    ) -> None:
        self._lock = threading.RLock()
        self._plugins = PluginTable()
        self._classes: dict[str, type] = {}
        self._unique: dict[str, AugmenterSpec] | None = None
        self._policies: frozenset[str] | None = None
        if discover:
            self._plugins.discover(Filter.of(allow, block))
        self.has_execute_wrappers: bool = False
        """Whether a plugin implements `augreg_execute`; if none does, `run(batch)` gives the same."""
        self._changed()

    def _changed(self) -> None:
        """Forget what was worked out from the plugins; called under the lock whenever they change."""
        self._unique = self._policies = None
        self._specs: WeakKeyDictionary[type, AugmenterSpec] = WeakKeyDictionary()
        self.has_execute_wrappers = len(self._plugins.manager.hook.augreg_execute.get_hookimpls()) > 1

    @property
    def in_process(self) -> bool:
        """Whether something was registered in this process only, so that other processes do not know it."""
        return any(plugin == LOCAL or not entry for plugin, entry in self._plugins.offers if plugin != CORE)

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """What became of every plugin, installed or registered, sorted by name."""
        with self._lock:
            return tuple(self._plugins.records())

    def cause(self, plugin: str) -> BaseException | None:
        """Return the exception, with its traceback, that kept *plugin* from being used."""
        return self._plugins.causes.get(plugin)

    @property
    def hook(self) -> pluggy.HookRelay:
        """The hooks, called with keywords: `registry.hook.augreg_execute(step=..., batch=..., run=...)`."""
        return self._plugins.manager.hook

    def augmenters(
        self, modality: str | None = None, tag: str | None = None, plugin: str | None = None
    ) -> list[AugmenterSpec]:
        """Return the augmenters that take *modality*, carry *tag* and come from *plugin*, sorted by name.

        Raises UnknownModalityError for a modality that nobody knows.
        """
        if modality is not None:
            self.modality(modality)
        wanted = None if plugin is None else normalised(plugin)
        return [
            spec
            for spec in sorted(self._all("augmenters"), key=lambda spec: (spec.name, spec.plugin))
            if (modality is None or modality in spec.modalities)
            and (tag is None or tag in spec.tags)
            and (wanted is None or normalised(spec.plugin) == wanted)
        ]

    def left_out(self) -> list[LeftOut]:
        """Return what adapters do not offer of their libraries, with the reasons."""
        return self._all("left_out")

    def modalities(self) -> list[ModalitySpec]:
        """Return the kinds of sample that are known, the core's four first."""
        return self._all("modalities")

    def modality(self, name: str) -> ModalitySpec:
        """Return the modality *name*. Raises UnknownModalityError, or ConfigError when two plugins offer it."""
        return names.pick("modality", name, self.modalities(), UnknownModalityError)

    def lifts(self) -> list[LiftSpec]:
        """Return what makes augmenters of one modality work on another."""
        return self._all("lifts")

    def policies(self) -> list[PolicySpec]:
        """Return the policies that pipelines may name."""
        return self._all("policies")

    def policy(self, name: str) -> PolicySpec:
        """Return the policy *name*. Raises ConfigError when nobody offers it, or two plugins do."""
        return names.pick("policy", name, self.policies(), ConfigError)

    def load_policy(self, name: str) -> type[Policy]:
        """Import and return the class of the policy *name*.

        Raises ConfigError when nobody offers it, PluginLoadError when it cannot be imported.
        """
        spec = self.policy(name)
        loaded: type[Policy] = load_target(spec.target, f"policy {name!r}", spec.plugin)
        return loaded

    def is_policy(self, name: str) -> bool:
        """Return whether some plugin offers a policy of this name."""
        if self._policies is None:
            self._policies = frozenset(spec.name for spec in self.policies())
        return name in self._policies

    def operation_sets(self, modality: str | None = None) -> list[OperationSet]:
        """Return the sets of operations that policies draw from."""
        return [s for s in self._all("operation_sets") if modality is None or s.modality == modality]

    def operation_set(self, name: str) -> OperationSet:
        """Return the set *name*. Raises ConfigError when nobody offers it, or two plugins do."""
        return names.pick("set of operations", name, self.operation_sets(), ConfigError)

    def generators(self) -> list[GeneratorSpec]:
        """Return what plugins have that makes new samples."""
        return self._all("generators")

    def generator(self, name: str) -> GeneratorSpec:
        """Return the generator *name*. Raises ConfigError when nobody offers it, or two plugins do."""
        return names.pick("generator", name, self.generators(), ConfigError)

    def load_generator(self, name: str) -> Callable[[Sequence[Any], int, int], Sequence[Any]]:
        """Import and return the generator *name*.

        Raises ConfigError when nobody offers it, PluginLoadError when it cannot be imported, ContractError when it
        cannot be called.
        """
        spec = self.generator(name)
        found = load_target(spec.target, f"generator {name!r}", f"{spec.plugin} {spec.version}".strip())
        if not callable(found) or inspect.isclass(found):
            kind = "a class" if inspect.isclass(found) else f"a {type(found).__name__}"
            raise ContractError(
                f"generator {name!r} ({spec.target}) is {kind}. Name a function, or an object that can be called, as "
                "generate(samples, count, seed)."
            )
        loaded: Callable[[Sequence[Any], int, int], Sequence[Any]] = found
        return loaded

    def commands(self) -> list[CommandSpec]:
        """Return the subcommands that plugins add to the command line."""
        return self._all("commands")

    def readers(self) -> list[FormatSpec]:
        """Return the file formats that plugins read."""
        return self._all("readers")

    def writers(self) -> list[FormatSpec]:
        """Return the file formats that plugins write."""
        return self._all("writers")

    def label_readers(self) -> list[LabelSpec]:
        """Return the forms of labels that plugins read."""
        return self._all("label_readers")

    def label_writers(self) -> list[LabelSpec]:
        """Return the forms of labels that plugins write."""
        return self._all("label_writers")

    def _all(self, kind: str) -> list[Any]:
        with self._lock:
            return self._plugins.all(kind)

    def resolve(self, name: str) -> AugmenterSpec:
        """Return the spec of *name*: a short name ("audio.gain") or a full id ("augreg-audio/audio.gain").

        Raises AmbiguousAugmenterError for a short name that several plugins offer, UnknownAugmenterError for
        one that nobody offers. Where a broken or blocked plugin may be the reason, the message says so.
        """
        unique = self._unique
        if unique is None:
            with self._lock:
                unique = self._unique = names.unique(self._plugins.all("augmenters"))
        if isinstance(name, str) and name in unique:
            return unique[name]
        known = names.Known(self.augmenters(), self.records, self._plugins.causes, self.policies(), self.left_out())
        raise names.unresolved(str(name), known)

    def load(self, name: str) -> type[Augmenter]:
        """Return the class that *name* stands for, importing it when it is first asked for.

        Raises what `resolve` raises, PluginLoadError when the import fails, ContractError when what is found
        is no augmenter. A deprecated augmenter gives one DeprecationWarning.
        """
        spec = self.resolve(name)
        known = self._classes.get(spec.id)
        if known is not None:
            return known
        # Not under the lock: another thread may hold this module's import lock and wait for ours.
        found = load_class(spec)
        with self._lock:
            first = spec.id not in self._classes
            self._classes[spec.id] = found
        if first and spec.deprecated:
            warnings.warn(f"{spec.name} is deprecated: {spec.deprecated}", DeprecationWarning, stacklevel=outside())
        return found

    def make(self, name: str, **params: Any) -> Augmenter:
        """Return the augmenter *name* with the configuration *params*.

        Raises what `load` raises, and ConfigError for a parameter or a value that it does not take.
        """
        from augreg import param

        return cast("Augmenter", param.build(self.load(name), params, name))

    def spec_of(self, cls: type) -> AugmenterSpec | None:
        """Return the spec whose target is *cls* itself, or None. A subclass of an augmenter is another class."""
        known = self._specs  # which a change replaces, so that nothing older gets into what comes after it
        found = known.get(cls)
        if found is None and (found := self._find_spec(cls)) is not None:
            known[cls] = found
        return found

    def _find_spec(self, cls: type) -> AugmenterSpec | None:
        specs = self.augmenters()
        target = f"{cls.__module__}:{cls.__qualname__}"
        for spec in specs:
            if spec.target == target or self._classes.get(spec.id) is cls:
                return spec
        package = cls.__module__.partition(".")[0]
        for spec in specs:  # a target may name the class where its package re-exports it
            module, _, name = spec.target.partition(":")
            if name == cls.__qualname__ and module.partition(".")[0] == package and load_class(spec) is cls:
                return spec
        return None

    def register(
        self,
        obj: object,
        name: str | None = None,
        *,
        modalities: Iterable[str] | None = None,
        tags: Iterable[str] = (),
        summary: str = "",
    ) -> str:
        """Add an augmenter class under *name*, or an object or module whose hooks say what it offers.

        A class takes the modality that its name begins with unless *modalities* says otherwise, or the class itself,
        as those of `augreg.augmenter` do; its summary is the first line of its docstring unless *summary* is given.
        Returns the name that `unregister` takes.
        Raises ContractError for an object that breaks the interface, ConfigError for a name that is taken or
        missing, UnknownModalityError. On an error nothing is registered.
        """
        with self._lock:
            try:
                if inspect.isclass(obj) and not has_hooks(obj):
                    return self._register_class(obj, name, modalities, tags, summary)
                return self._register_plugin(obj, name or str(getattr(obj, "__name__", type(obj).__name__)))
            finally:
                self._changed()

    def _register_class(
        self, cls: type, name: str | None, modalities: Iterable[str] | None, tags: Iterable[str], summary: str
    ) -> str:
        if name is None:
            raise ConfigError(f"{cls.__qualname__} needs a name: register({cls.__qualname__}, 'namespace.name').")
        spec = AugmenterSpec(
            name,
            f"{cls.__module__}:{cls.__qualname__}",
            getattr(cls, "takes_modalities", (name.partition(".")[0],)) if modalities is None else tuple(modalities),
            tuple(tags),
            summary or (inspect.getdoc(cls) or "").partition("\n")[0],
            plugin=LOCAL,
        )
        offer = Offer(augmenters=(spec,))
        self._plugins.check_free(offer)
        self._plugins.check_modalities(offer)
        self._classes[spec.id] = check_class(spec, cls)
        self._plugins.offers[LOCAL, name] = offer
        return name

    def _register_plugin(self, plugin: object, name: str) -> str:
        if not has_hooks(plugin):
            raise ContractError(f"{name} has no function marked @augreg.hookimpl, and is no augmenter class.")
        if reason := check_api(getattr(plugin, "AUGREG_API", 1)):
            raise PluginLoadError(f"{name} cannot be used: {reason}")
        if name in (CORE, LOCAL) or any(record.plugin == name for record in self.records):
            raise ConfigError(f"a plugin named {name!r} is already there. Call unregister({name!r}) first.")
        self._plugins.add((name, ""), plugin, check=True)
        return name

    def unregister(self, name: str) -> None:
        """Take away what `register` returned *name* for, or a plugin by its distribution name, in this process.

        Raises ConfigError for a name that is not registered.
        """
        with self._lock:
            keys = [key for key in self._plugins.offers if name == key[0] != CORE or key == (LOCAL, name)]
            if not keys:
                known = [record.plugin for record in self.records] + [key[1] for key in self._plugins.offers]
                raise ConfigError(f"{name!r} is not registered.{nearest(name, known)}")
            for key in keys:
                for spec in self._plugins.remove(key).augmenters:
                    self._classes.pop(spec.id, None)
            self._plugins.forget(name)
            self._changed()
