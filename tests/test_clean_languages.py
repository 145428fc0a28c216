"""`augreg clean` tells languages where it is sure, and texts that were decoded by the wrong encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import text, write_text

from augreg.jobs import clean
from augreg.jobs.cleaning import languages

pytest.importorskip("ftfy")
pytest.importorskip("py3langid")

ENGLISH = """All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience
and should act towards one another in a spirit of brotherhood. Everyone has the right to life, liberty and security."""
GERMAN = """Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt
und sollen einander im Geist der Brüderlichkeit begegnen.
Jeder hat das Recht auf Leben, Freiheit und Sicherheit der Person."""
FINNISH = """Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki
ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä.
Kullakin yksilöllä on oikeus elämään ja vapauteen."""
RUSSIAN = """Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и
должны поступать в отношении друг друга в духе братства.
Каждый человек имеет право на жизнь, на свободу и неприкосновенность."""
JAPANESE = "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
CHINESE = "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (FINNISH, "fi"),
        (RUSSIAN, "ru"),
        (JAPANESE, "ja"),
        (CHINESE, "zh"),
        ("a red cat", ""),
        ("Paris 2024", ""),
        ("hello world " * 100, ""),
        (" ".join(text(1)), ""),
        ("", ""),
        ("0 0.5 0.5 0.1 0.2\n" * 30, ""),
        (f"{ENGLISH} {FINNISH}", ""),
    ],
)
def test_languages_are_told_where_they_are_sure(written: str, code: str) -> None:
    assert languages.language(written) == code


def test_strangers_are_found_among_many_of_one_language(tmp_path: Path) -> None:
    words = ENGLISH.split()
    for n in range(40):
        write_text(tmp_path / f"{n}.txt", [*words[n % 20 :], *words[: n % 20]])
    write_text(tmp_path / "finnish.txt", FINNISH.split())
    write_text(tmp_path / "short.txt", ["moi"])
    report = clean(tmp_path, skip=["W_DUPLICATE", "W_NEAR"])
    assert [(fault.path, fault.code) for fault in report.faults] == [("finnish.txt", "W_LANGUAGE")]
    assert report.languages == {"en": 40, "fi": 1}
    assert "languages of texts: 40 en, 1 fi; 1 are too short or too mixed to tell" in report.notes


def test_of_many_languages_none_is_a_stranger() -> None:
    half = {n: "en" if n % 2 else "fi" for n in range(60)}
    assert languages.strangers(half) == ("", [])
    assert languages.strangers({0: "en", 1: "fi"}) == ("", [])
    assert languages.strangers({**dict.fromkeys(range(30), "da"), 30: "nb", 31: "fi"}) == ("da", [31])


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "cp1251", "cp437", "mac_roman"])
def test_wrong_decoding_is_found(wrong: str, tmp_path: Path) -> None:
    source = FINNISH if wrong != "cp1251" else RUSSIAN
    (tmp_path / "a.txt").write_text(source.encode("utf-8").decode(wrong, "replace").replace("\ufffd", ""), "utf-8")
    for n, plain in enumerate((GERMAN, FINNISH, RUSSIAN, JAPANESE, "100 € naïve “quotes” — Ångström")):
        (tmp_path / f"plain{n}.txt").write_text(plain, encoding="utf-8")
    assert {fault.path for fault in clean(tmp_path).faults if fault.code == "W_GARBLED"} == {"a.txt"}


def test_without_the_libraries_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "available", lambda: False)
    write_text(tmp_path / "a.txt", FINNISH.split())
    report = clean(tmp_path)
    assert report.notes == ("languages and wrong decoding of texts were not judged: pip install 'augreg[clean]'",)
    assert report.faults == []
