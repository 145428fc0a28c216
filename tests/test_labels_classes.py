"""Folders of classes, against torchvision's `ImageFolder` and a plain reader of JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from torchvision.datasets import ImageFolder

import augreg
from augreg.errors import ConfigError, MediaError
from augreg.media.labels import About, Labels, reading

CLASSES: Any = reading("classes")
ABOUT = About(path="cat/1.png", modality="image", width=8, height=8)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for path in ("cat/1.png", "cat/old/2.png", "dog/1.png", "dog/2.png", "top.png"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Pillow.new("RGB", (8, 8)).save(tmp_path / path)
    for path in ("cat/notes.md", "cat/.hidden.png"):
        (tmp_path / path).write_text("nothing")
    return tmp_path


def test_classes_are_those_of_torchvision(pets: Path) -> None:
    head, said = CLASSES.open(pets, "")
    theirs = ImageFolder(str(pets), is_valid_file=lambda path: path.endswith(".png") and "/." not in path)
    assert [each["name"] for each in head["categories"]] == theirs.classes
    wanted = sorted((str(Path(path).relative_to(pets)), theirs.classes[label]) for path, label in theirs.samples)
    assert sorted((each.file, each.raw) for each in said) == wanted


def test_another_folder_may_be_the_class(pets: Path) -> None:
    head, said = CLASSES.open(pets.parent, "2")
    assert {each["name"] for each in head["categories"]} >= {"cat", "dog"}
    assert f"{pets.name}/cat/1.png" in [each.file for each in said]


def test_it_is_never_found_by_itself(pets: Path) -> None:
    assert CLASSES.find(pets, ["cat/1.png", "dog/1.png"]) == []


@pytest.mark.parametrize("given", ["cat", "0", "-1", "100", "²"])
def test_what_is_no_level_is_refused(pets: Path, given: str) -> None:
    with pytest.raises(ConfigError, match="which folder is the class"):
        CLASSES.open(pets, given)


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no files in folders"):
        CLASSES.open(tmp_path, "")


def test_what_a_step_mixed_is_written_in_shares() -> None:
    form = CLASSES()
    pictures = [Pillow.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 200)]
    records = [
        {"image": picture, "id": number, **form.read(name, ABOUT).fields}
        for number, (picture, name) in enumerate(zip(pictures, ("cat", "dog"), strict=True))
    ]
    mixed = augreg.Pipeline([{"image.mixup": {"p": 1}}])(
        records, schema={"image": "image", "class": "label of image"}, seed=3
    )
    rows = [form.row(Labels({"class": each["class"]}), ABOUT) for each in mixed]
    written = b"".join(form.write([*rows, form.row(Labels({"class": "ké"}), ABOUT)])).decode()
    lines = [json.loads(line) for line in written.splitlines()]
    for record, line in zip(mixed, lines, strict=False):
        dog = np.asarray(record["image"]).mean() / 200  # the share of the brighter picture, as it shows
        assert line["label"]["dog"] == pytest.approx(dog, abs=0.01)
        assert sum(line["label"].values()) == pytest.approx(1)
        assert list(line["label"].values()) == sorted(line["label"].values(), reverse=True)
    assert lines[-1] == {"file_name": "cat/1.png", "label": "ké"}
    assert form.place == "labels.jsonl"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"class": 3}, "class 3 is neither"),
        ({"class": np.array([0.5, 0.5])}, "is neither a name nor shares"),
        ({"class": {}}, "is neither"),
        ({"boxes": []}, "these labels have boxes"),
    ],
)
def test_what_no_class_is_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        CLASSES().row(Labels(fields), ABOUT)
    assert caught.value.code == "E_LABEL"
