"""Text on contact sheets: characters that the built-in font lacks are drawn by another one, on the same baseline."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from augreg.showcase import lettering
from augreg.showcase.lettering import face_of, font, has, length, runs, write


@pytest.fixture
def second(monkeypatch, tmp_path):
    """Give one further font, Pillow's own under another name, which is to draw all that is no ASCII letter."""
    path = tmp_path / "second.ttf"
    path.write_bytes(ImageFont.load_default(20).font_bytes)
    caches = (lettering.font, lettering.faces, lettering.has, lettering.face_of)
    monkeypatch.setattr(lettering, "OTHERS", ("no such font.ttf", str(path)))
    for cache in caches:
        cache.cache_clear()
    yield path
    for cache in caches:
        cache.cache_clear()


def drawn(action, size=(300, 60)):
    picture = Pillow.new("RGB", size, (255, 255, 255))
    action(ImageDraw.Draw(picture))
    return np.asarray(picture)


def test_the_built_in_font_draws_what_it_has_as_ever():
    text = "image.rotate  degrees 14.2, gA|y"
    assert list(runs(text)) == [(0, text)]
    assert length(text, 20) == font(20).getlength(text)
    plain = drawn(lambda draw: draw.text((7, 11), text, font=font(20), fill=(1, 2, 3)))
    assert np.array_equal(drawn(lambda draw: write(draw, (7, 11), text, 20, (1, 2, 3))), plain)


def test_a_font_knows_what_it_lacks():
    assert has(0, "a")
    assert has(0, " ")
    assert not has(0, "\U0010fffd")  # a code for private use


def test_other_fonts_step_in_on_one_baseline(second, monkeypatch):
    assert len(lettering.faces()) == 1
    monkeypatch.setattr(lettering, "has", lambda face, character: face == 1)
    text = "a\u2026b"  # the ellipsis, which both have, stands for a foreign character
    assert list(runs(text)) == [(0, "a"), (1, "\u2026"), (0, "b")]
    own, other = ImageFont.load_default(30), ImageFont.truetype(second, 30)
    parts = [own.getlength("a"), other.getlength("\u2026"), own.getlength("b")]
    assert length(text, 30) == sum(parts)

    def by_hand(draw):
        for character, x, drawing in zip(text, np.cumsum([5, *parts[:2]]), (own, other, own), strict=True):
            draw.text((x, 10), character, font=drawing, fill=(0, 0, 0))

    assert np.array_equal(drawn(lambda draw: write(draw, (5, 10), text, 30, (0, 0, 0))), drawn(by_hand))


@pytest.mark.usefixtures("second")
def test_what_no_font_has_and_line_breaks_are_drawn_all_the_same():
    assert face_of("\U0010fffd") == 0
    text = "a\U0010fffd\nb"
    assert length(text, 20) == length("a\U0010fffd b", 20) > length("ab", 20)
    assert (drawn(lambda draw: write(draw, (5, 10), text, 20, (0, 0, 0))) < 255).any()
