"""The examples in the docstrings of public names run as they stand, and no public function is without one."""

from __future__ import annotations

import doctest
import inspect

import pytest

import augreg

MODULES = {
    "augreg": augreg,
    **{name: getattr(augreg, name) for name in ("param", "kernel", "testing", "modalities", "media")},
}


def documented():
    """Return name -> public class or function of ours, each once."""
    found = {}
    for name, module in MODULES.items():
        for public in module.__all__:
            thing = getattr(module, public)
            ours = getattr(thing, "__module__", None) or ""
            kind = inspect.isfunction(thing) or inspect.isclass(thing)
            if kind and ours.startswith("augreg") and thing not in found.values():
                found[f"{name}.{public}"] = thing
    return found


DOCUMENTED = documented()
FINDER = doctest.DocTestFinder()
HOSTS = {"grain": ["Map"], "keras": ["Dataset", "Epochs", "Layer"], "lightning": ["Augment"], "ray": ["Augment"]}
HOSTS |= {"sklearn": ["Augment"], "transformers": ["Collator", "Epochs"]}


@pytest.mark.parametrize("name", [n for n, thing in DOCUMENTED.items() if inspect.isfunction(thing)])
def test_a_public_function_has_an_example(name):
    assert ">>> " in (DOCUMENTED[name].__doc__ or ""), f"{name} has no example in its docstring"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_give_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in FINDER.find(DOCUMENTED[name], name, globs={}):
        runner.run(test, out=shown.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(shown)


@pytest.mark.filterwarnings("ignore")  # what hosts say of themselves when they are imported
@pytest.mark.parametrize(("host", "name"), [(host, name) for host, names in HOSTS.items() for name in names])
def test_examples_for_hosts_give_what_they_show(host, name):
    pytest.importorskip({"ray": "augreg"}.get(host, host))
    shown = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    found = FINDER.find(getattr(getattr(augreg, host), name), name, globs={})
    for test in found:
        runner.run(test, out=shown.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(shown)
    assert sum(len(test.examples) for test in found) > 1
