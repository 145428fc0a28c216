"""Public names: all there, all declared once, found by editors and type checkers."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import augreg

SOURCE = ast.parse(Path(augreg.__file__).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", augreg.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(augreg, name) is not None


def test_no_name_twice() -> None:
    assert len(augreg.__all__) == len(set(augreg.__all__))


def test_lazy_names_are_public_and_declared_for_type_checkers() -> None:
    declared = {
        (alias.asname, node.module if node.module != "augreg" else f"augreg.{alias.name}")
        for block in SOURCE.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert declared == set(augreg._LAZY.items())
    assert augreg._LAZY.keys() <= set(augreg.__all__)


@pytest.mark.parametrize(("name", "module"), augreg._LAZY.items())
def test_lazy_names_live_where_the_table_says(name: str, module: str) -> None:
    found = importlib.import_module(module)
    assert getattr(augreg, name) is (found if module == f"augreg.{name}" else getattr(found, name))


def test_dir_lists_the_public_names() -> None:
    assert dir(augreg) == sorted(augreg.__all__)


def test_wrong_name_suggests_the_right_one() -> None:
    with pytest.raises(AttributeError, match="module 'augreg' has no attribute 'Imag'. Did you mean 'Image'?"):
        _ = augreg.Imag


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert augreg.__version__ == version("augreg")
