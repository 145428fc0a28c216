"""Public names: all there, listed once, found by editors and type checkers."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import augreg

STUB = ast.parse(Path(augreg.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
IMPORTED = [(alias, node.module) for node in STUB.body if isinstance(node, ast.ImportFrom) for alias in node.names]


@pytest.mark.parametrize("name", augreg.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(augreg, name) is not None


def test_no_name_twice() -> None:
    assert len(augreg.__all__) == len(set(augreg.__all__))


def test_the_stub_exports_what_it_imports() -> None:
    """A type checker takes a name as public only where it is imported `as` a name."""
    assert all(alias.asname for alias, _ in IMPORTED)
    assert {alias.asname for alias, _ in IMPORTED} | {"__version__"} == set(augreg.__all__)


@pytest.mark.parametrize(("alias", "module"), IMPORTED, ids=[str(alias.asname) for alias, _ in IMPORTED])
def test_names_live_where_the_stub_says(alias: ast.alias, module: str) -> None:
    found = importlib.import_module(f"augreg.{alias.name}" if module == "augreg" else module)
    assert getattr(augreg, str(alias.asname)) is (found if module == "augreg" else getattr(found, alias.name))


@pytest.mark.parametrize("module", ["param", "kernel", "testing", "modalities", "media", "jobs", "registry"])
def test_what_public_modules_list_is_there(module: str) -> None:
    found = importlib.import_module(f"augreg.{module}")
    assert len(found.__all__) == len(set(found.__all__))
    assert all(hasattr(found, name) for name in found.__all__)


def test_star_import_brings_the_public_names() -> None:
    code = "from augreg import *; print(Image.__name__, list_augmenters.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Image list_augmenters\n"


def test_dir_lists_the_public_names() -> None:
    assert dir(augreg) == sorted(augreg.__all__)


def test_wrong_name_suggests_the_right_one() -> None:
    with pytest.raises(AttributeError, match="module 'augreg' has no attribute 'Imag'. Did you mean 'Image'?"):
        _ = augreg.Imag


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert augreg.__version__ == version("augreg")
