"""Hashes of stretches of text: equal for equal stretches, wherever they stand, whatever stands beside them."""

import numpy as np
import pytest
from augreg_text.block import encode
from augreg_text.hashing import LONGEST_HASHED, hash_texts, hash_words
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.text(alphabet="abcABCäÄßŸЖж我 -", min_size=1, max_size=80)


def lower(text):
    """Lower case, letter by letter, as far as Greek and Cyrillic."""
    return "".join(c.lower() if ord(c) < 0x530 and len(c.lower()) == 1 else c for c in text)


@settings(max_examples=150, deadline=None)
@given(TEXT, st.sampled_from([1, 3, 8, 9, 16, 17, 40, LONGEST_HASHED]))
def test_windows_hash_as_the_texts_in_them(text, size):
    starts = np.arange(len(text))
    ends = np.minimum(starts + size, len(text))
    windows = [text[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    found = hash_words(encode(text), starts, ends).tolist()
    assert found == hash_texts(windows).tolist()
    by_text = dict(zip(map(lower, windows), found, strict=True))
    assert len(set(found)) == len(by_text)
    assert [by_text[lower(window)] for window in windows] == found


@pytest.mark.parametrize("wide", ["", "我"])
def test_neighbors_beyond_latin_do_not_matter(wide):
    text = f"Straße unbelievable antidisestablishmentarianism{wide}"
    starts, ends = np.asarray([0, 7, 20]), np.asarray([6, 19, 48])
    assert hash_words(encode(text), starts, ends).tolist() == hash_texts(text[:48].split()).tolist()


def test_no_stretches():
    nothing = np.zeros(0, dtype=np.int64)
    assert len(hash_words(encode("我"), nothing, nothing)) == 0
