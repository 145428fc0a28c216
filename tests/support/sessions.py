"""Runs the sessions of a page, blocks of ``pycon``, in one namespace, and compares what they print."""

from __future__ import annotations

import doctest
import re
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HOSTS = ("grain", "keras", "lightning", "torchdata", "transformers", "webdataset")
OPTIONAL = ("accelerate", "datasets", "pandas", "pyarrow", "sklearn", "torchcodec", "torchvision", *HOSTS)
"""Libraries that a page may speak of and that need not be there: blocks that import them are left out then."""


def sessions(page: Path) -> list[tuple[int, str]]:
    """Return the sessions of a page, each with the line on which it begins."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```pycon\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, match.start(1)) + 1, match[1]) for match in found]


def can_run(session: str) -> bool:
    """Whether the libraries that a session imports are there."""
    named = {name for name in OPTIONAL if re.search(rf"(import|from) {name}\b", session)}
    return all(find_spec(name) is not None for name in named)


def run_session(page: Path, line: int, session: str, names: dict[str, Any]) -> str:
    """Run a session in a namespace; return what differs from what the page shows."""
    test = doctest.DocTestParser().get_doctest(session, {}, f"{page.name}, line {line}", str(page), line)
    test.globs = names  # the parser copies them, and sessions of a page go on where the last one ended
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", module=rf"({'|'.join(HOSTS)})\b")  # what these do within themselves
        doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False)
    return "".join(said)
