"""The files that a call passes through stand in ARCHITECTURE.md, in that order."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import augreg

ROOT = Path(augreg.__file__).parent


def passed(call: Callable[[], Any]) -> list[str]:
    """The files of the core in which a function is called, each at its first call."""
    found: dict[str, None] = {}

    def look(frame, event, _argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            found.setdefault(path.relative_to(ROOT).as_posix())

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(before)
    return list(found)


def pictures() -> list[PIL.Image.Image]:
    made = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), dtype=np.uint8)
    return [PIL.Image.fromarray(pixels) for pixels in made]


def a_batch(pipe: augreg.Pipeline) -> Callable[[], Any]:
    both = pictures()
    return lambda: augreg.augment(both, pipe, seed=7, keys=[0, 1])


def one_sample(pipe: augreg.Pipeline) -> Callable[[], Any]:
    bound, picture = pipe.bind(seed=7), pictures()[0]
    return lambda: bound(picture, key=0)


@pytest.mark.parametrize(
    ("heading", "calls", "most"), [("The way of a batch", a_batch, 25), ("The way of one sample", one_sample, 12)]
)
def test_pictures_pass_through_the_files_that_the_page_lists(heading, calls, most) -> None:
    call = calls(augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]}))
    passed(call)  # what is worked out once
    page = (ROOT.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = page.partition(f"## {heading}")[2].partition("\n## ")[0]
    listed = re.findall(r"\d+\. `([\w/.]+)`", section)
    assert passed(call) == listed
    assert len(listed) <= most
