"""Names, classes and run-time registration."""

from __future__ import annotations

import math
import threading
import warnings
from dataclasses import dataclass

import pytest

import augreg
from augreg import registry as registry_module
from augreg.errors import (
    AmbiguousAugmenterError,
    ConfigError,
    ContractError,
    PluginLoadError,
    UnknownAugmenterError,
    UnknownModalityError,
)


@dataclass(frozen=True, kw_only=True)
class Same(augreg.AugmenterBase):
    """Does nothing.

    At all.
    """

    times: int = augreg.param.integer(1, "how often", low=0, high=9)
    declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))


class Plugin:
    """A plugin object that offers the given augmenters."""

    def __init__(self, *names: str, **options) -> None:
        self.specs = [augreg.AugmenterSpec(name, f"{__name__}:Same", ("text",), **options) for name in names]

    @augreg.hookimpl
    def augreg_augmenters(self):
        return self.specs


@pytest.fixture
def registry() -> augreg.Registry:
    return augreg.Registry(discover=False)


def test_resolve_by_short_name_and_by_id(site) -> None:
    site.toy("acme-one", "acme.same")
    registry = augreg.Registry(allow=["acme-one"])
    assert registry.resolve("acme.same") == registry.resolve("acme-one/acme.same")


def test_name_of_two_plugins_is_listed_twice_and_ambiguous(site) -> None:
    site.toy("acme-one", "acme.same")
    site.toy("acme-two", "acme.same")
    registry = augreg.Registry(allow=["acme-one", "acme-two"])
    assert [spec.id for spec in registry.augmenters()] == ["acme-one/acme.same", "acme-two/acme.same"]
    with pytest.raises(AmbiguousAugmenterError) as caught:
        registry.load("acme.same")
    assert str(caught.value) == (
        "'acme.same' is offered by 2 plugins: acme-one/acme.same, acme-two/acme.same. Write one id in full."
    )
    assert registry.load("acme-two/acme.same").__module__ == "acme_two.same"
    assert registry.load("acme-one/acme.same").__module__ == "acme_one.same"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("acme.smae", "Did you mean 'acme.same'?"),
        ("same", "Did you mean 'acme.same'?"),
        ("elsewhere.same", "Did you mean 'acme.same'?"),
        ("acme-one/acme.smae", "Did you mean 'acme.same'?"),
        ("acme-oen/acme.same", "No plugin 'acme-oen' is installed. Did you mean 'acme-one'?"),
        ("audio.gain", "Run: pip install augreg-audio"),
        ("zzz.zzz", "Run: augreg list"),
        ("acme.turn", "Did you mean 'acme.left_turn' or 'acme.turn_right'?"),
    ],
)
def test_unknown_name_says_what_to_do(registry, name: str, advice: str) -> None:
    registry.register(Plugin("acme.same", "acme.left_turn", "acme.turn_right", "other.turn"), "acme-one")
    with pytest.raises(UnknownAugmenterError) as caught:
        registry.resolve(name)
    assert str(caught.value).startswith(f"no augmenter named {name!r}. ")
    assert advice in str(caught.value)


def test_augmenters_filter(registry) -> None:
    registry.register(Plugin("a.x", tags=("one",)), "Acme_One")
    registry.register(Plugin("a.y", tags=("two",)), "acme-two")
    assert [spec.name for spec in registry.augmenters()] == ["a.x", "a.y"]
    assert [spec.name for spec in registry.augmenters(tag="two")] == ["a.y"]
    assert [spec.name for spec in registry.augmenters(plugin="acme-one")] == ["a.x"]
    assert registry.augmenters(modality="image") == []
    with pytest.raises(UnknownModalityError, match="no modality named 'txet'. Did you mean 'text'?"):
        registry.augmenters(modality="txet")


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (
            "no_such_module_here:X",
            PluginLoadError,
            "No module named 'no_such_module_here'. It names a module that it does not have",
        ),
        ("augreg.errors:Nothing", PluginLoadError, "acme cannot load a.x: module 'augreg.errors' has no attribute"),
        ("augreg.errors:nearest", ContractError, "acme/a.x (augreg.errors:nearest) is a function, not a class"),
        ("augreg.errors:AugregError", ContractError, "is not a dataclass"),
        ("augreg.registry.spec:AugmenterSpec", ContractError, "has no method 'draw'"),
    ],
)
def test_target_that_is_no_augmenter(registry, target: str, error: type, message: str) -> None:
    made = Plugin()
    made.specs = [augreg.AugmenterSpec("a.x", target, ("text",))]
    registry.register(made, "acme")
    with pytest.raises(error) as caught:
        registry.load("a.x")
    assert message in str(caught.value)


