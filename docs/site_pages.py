"""The pages of the site that no one writes: index, reference of the Python interface, a section per augmenter.

A Sphinx extension; docs/conf.py loads it. Everything is read where it is stated: the index in docs/README.md, public
names in the `__all__` of their modules, augmenters in the registry. What is made goes to docs/site, which git ignores.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from augreg.cli.aside import installed
from augreg.cli.sheet import Sheet

HERE: Final = Path(__file__).resolve().parent
MADE: Final = HERE / "site"

MODULES: Final = (
    "augreg",
    "augreg.modalities",
    "augreg.media",
    "augreg.jobs",
    "augreg.learn",
    "augreg.param",
    "augreg.kernel",
    "augreg.adapters",
    "augreg.testing",
)
"""Whose public names are the Python interface."""

OWN: Final = ("augreg-image", "augreg-audio", "augreg-video", "augreg-text", "augreg-joint", "augreg-nlpaug")
"""Plugins whose augmenters are described one by one; of catalogues of other libraries there is a list."""

ROLE: Final = re.compile(r":[a-z:]+:`~?([^`<]+?)(?: <[^`]*>)?`")
"""A cross-reference of a docstring."""

CODE: Final = re.compile(r"(``.*?``|:\w+:`[^`]*`)")
"""What reStructuredText takes as it is: code between two backticks, cross-references."""

LINK: Final = re.compile(r"\[([^\]]+)\]\((\.\./[^)\s]*)\)")
"""A link out of docs/: in a clone it leads to the file, on the site there is none."""


def index() -> str:
    """Return the first page: docs/README.md, with its lists as the table of contents, and what is made here."""
    parts = []
    for section in (HERE / "README.md").read_text().split("\n## "):
        parts.append(section if not parts else f"## {section}")
        pages = re.findall(r"^- \[[^\]]+\]\((\w[\w-]*)\.md", section, re.MULTILINE)
        if pages:
            parts.append(_tree(section.splitlines()[0], pages))
    parts.append("## Reference\n\n- [Augmenters](site/augmenters.md), one by one\n- [Python interface](site/api.md)\n")
    parts.append(_tree("Reference", ["site/augmenters", "site/api"]))
    return "\n".join(parts)


def _tree(caption: str, pages: list[str], *, hidden: bool = True) -> str:
    head = f"```{{toctree}}\n:caption: {caption}\n" if caption else "```{toctree}\n"
    return "\n".join([head + (":hidden:\n" if hidden else ""), *pages, "```", ""])


def api() -> dict[str, str]:
    """Return the pages of the Python interface, by name."""
    described: dict[int, str] = {}
    pages = {_page(name): _of_module(importlib.import_module(name), described) for name in MODULES}
    head = "# Python interface\n\nEvery public name, by the module from which it is imported.\n"
    return {"api": f"{head}\n{_tree('', list(pages), hidden=False)}", **pages}


def _page(name: str) -> str:
    return re.sub(r"[.-]", "_", name)


def _of_module(module: ModuleType, described: dict[int, str]) -> str:
    """Return the page of a module; what another page describes already is only named."""
    lines = [f"# {module.__name__}", "", _plain(inspect.getdoc(module) or ""), ""]
    for name in sorted(module.__all__, key=str.lower):
        found = getattr(module, name)
        if isinstance(found, ModuleType):
            continue
        lines += [f"## {name}", ""]
        if not callable(found):
            lines += _constant(found)
            continue
        first = described.setdefault(id(found), module.__name__)
        if first != module.__name__:
            lines += [f"The same as in [{first}]({_page(first)}.md).", ""]
            continue
        kind, options = ("autoclass", "\n   :members:") if inspect.isclass(found) else ("autofunction", "")
        lines += ["```{eval-rst}", f".. {kind}:: {module.__name__}.{name}{options}", "```", ""]
    return "\n".join(lines)


def _constant(value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"`{value!r}`", ""]
    rows = [f"| `{key}` | {_cell(_plain(str(said)))} |" for key, said in value.items()]
    return ["| | |", "|---|---|", *rows, ""]


def augmenters() -> dict[str, str]:
    """Return a page for each plugin of ours, and one with all of them."""
    known = installed()
    pages: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    for spec in sorted(known.augmenters(), key=lambda spec: spec.name):
        if spec.plugin in OWN:
            sheet = Sheet(spec, known.load(spec.id)).as_dict()
            pages.setdefault(spec.plugin, []).extend(_section(sheet))
        else:
            others.setdefault(spec.plugin, []).append(f"| `{spec.name}` | {_cell(_summary(spec))} |")
    found = {_page(name): "\n".join([f"# {name}", "", *pages[name]]) for name in OWN if name in pages}
    for name, rows in others.items():
        found[_page(name)] = "\n".join([f"# {name}", "", "| name | what it does |", "|---|---|", *rows, ""])
    head = "# Augmenters\n\nBy the plugin that brings them; `augreg list` searches them.\n"
    return {"augmenters": f"{head}\n{_tree('', list(found), hidden=False)}", **found}


def _summary(spec: Any) -> str:
    from augreg.registry.summaries import summary_of

    return summary_of(spec)


def _section(sheet: dict[str, Any]) -> Iterator[str]:
    """Yield what there is to say of one augmenter."""
    yield f"## {sheet['name']}\n"
    yield f"{_plain(sheet['summary'])}\n"
    yield f"{_plain(sheet['doc'])}\n"
    facts = [("for", ", ".join(sheet["modalities"])), ("tags", ", ".join(sheet["tags"]))]
    facts.append(("known as", ", ".join(alias.replace("~", "like ") for alias in sheet["aliases"])))
    facts.append(("may alter", ", ".join(sheet["declares"].get("alters", ()))))
    yield "\n".join(f"- {name}: {value}" for name, value in facts if value) + "\n"
    if sheet["parameters"]:
        yield "| parameter | default | values | meaning |\n|---|---|---|---|"
        yield from map(_row, sheet["parameters"])
    yield f"\n```python\nstep = {sheet['example']!r}\n```\n"


def _row(parameter: dict[str, Any]) -> str:
    default = "required" if parameter["required"] else f"`{_cell(json.dumps(parameter['default']))}`"
    return f"| `{parameter['name']}` | {default} | {_cell(_values(parameter))} | {_cell(_plain(parameter['doc']))} |"


def _values(parameter: dict[str, Any]) -> str:
    if parameter["choices"]:
        return ", ".join(map(str, parameter["choices"]))
    low, high = parameter["low"], parameter["high"]
    bounds = f"{low} to {high}" if None not in (low, high) else f">= {low}" if low is not None else ""
    bounds = bounds or (f"<= {high}" if high is not None else "")
    return " ".join(filter(None, [parameter["kind"], bounds, parameter["unit"]]))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _plain(text: str) -> str:
    """Return a docstring's text as Markdown: without roles, blocks of code fenced."""
    text = ROLE.sub(r"`\1`", text)
    return re.sub(r"((?:^>>> .*\n?)(?:^(?!\s*$).*\n?)*)", r"```pycon\n\1\n```\n", text, flags=re.MULTILINE)


