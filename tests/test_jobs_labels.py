"""Labels in jobs: found, moved, written; accounted for where they are bad; the forms are those of a plugin."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from label_forms import Plugin

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, Summary, forget, replay, run, verify

FLIP = {"image": [{"image.hflip": {"p": 1.0}}]}
RED = (255, 0, 0)


@pytest.fixture(autouse=True)
def forms() -> Iterator[None]:
    name = augreg.register(Plugin(), "forms")
    yield
    augreg.unregister(name)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six pictures of 64 x 48 with a red box at (10 + i, 5), 20 x 10, and a list that says so of the first five."""
    root = tmp_path / "in"
    root.mkdir()
    listed = []
    for i in range(6):
        pixels = np.random.default_rng(i).integers(0, 100, (48, 64, 3), np.uint8)
        pixels[5:15, 10 + i : 30 + i] = RED
        PIL.Image.fromarray(pixels).save(root / f"{i}.png")
        listed.append({"name": f"{i}.png", "boxes": [[10 + i, 5, 20, 10]], "names": ["red"], "note": i})
    (root / "boxes.json").write_text(json.dumps({"owner": "me", "files": listed[:5]}))
    return root


def boxes_beside(root: Path) -> None:
    """Write the list as files beside the pictures."""
    whole = json.loads((root / "boxes.json").read_text())
    (root / "boxes.json").unlink()
    for each in whole["files"]:
        (root / each["name"]).with_suffix(".box").write_text("red " + " ".join(map(str, each["boxes"][0])) + "\n")


def job(steps: Any, source: Path, out: Path, **more: Any) -> Summary:
    pipe = steps if isinstance(steps, augreg.Pipeline) else augreg.Pipeline(steps)
    return run(pipe, Settings(source=source, out=out, seed=7, **more))