def test_class_without_declaration_is_refused(registry) -> None:
    @dataclass(frozen=True)
    class Silent:
        def draw(self, batch, rng, level=None): ...
        def apply(self, batch, params): ...

    with pytest.raises(ContractError, match="declares nothing"):
        registry.register(Silent, "text.silent")
    assert registry.augmenters() == []


def test_import_error_of_a_target_is_the_cause(site) -> None:
    package = site.toy("acme-one", "acme.same", version="3.1")
    (site.folder / package / "same.py").write_text("import no_such_module_here\n")
    with pytest.raises(PluginLoadError) as caught:
        augreg.Registry(allow=["acme-one"]).load("acme.same")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
    assert str(caught.value).startswith("acme-one 3.1 cannot load acme.same: No module named 'no_such_module_here'.")


def test_deprecated_augmenter_warns_once(registry) -> None:
    registry.register(Plugin("a.x", deprecated="use a.y"), "acme")
    with pytest.warns(DeprecationWarning, match="a.x is deprecated: use a.y") as caught:
        registry.load("a.x")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        registry.load("a.x")


def test_make_checks_parameters(registry) -> None:
    registry.register(Same, "text.same")
    assert registry.make("text.same", times=2) == Same(times=2)
    with pytest.raises(ConfigError, match="text.same has no parameter 'time'. Did you mean 'times'?"):
        registry.make("text.same", time=2)
    with pytest.raises(ConfigError, match="text.same: times=12"):
        registry.make("text.same", times=12)


def test_register_a_class(registry) -> None:
    assert registry.register(Same, "text.same", tags=("x",)) == "text.same"
    spec = registry.resolve("text.same")
    assert (spec.modalities, spec.tags, spec.summary, spec.id) == (
        ("text",),
        ("x",),
        "Does nothing.",
        "local/text.same",
    )
    assert registry.load("text.same") is Same
    assert registry.spec_of(Same) == spec
    assert [(record.plugin, record.augmenters) for record in registry.records] == [("local", (spec,))]
    registry.unregister("text.same")
    assert registry.augmenters() == []
    assert registry.spec_of(Same) is None
    assert registry.records == ()


def test_class_that_only_this_process_knows(registry) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Local(Same):
        pass

    registry.register(Local, "my.local", modalities=["text"], summary="Mine.")
    assert registry.load("local/my.local") is Local
    assert registry.spec_of(Local).summary == "Mine."
    assert registry.spec_of(Same) is None


def test_class_needs_a_name_and_a_known_modality(registry) -> None:
    with pytest.raises(ConfigError, match="Same needs a name"):
        registry.register(Same)
    with pytest.raises(UnknownModalityError, match="'my.same' is for modality 'my', which nobody offers"):
        registry.register(Same, "my.same")
    with pytest.raises(ContractError, match="'same' is not of the form"):
        registry.register(Same, "same", modalities=("text",))


def test_register_over_an_existing_name(registry) -> None:
    registry.register(Same, "text.same")
    with pytest.raises(ConfigError, match="'text.same' is already offered by local. Call"):
        registry.register(Same, "text.same")
    with pytest.raises(ConfigError, match="Call unregister..text.same.. first"):
        registry.register(Plugin("text.other", "text.same"), "acme")
    assert [spec.name for spec in registry.augmenters()] == ["text.same"]
    registry.register(Plugin("text.other"), "acme")
    with pytest.raises(ConfigError, match="a plugin named 'acme' is already there"):
        registry.register(Plugin("text.more"), "acme")
    with pytest.raises(ConfigError, match="'text.other' is already offered by acme. Call unregister..acme.. first"):
        registry.register(Same, "text.other")


def test_same_plugin_object_twice(registry) -> None:
    made = Plugin("a.x")
    registry.register(made, "one")
    with pytest.raises(ConfigError, match="already registered"):
        registry.register(made, "two")
    assert [record.plugin for record in registry.records] == ["one"]


def test_unregister_an_installed_plugin_and_register_in_its_place(site) -> None:
    site.toy("acme-one", "acme.same")
    registry = augreg.Registry(allow=["acme-one"])
    registry.unregister("acme-one")
    registry.register(Same, "acme.same", modalities=("text",))
    assert registry.load("acme.same") is Same
    with pytest.raises(ConfigError, match="'acme.smae' is not registered. Did you mean 'acme.same'?"):
        registry.unregister("acme.smae")
    with pytest.raises(ConfigError, match="'augreg' is not registered"):
        registry.unregister("augreg")


def test_register_a_module(registry, site) -> None:
    site.toy("acme-one", "acme.same")
    import acme_one.plugin

    assert registry.register(acme_one.plugin) == "acme_one.plugin"
    assert registry.resolve("acme.same").plugin == "acme_one.plugin"
    acme_one.plugin.AUGREG_API = 2
    registry.unregister("acme_one.plugin")
    with pytest.raises(PluginLoadError, match="it asks for plugin API 2; this augreg supports 1. Upgrade augreg"):
        registry.register(acme_one.plugin)
    with pytest.raises(ContractError, match="math has no function marked @augreg.hookimpl"):
        registry.register(math)


