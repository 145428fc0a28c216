"""Installed plugins, good and bad: each bad one leaves a record and harms nobody else."""

from __future__ import annotations

import shutil
import sys
import zipfile

import pytest

from augreg import Registry
from augreg.errors import UnknownAugmenterError
from augreg.registry.discovery import find

PREFIX = "acme-"


def records(**options):
    """The records of the plugins that a test has installed."""
    return {r.plugin: r for r in Registry(**options).records if r.plugin.startswith(PREFIX)}


def test_good_plugin_is_listed_and_loaded_when_used(site) -> None:
    package = site.toy("acme-good", "acme.same", version="2.3")
    registry = Registry(allow=["acme-good"])
    (spec,) = registry.augmenters()
    assert (spec.name, spec.id, spec.version, spec.modalities) == ("acme.same", "acme-good/acme.same", "2.3", ("text",))
    assert f"{package}.same" not in sys.modules
    assert registry.load("acme.same").__name__ == "Same"
    assert registry.make("acme-good/acme.same", times=3).times == 3
    record = records()["acme-good"]
    assert (record.status, record.entry_points, record.augmenters) == ("ok", ("acme",), (spec,))
    assert record.import_ms > 0


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ("import no_such_module_here", "broken", "ModuleNotFoundError: No module named 'no_such_module_here'"),
        ("raise SystemExit('bye')", "broken", "SystemExit: bye"),
        ("1 / 0", "broken", "ZeroDivisionError: division by zero"),
        ("def", "broken", "SyntaxError"),
        ("AUGREG_API = 99", "incompatible", "it asks for plugin API 99; this augreg supports 1. Upgrade augreg."),
        ("AUGREG_API = 0", "incompatible", "for plugin API 0; this augreg supports 1. Upgrade the plugin."),
        ("AUGREG_API = '1'", "incompatible", "AUGREG_API is '1', not a whole number; this augreg supports 1."),
        ("{hook}def augreg_augmentors(): return []", "invalid", "Did you mean 'augreg_augmenters'?"),
        ("def augreg_augmenters(): return []", "invalid", "Write @augreg.hookimpl above it."),
        (
            "{hook}def augreg_execute(step, batch, run, x=1): ...",
            "invalid",
            "argument 'x' of augreg_execute has a default",
        ),
        ("{hook}def augreg_execute(stepp): ...", "invalid", "no argument 'stepp'. Did you mean 'step'?"),
        ("{wrap}def augreg_augmenters(): return (yield)", "invalid", "only augreg_execute can be wrapped"),
        ("{hook}def augreg_augmenters(): return 3", "invalid", "augreg_augmenters returned 3, not a list"),
        (
            "{hook}def augreg_augmenters(): return ['a.b']",
            "invalid",
            "'a.b' in its list, which is not an augreg.AugmenterSpec",
        ),
        (
            "{hook}def augreg_augmenters(): return [{spec}('Acme', 'm:C', ('text',))]",
            "invalid",
            "name 'Acme' is not of",
        ),
        ("{hook}def augreg_augmenters(): return [{spec}('a.b', 'm.C', ('text',))]", "invalid", "target of 'a.b' 'm.C'"),
        ("{hook}def augreg_augmenters(): return [{spec}('a.b', 'm:C', 'text')]", "invalid", "Write ('text',)."),
        ("{hook}def augreg_augmenters(): return [{spec}('a.b', 'm:C', ())]", "invalid", "'a.b' states no modality"),
        (
            "{hook}def augreg_augmenters(): return [{spec}('a.b', 'm:C', ('imgae',))]",
            "invalid",
            "Did you mean 'image'?",
        ),
        (
            "{hook}def augreg_augmenters(): return [{spec}('a.b', 'm:C', ('text',))] * 2",
            "invalid",
            "'a.b' is offered twice",
        ),
        ("{hook}def augreg_augmenters(): raise SystemExit(3)", "broken", "SystemExit: 3"),
        ("{hook}def augreg_modalities(): return [augreg.ModalitySpec('image', 'm:C')]", "invalid", "belongs to augreg"),
        ("{hook}def augreg_commands(): return ['x']", "invalid", "Return a dict of name -> 'module:click_command'"),
        ("raise RuntimeError('one\\n  two')", "broken", "RuntimeError: one two"),
        (
            "class Bad(Exception):\n    def __str__(self): raise ValueError\nraise Bad()",
            "broken",
            "Bad",
        ),
        (
            "import itertools\n{hook}def augreg_augmenters(): return itertools.repeat({spec}('a.b', 'm:C', ('x',)))",
            "invalid",
            "returned more than 20000 of AugmenterSpec. Return a list that ends.",
        ),
        ("{hook}def augreg_left_out(): return ['acme.x']", "invalid", "Return a dict of name -> why"),
        ("{hook}def augreg_left_out(): return {'x': 'slow'}", "invalid", "left-out name 'x' is not of"),
        ("{hook}def augreg_left_out(): return {'acme.x': ''}", "invalid", "'acme.x' is left out for ''. Say why"),
        (
            "{hook}def augreg_readers(): return [augreg.FormatSpec(('PNG',), 'image', 'm:f')]",
            "invalid",
            "extension 'PNG'",
        ),
    ],
)
def test_bad_plugin_leaves_a_record_and_the_others_work(site, source: str, status: str, reason: str) -> None:
    words = {"hook": "@augreg.hookimpl\n", "wrap": "@augreg.hookimpl(wrapper=True)\n", "spec": "augreg.AugmenterSpec"}
    for word, text in words.items():
        source = source.replace("{" + word + "}", text)
    site.install("acme-bad", {"acme_bad.py": f"import augreg\n{source}\n"}, {"bad": "acme_bad"})
    site.toy("acme-good", "acme.same")
    found = records()
    assert (found["acme-bad"].status, found["acme-good"].status) == (status, "ok")
    assert reason in found["acme-bad"].reason
    assert found["acme-bad"].augmenters == ()


