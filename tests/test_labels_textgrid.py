"""TextGrids, against praatio, which reads what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from praatio.utilities import textgrid_io
from timed_labels import about, check_heard, moved, painted, some_steps

from augreg.errors import MediaError
from augreg.media import labels
from augreg.media.labels import Labels

SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
2.1
<exists>
2
"IntervalTier"
"words"
0
2.1
7
0
0.2
""
0.2
0.5
"a ""b"" !c"
0.5
0.70
""
0.70
0.9
""
0.9
1.4
"tone"
1.4
1.70000000000000001
""
1.70000000000000001
2.1
"é\ntwo lines"
"TextTier"
"words"
0
2.1
1
1.5
"x"
"""


def textgrid() -> labels.BesideForm:
    form = labels.reading("textgrid")({})
    assert isinstance(form, labels.BesideForm)
    return form


def tiers(content: bytes) -> list[dict[str, Any]]:
    """The tiers as praatio reads them, which must tile the time."""
    grid = textgrid_io.parseTextgridStr(content.decode(), includeEmptyIntervals=True)
    for tier in grid["tiers"]:
        if tier["class"] == "IntervalTier":
            starts, ends, _ = zip(*[(float(a), float(b), text) for a, b, text in tier["entries"]], strict=True)
            assert (starts[0], ends[-1]) == (grid["xmin"], grid["xmax"])
            assert starts[1:] == ends[:-1]
            assert all(a < b for a, b in zip(starts, ends, strict=True))
    found: list[dict[str, Any]] = grid["tiers"]
    return found


def spoken(tier: dict[str, Any]) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b, text in tier["entries"] if text]


def long(short: str, seconds: float = 2.1) -> bytes:
    """The long form of a grid, written by praatio."""
    grid = textgrid_io.parseTextgridStr(short, includeEmptyIntervals=True)
    for tier in grid["tiers"]:
        tier["entries"] = [(*map(float, times), text) for *times, text in tier["entries"]]
    grid["tiers"] = [tier | {"xmin": 0, "xmax": seconds} for tier in grid["tiers"]]
    text: str = textgrid_io.getTextgridAsStr(grid, "long_textgrid", True, 0, seconds, None)
    return text.encode()


