"""`augreg check`: on an installed distribution, on a wheel, and on what is neither."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from augreg.cli.app import app


@pytest.fixture
def check():
    """Run `augreg check` with some arguments."""

    def run(*arguments):
        return CliRunner().invoke(app, ["check", *arguments])

    return run


def test_a_good_plugin(site, check):
    site.toy("acme-good", "acme.same")
    done = check("acme-good", "-m", "acme.same", "-m", "discovered")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("acme-good: ")
    assert "checks passed" in done.stdout


def test_a_broken_rule_is_shown_with_what_was_seen(site, check):
    package = site.toy("acme-drift", "acme.same")
    plugin = site.folder / package / "plugin.py"
    plugin.write_text(plugin.read_text().replace("Does nothing.", "Does something."))
    done = check("acme-drift", "--match", "summary")
    assert done.exit_code == 1
    assert "acme.same-summary_is_first_line\n    acme.same: the docstring begins 'Does nothing.'" in done.stdout
    assert "acme-drift: 0 of 1 checks passed" in done.stdout


def test_a_wheel_that_is_not_installed(site, check, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    source = "def augreg_augmenters(): ...\n"
    wheel = site.install("acme-wheel", {"acme_wheel.py": source}, folder=elsewhere)
    done = check(str(wheel), "-m", "discovered")
    assert done.exit_code == 1
    assert "acme-wheel 1.0 is" in done.stdout


def test_the_list_says_what_is_demanded(site, check):
    site.toy("acme-good", "acme.same")
    done = check("acme-good", "--list")
    assert "acme.same-p_zero_returns_input: With p=0 the very objects that came in are returned." in done.stdout
    assert "runs_in_spawned_workers" in done.stdout


def test_what_is_not_installed_is_no_plugin(site, check):
    site.toy("acme-good", "acme.same")
    done = check("acme-goood")
    assert done.exit_code == 2
    assert "no plugin 'acme-goood' is installed. Did you mean 'acme-good'? Plugins: " in done.stderr
    assert check("Acme_Good", "-m", "discovered").exit_code == 0


def test_an_unknown_device_is_no_broken_rule(site, check):
    site.toy("acme-good", "acme.same")
    done = check("acme-good", "--device", "gpu")
    assert done.exit_code == 2
    assert "device 'gpu' is unknown" in done.stderr


def test_a_wheel_that_is_not_there(check):
    done = check("acme-1.0-py3-none-any.whl")
    assert done.exit_code == 2
    assert "no wheel file 'acme-1.0-py3-none-any.whl'" in done.stderr


def test_no_check_matches(site, check):
    site.toy("acme-good", "acme.same")
    done = check("acme-good", "-m", "nonsense")
    assert done.exit_code == 2
    assert "no check of acme-good matches nonsense" in done.stderr
