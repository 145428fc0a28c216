"""The conformance kit finds every planted fault, and nothing wrong with what keeps the rules."""

from __future__ import annotations

import pytest
from conforming import CONFORMING
from faulty import FAULTS

import augreg.registry
from augreg.errors import ConfigError
from augreg.registry import Registry
from augreg.testing import ConformanceError, checks, class_checks, plugin_checks

IN_NEW_PROCESSES = ("runs_in_spawned_workers", "memory_is_declared")


def run(found, name):
    """Run the check of this id."""
    next(check for check in found if check.id == name)()


@pytest.mark.parametrize(("name", "cls"), CONFORMING.items(), ids=list(CONFORMING))
def test_an_augmenter_that_keeps_the_rules_passes_all(name, cls):
    found = class_checks(cls, name)
    assert len(found) > 30
    for check in found:
        check()


@pytest.mark.parametrize(("name", "cls", "rule"), FAULTS, ids=[f"{n}-{r}" for n, _, r in FAULTS])
def test_a_planted_fault_is_found(name, cls, rule):
    found = [check for check in class_checks(cls, name) if check.id == f"{name}-{rule}"]
    assert len(found) == 1, f"no rule {rule} for {name}"
    with pytest.raises(ConformanceError, match=name):
        found[0]()


def test_a_modality_of_a_plugin_is_checked_on_its_own_examples():
    from signals import Plugin

    registry = Registry(discover=False)
    registry.register(Plugin(), "acme-signals")
    found = checks("acme-signals", registry=registry)
    ids = [c.id for c in found]
    assert {"signal.double-batch_size_independent", "signal.double-replays", "signal.double-nonfinite"} <= set(ids)
    for check in found:
        # These look at an installed distribution.
        installed = check.id in ("discovered", "listing_imports_nothing", *IN_NEW_PROCESSES)
        if not installed and check.id != "signal.careless-nonfinite":
            check()
    with pytest.raises(ConformanceError, match="nan in the data passes without an error"):
        run(found, "signal.careless-nonfinite")


# ---------------------------------------------------------------- installed distributions


def test_a_good_distribution_passes(site):
    site.toy("acme-good", "acme.same")
    found = checks("acme-good", registry=Registry())
    assert {"discovered", "listing_imports_nothing", "names_are_unique", "acme.same-target_loads"} <= {
        c.id for c in found
    }
    for check in found:
        if not check.slow:
            check()


def test_a_distribution_that_is_not_installed(site):
    with pytest.raises(ConformanceError, match="acme-none is not among the installed plugins"):
        run(checks("acme-none", registry=Registry(allow=[])), "discovered")


def test_a_distribution_that_does_not_load(site):
    site.install("acme-broken", {"acme_broken.py": "raise RuntimeError('no licence')"})
    with pytest.raises(ConformanceError, match="acme-broken 1.0 is broken: RuntimeError: no licence"):
        run(checks("acme-broken", registry=Registry()), "discovered")


def test_a_distribution_that_offers_nothing(site):
    site.install("acme-empty", {"acme_empty.py": "import augreg\n"})
    with pytest.raises(ConformanceError, match=r"acme-empty 1\.0"):
        run(checks("acme-empty", registry=Registry()), "discovered")


@pytest.mark.parametrize("heavy", [pytest.param("torch", marks=pytest.mark.slow), "numpy"])
def test_heavy_imports_while_listing(site, heavy):
    package = site.toy("acme-heavy", "acme.same")
    plugin = site.folder / package / "plugin.py"
    plugin.write_text(f"import {heavy}\n{plugin.read_text()}")
    with pytest.raises(ConformanceError, match=f"listing acme-heavy imports .*{heavy}"):
        run(checks("acme-heavy", registry=Registry()), "listing_imports_nothing")


def test_a_summary_that_drifted(site):
    package = site.toy("acme-drift", "acme.same")
    plugin = site.folder / package / "plugin.py"
    plugin.write_text(plugin.read_text().replace("Does nothing.", "Does something."))
    with pytest.raises(ConformanceError, match="begins 'Does nothing.', the summary is 'Does something.'"):
        run(checks("acme-drift", registry=Registry()), "acme.same-summary_is_first_line")


def test_a_name_that_two_plugins_offer(site):
    site.toy("acme-one", "acme.same")
    site.toy("acme-two", "acme.same")
    with pytest.raises(ConformanceError, match="offered 2 times: acme-one/acme.same, acme-two/acme.same"):
        run(checks("acme-one", registry=Registry()), "names_are_unique")


def test_a_target_that_is_not_there(site):
    package = site.toy("acme-lost", "acme.same")
    (site.folder / package / "same.py").unlink()
    found = checks("acme-lost", registry=Registry())
    with pytest.raises(ConformanceError, match="acme-lost/acme.same does not load"):
        run(found, "acme.same-target_loads")
    assert not [c for c in found if c.id.startswith("acme.same-") and not c.id.endswith("target_loads")]


@pytest.mark.slow
def test_workers_see_what_the_parent_sees(site):
    site.toy("acme-workers", "acme.same")
    run(checks("acme-workers", registry=Registry()), "runs_in_spawned_workers")


# ---------------------------------------------------------------- pytest


@pytest.fixture
def installed(site, monkeypatch):
    """Install a good plugin in the default registry."""
    site.toy("acme-good", "acme.same")
    monkeypatch.setattr(augreg.registry.process, "_default", Registry())


def test_parameters_for_pytest_have_readable_ids(installed):
    found = plugin_checks("acme-good")
    ids = [p.id for p in found]
    assert ids[0] == "discovered"
    assert "acme.same-batch_size_independent" in ids
    assert len(set(ids)) == len(ids)
    assert [p.id for p in found if any(m.name == "slow" for m in p.marks)] == [
        "acme.same-varies",
        "acme.same-thread_safe",
        *IN_NEW_PROCESSES,
    ]


def test_expected_failures_are_strict(installed):
    found = plugin_checks("acme-good", expected_failures={"acme.same-varies": "draws nothing"})
    marked = {p.id: p.marks for p in found if any(m.name == "xfail" for m in p.marks)}
    assert list(marked) == ["acme.same-varies"]
    assert marked["acme.same-varies"][0].kwargs == {"reason": "draws nothing", "strict": True}


def test_an_expected_failure_must_name_a_check(installed):
    with pytest.raises(ConfigError, match="no check 'acme.same-vary' to fail. Did you mean 'acme.same-varies'"):
        plugin_checks("acme-good", expected_failures={"acme.same-vary": ""})


def test_the_kit_needs_no_pytest(fresh):
    done = fresh("import sys; import augreg.testing; print('pytest' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr
