"""Audacity's labels, against a plain reader of rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timed_labels import about, check_heard, moved, painted, some_steps

from augreg.errors import ConfigError, MediaError
from augreg.media import labels
from augreg.media.labels import About, Labels

ROWS = (
    b"0.500000\t1.250000\tdog\n\\\t300.000000\t4000.000000\n1.500000\t1.500000\t\n1.600000\t2.000000\ta\tb \xc3\xa9\n"
)


def audacity() -> labels.BesideForm:
    form = labels.reading("audacity")({})
    assert isinstance(form, labels.BesideForm)
    return form


def rows(content: bytes) -> list[list[str]]:
    """A plain reader."""
    return [line.split("\t") for line in content.decode().splitlines()]


def test_what_is_read() -> None:
    held = audacity().read(ROWS, about(2.0))
    assert held.fields["events"] == [[0.5, 1.25], [1.5, 1.5], [1.6, 2.0]]
    assert held.fields["event"] == ["dog", "", "a\tb é"]
    assert {key: held.fields["said"][0][key] for key in ("low", "high")} == {"low": 300.0, "high": 4000.0}


@pytest.mark.parametrize(
    "content",
    [ROWS, ROWS.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + ROWS, ROWS[:-1], b"2.5\t3\tlate\n.5\t1e0\tfirst\n", b""],
)
def test_what_was_not_moved_is_written_as_it_was(content: bytes) -> None:
    sound = about(3.0)
    assert audacity().write(audacity().read(content, sound), sound) == content


TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=9)
TIMES = st.lists(st.tuples(st.integers(0, 9_000_000), st.integers(0, 900_000), TEXTS), max_size=6)


@given(TIMES)
def test_any_rows_survive(found: list[tuple[int, int, str]]) -> None:
    content = "".join(f"{a / 1e6:.6f}\t{(a + b) / 1e6:.6f}\t{text}\n" for a, b, text in found).encode()
    assert audacity().write(audacity().read(content, about(10.0)), about(10.0)) == content


@pytest.mark.parametrize("seed", range(50))
def test_tones_stand_where_their_labels_are(seed: int) -> None:
    events = [(0.2, 0.5), (0.9, 1.4), (1.7, 1.9)]
    content = "".join(f"{a:.6f}\t{b:.6f}\ttone\n" for a, b in events).encode()
    written, sound = moved("audacity", content, painted(events, 2.1), some_steps(seed), seed)
    found = [(float(row[0]), float(row[1])) for row in rows(written)]
    assert found == sorted(found)
    check_heard(sound, found)


BAD = {
    b"0.5\t1.0\ta\n1.0\tnan\tb\n": "line 2: its end is 'nan'. It must be a number such as 1.25, with a point.",
    b"0.5\tinf\ta\n": "line 1: its end is 'inf'",
    b"0.5\t1e999\ta\n": "line 1: its end is '1e999'",
    b"0,5\t1,0\ta\n": "line 1: its start is '0,5'",
    b"1.0\t0.5\ta\n": "line 1: it ends at 0.5 s, before it starts at 1 s.",
    b"-1.0\t0.5\ta\n": "line 1: it starts at -1 s, before the sound does.",
    b"0.5\t1.0\ta\n7.0\t8.0\tb\n": "line 2: it lasts to 8 s, and the sound ends at 2 s.",
    b"0.5\t0.50000001\ta\n": "line 1: it lasts less than a ten-millionth of a second.",
    b"0.5\t1.0\ta\n1.2": "line 2: '1.2' is no row of start, end and text",
    b"\\\t100\t200\n": "line 1: its frequencies follow no row",
    b"0.5\t1.0\ta\n\\\t900\t200\n": "line 2: its lowest frequency 900 is above its highest 200.",
    b"0.5\t1.0\ta\n\\\t900\n": "line 2: 1 frequencies",
    b"0.5\t1.0\ta\n0.5\t1.0\t\xff\n": "line 2: its bytes are no UTF-8.",
}


@pytest.mark.parametrize(("content", "says"), BAD.items(), ids=BAD.values())
def test_bad_rows_are_refused_by_line(content: bytes, says: str) -> None:
    with pytest.raises(MediaError) as caught:
        audacity().read(content, about(2.0))
    assert caught.value.code == "E_LABEL"
    assert caught.value.path == "a/7.wav"
    assert caught.value.reason.startswith(says)


def test_what_sticks_out_a_little_is_kept() -> None:
    assert audacity().read(b"0.5\t2.04\ta\n", about(2.0)).fields["events"] == [[0.5, 2.04]]


def test_found_only_where_no_transcripts_are(tmp_path: Path) -> None:
    find = labels.reading("audacity").find
    files = ["a/1.wav", "a/2.flac", "b/3.png"]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert find(tmp_path, files) == []
    (tmp_path / "b/3.txt").write_bytes(ROWS)
    assert find(tmp_path, files) == []
    (tmp_path / "a/1.txt").write_bytes(ROWS)
    (tmp_path / "a/2.txt").write_bytes(b"")
    assert find(tmp_path, files) == [""]
    (tmp_path / "a/2.txt").write_text("the dog barks at 0.5\n")
    assert find(tmp_path, files) == []


def test_where_they_lie(tmp_path: Path) -> None:
    form = labels.reading("audacity")
    assert audacity().places("a/7.wav") == ["a/7.txt"]
    (tmp_path / "labels").mkdir()
    there = form(form.open(tmp_path, "labels/"))
    assert (there.places("a/7.wav"), there.place("b/7.1.flac")) == (["labels/a/7.txt"], "labels/b/7.1.txt")
    tagged = form(form.open(tmp_path, ".events"))
    assert tagged.places("7.wav") == ["7.events.txt"]
    for wrong in ("lables", "../labels", str(tmp_path), ".."):
        with pytest.raises(ConfigError, match="no such folder"):
            form.open(tmp_path, wrong)


def test_what_rows_cannot_say_is_refused() -> None:
    def write(said: dict[str, object], text: str = "a", **rest: object) -> bytes:
        return audacity().write(
            Labels({"events": [[0, 1]], "event": [text], "said": [said]}, rest), About(path="7.wav", modality="audio")
        )

    def refused(words: str, *args: object, **rest: object) -> None:
        with pytest.raises(MediaError, match=words):
            write(*args, **rest)

    def held(events: list[list[float]]) -> Labels:
        return Labels({"events": events, "event": ["a"] * len(events), "said": [{}] * len(events)})

    # Rounding leaves 1e-12 s of an event that was cut off at its very end.
    rounded = held([[0.5, 0.5 + 1e-12], [1, 1]])
    assert audacity().write(rounded, about(2.0)) == b"1.000000\t1.000000\ta\n"
    refused("is half of a character", {}, "\ud800")
    assert write({}) == b"0.000000\t1.000000\ta\n"
    refused("several lines.*textgrid or srt", {}, "a\nb")
    refused("cannot say 'settings'.*vtt", {"settings": "align:start"})
    refused("cannot say 'odd'.*json", {"odd": 1})
    refused("cannot say the header.*as vtt", {}, vtt={"layout": {}, "header": " title"})
    tiers = [{"class": "IntervalTier", "name": name} for name in ("words", "phones")]
    refused("no tiers, and there are 2: 'words', 'phones'", {"tier": 0}, textgrid={"tiers": tiers})
    assert write({"tier": 0}, "", textgrid={"tiers": tiers[:1]}) == b""
