"""Every field of a declaration and every hook has a reader that is not a display."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

import augreg
from augreg.registry import hookspecs

ROOT = Path(augreg.__file__).parent
HOLDERS = {"declares", "declared", "d"}  # what a declaration is called where its fields are read
IN_CLI = {"augreg_commands"}  # the command line runs these


def attributes(*without: str) -> list[ast.Attribute]:
    """What all files of augreg but those of some folders ask of something."""
    files = [path for path in ROOT.rglob("*.py") if not set(without) & set(path.relative_to(ROOT).parts)]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)]


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(augreg.Declaration)])
def test_a_declared_fact_is_read(field):
    held = [a for a in attributes("cli", "showcase") if {getattr(a.value, n, "") for n in ("attr", "id")} & HOLDERS]
    assert field in {a.attr for a in held}


@pytest.mark.parametrize("hook", [name for name in vars(hookspecs) if name.startswith("augreg_")])
def test_what_a_hook_offers_is_used(hook):
    displays = ("showcase",) if hook in IN_CLI else ("cli", "showcase")
    used = {a.attr for a in attributes("registry", *displays)}
    assert {hook, hook.removeprefix("augreg_")} & used
