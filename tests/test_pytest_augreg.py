"""`pytest --augreg my-plugin`: the checks as tests, and nothing where the option is not given."""

from __future__ import annotations

import pytest


@pytest.fixture
def run(site, tmp_path):
    """Run pytest in a folder of its own, with the plugins that the test has installed."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")

    def pytest_in(*arguments, **environment):
        options = ("-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder))
        return site.run("-m", "pytest", *options, str(folder), *arguments, OMP_NUM_THREADS="1", **environment)

    return pytest_in


def test_checks_are_tests_beside_others(site, run):
    package = site.toy("acme-drift", "acme.same")
    plugin = site.folder / package / "plugin.py"
    plugin.write_text(plugin.read_text().replace("Does nothing.", "Does something."))
    done = run("--augreg", "acme-drift", "-m", "not slow", "-k", "own or summary or constructs", "--strict-markers")
    assert done.returncode == 1, done.stdout
    assert "1 failed, 3 passed" in done.stdout
    assert "the docstring begins 'Does nothing.', the summary is 'Does something.'" in done.stdout
    assert "The rule: The summary that listings show is the first line of the class docstring." in done.stdout
    assert "Traceback" not in done.stdout


def test_an_unknown_plugin_is_a_usage_error(site, run):
    done = run("--augreg", "acme-none", AUGREG_PLUGINS="acme-other")
    assert done.returncode == 4
    assert "--augreg acme-none: no such plugin is installed" in done.stderr


def test_without_the_option_nothing_is_imported(site, run):
    (site.folder.parent / "project" / "conftest.py").write_text(
        "import sys\n\ndef pytest_sessionfinish():\n    print('augreg imported:', 'augreg' in sys.modules)\n",
        encoding="utf-8",
    )
    done = run("-s")
    assert "augreg imported: False" in done.stdout
    assert done.returncode == 0
