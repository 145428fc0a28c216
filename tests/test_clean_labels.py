"""`augreg clean` checks labels in whatever form they are: wrong ones, those of no file, and files of no sample."""

from __future__ import annotations

import json
from pathlib import Path

import labelforms
import pytest
from planted import picture, write_picture, write_text

from augreg.jobs import Report, clean

WIDTH, HEIGHT = 192, 160


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augreg.jobs.cleaning.clean.default", labelforms.registry)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed in range(6):
        write_picture(tmp_path / "images" / f"{seed}.png", picture(seed))
    return tmp_path


def said(report: Report) -> dict[str, str]:
    return {fault.path: fault.reason for fault in report.faults if fault.code == "W_LABEL"}


def write_boxes(root: Path, name: str, *lines: str) -> None:
    write_text(root / name, ["\n".join(lines)])


def test_labels_beside_pictures_are_read_as_a_job_would(root: Path) -> None:
    for seed in range(6):
        write_boxes(root, f"boxes/{seed}.box", "10 10 20 20")
    write_boxes(root, "boxes/1.box", "10 10 20 20", "5 5 0 3")
    write_boxes(root, "boxes/2.box", f"100 10 {WIDTH} 20")
    write_boxes(root, "boxes/3.box", "words")
    write_boxes(root, "boxes/77.box", "10 10 20 20")
    write_boxes(root, "boxes/classes.box", "cat")
    write_boxes(root, "notes/other.box", "no label at all")
    report = clean(root)
    found = said(report)
    assert found.keys() == {"images/1.png", "images/2.png", "images/3.png", "boxes/77.box"}
    assert found["images/1.png"] == "its labels in boxes/1.box: line 2: [5.0, 5.0, 0.0, 3.0] is no box."
    assert f"lies outside {WIDTH} x {HEIGHT}" in found["images/2.png"]
    assert "ValueError" in found["images/3.png"]
    assert found["boxes/77.box"] == "it holds labels, and their sample is not there."
    assert report.good == ["images/0.png", "images/4.png", "images/5.png"]
    assert len(report.faults) == 4


def test_texts_that_are_labels_are_no_samples(root: Path) -> None:
    for seed in range(5):
        write_boxes(root, f"texts/{seed}.txt", "10 10 20 20")
    (root / "texts" / "0.txt").write_bytes(b"")  # a picture without objects
    write_boxes(root, "texts/classes.txt", "cat")
    write_boxes(root, "texts/9.txt", "10 10 20 20")
    write_text(root / "captions" / "7.txt", ["a", "text", "by", "itself"])
    report = clean(root)
    assert said(report) == {"texts/9.txt": "it holds labels, and their sample is not there."}
    assert report.modalities == {"image": 6, "text": 2}
    assert "6 files are labels of the form acmetext" in report.notes
    assert {fault.code for fault in report.faults} == {"W_LABEL"}


def test_a_text_among_captions_is_not_taken_for_labels(root: Path) -> None:
    write_boxes(root, "texts/0.txt", "10 10 20 20")
    for seed in range(3):
        write_text(root / "texts" / f"caption{seed}.txt", [f"words{seed}", f"of{seed}", f"captions{seed}"])
    assert said(clean(root)) == {}


def test_one_file_for_all_pictures(root: Path) -> None:
    good = [[1, 1, 5, 5]]
    rows = [
        ["0.png", good],
        ["images/1.png", good],
        ["data/images/2.png", good],
        ["3.png", [[1, 1, 500, 5]]],
        ["4.png", None],
        ["train/5.png", good],
        ["gone.png", good],
    ]
    (root / "boxes.json").write_text(json.dumps(rows))
    report = clean(root)
    reasons = [(fault.path, fault.reason) for fault in report.faults]
    assert reasons == [
        ("images/3.png", f"its labels in boxes.json: line 1: [1, 1, 500, 5] lies outside {WIDTH} x {HEIGHT}."),
        ("images/4.png", "what boxes.json says of it is of no use: it has no boxes."),
        ("boxes.json", "it names 'train/5.png', which is not there."),
        ("boxes.json", "it names 'gone.png', which is not there."),
    ]


def test_labels_of_no_use_are_one_fault(root: Path) -> None:
    (root / "boxes.json").write_text("[")
    (root / "boxes").mkdir()
    (root / "boxes" / "bad").write_text("")
    assert {path: "cannot be used" in reason for path, reason in said(clean(root)).items()} == {
        "boxes.json": True,
        "boxes": True,
    }
    assert clean(root, skip=["W_LABEL"]).faults == []


def test_labels_of_a_broken_picture_are_not_read(root: Path) -> None:
    write_boxes(root, "boxes/1.box", "nonsense")
    (root / "images" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert [fault.code[0] for fault in clean(root).faults] == ["E"]