def write(_app: Any = None) -> None:
    """Write all pages."""
    MADE.mkdir(exist_ok=True)
    pages = {**api(), **augmenters()}
    for old in MADE.glob("*.md"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        _if_changed(MADE / f"{name}.md", text)
    _if_changed(HERE / "index.md", index())


def _if_changed(path: Path, text: str) -> None:
    """Write a page unless it is there already, so that Sphinx reads again what changed only."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def without_links_out(_app: Any, _name: str, content: list[str]) -> None:
    """Name files outside docs/ instead of linking to them."""
    content[0] = LINK.sub(_named, content[0])


def _named(link: re.Match[str]) -> str:
    text, path = link.groups()
    return text if text.startswith("`") else f"`{path.removeprefix('../')}`"


def as_rst(_app: Any, _what: str, _name: str, _found: Any, _options: Any, lines: list[str]) -> None:
    """Turn what our docstrings have in plain style, `code` and (n, *size), into reStructuredText."""
    for k, line in enumerate(lines):
        if line.lstrip().startswith((">>>", "...")):
            continue
        parts = CODE.split(line)
        parts[::2] = [_plain_to_rst(part) for part in parts[::2]]
        lines[k] = "".join(parts)


def _plain_to_rst(text: str) -> str:
    text = re.sub(r"(?<![`\w])`([^`]+)`(?!_)", r"``\1``", text)
    return re.sub(r"(?<![*\w`])(\*{1,2})(?=\w+(?![\w*]))", lambda stars: stars[1].replace("*", "\\*"), text)


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx what to call."""
    app.connect("builder-inited", write)
    app.connect("source-read", without_links_out)
    app.connect("autodoc-process-docstring", as_rst, priority=400)  # before napoleon reads the sections
    return {"parallel_read_safe": True}
