"""`augreg clean` finds what was planted, and hardly anything besides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image as Pillow
from planted import CHANGES, picture, sound, text, write_picture, write_sound, write_text

from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Report, clean


def found(report: Report, code: str) -> set[str]:
    return {fault.path for fault in report.faults if fault.code == code}


def pairs(report: Report) -> set[frozenset[str]]:
    return {frozenset((fault.path, fault.other)) for fault in report.faults if fault.other}


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["clean", *map(str, args)])


def test_a_clean_folder_has_no_fault(tmp_path: Path) -> None:
    for seed in range(60):
        write_picture(tmp_path / f"{seed}.png", picture(seed))
        write_text(tmp_path / f"{seed}.txt", text(seed))
        write_text(tmp_path / "texts" / f"{seed}.txt", text(1_000 + seed))
        write_sound(tmp_path / "sounds" / f"{seed}.wav", sound(seed))
    report = clean(tmp_path)
    assert report.faults == []
    assert len(report.good) == len(report.paths) == 240


def test_near_duplicates_and_leaks_of_pictures_are_found(tmp_path: Path) -> None:
    """1 % false alarms may be, 95 % of each kind must be found; the copy goes where the test set keeps its own."""
    planted = {name: set() for name in CHANGES}
    for seed in range(200):
        split = "test" if seed % 4 == 0 else "train"
        write_picture(tmp_path / split / f"{seed}.png", picture(seed))
        name = list(CHANGES)[seed % 3 if seed % 5 else 3]
        if seed % 2 == 0:
            write_picture(tmp_path / "train" / f"{seed}_{name}.jpg", CHANGES[name](picture(seed)))
            planted[name].add(frozenset((f"{split}/{seed}.png", f"train/{seed}_{name}.jpg")))
    report = clean(tmp_path)
    for name, wanted in planted.items():
        assert len(wanted & pairs(report)) >= 0.95 * len(wanted), name
    assert len(pairs(report) - set().union(*planted.values())) <= 2
    leaked = {pair for wanted in planted.values() for pair in wanted if any(path.startswith("test") for path in pair)}
    hit = [fault for fault in report.faults if fault.code == "W_LEAK"]
    assert len(hit) >= 0.95 * len(leaked) > 40
    assert all(fault.path.startswith("train/") and fault.other.startswith("test/") for fault in hit)
    assert all(0.5 <= fault.confidence <= 1.0 and fault.likeness is not None for fault in report.faults)


def test_a_picture_colored_anew_is_another(tmp_path: Path) -> None:
    image = picture(3)
    write_picture(tmp_path / "a.png", image)
    write_picture(tmp_path / "b.png", Pillow.merge("RGB", image.split()[::-1]))
    red, green, blue = image.split()
    write_picture(tmp_path / "c.png", Pillow.merge("RGB", (red, green, blue.point(lambda value: value // 4))))
    assert pairs(clean(tmp_path)) == set()


def test_texts_that_share_most_words_are_found(tmp_path: Path) -> None:
    planted = set()
    for seed in range(300):
        words = text(seed)
        write_text(tmp_path / f"{seed}.txt", words)
        if seed % 5 == 0:
            words[seed % 50] = "other"
            write_text(tmp_path / f"{seed}_edited.txt", words)
            planted.add(frozenset((f"{seed}.txt", f"{seed}_edited.txt")))
    assert pairs(clean(tmp_path)) == planted


def test_captions_may_be_the_same(tmp_path: Path) -> None:
    for seed in range(3):
        write_picture(tmp_path / f"{seed}.png", picture(seed))
        write_text(tmp_path / f"{seed}.txt", ["a", "cat"])
    write_text(tmp_path / "alone.txt", ["a", "cat"])
    assert clean(tmp_path).faults == []


def test_blank_and_small_pictures_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for seed in range(20):
        write_picture(tmp_path / f"{seed}.png", picture(seed))
    for level in (0, 90, 255):
        write_picture(tmp_path / "blank" / f"{level}.png", Pillow.new("RGB", (100, 80), (level,) * 3))
        noisy = np.clip(level + rng.normal(0, 4, (80, 100, 3)), 0, 255).astype(np.uint8)
        write_picture(tmp_path / "blank" / f"noisy{level}.png", Pillow.fromarray(noisy))
    write_picture(tmp_path / "small.png", picture(50).resize((12, 9)))
    dot = np.full((320, 320), 255, np.uint8)
    dot[100:110, 200:210] = 0  # a picture of something, however empty it is
    write_picture(tmp_path / "dot.png", Pillow.fromarray(dot))
    report = clean(tmp_path)
    assert found(report, "W_BLANK") == {f"blank/{n}{level}.png" for n in ("", "noisy") for level in (0, 90, 255)}
    assert found(report, "W_SMALL") == {"small.png"}
    assert len(report.good) == 21


def test_a_set_of_small_pictures_is_none_of_small_ones(tmp_path: Path) -> None:
    for seed in range(10):
        write_picture(tmp_path / f"{seed}.png", picture(seed).resize((8, 8)))
    assert not found(clean(tmp_path), "W_SMALL")


def test_deep_pictures_of_few_values_are_not_blank(tmp_path: Path) -> None:
    depth = np.asarray(picture(1).convert("L")).astype(np.uint16)  # 0 to 255 of 65,535
    Pillow.fromarray(depth).save(tmp_path / "depth.png")
    Pillow.fromarray(np.full_like(depth, 700)).save(tmp_path / "flat.png")
    assert found(clean(tmp_path), "W_BLANK") == {"flat.png"}


def test_silent_and_clipped_sounds_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for seed in range(40):
        write_sound(tmp_path / f"{seed}.wav", sound(seed))
        write_sound(tmp_path / "clipped" / f"{seed}.wav", np.clip(3.0 * sound(100 + seed), -1, 1))
    write_sound(tmp_path / "loud.wav", np.sin(np.arange(8_000) * 0.7))
    late = np.concatenate([np.zeros(16_000), 0.05 * sound(7)])
    write_sound(tmp_path / "late.wav", late)
    for name, wave in {"zero": np.zeros(4_000), "dc": np.full(4_000, 0.3), "hiss": rng.normal(0, 2e-4, 4_000)}.items():
        write_sound(tmp_path / "silent" / f"{name}.wav", wave)
    report = clean(tmp_path)
    assert found(report, "W_SILENT") == {f"silent/{name}.wav" for name in ("zero", "dc", "hiss")}
    assert found(report, "W_CLIPPED") == {f"clipped/{seed}.wav" for seed in range(40)}


def test_doubles_are_found_by_bytes_and_by_content(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", picture(1))
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    write_picture(tmp_path / "c.bmp", picture(1))
    (tmp_path / "d.bmp").write_bytes((tmp_path / "c.bmp").read_bytes())
    report = clean(tmp_path)
    assert [(f.path, f.code, f.other, f.confidence) for f in report.faults] == [
        ("b.png", "W_DUPLICATE", "a.png", 1.0),
        ("c.bmp", "W_DUPLICATE", "a.png", 1.0),
        ("d.bmp", "W_DUPLICATE", "a.png", 1.0),
    ]
    assert report.good == ["a.png"]


def test_for_all_that_is_left_out_something_like_it_stays(tmp_path: Path) -> None:
    """A copy in train of a copy in train of what a test set holds leaks, too."""
    write_picture(tmp_path / "train" / "a.png", picture(1))
    (tmp_path / "train" / "b.png").write_bytes((tmp_path / "train" / "a.png").read_bytes())
    write_picture(tmp_path / "test" / "z.jpg", picture(1))
    report = clean(tmp_path)
    assert {(f.path, f.code, f.other) for f in report.faults} == {
        ("train/a.png", "W_LEAK", "test/z.jpg"),
        ("train/b.png", "W_LEAK", "test/z.jpg"),
    }


def test_what_cannot_be_read_has_the_codes_of_a_run(tmp_path: Path) -> None:
    write_picture(tmp_path / "good.jpg", picture(1))
    whole = (tmp_path / "good.jpg").read_bytes()
    write_picture(tmp_path / "png.jpg", Pillow.new("L", (1, 1)))
    picture(2).save(tmp_path / "named.jpg", "PNG")
    (tmp_path / "png.jpg").unlink()
    for name, raw in {"half.jpg": whole[: len(whole) // 2], "none.png": b"", "text.png": b"no picture"}.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    (tmp_path / "spaces.txt").write_text(" \n ", encoding="utf-8")
    (tmp_path / "twice.txt").write_text("caf\u00c3\u00a9 au lait", encoding="utf-8")
    codes = {fault.path: fault.code for fault in clean(tmp_path).faults}
    assert codes == {
        "half.jpg": "E_TRUNCATED",
        "none.png": "E_EMPTY",
        "text.png": "E_FORMAT",
        "latin.txt": "E_ENCODING",
        "spaces.txt": "W_NO_WORDS",
        "twice.txt": "W_GARBLED",
        "named.jpg": "W_EXT",
    }


def test_labels_that_point_nowhere_are_found(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", picture(1))
    rows = [{"file_name": "a.png"}, {"file_name": "gone.png"}, {"file_name": "../a.png"}, {"label": 1}]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n{torn", encoding="utf-8")
    (tmp_path / "metadata.csv").write_text("file_name,label\na.png,1\nb.png,2\n", encoding="utf-8")
    faults = {fault.path for fault in clean(tmp_path).faults}
    assert faults == {"metadata.csv:3", *(f"metadata.jsonl:{line}" for line in (1, 2, 3, 4, 5))}, "two lists name a.png"


def test_classes_are_counted_and_compared(tmp_path: Path) -> None:
    for seed in range(12):
        write_picture(tmp_path / "train" / "cat" / f"{seed}.png", picture(seed))
    write_picture(tmp_path / "train" / "dog" / "0.png", picture(20))
    write_picture(tmp_path / "test" / "cat" / "0.png", picture(21))
    report = clean(tmp_path)
    assert report.classes == {"train": {"cat": 12, "dog": 1}, "test": {"cat": 1}}
    assert report.notes == (
        "class 'dog' has no input in test",
        "class 'cat' has 12 inputs in train, 12 times as many as 'dog' (1)",
    )


def test_splits_are_told_by_a_regular_expression(tmp_path: Path) -> None:
    write_picture(tmp_path / "1_train.png", picture(1))
    write_picture(tmp_path / "2_test.jpg", picture(1))
    assert [f.code for f in clean(tmp_path).faults] == ["W_NEAR"]
    (fault,) = clean(tmp_path, split_by="_(train|test)").faults
    assert (fault.code, fault.path) == ("W_LEAK", "1_train.png")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"split_by": "_(a"}, "no regular expression"),
        ({"split_by": "train"}, "with 0 groups"),
        ({"skip": ["W_SMAL"]}, "Did you mean 'W_SMALL'"),
        ({"workers": -1}, "workers is -1"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        clean(tmp_path, **given)


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    for seed in range(30):
        write_picture(tmp_path / f"{seed}.png", picture(seed))
        write_picture(tmp_path / f"{seed}.jpg", picture(seed))
    assert clean(tmp_path, workers=1).faults == clean(tmp_path, workers=5).faults != []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_command_writes_its_reports_and_leaves_the_input_alone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    hostile = '"><img src=x onerror=alert(1)>\n\u202e.png'
    write_picture(folder / "a.png", picture(1))
    write_picture(folder / hostile, picture(1))
    picture(2).save(folder / "wrong.jpg", "PNG")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    outs = {name: tmp_path / name for name in ("json", "html", "list", "fix")}
    done = run(folder, *(part for name, path in outs.items() for part in (f"--{name}", path)))
    assert done.exit_code == 1, done.output
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert "\u202e" not in done.output
    data = json.loads(outs["json"].read_text())
    assert data["inputs"] == 3
    assert data["kinds"].keys() == {"W_DUPLICATE", "W_EXT"}
    page = _Tags()
    page.feed(outs["html"].read_text(encoding="utf-8"))
    assert not page.found & {"script", "img onerror", "a", "link"}
    assert page.sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    assert "default-src 'none'" in outs["html"].read_text(encoding="utf-8")
    kept = next(name for name in ("a.png", hostile) if (outs["fix"] / name).exists())
    assert {path.name for path in outs["fix"].iterdir()} == {kept, "wrong.png"}
    assert (outs["fix"] / kept).samefile(folder / kept)


def test_the_command_says_by_its_exit_code_what_it_found(tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "a.png", picture(1))
    assert run(tmp_path / "in").exit_code == 0
    assert run(tmp_path / "none").exit_code == 2
    inside = run(tmp_path / "in", "--fix", tmp_path / "in" / "out")
    assert inside.exit_code == 2
    assert "lies in the input folder" in inside.output
