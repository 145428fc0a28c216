"""The rules of the house (ARCHITECTURE.md), read off all imports of every file, deferred ones and those for types."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import augreg

HOUSE = Path(augreg.__file__).parents[1]
FLOORS = re.findall(r"^\| `([a-z_]+)", (HOUSE / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE)
NAMING = ["param", "modalities", *FLOORS[FLOORS.index("engine") + 1 :]]  # may say "audio"; "text" is a parameter, too
FOR_TYPES = {("registry", "contract"), ("registry", "data")}  # what `augreg.make` returns, what a hook is given
PUBLIC = {"augreg", *(f"augreg.{name}" for name in ("adapters", "kernel", "media", "modalities", "param", "testing"))}
CORE = [p for p in HOUSE.glob("augreg/**/*.py") if p.parent.name != "augreg" or p.stem in FLOORS]
PLUGINS = [p for top in ("plugins", "examples") for p in HOUSE.glob(f"{top}/*/augreg_*/**/*.py")]


def name(path: Path) -> str:
    """What a file is imported as: "augreg.media.images", "augreg_audio.gain"."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts if parts[0] == "augreg" else parts[2:]).removesuffix(".__init__")


def imports(path: Path) -> set[tuple[str, str]]:
    """What a file imports: modules, and the names taken of them ("" for the module itself)."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {(alias.name, "") for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {(str(n.module), a.name) for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names}


@pytest.mark.parametrize("path", CORE, ids=name)
def test_imports_point_down_and_only_modalities_are_named_there(path: Path) -> None:
    own = name(path).split(".")[1]
    targets = {f"{module}.{taken}.".split(".")[1] for module, taken in imports(path) if module.startswith("augreg")}
    below = {t for t in targets & {*FLOORS[FLOORS.index(own) + 1 :]} if (own, t) not in FOR_TYPES}
    assert not below, f"{own} imports {below}, which stand below it"
    words = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
    assert own in NAMING or not words & {"image", "audio", "video", "text"}, f"let the modality say what differs: {own}"
    assert len(path.read_text().splitlines()) <= 400
    assert not any(module.startswith("augreg_") for module, _ in imports(path)), "the core imports a plugin"


def test_no_two_files_import_each_other() -> None:
    files = {name(path): path for path in (*CORE, *PLUGINS) if path.stem != "__init__"}
    graph = {n: {x for m, taken in imports(p) for x in (m, f"{m}.{taken}") if x != n} for n, p in files.items()}
    TopologicalSorter({n: found & files.keys() for n, found in graph.items()}).prepare()


@pytest.mark.parametrize("path", PLUGINS, ids=name)
def test_plugins_import_public_names_only(path: Path) -> None:
    own = name(path).partition(".")[0]
    for module, taken in imports(path):
        if module.startswith("augreg") and module.partition(".")[0] != own:
            assert module in PUBLIC or "." not in module, f"{module} is not public"
            assert not taken or taken in __import__(module, fromlist=["x"]).__all__, f"{module}.{taken} is not public"
