"""Styled letters are what Unicode says they are."""

import string
import unicodedata

import pytest
from augreg_text import tables
from augreg_text.disguise import Style
from text_support import run

LETTERS = string.ascii_uppercase + string.ascii_lowercase
BY_EYE = {"small_caps", "upside_down"}
"""Letters chosen for how they look; Unicode relates them to nothing."""


@pytest.mark.parametrize("style", tables.STYLES)
def test_styled_letters(style):
    (new,) = run(Style(style=style, rate=1), [LETTERS])[0]
    assert len(new) == len(LETTERS)
    for plain, styled in zip(LETTERS, new, strict=True):
        if style in BY_EYE:
            assert styled == plain or not styled.isascii() or (plain, styled) in UPSIDE_DOWN
        else:
            assert unicodedata.normalize("NFKC", styled).strip("()").upper() == plain.upper()
            assert style == "squared" or plain.islower() == unicodedata.normalize("NFKC", styled).strip("()").islower()


UPSIDE_DOWN = {("M", "W"), ("W", "M"), ("b", "q"), ("d", "p"), ("n", "u"), ("p", "d"), ("q", "b"), ("u", "n")}
