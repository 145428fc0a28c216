"""The files that a call passes through stand in ARCHITECTURE.md, in that order."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import PIL.Image

import augreg

ROOT = Path(augreg.__file__).parent


def passed(picture: PIL.Image.Image, pipe: augreg.Pipeline) -> list[str]:
    """The files of the core in which a function is called, each at its first call."""
    found: dict[str, None] = {}

    def look(frame, event, _argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            found.setdefault(path.relative_to(ROOT).as_posix())

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        augreg.augment(picture, pipe, seed=7, keys=0)
    finally:
        sys.setprofile(before)
    return list(found)


def test_a_picture_passes_through_the_files_that_the_page_lists() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
    picture = PIL.Image.fromarray(pixels)
    passed(picture, pipe)  # what is worked out once
    page = (ROOT.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = re.findall(r"\d+\. `([\w/.]+)`", page.partition("## The way of a batch")[2])
    assert passed(picture, pipe) == listed
    assert len(listed) <= 20
