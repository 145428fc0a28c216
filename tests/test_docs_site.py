"""The pages of docs/ hang together: one list names all, links lead somewhere, and the site's own are whole."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import augreg
from augreg.cli.aside import installed

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import site_pages  # noqa: E402

PAGES = sorted(path for path in DOCS.glob("*.md") if path.name not in ("README.md", "index.md"))
WITH_LINKS = [*PAGES, DOCS / "README.md", *ROOT.glob("*.md"), *ROOT.glob("plugins/*/README.md")]


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def test_the_list_of_pages_names_each_once():
    named = re.findall(r"^- \[[^\]]+\]\((\S+\.md)\)", (DOCS / "README.md").read_text(), re.MULTILINE)
    assert sorted(named) == [path.name for path in PAGES]


@pytest.mark.parametrize("page", WITH_LINKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists():
            lost.append(target)
        elif anchor and found.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", without_code(found.read_text()), re.MULTILINE)
            if anchor not in map(slug, headings):
                lost.append(target)
    assert not lost


def test_the_index_has_every_page_in_its_tables_of_contents():
    listed = re.findall(r"^[\w/-]+$", site_pages.index(), re.MULTILINE)
    assert {path.stem for path in PAGES} <= set(listed)


def test_the_reference_has_every_public_name():
    found = site_pages.api()["augreg"]
    names = [name for name in augreg.__all__ if not isinstance(getattr(augreg, name), type(sys))]
    assert re.findall(r"^## (\w+)$", found, re.MULTILINE) == sorted(names, key=str.lower)


def test_every_augmenter_of_ours_is_described_with_its_parameters():
    known = installed()
    pages = site_pages.augmenters()
    for plugin in site_pages.OWN:
        names = sorted(spec.name for spec in known.augmenters() if spec.plugin == plugin)
        page = pages[plugin.replace("-", "_")]
        assert re.findall(r"^## (\S+)$", page, re.MULTILINE) == names
    rotate = pages["augreg_image"].partition("## image.rotate\n")[2].partition("\n## ")[0]
    assert "| `degrees` | `[-15.0, 15.0]` | interval degrees | angle; x means -x to x |" in rotate


def test_links_out_of_the_folder_become_names():
    text = ["See [its spec](../augreg/registry/spec.py), [`benchmarks/`](../benchmarks) and [jobs](jobs.md)."]
    site_pages.without_links_out(None, "page", text)
    assert text == ["See `augreg/registry/spec.py`, `benchmarks/` and [jobs](jobs.md)."]
