"""Public names of a package come from its stub, one at a time, when they are first used."""

from __future__ import annotations

import doctest
import importlib
import sys
from pathlib import Path

import pytest

from augreg import lazy_names

INIT = """
from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__, __version__=lambda: "7")
"""

STUB = """
from acme_lazy import tools as tools
from acme_lazy.echo import Echo as Echo
from acme_lazy.echo import _loud as shout

__version__: str
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "acme_lazy"
    package.mkdir()
    for name, text in {
        "__init__.py": INIT,
        "__init__.pyi": STUB,
        "echo.py": "class Echo: pass\ndef _loud(): return 'HEY'\n",
        "tools.py": "hidden = 1\n",
    }.items():
        (package / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("acme_lazy")
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_lazy"]:
        del sys.modules[name]


def test_nothing_is_imported_before_it_is_used(acme) -> None:
    assert dir(acme) == ["Echo", "__version__", "shout", "tools"] == acme.__all__
    assert "acme_lazy.echo" not in sys.modules
    assert acme.Echo.__module__ == "acme_lazy.echo"
    assert "acme_lazy.tools" not in sys.modules


def test_names_submodules_and_computed_values_are_found_and_kept(acme) -> None:
    assert acme.shout() == "HEY"
    assert acme.tools.hidden == 1
    assert acme.__version__ == "7"
    assert {"shout", "tools", "__version__"} <= vars(acme).keys()


def test_other_names_are_missing(acme) -> None:
    with pytest.raises(AttributeError, match="module 'acme_lazy' has no attribute 'Ecko'. Did you mean 'Echo'?"):
        _ = acme.Ecko
    assert not hasattr(acme, "echo")
    assert importlib.import_module("acme_lazy.echo").Echo is acme.Echo


def test_the_example_runs() -> None:
    assert doctest.testmod(lazy_names).failed == 0