FORMS = {
    "short": SHORT.encode(),
    "long, by praatio": long(SHORT),
    "UTF-16": b"\xff\xfe" + SHORT.encode("utf-16-le"),
    "UTF-16, the other way": b"\xfe\xff" + SHORT.encode("utf-16-be"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + SHORT.encode(),
    "Windows": SHORT.replace("\n", "\r\n").encode(),
    "old short": SHORT.replace('File"', 'File short"').replace("Object class = ", "").encode(),
    "ends before the sound": SHORT.replace("2.1\n", "2.09\n").encode(),
    "ends behind the sound": SHORT.replace("2.1\n", "2.14\n").encode(),
    "comments": SHORT.replace("\n0\n", "\n! by hand\n0\n", 1).encode(),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_what_was_not_moved_is_written_as_it_was(content: bytes) -> None:
    held = textgrid().read(content, about(2.1))
    assert held.fields["event"] == ["", 'a "b" !c', "", "", "tone", "", "é\ntwo lines", "x"]
    assert [said["tier"] for said in held.fields["said"]] == [0] * 7 + [1]
    assert textgrid().write(held, about(2.1)) == content


def test_comments_and_odd_layouts_are_understood() -> None:
    content = SHORT.replace("<exists>", 'tiers? <exists> ! how many? "3"').replace("\n2\n", "\nsize = 2\n", 1)
    held = textgrid().read(content.encode(), about(2.1))
    assert held.rest["textgrid"]["comments"] == [' how many? "3"']
    assert len(held.fields["events"]) == 8


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("form", ["short", "long, by praatio"])
def test_tones_stand_in_their_intervals(form: str, seed: int) -> None:
    wave = painted([(0.2, 0.5), (0.9, 1.4), (1.7, 2.1)], 2.1)
    written, sound = moved("textgrid", FORMS[form], wave, some_steps(seed), seed)
    words, points = tiers(written)
    check_heard(sound, spoken(words))
    assert float(words["entries"][-1][1]) == pytest.approx(sound.shape[1] / 8000, abs=1e-8)
    times = [float(time) for time, _ in points["entries"]]
    assert times == sorted(times)


def test_gaps_are_filled_once_and_boundaries_between_empty_ones_stay() -> None:
    written, _ = moved(
        "textgrid", FORMS["short"], painted([], 2.1), [{"audio.pad": {"before": [1.0, 1.0], "behind": [1.0, 1.0]}}], 1
    )
    words = tiers(written)[0]["entries"]
    assert [text for _, _, text in words] == ["", 'a "b" !c', "", "", "tone", "", "é\ntwo lines", ""]


def grid(entries: list[tuple[float, float, str]], seconds: float) -> bytes:
    lines = [f'{a!r}\n{b!r}\n"{text}"' for a, b, text in entries]
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
    rest = f'0\n{seconds!r}\n<exists>\n1\n"IntervalTier"\n"t"\n0\n{seconds!r}\n{len(entries)}\n'
    return (head + rest + "\n".join(lines) + "\n").encode()


@given(st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=9), st.text("ab \n", max_size=2))
def test_any_tiles_survive(lengths: list[float], text: str) -> None:
    ends = [sum(lengths[: n + 1]) for n in range(len(lengths))]
    content = grid([(a, b, text * (n % 2)) for n, (a, b) in enumerate(zip([0, *ends], ends, strict=False))], ends[-1])
    assert textgrid().write(textgrid().read(content, about(ends[-1])), about(ends[-1])) == content


def bad(old: str, new: str) -> bytes:
    assert old in SHORT
    return SHORT.replace(old, new, 1).encode()


BAD = {
    bad("\n0.2\n", "\nnan\n"): "line 14: time is 'nan'. It must be a number",
    bad("\n0.2\n", "\n0,2\n"): "line 14: time is '0,2'",
    bad("1.4\n", "3.4\n"): "line 27: it lasts to 3.4 s, and the sound ends at 2.1 s.",
    bad("0.2\n0.5\n", "0.6\n0.5\n"): "line 18: it ends at 0.5 s, before it starts at 0.6 s.",
    bad("0.9\n1.4\n", "0.9\n0.9\n"): "line 27: the interval from 0.9 to 0.9 of tier 'words' has no length.",
    bad("0.9\n1.4\n", "0.8\n1.4\n"): "line 27: the interval from 0.8 to 1.4 of tier 'words' begins before the last one",
    bad("\n0\n2.1\n", "\n5\n7.1\n"): "line 5: it begins at 5 s, not 0, where the sound does.",
    bad('"tone"', '"to"ne"'): "line 27: 'ne\"' is not understood.",
    SHORT[:-3].encode(): "line 41: its quotes are never closed: it is torn.",
    SHORT[:-8].encode(): "line 39: the file ends where time should come: it is torn.",
    bad('"TextTier"', '"Tier"'): "line 35: a tier of class 'Tier'.",
    bad("\n7\n", "\n6\n"): "line 31: class is '1.70000000000000001'; it must stand in quotes.",
    bad("\n7\n", "\n999999999\n"): "line 35: time is '\"TextTier\"'",
    bad("\n7\n", "\n-7\n"): "line 12: the number of entries is '-7'.",
    bad("ooTextFile", "ooBinaryFile"): "line 1: it is of another form. In Praat, save it as text file",
    SHORT.encode() + b"5\n": "line 42: '5' stands behind the last tier.",
    bad("TextGrid", "Sound"): "line 2: a file of 'ooTextFile' with 'Sound'",
    b"": "line 1: the file ends where file type should come: it is torn.",
    SHORT.encode("latin-1"): "line 33: its bytes are no UTF-8. Save the file as UTF-8.",
}


@pytest.mark.parametrize(("content", "says"), BAD.items(), ids=BAD.values())
def test_bad_grids_are_refused_by_line(content: bytes, says: str) -> None:
    with pytest.raises(MediaError) as caught:
        textgrid().read(content, about(2.1))
    assert caught.value.code == "E_LABEL"
    assert caught.value.reason.startswith(says)


def test_quotes_without_end_take_no_time_of_their_square() -> None:
    with pytest.raises(MediaError, match="never closed"):
        textgrid().read(b'"' + b'""' * 1_000_000, about(2.1))


def write(events: list[list[float]], names: list[str], said: list[dict[str, Any]], rest: dict[str, Any]) -> bytes:
    return textgrid().write(Labels({"events": events, "event": names, "said": said}, rest), about(3.0))


def test_intervals_that_overlap_are_refused_and_empty_ones_give_way() -> None:
    rest = {"textgrid": {"tiers": [{"class": "IntervalTier", "name": "w"}]}}
    said: list[dict[str, Any]] = [{"tier": 0}, {"tier": 0}]
    with pytest.raises(MediaError, match="'a' and 'b' of tier 'w' overlap from 1 to 2 s.*as audacity"):
        write([[0, 2], [1, 3]], ["a", "b"], said, rest)
    words = tiers(write([[0, 2], [1, 3]], ["a", ""], said, rest))[0]["entries"]
    assert [(float(a), float(b), text) for a, b, text in words] == [(0, 2, "a"), (2, 3, "")]
    with pytest.raises(MediaError, match="event 'a' belongs to none of 1 tiers"):
        write([[0, 2]], ["a"], [{"tier": 4}], rest)


def test_labels_of_other_forms_become_tiers() -> None:
    words, points = tiers(write([[2, 2], [0.5, 1]], ["click", "dog"], [{}, {}], {}))
    assert [(float(a), float(b), text) for a, b, text in words["entries"]] == [
        (0, 0.5, ""),
        (0.5, 1, "dog"),
        (1, 3, ""),
    ]
    assert [(float(time), text) for time, text in points["entries"]] == [(2, "click")]
    with pytest.raises(MediaError, match="cannot say 'high' of an event. Write these labels as audacity"):
        write([[0, 1]], ["a"], [{"high": 2.0, "low": 1.0}], {})


def test_found_beside_sounds(tmp_path: Path) -> None:
    find = labels.reading("textgrid").find
    (tmp_path / "7.wav").touch()
    assert find(tmp_path, ["7.wav"]) == []
    (tmp_path / "7.TextGrid").touch()
    assert find(tmp_path, ["7.wav"]) == [""]
    assert textgrid().places("7.wav")[0] == textgrid().place("7.wav") == "7.TextGrid"