def test_spec_of_a_class_that_its_package_re_exports(site) -> None:
    package = site.toy("acme-one", "acme.same")
    text = (site.folder / package / "plugin.py").read_text()
    (site.folder / package / "plugin.py").write_text(text.replace("acme_one.same:Same", "acme_one.api:Same"))
    (site.folder / package / "api.py").write_text("from acme_one.same import Same\n")
    registry = augreg.Registry(allow=["acme-one"])
    from acme_one.same import Same as Theirs

    assert registry.spec_of(Theirs).name == "acme.same"
    assert registry.spec_of(Same) is None


def test_other_hooks_are_collected(registry) -> None:
    class Everything:
        @augreg.hookimpl
        def augreg_modalities(self):
            return [augreg.ModalitySpec("lidar", "m:Lidar", "Points.")]

        @augreg.hookimpl
        def augreg_policies(self):
            return [augreg.PolicySpec("lidar.strong", "m:strong")]

        @augreg.hookimpl
        def augreg_commands(self):
            return {"measure": "m:measure"}

        @augreg.hookimpl
        def augreg_readers(self):
            return [augreg.FormatSpec([".las"], "lidar", "m:read")]

        @augreg.hookimpl
        def augreg_writers(self):
            return [augreg.FormatSpec([".las"], "lidar", "m:write")]

    registry.register(Everything(), "acme")
    assert [spec.name for spec in registry.modalities()] == ["image", "audio", "video", "text", "lidar"]
    assert registry.modality("lidar").plugin == "acme"
    assert registry.policy("lidar.strong").target == "m:strong"
    assert [(spec.name, spec.target, spec.plugin) for spec in registry.commands()] == [("measure", "m:measure", "acme")]
    assert [spec.extensions for spec in registry.readers() if spec.plugin == "acme"] == [(".las",)]
    assert [spec.target for spec in registry.writers() if spec.plugin == "acme"] == ["m:write"]
    registry.register(Same, "lidar.same")
    registry.register(Everything(), "acme-two")
    with pytest.raises(ConfigError, match="modality 'lidar' is offered by 2 plugins: acme, acme-two"):
        registry.modality("lidar")
    with pytest.raises(ConfigError, match="no policy named 'lidar.storng'. Did you mean 'lidar.strong'?"):
        registry.policy("lidar.storng")


def test_execute_runs_the_step_and_can_be_wrapped(registry) -> None:
    seen = []

    class Timer:
        @augreg.hookimpl(wrapper=True)
        def augreg_execute(self, step, batch):
            seen.append((step, batch))
            return (yield) + 1

    class Cache:
        @augreg.hookimpl
        def augreg_execute(self, batch):
            return 100 if batch == 5 else None

    def call(batch):
        return registry.hook.augreg_execute(step="image[0]", batch=batch, run=lambda batch: batch * 2)

    assert not registry.has_execute_wrappers
    assert call(5) == 10
    registry.register(Timer(), "timer")
    assert registry.has_execute_wrappers
    assert call(5) == 11
    registry.register(Cache(), "cache")
    assert (call(5), call(6)) == (101, 13)
    assert seen == [("image[0]", 5), ("image[0]", 5), ("image[0]", 6)]
    registry.unregister("timer")
    registry.unregister("cache")
    assert not registry.has_execute_wrappers


def test_many_threads_load_one_class(site) -> None:
    site.toy("acme-one", "acme.same")
    registry = augreg.Registry(allow=["acme-one"])
    barrier = threading.Barrier(8)
    found = []

    def load() -> None:
        barrier.wait()
        found.append(registry.load("acme.same"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_module_functions_use_one_registry(monkeypatch, registry) -> None:
    monkeypatch.setattr(registry_module.process, "_default", registry)
    assert registry_module.default() is registry
    augreg.register(Same, "text.same")
    assert [spec.name for spec in augreg.list_augmenters(modality="text")] == ["text.same"]
    assert registry_module.resolve("text.same").name == "text.same"
    assert registry_module.load("text.same") is Same
    assert augreg.make("text.same", times=4).times == 4
    augreg.unregister("text.same")
    assert augreg.list_augmenters() == []


def test_first_use_from_many_threads_makes_one_registry(monkeypatch) -> None:
    monkeypatch.setattr(registry_module.process, "_default", None)
    monkeypatch.setenv("AUGREG_PLUGINS", "")
    found = []
    threads = [threading.Thread(target=lambda: found.append(registry_module.default())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(registry) for registry in found}) == 1