def test_asking_for_what_a_broken_plugin_offers_names_it_with_version_and_cause(site) -> None:
    site.install("acme-bad", {"acme_bad.py": "import no_such_module_here"}, {"bad": "acme_bad"}, version="4.5")
    registry = Registry()
    for name in ("bad.anything", "acme-bad/bad.anything"):
        with pytest.raises(UnknownAugmenterError) as caught:
            registry.resolve(name)
        assert "acme-bad 4.5 is broken: ModuleNotFoundError: No module named 'no_such_module_here'" in str(caught.value)
        assert isinstance(caught.value.__cause__, ModuleNotFoundError)
        assert registry.cause("acme-bad") is caught.value.__cause__


def test_half_registered_plugin_is_taken_out_again(site) -> None:
    source = """
    import augreg

    @augreg.hookimpl(wrapper=True)
    def augreg_execute(step, batch, run):
        return (yield)

    @augreg.hookimpl
    def augreg_augmenters():
        raise RuntimeError("half-way")
    """
    site.install("acme-half", {"acme_half.py": source})
    registry = Registry(allow=["acme-half"])
    assert registry.records[0].reason == "RuntimeError: half-way"
    assert not registry.has_execute_wrappers


def test_one_broken_entry_point_leaves_the_others_of_its_plugin(site) -> None:
    site.toy("acme-two", "two.same", extra={"three": ("acme_three", "1 / 0")})
    record = records()["acme-two"]
    assert record.status == "broken"
    assert [spec.name for spec in record.augmenters] == ["two.same"]


def test_blocked_plugins_are_never_imported(site, monkeypatch) -> None:
    site.install("acme-evil", {"acme_evil.py": "raise SystemExit(1)"})
    site.toy("acme-good", "acme.same")
    for options, source in (({"block": ["Acme_Evil"]}, "block"), ({"allow": ["acme-good"]}, "allow")):
        record = records(**options)["acme-evil"]
        assert (record.status, record.import_ms) == ("blocked", 0.0)
        assert source in record.reason
    monkeypatch.setenv("AUGREG_BLOCK", "acme-evil")
    assert "AUGREG_BLOCK" in records()["acme-evil"].reason
    monkeypatch.delenv("AUGREG_BLOCK")
    monkeypatch.setenv("AUGREG_PLUGINS", "acme-good")
    found = records()
    assert (found["acme-evil"].status, found["acme-good"].status) == ("blocked", "ok")
    assert "acme_evil" not in sys.modules
    with pytest.raises(UnknownAugmenterError, match=r"acme-evil 1\.0 is blocked: not named in AUGREG_PLUGINS"):
        Registry().resolve("acme-evil/evil.x")


