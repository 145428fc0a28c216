"""What authors are told: findings as JSON and badges, wheels that are built, plugins that are outdated or clash."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from click.testing import CliRunner

import augreg.registry
from augreg.cli.app import app


@pytest.fixture
def run(monkeypatch):
    """Run a command with the plugins that the test has installed."""

    def invoke(*arguments, code=0):
        monkeypatch.setattr(augreg.registry.process, "_default", None)
        done = CliRunner().invoke(app, [*map(str, arguments)])
        assert done.exit_code == code, done.output
        return done

    return invoke


def broken(site):
    package = site.toy("acme-drift", "acme.same")
    plugin = site.folder / package / "plugin.py"
    plugin.write_text(plugin.read_text().replace("Does nothing.", "Does something."))


def test_findings_as_json(site, run):
    broken(site)
    found = json.loads(run("check", "acme-drift", "-m", "summary", "-m", "constructs", "--json", code=1).stdout)
    assert (found["plugin"], found["version"], found["passed"], found["total"]) == ("acme-drift", "1.0", 1, 2)
    (finding,) = found["findings"]
    assert finding["check"] == "acme.same-summary_is_first_line"
    assert finding["rule"] == "The summary that listings show is the first line of the class docstring."
    assert "make them one" in finding["reason"]
    assert "1_of_2_checks-red" in found["badge"]


def test_findings_name_the_rule(site, run):
    broken(site)
    shown = run("check", "acme-drift", "-m", "summary", code=1).stdout
    assert "The rule: The summary that listings show" in shown
    assert "docs/rules.md" in shown


def test_a_badge_counts_all_checks(site, run):
    site.install("acme-files", {"acme_files.py": READER})
    shown = run("check", "acme-files", "--badge").stdout.splitlines()[-1]
    assert shown.startswith(
        f"[![augreg {augreg.__version__}, acme-files 1.0: 3 of 3 checks](https://img.shields.io/badge/"
    )
    assert "acme--files_1.0%3A_3_of_3_checks-brightgreen" in shown
    assert "Leave --match" in run("check", "acme-files", "--badge", "-m", "discovered", code=2).stderr


READER = """
import augreg

@augreg.hookimpl
def augreg_readers():
    return [augreg.FormatSpec((".acme",), "text", "acme_files:read")]
"""


def test_a_wheel_is_checked_and_not_what_is_installed_under_its_name(site, run, tmp_path):
    package = site.toy("acme-twice", "acme.same")
    listing = (site.folder / package / "plugin.py").read_text()
    elsewhere = tmp_path / "elsewhere"
    files = {f"{package}/__init__.py": "", f"{package}/plugin.py": listing}  # its class was forgotten
    wheel = site.install("acme-twice", files, {"acme": f"{package}.plugin"}, version="2.0", folder=elsewhere)
    run("check", "acme-twice", "-m", "target_loads")
    found = json.loads(run("check", wheel, "-m", "target_loads", "--json", code=1).stdout)
    assert found["version"] == "2.0"
    assert "does not load" in found["findings"][0]["reason"]
    assert package not in sys.modules
    run("check", "acme-twice", "-m", "target_loads")


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_a_wheel_that_does_not_build_says_why(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    assert "does not build" in run("check", tmp_path, "--wheel", code=2).stderr
    assert "neither a folder with a pyproject.toml nor installed" in run("check", "acme-none", "--wheel", code=2).stderr


def test_plugins_for_another_augreg_are_told(site, run):
    site.toy("acme-good", "acme.same")
    site.install("acme-new", {"acme_new.py": "AUGREG_API = 9"})
    site.toy("acme-old", "acme.other")
    metadata = site.folder / "acme_old-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: torch\nRequires-Dist: augreg (<0.0.1)\n")
    shown = run("plugins", "--outdated").stdout
    told = " ".join(shown.split())  # long rows are broken
    assert "acme-new 1.0 9 any it asks for plugin API 9; this augreg supports 1." in told
    assert "it requires augreg <0.0.1, and" in told.partition("acme-old")[2]
    assert "acme-good" not in told
    assert "Nothing was fetched" in shown
    found = {age["plugin"]: age for age in json.loads(run("plugins", "--outdated", "--json").stdout)}
    assert (found["acme-good"]["api"], found["acme-good"]["reason"]) == (1, "")
    assert found["acme-old"]["requires"] == "<0.0.1"


def test_what_is_not_imported_cannot_be_told(site, run, monkeypatch):
    site.toy("acme-good", "acme.same")
    monkeypatch.setenv("AUGREG_BLOCK", "acme-good")
    found = {age["plugin"]: age for age in json.loads(run("plugins", "--outdated", "--json").stdout)}
    assert found["acme-good"]["reason"].startswith("it is blocked, so nothing is known")


def test_licenses_are_shown(site, run):
    site.toy("acme-good", "acme.same")
    site.toy("acme-bare", "acme.bare")
    metadata = site.folder / "acme_good-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "License-Expression: AGPL-3.0-only\n")
    found = {record["plugin"]: record["license"] for record in json.loads(run("plugins", "--json").stdout)}
    assert (found["acme-good"], found["acme-bare"]) == ("AGPL-3.0-only", "not said")
    assert "AGPL-3.0-only" in run("plugins").stdout


def test_clashes_and_idle_plugins_are_told(site, run):
    site.toy("acme-one", "acme.same")
    site.toy("acme-two", "acme.same")
    site.install("acme-files", {"acme_files.py": READER})
    site.install("acme-copies", {"acme_copies.py": READER})
    site.install(
        "acme-idle", {"acme_idle.py": "import augreg\n\n@augreg.hookimpl\ndef augreg_augmenters():\n    return []\n"}
    )
    site.install("acme-none", {"acme_none.py": "x = 1\n"})
    notes = {record["plugin"]: record for record in json.loads(run("plugins", "--json").stdout)}
    (note,) = notes["acme-one"]["notes"]
    assert note == "its augmenter 'acme.same' is offered by acme-two, too. Write it in full: acme-one/acme.same."
    assert "its file format to read '.acme' is offered by acme-files, too" in notes["acme-copies"]["notes"][0]
    assert notes["acme-idle"]["notes"] == ["it offers nothing: its hooks return empty lists. Return specs from them."]
    assert notes["acme-none"]["reason"] == "acme_none has no function marked @augreg.hookimpl. Mark its hooks."
    assert not notes["augreg-text"]["notes"]