def files(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def stands(picture: Path, box: list[float]) -> bool:
    """Whether exactly the box is red."""
    red = (np.asarray(PIL.Image.open(picture).convert("RGB")).astype(int) - RED).__abs__().sum(-1) < 60
    rows, columns = np.nonzero(red)
    x, y, w, h = box
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return bool(np.abs(np.array(seen) - [x, y, x + w, y + h]).max() <= 1)


def test_one_file_for_all_is_found_and_assembled(pictures: Path, tmp_path: Path) -> None:
    done = job(FLIP, pictures, out := tmp_path / "out", copies=2, shard_size=2)
    assert done.notes == ("labels: boxlist, boxes.json, found by itself; 5 of 6 files have some",)
    assert dict(done.ignored) == {}
    whole = json.loads((out / "boxes.json").read_text())
    assert whole["owner"] == "me"
    assert [each["name"] for each in whole["files"]] == [f"{i}__a{c}.png" for i in range(5) for c in (0, 1)]
    assert [each["note"] for each in whole["files"]] == [i for i in range(5) for _ in (0, 1)]
    for each in whole["files"]:
        assert each["boxes"] == [[64 - 30 - each["note"], 5, 20, 10]]
        assert stands(out / each["name"], each["boxes"][0])
    assert verify(out, pictures).faults == []


def test_a_file_beside_each(pictures: Path, tmp_path: Path) -> None:
    boxes_beside(pictures)
    done = job(FLIP, pictures, out := tmp_path / "out")
    assert done.notes == ("labels: boxfile, found by itself; 5 of 6 files have some",)
    pairs = {f"{i}__a0.{s}" for i in range(5) for s in ("png", "box")}
    assert files(out) == {*pairs, "5__a0.png", "manifest.jsonl", "run.json"}
    assert (out / "3__a0.box").read_text() == "red 31 5 20 10\n"
    assert verify(out, pictures).faults == []
    assert replay(out, "3__a0.png", pictures, tmp_path / "again.png").same


@pytest.mark.parametrize("steps", [[{"image.rotate": {}}, "image.brightness"], ["image.resized_crop"]])
def test_labels_change_nothing_in_the_pictures(steps: Any, pictures: Path, tmp_path: Path) -> None:
    job({"image": steps}, pictures, tmp_path / "with")
    job({"image": steps}, pictures, tmp_path / "without", labels="none")
    for i in range(5):
        assert (tmp_path / f"with/{i}__a0.png").read_bytes() == (tmp_path / f"without/{i}__a0.png").read_bytes()


def test_labels_go_along_where_no_step_runs(pictures: Path, tmp_path: Path) -> None:
    boxes_beside(pictures)
    job({"audio": ["audio.gain"]}, pictures, out := tmp_path / "out")
    assert (out / "2__a0.box").read_text() == "red 12 5 20 10\n"
    assert stands(out / "2__a0.png", [12, 5, 20, 10])


def test_another_form_can_be_written(pictures: Path, tmp_path: Path) -> None:
    job(FLIP, pictures, out := tmp_path / "out", labels_to="boxfile")
    assert (out / "0__a0.box").read_text() == "red 34 5 20 10\n"
    assert not (out / "boxes.json").exists()


def test_labels_in_tars_and_out_of_them(pictures: Path, tmp_path: Path) -> None:
    job(FLIP, pictures, tmp_path / "tars", to="webdataset", labels_to="boxfile")
    with tarfile.open(tmp_path / "tars/augreg-000000.tar") as tar:
        assert tar.getnames()[:4] == ["0__a0.png", "0__a0.box", "1__a0.png", "1__a0.box"]
    done = job(FLIP, tmp_path / "tars", out := tmp_path / "out", labels="boxfile")
    assert "5 of 6 files have some" in done.notes[0]
    assert (out / "4__a0__a0.box").read_text() == "red 14 5 20 10\n"
    assert stands(out / "4__a0__a0.png", [14, 5, 20, 10])
    assert verify(out, tmp_path / "tars").faults == []


def test_rows_of_a_list_in_tars(pictures: Path, tmp_path: Path) -> None:
    job(FLIP, pictures, tmp_path / "tars", to="webdataset")
    with tarfile.open(tmp_path / "tars/augreg-000000.tar") as tar:
        row = json.load(tar.extractfile("1__a0.json"))  # type: ignore[arg-type]
    assert row["boxes"] == [[33, 5, 20, 10]]


def test_bad_labels_are_refused_and_the_rest_goes_on(pictures: Path, tmp_path: Path) -> None:
    boxes_beside(pictures)
    (pictures / "1.box").write_text("red 1 2\n")
    (pictures / "2.box").write_text("red 10 5 20 ten\n".replace("ten", "nan"))
    done = job(FLIP, pictures, out := tmp_path / "out")
    assert done.written == 4
    said = {name: (code, reason) for name, code, reason in done.tally.errors}
    assert said["1.png"] == ("E_LABEL", "1.box: line 1: 3 words, not 5.")
    assert said["2.png"][0] == "E_SAMPLE"
    assert "1__a0.box" not in files(out)
    assert job(FLIP, pictures, tmp_path / "copied", on_error="copy").rejected == 2, "no picture without its labels"
    (pictures / "1.box").write_text("red 11 5 20 10\n")
    again = job(FLIP, pictures, out, resume=True)
    assert [name for name, _, _ in again.tally.errors] == ["2.png"]
    assert (out / "1__a0.box").read_text() == "red 33 5 20 10\n"


def test_what_a_list_says_wrongly_is_an_input_that_is_refused(pictures: Path, tmp_path: Path) -> None:
    whole = json.loads((pictures / "boxes.json").read_text())
    whole["files"] += [{"name": "5.png"}, {"name": "gone.png"}, {"name": "far.png", "boxes": [], "names": []}]
    whole["files"].append(whole["files"][0])
    (pictures / "boxes.json").write_text(json.dumps(whole))
    done = job(FLIP, pictures, tmp_path / "out")
    said = {name: reason for name, _, reason in done.tally.errors}
    assert said == {"5.png": "no boxes", "gone.png": "no boxes", "0.png": "boxes.json speaks of it twice. Leave one."}
    assert done.inputs == done.written + done.rejected == 7
    assert done.notes[1] == "labels speak of 1 file not among the inputs: 'far.png'"


def test_labels_that_changed_stop_a_job_that_is_resumed(pictures: Path, tmp_path: Path) -> None:
    job(FLIP, pictures, out := tmp_path / "out")
    whole = json.loads((pictures / "boxes.json").read_text())
    whole["files"][3]["boxes"] = [[0, 0, 1, 1]]
    (pictures / "boxes.json").write_text(json.dumps(whole))
    assert verify(out, pictures).faults == ["labels of input 3.png were changed"]
    with pytest.raises(ConfigError, match=r"~ 3\.png"):
        job(FLIP, pictures, out, resume=True)
    whole["owner"] = "you"
    (pictures / "boxes.json").write_text(json.dumps(whole))
    with pytest.raises(ConfigError, match="their labels: the form, or what it says once"):
        job(FLIP, pictures, out, resume=True)


def test_what_is_forgotten_is_in_no_list(pictures: Path, tmp_path: Path) -> None:
    job(FLIP, pictures, out := tmp_path / "out", copies=2)
    forget(out, ["1.png"])
    whole = json.loads((out / "boxes.json").read_text())
    assert whole["owner"] == "me"
    assert {each["note"] for each in whole["files"]} == {0, 2, 3, 4}
    assert verify(out).faults == []
    (out / "boxes.json").write_text("{}")
    assert verify(out).faults[0].startswith("boxes.json has 2 bytes")


def test_labels_that_are_asked_for_must_be_there(pictures: Path, tmp_path: Path) -> None:
    (pictures / "boxes.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(ConfigError, match="no input has any"):
        job(FLIP, pictures, tmp_path / "out", labels="boxfile")
    with pytest.raises(ConfigError, match="nobody reads this form. Did you mean 'boxfile'"):
        job(FLIP, pictures, tmp_path / "out", labels="boxfiel")
    with pytest.raises(ConfigError, match="no labels were found"):
        job(FLIP, pictures, tmp_path / "out", labels_to="boxfile")


def test_several_labels_are_not_guessed_among(pictures: Path, tmp_path: Path) -> None:
    (pictures / "0.box").write_text("red 10 5 20 10\n")
    with pytest.raises(ConfigError, match=r"--labels boxfile, --labels boxlist:boxes\.json; or --labels none"):
        job(FLIP, pictures, tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "words"),
    [({"to": "parquet"}, "folders and tars"), ({"anonymize_names": True}, "may name the files")],
)
def test_what_labels_do_not_go_with(more: Any, words: str, pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        job(FLIP, pictures, tmp_path / "out", **more)
    assert not (tmp_path / "out" / "manifest.jsonl").exists()


def test_a_link_out_of_the_folder_holds_no_labels(pictures: Path, tmp_path: Path) -> None:
    boxes_beside(pictures)
    (pictures / "0.box").unlink()
    (tmp_path / "secret.box").write_text("red 0 0 1 1\n")
    (pictures / "0.box").symlink_to(tmp_path / "secret.box")
    done = job(FLIP, pictures, out := tmp_path / "out")
    assert "4 of 6" in done.notes[0]
    assert "0__a0.box" not in files(out)


def test_labels_of_nothing_are_refused(pictures: Path, tmp_path: Path) -> None:
    """A file of labels whose suffix a reader knows must not pass for a text."""
    boxes_beside(pictures)
    (pictures / "3.png").unlink()
    done = job(FLIP, pictures, tmp_path / "out")
    assert dict(done.ignored) == {".box": 1}


def test_a_record_of_two_pictures_has_labels_for_each(pictures: Path, tmp_path: Path) -> None:
    boxes_beside(pictures)
    for i, side in ((0, "left"), (1, "right")):
        for suffix in ("png", "box"):
            (pictures / f"{i}.{suffix}").rename(pictures / f"7.{side}.{suffix}")
    for i in (2, 3, 4, 5):
        (pictures / f"{i}.png").unlink()
        (pictures / f"{i}.box").unlink(missing_ok=True)
    schema = {"left": "image", "right": {"role": "image", "tie": "left"}}
    job(augreg.Pipeline(FLIP, schema=schema), pictures, out := tmp_path / "out")
    assert (out / "7.left__a0.box").read_text() == "red 34 5 20 10\n"
    assert (out / "7.right__a0.box").read_text() == "red 33 5 20 10\n"
    assert stands(out / "7.right__a0.png", [33, 5, 20, 10])


def test_two_pictures_of_one_name_do_not_share_a_file_of_labels(pictures: Path, tmp_path: Path) -> None:
    boxes_beside(pictures)
    PIL.Image.open(pictures / "0.png").save(pictures / "0.bmp")
    job(FLIP, pictures, out := tmp_path / "out")
    assert {"0.png__a0.box", "0.bmp__a0.box"} < files(out)
    assert (out / "0.bmp__a0.box").read_text() == "red 34 5 20 10\n"


def voc(root: Path) -> None:
    """Write the list of boxes as Pascal VOC."""
    whole = json.loads((root / "boxes.json").read_text())
    (root / "boxes.json").unlink()
    for each in whole["files"]:
        x, y, w, h = each["boxes"][0]
        ends = f"<xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{x + w}</xmax><ymax>{y + h}</ymax>"
        said = f"<annotation><object><name>red</name><bndbox>{ends}</bndbox></object></annotation>"
        (root / each["name"]).with_suffix(".xml").write_text(said)


def test_numbers_of_classes_are_those_of_all_files(pictures: Path, tmp_path: Path) -> None:
    """YOLO has numbers where VOC has names, so that the names must be known before the first file is written."""
    voc(pictures)
    place = pictures / "3.xml"
    place.write_text(place.read_text().replace("red", "apple"))
    job(FLIP, pictures, out := tmp_path / "out", labels_to="yolo")
    assert (out / "3__a0.txt").read_text().startswith("0 ")
    assert (out / "2__a0.txt").read_text().startswith("1 ")
    assert '0: "apple"' in (out / "data.yaml").read_text()
    again = job(FLIP, out, tmp_path / "again", labels_to="coco")
    assert again.tally.errors == []
    made = json.loads((tmp_path / "again" / "instances.json").read_text())
    assert [each["name"] for each in made["categories"]] == ["apple", "red"]
    assert made["annotations"][0]["bbox"] == pytest.approx([10, 5, 20, 10])


def test_a_form_is_written_as_one_says(pictures: Path, tmp_path: Path) -> None:
    voc(pictures)
    done = job(FLIP, pictures, out := tmp_path / "out", labels_to="yolo:detect")
    assert "yolo has no place for ids, licences, areas and remarks: they are left out" in done.notes
    assert len((out / "2__a0.txt").read_text().split()) == 5
    with pytest.raises(ConfigError, match="labels_to says 'detekt' of yolo. Did you mean 'detect'"):
        job(FLIP, pictures, tmp_path / "no", labels_to="yolo:detekt")
    with pytest.raises(ConfigError, match="written in one way"):
        job(FLIP, pictures, tmp_path / "no", labels_to="coco:fine")


def masked(folder: Path, names: tuple[str, ...]) -> None:
    """Write pictures, and gray ones of the same size that look like their label maps."""
    folder.mkdir()
    for name in names:
        mode = "L" if "mask" in name else "RGB"
        PIL.Image.new(mode, (16, 12), 3).save(folder / name)


def test_a_field_of_records_is_no_file_of_labels(tmp_path: Path) -> None:
    masked(tmp_path / "in", ("7.image.png", "7.mask.png", "8.image.png", "8.mask.png"))
    pipe = augreg.Pipeline(FLIP, schema={"image": "image", "mask": {"role": "image", "tie": "image"}})
    done = job(pipe, tmp_path / "in", tmp_path / "out")
    assert done.notes == ()
    assert done.tally.modalities == {"image + image": 2}


def test_what_a_list_names_is_no_file_of_labels(tmp_path: Path) -> None:
    masked(tmp_path / "in", ("7.png", "7_mask.png"))
    (tmp_path / "in" / "all.txt").write_text("7.png\n7_mask.png\n")
    done = job(FLIP, tmp_path / "in" / "all.txt", tmp_path / "out")
    assert (done.notes, done.written) == ((), 2)
    (tmp_path / "in" / "all.txt").write_text("7.png\n")
    done = job(FLIP, tmp_path / "in" / "all.txt", tmp_path / "again")
    assert "labels: masks" in done.notes[0]
    assert (tmp_path / "again" / "7__a0_mask.png").is_file()


def test_one_bad_file_does_not_make_the_others_texts(pictures: Path, tmp_path: Path) -> None:
    """Labels that are not found would be copied beside pictures that moved."""
    (pictures / "boxes.json").unlink()
    for i in range(5):
        (pictures / f"{i}.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (pictures / "1.txt").write_text("0 0.5 1.7 0.25 0.25\n")
    (pictures / "2.txt").write_text("0 0.5 0.5\n")
    done = job(FLIP, pictures, tmp_path / "out")
    assert "labels: yolo" in done.notes[0]
    assert {name for name, _, _ in done.tally.errors} == {"1.png", "2.png"}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_torn_file_of_all_labels_ends_the_job_before_it_begins(share: float, pictures: Path, tmp_path: Path) -> None:
    (pictures / "boxes.json").unlink()
    images = [{"id": i, "file_name": f"{i}.png", "width": 64, "height": 48} for i in range(6)]
    said = {"category_id": 1, "bbox": [10, 5, 20, 10], "area": 200, "iscrowd": 0}
    annotations = [{"id": i, "image_id": i, **said} for i in range(6)]
    whole = json.dumps({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "red"}]})
    (pictures / "instances.json").write_text(whole[: int(share * len(whole))])
    with pytest.raises(ConfigError, match="torn|line 1"):
        job(FLIP, pictures, tmp_path / "out")