def test_empty_allow_list_means_none(site, monkeypatch) -> None:
    site.toy("acme-good", "acme.same")
    monkeypatch.setenv("AUGREG_PLUGINS", "")
    assert Registry().augmenters() == []
    assert {record.status for record in Registry().records} == {"blocked"}


def test_misspelt_name_in_the_allow_list_is_reported(site, monkeypatch) -> None:
    site.toy("acme-good", "acme.same")
    monkeypatch.setenv("AUGREG_PLUGINS", "acme-goood")
    record = records()["acme-goood"]
    assert record.status == "invalid"
    assert record.reason == "named in AUGREG_PLUGINS but not installed. Did you mean 'acme-good'?"


def test_a_slip_in_the_block_list_is_told(site, monkeypatch) -> None:
    site.toy("acme-good", "acme.same")
    monkeypatch.setenv("AUGREG_BLOCK", "acme-goood,acme-noise")  # acme-noise is not installed, and may be one day
    found = records()
    assert found["acme-good"].status == "ok"
    assert found["acme-goood"].status == "invalid"
    assert found["acme-goood"].reason == "named in AUGREG_BLOCK but not installed. Did you mean 'acme-good'?"
    assert "acme-noise" not in found


def test_no_discovery_on_request(site) -> None:
    site.toy("acme-good", "acme.same")
    assert Registry(discover=False).records == ()


def test_distribution_found_twice_counts_once(site, tmp_path, monkeypatch) -> None:
    site.toy("acme-good", "acme.same", version="2.0")
    second = tmp_path / "second"
    shutil.copytree(site.folder, second)
    shutil.move(second / "acme_good-2.0.dist-info", second / "acme_good-1.0.dist-info")
    monkeypatch.setattr(sys, "path", [*sys.path, str(second)])
    assert [plugin.plugin for plugin in find() if plugin.plugin.startswith(PREFIX)] == ["acme-good"]
    assert [spec.id for spec in Registry(allow=["acme-good"]).augmenters()] == ["acme-good/acme.same"]


def test_plugins_are_sorted_and_their_names_normalised(site) -> None:
    site.toy("acme-b", "b.same")
    site.install("Acme_A", {"acme_a.py": ""})
    assert [plugin.plugin for plugin in find([str(site.folder)])] == ["acme-a", "acme-b"]


def test_distribution_without_metadata_is_named_after_its_module(site) -> None:
    site.toy("acme-good", "acme.same")
    (site.folder / "acme_good-1.0.dist-info" / "METADATA").unlink()
    (found,) = find([str(site.folder)])
    assert (found.plugin, found.version) == ("acme-good", "")
    assert Registry().resolve("acme.same").plugin == "acme-good"


def test_the_made_wheels_are_whole(site) -> None:
    wheel = site.install("acme-good", {"acme_good.py": ""})
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        assert "acme_good-1.0.dist-info/RECORD" in archive.namelist()


@pytest.mark.parametrize("value", ["not a module!", "", ":x", "acme.one:"])
def test_an_entry_point_that_names_no_module_says_so(site, value: str) -> None:
    site.install("acme-bad", {"acme_bad.py": ""}, {"bad": value})
    site.toy("acme-good", "acme.same")
    found = records()
    assert found["acme-good"].status == "ok"
    if "acme-bad" in found:
        assert found["acme-bad"].status == "invalid"
        assert found["acme-bad"].reason == f"entry point bad = {value!r} is no 'module' or 'module:object'."
    else:
        assert not value  # importlib itself reads no line without a value


def test_entry_points_in_every_form_that_importlib_reads(site) -> None:
    source = (
        "import augreg\nclass P:\n    class Q:\n        @augreg.hookimpl\n        def augreg_augmenters(): return []\n"
    )
    site.install("acme-deep", {"acme_deep.py": source}, {"a": "acme_deep : P.Q [extra]"})
    assert records()["acme-deep"].status == "ok"
