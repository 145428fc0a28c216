"""Keyboard layouts: nlpaug's and ours."""

import json

import pytest
from augreg_text import resources
from augreg_text.typos import Keyboard
from text_support import run

from augreg.errors import ConfigError

OURS = sorted(resources._layouts())


@pytest.mark.parametrize("lang", resources.keyboards())
def test_a_neighbor_is_near_from_both_sides_and_never_the_key_itself(lang):
    table = resources.keyboard(lang)
    for key, near in table.items():
        assert key not in near
        assert len(near) == len(set(near))
        if lang in OURS:
            assert 1 <= len(near) <= 8
            assert all(key in table[other] for other in near)


@pytest.mark.parametrize(
    ("lang", "key", "near"),
    [
        ("ru", "а", "вкемпс"),
        ("en_dvorak", "e", ".pjoqu"),
        ("de_ch", "ö", "lpüä.-"),
        ("sv", "ö", "lpåä.-"),
        ("el", "σ", "αςεδζχ"),
        ("cs", "ž", "řýtz"),
        ("ar", "ب", "يلقفؤر"),
    ],
)
def test_what_touches_a_key(lang, key, near):
    assert set(resources.keyboard(lang)[key]) == set(near)


@pytest.mark.parametrize(
    ("lang", "text"),
    [("ru", "Привет, как дела"), ("el", "Καλημέρα κόσμε"), ("hu", "Őrült árvíztűrő"), ("fa", "سلام دنیا")],
)
def test_letters_give_way_to_letters_of_the_layout(lang, text):
    letters = {c for key in resources.keyboard(lang) for c in (key, key.upper())}
    for new in run(Keyboard(lang=lang, rate=1), [text] * 20)[0]:
        assert len(new) == len(text)
        changed = [(a, b) for a, b in zip(text, new, strict=True) if a != b]
        assert len(changed) > len(text) // 2
        assert all(b in letters and a.isupper() == b.isupper() for a, b in changed)


def test_a_keyboard_of_ones_own(tmp_path):
    rows, table = tmp_path / "rows.json", tmp_path / "table.json"
    rows.write_text(json.dumps(["", "ab", "cd", " e"]))
    table.write_text(json.dumps({"a": ["b", "z"]}))
    assert resources.keyboard(str(rows)) == {
        "a": ("b", "c"), "b": ("a", "c", "d"), "c": ("a", "b", "d", "e"), "d": ("b", "c", "e"), "e": ("c", "d"),
    }  # fmt: skip
    assert set(run(Keyboard(lang=str(table), rate=1), ["a"] * 30)[0]) == {"b", "z"}
    (tmp_path / "broken.json").write_text("[1]")
    for path in (tmp_path / "broken.json", tmp_path / "none.json"):
        with pytest.raises(ConfigError, match="is no keyboard"):
            Keyboard(lang=str(path))
