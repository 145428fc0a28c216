"""Makes augreg and its plugins of this checkout importable and listed without an installation, for machines offline.

Run: export PYTHONPATH=$(python benchmarks/uninstalled.py FOLDER)

Writes what pip would have written about each distribution, name, version and entry points, into a folder, and prints
the search path that finds this and the sources. What is installed is neither needed nor changed.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def describe(source: Path, folder: Path) -> None:
    """Write the metadata of one distribution."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = []
    for group, entries in project.get("entry-points", {}).items():
        lines += [f"[{group}]", *(f"{key} = {target}" for key, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    plugins = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
    for source in (ROOT, *plugins):
        describe(source, folder)
    print(os.pathsep.join(map(str, (folder, ROOT, *plugins))))


if __name__ == "__main__":
    main()
