"""The page on policies: its code runs, its pipelines load, its table is the registry's."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

import augreg
from augreg.registry import Registry, default
from augreg.testing.operation_sets import set_checks

PAGE = (Path(__file__).parent.parent / "docs" / "policies.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"), ids=range(len(blocks("python"))))
def test_its_code_runs(code, monkeypatch):
    for name in ("your_package", "your_package.policies"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    known = vars(sys.modules["your_package.policies"])
    exec(compile(code, "policies.md", "exec", dont_inherit=True), known)
    if "augreg_policies" in known:
        registry = Registry()
        registry.register(type("Page", (), {"augreg_policies": staticmethod(known["augreg_policies"])})(), "acme-page")
        for check in set_checks(registry, "acme-page"):
            check()
        steps = [known["Gentle"](operations="text/chat/1")]
        assert augreg.Pipeline({"text": steps}, registry=registry)("one two three four five six", seed=7, keys="a")


@pytest.mark.parametrize("text", blocks("yaml"), ids=range(len(blocks("yaml"))))
def test_its_pipelines_load_and_survive_a_round_trip(text):
    pipe = augreg.Pipeline.from_yaml(text)
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe


def shown(operation):
    params = ", ".join(f"{key}: {value}" for key, value in operation.params.items())
    ends = "" if operation.level in ("own", (0.0, 1.0)) else " {:.2g} to {:.2g}".format(*operation.level)
    often = "" if operation.weight == 1 else f", weight {operation.weight:g}"
    return f"`{operation.name}`{f' ({params})' if params else ''}{ends}{often}"


def test_its_table_of_sets_is_the_registrys():
    rows = [
        f"| `{found.name}` | {found.n} | {'; '.join(map(shown, found.operations))} |"
        for found in default().operation_sets()
    ]
    wanted = "\n".join(["| Set | n | Operations |", "|---|---|---|", *rows])
    assert wanted in PAGE, f"put this table into docs/policies.md:\n{wanted}"


def test_all_policies_stand_on_it():
    assert all(f"`{policy.name}`" in PAGE for policy in default().policies())
