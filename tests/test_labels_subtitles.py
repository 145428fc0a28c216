"""SRT and WebVTT, against webvtt-py, which reads what is written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st
from timed_labels import about, check_heard, moved, painted, some_steps

from augreg.errors import MediaError
from augreg.media import labels
from augreg.media.labels import Labels

SRT = """1
00:00:00,200 --> 00:00:00,500 X1:63 X2:223 Y1:43 Y2:58
{\\an8}Hello,
<i>world</i>

2
00:00:00,900 --> 00:00:01,400
1 < 2 & 3

3
00:00:01,700 --> 00:00:01,900
é
"""
VTT = """WEBVTT - a title
Kind: captions

STYLE
::cue { color: lime }

REGION
id:fred

NOTE made by hand
in two lines

intro
00:00.200 --> 00:00.500 position:10% align:start region:fred
<v Ann>Hel<00:00.300>lo <00:00:00.400><c.x>you</c>

NOTE before the second

00:00:00.900 --> 00:00:01.400
fish &amp; chips

00:00:01.700 --> 00:00:01.900
é

NOTE the end
"""
FORMS = {"srt": SRT.encode(), "vtt": VTT.encode()}
SPOKEN = [(0.2, 0.5), (0.9, 1.4), (1.7, 1.9)]


def form(name: str) -> labels.BesideForm:
    found = labels.reading(name)({})
    assert isinstance(found, labels.BesideForm)
    return found


def cues(name: str, content: bytes) -> list[Any]:
    text = io.StringIO(content.decode("utf-8-sig"))
    return list(webvtt.from_buffer(text, format=name))


def spoken(name: str, content: bytes) -> list[tuple[float, float]]:
    return [(cue.start_in_seconds + _ms(cue.start), cue.end_in_seconds + _ms(cue.end)) for cue in cues(name, content)]


def _ms(written: str) -> float:
    return int(written[-3:]) / 1000


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("how", ["plain", "Windows", "marked", "no end", "two ends"])
def test_what_was_not_moved_is_written_as_it_was(name: str, how: str) -> None:
    plain = FORMS[name]
    changed = {"Windows": plain.replace(b"\n", b"\r\n"), "marked": b"\xef\xbb\xbf" + plain, "no end": plain[:-1]}
    content = changed.get(how, plain + b"\n" * (how == "two ends"))
    assert form(name).write(form(name).read(content, about(2.1)), about(2.1)) == content


@pytest.mark.parametrize("name", FORMS)
def test_what_is_read(name: str) -> None:
    fields = form(name).read(FORMS[name], about(2.1)).fields
    found = [tuple(each) for each, said in zip(fields["events"], fields["said"], strict=True) if "inside" not in said]
    assert found == SPOKEN


def test_cues_are_numbered_anew_in_order_of_time() -> None:
    held = form("srt").read(SRT.replace("3\n00", "7\n00").encode(), about(2.1))
    assert form("srt").write(held, about(2.1)) == SRT.encode()
    back = {field: value[::-1] for field, value in held.fields.items()}
    assert form("srt").write(Labels(back, held.rest), about(2.1)) == SRT.encode()
    late = b"5\n00:00:01.000 --> 00:00:02.000\nb\n\n6\n00:00:00.000 --> 00:00:01.000\na\n"
    written = form("srt").write(form("srt").read(late, about(2.1)), about(2.1))
    assert written == late.replace(b"5\n", b"1\n").replace(b"6\n", b"2\n")


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("seed", range(50))
def test_tones_stand_in_their_cues(name: str, seed: int) -> None:
    content = FORMS[name].replace(b"<00:00.300>", b"").replace(b"<00:00:00.400>", b"")
    written, sound = moved(name, content, painted(SPOKEN, 2.1), some_steps(seed), seed)
    check_heard(sound, spoken(name, written))
    if name == "vtt":
        assert all(
            note in written.decode() for note in ("made by hand", "before the second", "the end", "::cue", "fred")
        )


def test_times_inside_texts_move_with_their_cue() -> None:
    def text(steps: list[Any]) -> str:
        return str(cues("vtt", moved("vtt", VTT.encode(), painted(SPOKEN, 2.1), steps, 0)[0])[0].raw_text)

    assert text([{"audio.gain": {"p": 1.0}}]) == "<v Ann>Hel<00:00.300>lo <00:00:00.400><c.x>you</c>"
    assert text([{"audio.speed": {"factor": [2.0, 2.0]}}]) == "<v Ann>Hel<00:00:00.150>lo <00:00:00.200><c.x>you</c>"
    padded = [{"audio.pad": {"before": [1.0, 1.0], "behind": [0.0, 0.0]}}]
    assert text(padded) == "<v Ann>Hel<00:00:02.400>lo <00:00:02.500><c.x>you</c>"
    with pytest.raises(MediaError, match="a step played it backwards"):
        text([{"audio.reverse": {"p": 1.0}}])


def test_a_loop_repeats_times_inside_texts_and_a_cut_leaves_them_out() -> None:
    wave = painted(SPOKEN, 2.1)
    looped = [
        cue.raw_text for cue in cues("vtt", moved("vtt", VTT.encode(), wave, [{"audio.loop": {"seconds": 4.2}}], 0)[0])
    ]
    assert len(looped) == 6
    assert looped[3] == "<v Ann>Hel<00:00:02.400>lo <00:00:02.500><c.x>you</c>"
    held = form("vtt").read(VTT.encode(), about(2.1))
    fields = {name: [*value] for name, value in held.fields.items()}
    fields["events"][:3] = [[0.0, 0.15], [0.0, 0.0], [0.05, 0.05]]
    assert "Hello <00:00:00.050><c.x>you" in form("vtt").write(Labels(fields, held.rest), about(1.75)).decode()


TIMES = st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**7), st.text("ab<i", max_size=5)), max_size=5)


@given(TIMES, st.sampled_from(["srt", "vtt"]))
def test_any_cues_survive_even_those_of_more_than_99_hours(found: list[tuple[int, int, str]], name: str) -> None:
    found = sorted(found, key=lambda each: each[0])
    events = [[a / 1000, (a + b) / 1000] for a, b, _ in found]
    given_ = Labels({"events": events, "event": [text for *_, text in found], "said": [{}] * len(found)}, {})
    again = form(name).read(form(name).write(given_, about(0)), about(0))
    assert again.fields["events"] == events
    if name == "srt":
        assert again.fields["event"] == given_.fields["event"]


BAD = {
    ("srt", "1\n00:00:01,000 --> 00:00:0"): "line 2: '00:00:01,000 --> 00:00:0' are no times of a cue",
    ("srt", "1\n00:00:01,000 --> 00:00:02,000\na\n\nb\n"): "line 5: 'b' is no number of a cue. Empty lines end a cue",
    ("srt", "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n"): "line 5: cue 2 ends here: it is torn.",
    ("srt", "1\n00:00:02,000 --> 00:00:01,000\na\n"): "line 2: it ends at 1 s, before it starts at 2 s.",
    ("srt", "1\n00:00:01,000 --> 00:00:09,000\na\n"): "line 2: it lasts to 9 s, and the sound ends at 2.1 s.",
    ("srt", "1\n00:61:01,000 --> 00:62:02,000\na\n"): "line 2: the time '00:61:01,000' has more than 59 minutes",
    ("srt", "1\n00:00:nan --> 00:00:01,000\n"): "line 2: '00:00:nan --> 00:00:01,000' are no times",
    ("vtt", "1\n00:01.000 --> 00:02.000\na\n"): "line 1: '1' stands where a WebVTT file has WEBVTT.",
    ("vtt", ""): "line 1: '' stands where",
    ("vtt", "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00\n"): "line 2: X-TIMESTAMP-MAP",
    ("vtt", "WEBVTT\n\n00:01.000 --> 00:0"): "line 3: '00:01.000 --> 00:0' are no times of a cue",
    ("vtt", "WEBVTT\n\nname\n"): "line 3: 'name' is no cue: it has no times.",
    ("vtt", "WEBVTT\n\n00:01,000 --> 00:02,000\n"): "line 3: the times 00:01,000 and 00:02,000 have commas.",
    ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\na<00:05.000>b\n"): "line 3: the times inside its text do not rise",
}


@pytest.mark.parametrize(("given_", "says"), BAD.items(), ids=BAD.values())
def test_bad_cues_are_refused_by_line(given_: tuple[str, str], says: str) -> None:
    with pytest.raises(MediaError) as caught:
        form(given_[0]).read(given_[1].encode(), about(2.1))
    assert caught.value.code == "E_LABEL"
    assert caught.value.reason.startswith(says)


def test_from_one_form_to_another() -> None:
    def turned(content: str, source: str, target: str) -> str:
        return form(target).write(form(source).read(content.encode(), about(9)), about(9)).decode()

    plain = "1\n00:00:01,000 --> 00:00:02,500\n1 < 2 & 3\n"
    assert turned(plain, "srt", "vtt") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n1 &lt; 2 &amp; 3\n"
    assert turned(plain, "srt", "audacity") == "1.000000\t2.500000\t1 < 2 & 3\n"
    assert turned("1.5\t2\tdog\n", "audacity", "srt") == "1\n00:00:01,500 --> 00:00:02,000\ndog\n"
    assert turned("1.5\t1.5\tdog\n", "audacity", "vtt") == "WEBVTT\n\n00:00:01.500 --> 00:00:01.501\ndog\n"
    assert turned("WEBVTT\n\n4\n00:01.000 --> 00:02.000\na\n", "vtt", "srt") == "1\n00:00:01,000 --> 00:00:02,000\na\n"
    for content, source, target, words in (
        (SRT, "srt", "vtt", "cannot say 'coordinates' of an event. Write these labels as srt"),
        (VTT, "vtt", "srt", "cannot say the header of these labels. Write them as vtt"),
        ("WEBVTT\n\nx\n00:01.000 --> 00:02.000\na\n", "vtt", "srt", "cannot say the name 'x' of a cue"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na<00:01.500>b\n", "vtt", "srt", "cannot say 'inside'"),
        (plain.replace("< 2", "--> 2"), "srt", "vtt", "holds '-->'"),
    ):
        with pytest.raises(MediaError, match=words):
            turned(content, source, target)


def test_found_beside_films_with_their_languages(tmp_path: Path) -> None:
    for name in ("7.mp4", "7.srt", "7.en.srt", "8.en.srt", "7.pt-BR.vtt"):
        (tmp_path / name).touch()
    assert labels.reading("srt").find(tmp_path, ["7.mp4"]) == ["", ".en"]
    found = labels.reading("vtt").find(tmp_path, ["7.mp4"])
    assert found == [".pt-BR"]
    spoken_ = labels.reading("vtt")
    assert spoken_(spoken_.open(tmp_path, ".pt-BR")).place("7.mkv") == "7.pt-BR.vtt"
