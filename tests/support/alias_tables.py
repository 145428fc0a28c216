"""Writes the names in docs/migration.md as the plugins state them: `uv run python tests/support/alias_tables.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import augreg
from augreg import registry
from augreg.conversion.peers import TABLES
from augreg.registry.aliases import aliases

PAGE = Path(__file__).parents[2] / "docs" / "migration.md"
MARKS = re.compile(r"(<!-- names -->\n).*?(<!-- end of names -->)", re.DOTALL)


def tables() -> str:
    """Return a table for each library that lists the names which stand for one of ours."""
    known = aliases([*augreg.list_augmenters(), *registry.default().policies()])
    libraries = sorted({one.library for one in known})
    return "\n".join(line for library in libraries for line in _table(library, known))


def _table(library: str, known: list) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for one in known:
        if one.library == library and not (library == "nlpaug" and one.ours.startswith("nlpaug.")):
            found.setdefault(one.name, []).append(f"`{one.ours}`" if one.same else f"like `{one.ours}`")
    converted = TABLES.get(library, {})
    yield f"### {library}\n"
    yield f"| {library} | augreg |{' converted |' if converted else ''}"
    yield f"|---|---|{'---|' if converted else ''}"
    for name in sorted(found):
        ours = ", ".join(sorted(found[name], key=lambda text: (text.startswith("like"), text)))
        yield f"| `{name}` | {ours} |{(' yes |' if name in converted else ' |') if converted else ''}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(MARKS.sub(rf"\g<1>\n{tables()}\n\g<2>", PAGE.read_text(encoding="utf-8")), encoding="utf-8")
