"""Columns that belong to samples go along with them: of lists, of the hub's folders, of tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import PIL.Image
import pytest

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, Summary, replay, run, verify

FLIP = {"image": [{"image.hflip": {"p": 1.0}}]}
SAID = {"image": "image", "where": "xyxy boxes of image", "kind": "label of where"}


def box(i: int) -> list[int]:
    return [10 + i, 5, 20, 10]


def mirrored(i: int) -> list[float]:
    return [64 - 30 - i, 5, 20, 10]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures with objects as Hugging Face's detection sets have them, in metadata.jsonl."""
    root = tmp_path / "in"
    (root / "train").mkdir(parents=True)
    rows = []
    for i in range(6):
        pixels = np.random.default_rng(i).integers(0, 100, (48, 64, 3), np.uint8)
        pixels[5:15, 10 + i : 30 + i] = (255, 0, 0)
        PIL.Image.fromarray(pixels).save(root / "train" / f"{i}.png")
        objects = {"bbox": [box(i), [0, 0, 2, 3]], "area": [200, 6], "category": ["red", "dot"], "id": [i, 100 + i]}
        rows.append({"file_name": f"{i}.png", "objects": objects, "camera": "A", "taken": i})
    write(root / "train", rows)
    return root


def write(place: Path, rows: Any) -> None:
    (place / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def rows_of(place: Path) -> list[dict[str, Any]]:
    """Return the rows of the only list in a folder, which stands beside the files."""
    (found,) = place.rglob("metadata.jsonl")
    rows = [json.loads(line) for line in found.read_text().splitlines()]
    named = [value for row in rows for name, value in row.items() if name.endswith("file_name")]
    assert len(named) == len(rows)
    assert all((found.parent / name).is_file() for name in named)
    return rows


def job(source: Path | str, out: Path, schema: Any = None, steps: Any = FLIP, **more: Any) -> Summary:
    return run(augreg.Pipeline(steps, schema=schema), Settings(source=source, out=out, seed=7, **more))


def test_a_folder_of_the_hub(folder: Path, tmp_path: Path) -> None:
    done = job(folder, out := tmp_path / "out")
    assert done.notes == ("columns that go along: objects",)
    assert dict(done.ignored) == {}
    datasets.disable_progress_bars()
    found = datasets.load_dataset("imagefolder", data_dir=str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(found) == 6
    for row in found:
        i = row["taken"]
        assert row["objects"]["bbox"][0] == mirrored(i)
        assert row["objects"]["category"] == ["red", "dot"]
        assert row["objects"]["id"] == [i, 100 + i]
        assert row["camera"] == "A"
        red = np.asarray(row["image"])[..., 0] == 255
        x, y, w, h = map(int, row["objects"]["bbox"][0])
        assert red[y : y + h, x : x + w].all()
        assert red.sum() == w * h
    assert verify(out, folder).faults == []
    assert replay(out, "train/2__a0.png", folder, tmp_path / "again.png").same


def test_objects_that_leave_the_picture_leave_the_columns(folder: Path, tmp_path: Path) -> None:
    crop = {"image": [{"image.center_crop": {"size": [40, 50]}}]}
    job(folder, out := tmp_path / "out", steps=crop)
    assert all(row["objects"]["category"] == ["red"] for row in rows_of(out))
    assert [row["objects"]["bbox"][0] for row in rows_of(out)] == [[10 + i - 7, 1, 20, 10] for i in range(6)]


def test_a_list_with_a_schema(folder: Path, tmp_path: Path) -> None:
    rows = [{"file_name": f"{i}.png", "where": [[10 + i, 5, 30 + i, 15]], "kind": [3]} for i in range(6)]
    write(folder / "train", rows)
    job(folder / "train" / "metadata.jsonl", out := tmp_path / "out", SAID)
    assert [row["where"] for row in rows_of(out)] == [[[34.0 - i, 5.0, 54.0 - i, 15.0]] for i in range(6)]


def test_what_looks_like_boxes_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    write(folder / "train", [{"file_name": f"{i}.png", "regions": [box(i)]} for i in range(6)])
    done = job(folder, tmp_path / "out")
    assert done.rejected == 6
    assert all("'regions' looks like boxes of 'image'" in reason for _, _, reason in done.tally.errors)
    said = {"image": "image", "extra": ["regions"]}
    assert job(folder, out := tmp_path / "said", said).rejected == 0
    assert rows_of(out)[0]["regions"] == [box(0)]


def test_pictures_with_other_columns_get_the_same_bits(folder: Path, tmp_path: Path) -> None:
    steps = {"image": ["image.resized_crop", "image.hue"]}
    job(folder, tmp_path / "with", steps=steps)
    (folder / "train" / "metadata.jsonl").unlink()
    job(folder, tmp_path / "without", steps=steps)
    for i in range(6):
        name = f"train/{i}__a0.png"
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


@pytest.mark.parametrize("to", ["parquet", "arrow"])
def test_tables_in_and_out(to: str, folder: Path, tmp_path: Path) -> None:
    job(folder, tmp_path / "table", steps={"audio": ["audio.gain"]}, to="parquet", labels="none")
    features = {
        "bbox": datasets.Sequence(datasets.Sequence(datasets.Value("float32"), length=4)),
        "area": datasets.Sequence(datasets.Value("int64")),
        "category": datasets.Sequence(datasets.ClassLabel(names=["red", "dot"])),
    }
    whole = datasets.Features({"image": datasets.Image(), "objects": features, "at": datasets.Value("int32")})
    pictures = [{"bytes": (folder / "train" / f"{i}.png").read_bytes(), "path": None} for i in range(6)]
    objects = [{"bbox": [box(i)], "area": [200], "category": [0]} for i in range(6)]
    made = datasets.Dataset.from_dict({"image": pictures, "objects": objects, "at": range(6)}, features=whole)
    made.to_parquet(tmp_path / "pets.parquet")
    done = job(str(tmp_path / "pets.parquet"), out := tmp_path / "out", to=to, copies=2, shard_size=4)
    assert done.notes == ("columns that go along: objects",)
    if to == "arrow":
        found = datasets.load_from_disk(str(out))
    else:
        found = datasets.load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert found.features["objects"] == whole["objects"]
    for row in found:
        assert row["objects"] == {"bbox": [mirrored(row["at"])], "area": [200], "category": [0]}
        red = np.asarray(row["image"])[..., 0] == 255
        x, y, w, h = map(int, row["objects"]["bbox"][0])
        assert red[y : y + h, x : x + w].all()
        assert red.sum() == 200
    assert verify(out, tmp_path / "pets.parquet").faults == []


def test_tables_with_a_schema(folder: Path, tmp_path: Path) -> None:
    pictures = [{"bytes": (folder / "train" / f"{i}.png").read_bytes(), "path": None} for i in range(6)]
    columns = {"image": pictures, "where": [[[10 + i, 5, 30 + i, 15]] for i in range(6)], "kind": [[3]] * 6}
    table = datasets.Dataset.from_dict(columns).cast_column("image", datasets.Image())
    table.to_parquet(tmp_path / "said.parquet")
    done = job(tmp_path / "said.parquet", out := tmp_path / "out", SAID, to="folder")
    assert done.tally.errors == []
    assert [row["where"] for row in rows_of(out)] == [[[34.0 - i, 5.0, 54.0 - i, 15.0]] for i in range(6)]


def test_boxes_in_texts_and_in_single_columns_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "train" / "metadata.jsonl").unlink()
    listed = folder / "train" / "metadata.csv"
    listed.write_text('file_name,bbox\n0.png,"[10, 5, 20, 10]"\n')
    with pytest.raises(ConfigError, match="column 'bbox' holds texts"):
        job(folder, tmp_path / "out")
    listed.write_text("file_name,xmin,ymin,xmax,ymax\n0.png,1,2,3,4\n")
    with pytest.raises(ConfigError, match="xmin, ymin, xmax, ymax hold a box in each row"):
        job(folder, tmp_path / "out")


def test_bad_rows_are_accounted_for(folder: Path, tmp_path: Path) -> None:
    (folder / "train" / "metadata.jsonl").unlink()
    (folder / "train" / "metadata.csv").write_text("file_name,note\n0.png,fine\ngone.png,x\n1.png,=cmd|' /C calc'!A1\n")
    done = job(folder, out := tmp_path / "out")
    said = {name: reason for name, _, reason in done.tally.errors}
    assert said["train/metadata.csv:3"] == "line 3 of train/metadata.csv names 'gone.png', which is not there."
    assert "its note is" in said["train/metadata.csv:4"]
    assert "formula" in said["train/metadata.csv:4"]
    assert done.inputs == done.written + done.rejected == 8
    assert [row.get("note") for row in rows_of(out)] == ["fine", *[None] * 5]


def test_a_class_follows_pictures_that_are_mixed(folder: Path, tmp_path: Path) -> None:
    write(folder / "train", [{"file_name": f"{i}.png", "label": ["cat", "dog"][i % 2]} for i in range(6)])
    job(folder, out := tmp_path / "out", steps={"image": [{"image.mixup": {"p": 1.0}}]})
    labels = [row["label"] for row in rows_of(out)]
    assert any(isinstance(label, dict) and len(label) == 2 for label in labels), labels
    for label in labels:
        if isinstance(label, dict):
            assert sum(label.values()) == pytest.approx(1.0)
