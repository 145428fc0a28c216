"""The rules of the house (ARCHITECTURE.md), read off all imports of every file, deferred ones and those for types."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import augreg

ROOT = Path(augreg.__file__).parent
HOUSE = ROOT.parent
ABOVE = "errors late lazy_names param registry random data contract compute modalities kernel pipeline policies intake"
FLOORS = [*ABOVE.split(), *"engine loaders media jobs learn testing showcase cli".split()]  # noqa: SIM905
NAMING = ["param", "modalities", *FLOORS[FLOORS.index("engine") + 1 :]]  # may say "audio"; "text" is a parameter, too
FOR_TYPES = {("registry", "contract"), ("registry", "data")}  # what `augreg.make` returns, what a hook is given
PUBLIC = {"augreg", *(f"augreg.{name}" for name in ("kernel", "media", "modalities", "param", "testing"))}
FILES = [path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in FLOORS]
PLUGINS = [
    p for p in HOUSE.glob("*/*/augreg_*/**/*.py") if p.is_relative_to(HOUSE / "plugins") or "examples" in p.parts
]
COUNTED = {"image", "audio", "video", "text"}


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> dict[str, str]:
    """What a file imports: full name of the module -> the name taken of it, or nothing."""
    found = {}
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found.update((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update((f"{node.module}.{alias.name}", alias.name) for alias in node.names)
    return found


def floor(name: str) -> str:
    return name.split(".")[1] if name.startswith("augreg.") and name.split(".")[1] in FLOORS else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down_and_only_modalities_are_named_there(path: Path) -> None:
    own = path.relative_to(ROOT).with_suffix("").parts[0]
    targets = {floor(name) for name in imports(path)} - {"", own}
    above = [t for t in targets if FLOORS.index(t) >= FLOORS.index(own) and (own, t) not in FOR_TYPES]
    assert not above, f"{own} imports {above}, which stand below it"
    assert not any(name.startswith("augreg_") for name in imports(path)), "the core imports a plugin"
    words = {n.value for n in nodes(path) if isinstance(n, ast.Constant)} & COUNTED
    assert own in NAMING or not words, f"{own} names {words}: let the modality say what differs"
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("folder", FLOORS)
def test_no_cycles_within_a_folder(folder: str) -> None:
    names = {".".join(p.relative_to(HOUSE).with_suffix("").parts): p for p in FILES if folder in p.parts[-3:]}
    graph = {
        n: {m for m in names for i in imports(p) if m != n and (i == m or i.rpartition(".")[0] == m)}
        for n, p in names.items()
    }
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_plugins_import_public_names_only(path: Path) -> None:
    own = next(part for part in path.parts if part.startswith("augreg_"))
    for name, taken in imports(path).items():
        module = name.removesuffix(f".{taken}") if taken else name
        top = module.partition(".")[0]
        if top.startswith("augreg") and top != own:
            assert module in PUBLIC or (module == top != "augreg"), f"{module} is not public"
            assert not taken or taken in __import__(module, fromlist=["x"]).__all__, f"{name} is not public"
