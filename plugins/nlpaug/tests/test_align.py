"""From nlpaug's tokens back to edits, in bounded time."""

import pytest
from augreg_nlpaug.align import MOST_PAIRS, edits_between
from augreg_text import tokenize

from augreg.errors import SampleError


def test_texts_that_would_take_minutes_are_refused():
    words = tokenize("fox " * 3_000)
    words = [word for word in words if word.kind == "word"]
    assert 3_000 * 2_000 > MOST_PAIRS > 3_000 * 1_000
    with pytest.raises(SampleError, match="3_000 words in which 6_000_000 pairs of words are equal"):
        edits_between("fox " * 3_000, words, ["fox"] * 2_000)
    assert edits_between("fox " * 3_000, words, ["fox"] * 3_000) == []
