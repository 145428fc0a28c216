"""Carrying out edits, beside a loop that does them one by one."""

import numpy as np
import pytest
from augreg_text import base, edits
from augreg_text.block import Block, alternating, encode, ranges, sparse
from augreg_text.edits import Edits
from augreg_text.lazy_edits import GroupedEdits, UniformEdits
from augreg_text.typos import Keyboard
from augreg_text.words import WordDelete, WordSwap
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import AWKWARD, batch_of, edited, rng_of

TEXT = st.text(alphabet="ab \n\xff我\U0001f600", max_size=12)


@st.composite
def edited_texts(draw):
    """Draw texts with edits that don't overlap."""
    texts = draw(st.lists(TEXT, max_size=9))
    rows = []
    for text in texts:
        places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
        row = [[a, b, draw(TEXT)] for a, b in zip(places[::2], places[1::2], strict=False)]
        rows.append(row)
    return texts, rows


@settings(max_examples=200, deadline=None)
@given(edited_texts(), st.sampled_from([1, 2, 4, 1024]), st.booleans())
def test_as_one_by_one(case, chunk, known):
    texts, rows = case
    found = Edits.of(rows)
    if known:
        blocks = [Block.of(texts[a : a + chunk]) for a in range(0, len(texts), chunk)]
        parts = [Edits.of(rows[a : a + chunk]) for a in range(0, len(texts), chunk)]
        places = tuple(np.arange(a, min(a + chunk, len(texts))) for a in range(0, len(texts), chunk))
        drawn = tuple(part.drawn_for(block) for part, block in zip(parts, blocks, strict=True))
        found = GroupedEdits(places, drawn) if drawn else found
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edits, "TEXTS_AT_A_TIME", chunk)
        new, sizes = found.run(texts)
    assert new == [edited(text, row) for text, row in zip(texts, rows, strict=True)]
    assert sizes.tolist() == [len(text) for text in new]
    assert all(a is b for a, b, row in zip(new, texts, rows, strict=True) if not row)


@pytest.mark.parametrize("made", [Keyboard(rate=0.3), WordSwap(rate=0.5), WordDelete(rate=0.5)])
def test_chunks_do_not_show(made, monkeypatch):
    texts = [*AWKWARD, "The quick brown fox jumps over the lazy dog."] * 3
    batch = batch_of(texts)
    whole = made.apply(batch, made.draw(batch.info, rng_of(batch, 1)))
    for module in (base, edits):
        monkeypatch.setattr(module, "TEXTS_AT_A_TIME", 7)
    params = made.draw(batch.info, rng_of(batch, 1))
    parted = made.apply(batch, params)
    assert parted.data == whole.data
    assert parted.info.shapes.tolist() == [[len(text)] for text in whole.data]
    some = np.asarray([5, 77, 3])
    assert made.apply(batch.take(some), params.take(some)).data == [whole.data[i] for i in some]


def test_edits_drawn_for_other_texts_are_carried_out_on_those_given():
    found = Edits.of([[[0, 1, "x"]]]).drawn_for(Block.of(["abc"]))
    assert found.run(["defg"])[0] == ["xefg"]


def test_ranges():
    begin, length = np.asarray([4, 0, 9]), np.asarray([2, 0, 3])
    assert ranges(begin, length).tolist() == [4, 5, 9, 10, 11]
    assert ranges(begin, np.asarray([2, 2, 2])).tolist() == [4, 5, 0, 1, 9, 10]
    assert ranges(begin[:0], length[:0]).tolist() == []


def test_alternating():
    found = alternating(np.asarray([3, 0, 4, 2]), np.asarray([0, 1, 1, 0]))
    assert found.tolist() == [True, False, True, False, True, False, True, True, False]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(TEXT, max_size=9), st.sampled_from([(1, 0), (0, 1), (1, 1), (2, 2), (2, 1), (0, 2), (2, 0)]), st.randoms()
)
def test_edits_alike_in_any_order(texts, widths, random):
    old, new = widths
    block, rows, places = Block.of(texts), [], []
    for text, first in zip(texts, block.first.tolist(), strict=True):
        starts = [a for a in range(0, len(text) - old + 1, 2) if random.random() < 0.5]
        rows.append([[a, a + old, "".join(random.choice("xy\xff\u0416") for _ in range(new))] for a in starts])
        mine = [(first + a, edit[2]) for a, edit in zip(starts, rows[-1], strict=True)]
        random.shuffle(mine)
        places += mine
    counts = np.asarray([len(row) for row in rows], dtype=np.int64)
    at = np.asarray([place for place, _ in places], dtype=np.int64)
    found = UniformEdits(block, counts, at, old, encode("".join(text for _, text in places)), new)
    made, sizes = found.run(texts)
    assert made == [edited(text, row) for text, row in zip(texts, rows, strict=True)]
    assert sizes.tolist() == [len(text) for text in made]
    assert [found[i] for i in range(len(texts))] == rows
    assert found.run([*texts])[0] == found.flat().run(texts)[0] == made
    assert all(a is b for a, b, row in zip(made, texts, rows, strict=True) if not row)


def test_texts_beyond_latin_1_do_not_show_in_the_others():
    texts = ["The quick brown fox jumps over the lazy dog.", "naïve café"] * 100
    mixed = [f"“{text}” 我们" if i % 5 == 0 else text for i, text in enumerate(texts)]
    for made in (Keyboard(rate=0.3), WordSwap(rate=0.5), WordDelete(rate=0.5)):
        batch = batch_of(mixed)
        params = made.draw(batch.info, rng_of(batch, 1))
        assert len(params["edits"].parts) == 2
        out = made.apply(batch, params)
        assert out.info.shapes[:, 0].tolist() == [len(text) for text in out.data]
        for i in range(0, 200, 7):
            one = batch.take(np.asarray([i]))
            assert made.apply(one, made.draw(one.info, rng_of(one, 1))).data == [out.data[i]]
        assert made.apply(batch, params.take(np.arange(200))).data == out.data


def test_sparse_places():
    for count in (0, 1, 7, 8, 9, 200):
        mask = np.arange(count) % 13 == 3
        assert sparse(mask).tolist() == np.flatnonzero(mask).tolist()
