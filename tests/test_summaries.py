"""Summaries stand in the classes only, and are read off their source."""

from __future__ import annotations

import inspect

import pytest

import augreg
from augreg.registry.summaries import summary_of

SOURCES = '''
class Bare:
    pass


class Plain:
    """One line."""


@decorated(frozen=True)
class Several(
    Base,
    other.Base[int],
    metaclass=made(by="hand"),
):  # with a remark
    """The first of

    several lines.
    """

    def method(self):
        """Not this one."""


class Silent(Base):
    x = 1

    def method(self):
        """Nor this one."""
'''


def test_first_lines_are_read_off_the_source(tmp_path, monkeypatch) -> None:
    package = tmp_path / "acme_summed" / "inner"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").write_text("raise RuntimeError('a package on the way was imported')\n")
    (package / "kinds.py").write_text(SOURCES)
    monkeypatch.syspath_prepend(str(tmp_path))

    def found(name: str) -> str:
        return summary_of(augreg.AugmenterSpec("acme.x", f"acme_summed.inner.kinds:{name}", ("text",)))

    names = ("Bare", "Plain", "Several", "Silent", "Missing")
    assert [found(name) for name in names] == ["", "One line.", "The first of", "", ""]
    assert summary_of(augreg.AugmenterSpec("acme.x", "no_such_package_here:X", ("text",))) == ""
    assert summary_of(augreg.AugmenterSpec("acme.x", "no_such:X", ("text",), summary="Stated.")) == "Stated."


@pytest.mark.parametrize("spec", augreg.list_augmenters(), ids=lambda spec: spec.id)
def test_listings_show_what_the_docstring_says(spec: augreg.AugmenterSpec) -> None:
    docstring = inspect.getdoc(augreg.registry.load(spec.id)) or ""
    assert summary_of(spec) == docstring.partition("\n")[0]
    assert summary_of(spec)
