"""Imports point down only, and what is above the torch line stays light."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import augreg

ROOT = Path(augreg.__file__).parent

LIGHT = (
    {"errors"},
    {"spec", "fields", "declare"},
    {"hookspecs", "lookup", "targets", "discovery"},
    {"offers"},
    {"plugins"},
    {"registry"},
    {"__init__"},
)
"""Above the torch line: standard library and pluggy. Each row may import the rows before it."""

HEAVY = (
    {"unread"},
    {"philox", "splitmix", "detmath", "samples", "batch", "params", "devices"},
    {"variates", "noise", "ops", "keys", "labels"},
    {"noise_device", "foresight"},
    {"rng"},
    {"augmenter"},
    {"modalities", "joint"},
    {"pipeline", "store", "attach", "stacks"},
    {"containers", "checks", "trace"},
    {"records", "execute", "parts"},
    {"joint_run"},
    {"dispatcher"},
    {"loader"},
    {"media"},
    {"run"},
    {"testing", "showcase"},
    {"cli"},
    {"__main__"},
)
"""Below it, continuing the same order."""

LAYERS = LIGHT + HEAVY

DEFERRED = {
    ("declare", "detmath"): "a level's values need numpy; its declaration must not",
    ("noise", "noise_device"): "noise on a device needs torch; its keys and their values must not",
    ("pipeline", "dispatcher"): "pipe(samples) is a short form of augment(samples, pipe)",
    ("samples", "media"): "Video.open(path) is a short form of what reads files",
    ("containers", "records"): "a record holds samples and a sample list may hold records",
}
"""Upward imports inside functions, and why each is there."""

EXTERNAL = {"pluggy"}


def modules() -> dict[str, Path]:
    """Every module of the core by its name within augreg: "errors", "media.images", "media" for a package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


MODULES = modules()


def unit(module: str) -> str:
    """The file or folder of augreg that a module belongs to."""
    return module.partition(".")[0]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a file imports, full names, and whether it does so when it is imported itself."""

    def walk(node: ast.AST, at_import: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_import) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    yield (full if inner(full) in MODULES else str(child.module)), at_import
            elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            else:
                yield from walk(child, at_import and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True)


def inner(name: str) -> str:
    """The name within augreg, "" for anything else."""
    if name == "augreg":
        return "__init__"
    return name.removeprefix("augreg.") if name.startswith("augreg.") else ""


def rank(module: str) -> int:
    for number, row in enumerate(LAYERS):
        if unit(module) in row:
            return number
    pytest.fail(f"augreg/{unit(module)} has no place yet: add it to LIGHT or HEAVY in {Path(__file__).name}")


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    for name, at_import in imports(MODULES[module]):
        target = inner(name)
        if not target or unit(target) == unit(module) or (not at_import and (unit(module), unit(target)) in DEFERRED):
            continue
        assert rank(target) < rank(module), f"augreg.{module} imports augreg.{target}, which is not below it"


def test_every_module_has_one_place() -> None:
    placed = [name for row in LAYERS for name in row]
    assert sorted(placed) == sorted({unit(module) for module in MODULES})


def test_every_exception_is_used() -> None:
    used = {
        (unit(module), unit(inner(name)))
        for module, path in MODULES.items()
        for name, at_import in imports(path)
        if not at_import and inner(name)
    }
    assert DEFERRED.keys() <= used


def test_no_cycles_within_a_folder() -> None:
    graph = {
        module: {inner(name) for name, at_import in imports(path) if at_import and inner(name) in MODULES} - {module}
        for module, path in MODULES.items()
    }
    while leaves := [module for module, targets in graph.items() if not targets & graph.keys()]:
        for module in leaves:
            del graph[module]
    assert graph == {}


@pytest.mark.parametrize("module", MODULES)
def test_the_core_never_imports_a_plugin(module: str) -> None:
    for name, _ in imports(MODULES[module]):
        assert not name.startswith("augreg_"), f"augreg.{module} imports {name}"


@pytest.mark.parametrize("module", [name for row in LIGHT for name in sorted(row)])
def test_light_modules_import_the_standard_library_and_pluggy(module: str) -> None:
    for name, at_import in imports(MODULES[module]):
        package = name.partition(".")[0]
        if at_import and package != "augreg":
            assert package in sys.stdlib_module_names | EXTERNAL, f"augreg.{module} imports {name}"


def test_files_are_short() -> None:
    long = {module: count for module, path in MODULES.items() if (count := len(path.read_text().splitlines())) > 400}
    assert long == {}
