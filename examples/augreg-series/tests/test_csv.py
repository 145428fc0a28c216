"""CSV files: read, written, augmented and drawn from the shell."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from augreg_series import Series

import augreg
from augreg import media

WALK = "t,speed,height,valid\n0.0,1.5,10,1\n0.5,2.5,11,1\n1.0,3.25,12.125,0\n1.5,0.1,13,1\n2.0,5.0,14,1\n"


def shell(*arguments, code=0):
    command = [sys.executable, "-m", "augreg", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def walk(tmp_path):
    path = tmp_path / "walk.csv"
    path.write_text(WALK, encoding="utf-8")
    return path


def test_a_file_is_a_series(walk):
    series = media.read(walk)
    assert series.data.tolist() == [[1.5, 2.5, 3.25, 0.1, 5.0], [10, 11, 12.125, 13, 14]]
    assert series.timestamps.tolist() == [0, 0.5, 1, 1.5, 2]
    assert series.mask.tolist() == [True, True, False, True, True]


def test_a_written_file_reads_back_as_the_same(walk, tmp_path):
    loaded = media.load(walk)
    media.write(loaded.sample, tmp_path / "copy.csv", loaded.origin)
    again = media.read(tmp_path / "copy.csv")
    assert torch.equal(again.data, loaded.sample.data)
    assert np.array_equal(again.timestamps, loaded.sample.timestamps)
    assert torch.equal(again.mask, loaded.sample.mask)
    assert (tmp_path / "copy.csv").read_text(encoding="utf-8").startswith("t,speed,height,valid\n0.0,1.5,10.0,1\n")


def test_series_of_no_file_get_times_and_names(tmp_path):
    media.write(Series(torch.tensor([0.1, float("nan")]), rate=4.0), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "t,x0\n0.0,0.1\n0.25,\n"
    for series in (Series(torch.zeros(1, 2)), Series(torch.zeros(1, 2), rate=1.0, mask=torch.ones(1, 2) > 0)):
        with pytest.raises(augreg.MediaError) as caught:
            media.write(series, tmp_path / "b.csv")
        assert caught.value.code == "E_ENCODE"
        assert not (tmp_path / "b.csv").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E_EMPTY"),
        (b"\n\n", "E_EMPTY"),
        (b"t,x\n", "E_EMPTY"),
        (b"a,b\n1,2\n", "E_FORMAT"),
        (b"t\n1\n", "E_FORMAT"),
        (b"t,x,x\n1,2,3\n", "E_FORMAT"),
        (b"t,valid\n1,1\n", "E_FORMAT"),
        (b"t,x\n1,2\n2,zz\n", "E_CORRUPT"),
        (b"t,x\n1,2\n2\n", "E_CORRUPT"),
        (b"t,x\n2,2\n1,3\n", "E_CORRUPT"),
        (b"t,x\n,2\n1,3\n", "E_CORRUPT"),
        (b"t,x,valid\n1,2,maybe\n", "E_CORRUPT"),
        (b't,x\n1,"2\n', "E_CORRUPT"),
        (b"t,x\n1,\xff\n", "E_ENCODING"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, content, code):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(augreg.MediaError) as caught:
        media.read(tmp_path / "a.csv")
    assert caught.value.code == code


def test_limits_hold_before_a_file_is_read(walk):
    with pytest.raises(augreg.MediaError) as caught:
        media.load(walk, media.Limits(text_bytes=20))
    assert caught.value.code == "E_TOO_LONG"


def test_a_folder_is_augmented_from_the_shell(walk, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    walk.rename(folder / "walk.csv")
    (folder / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (folder / "note.txt").write_text("hello", encoding="utf-8")
    pipe = tmp_path / "pipeline.yaml"
    pipe.write_text("series: [{series.scale: {factor: 2}}, {series.crop: {share: [0.5, 0.7]}}]\n", encoding="utf-8")
    arguments = ("run", pipe, folder, out, "--seed", 3, "--copies", 2)
    assert "E_FORMAT" in shell(*arguments, code=1).stderr
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    done = {line["output"]: line for line in lines if line["modality"] == "series" and line["outcome"] == "ok"}
    assert set(done) == {"walk__a0.csv", "walk__a1.csv"}
    before = media.read(folder / "walk.csv")
    for name, line in done.items():
        after, drawn = media.read(out / name), line["steps"][1]["params"]
        kept = slice(drawn["start"], drawn["start"] + drawn["length"])
        assert torch.equal(after.data, 2 * before.data[:, kept])
        assert torch.equal(after.mask, before.mask[kept])
        assert np.array_equal(after.timestamps, before.timestamps[kept])
        assert line["in"] == {"shape": [2, 5], "dtype": "float64"}
        assert line["out"] == {"shape": [2, drawn["length"]], "dtype": "float64"}
    assert (out / "note__a1.txt").read_text(encoding="utf-8") == "hello"
    written = {name: (out / name).read_bytes() for name in done}
    (out / "walk__a1.csv").unlink()
    shell(*arguments, "--resume", code=1)
    assert {name: (out / name).read_bytes() for name in done} == written


def test_a_picture_and_a_table_of_one_name_are_a_record(walk, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    walk.rename(folder / "7.csv")
    media.write(augreg.Image(torch.zeros(3, 8, 8, dtype=torch.uint8)), folder / "7.png")
    pipe = tmp_path / "pipeline.yaml"
    pipe.write_text("schema: {image: image, x: series}\nseries: [{series.crop: {share: 0.6}}]\n", encoding="utf-8")
    shell("run", pipe, folder, out, "--seed", 3)
    assert media.read(out / "7__a0.csv").data.shape == (2, 3)
    assert media.read(out / "7__a0.png").data.shape == (3, 8, 8)
    fields = [json.loads(line)["field"] for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(fields) == ["image", "x"]


def test_a_preview_is_drawn_and_listings_know_it(walk, tmp_path):
    shell("preview", walk, "-o", tmp_path / "sheet.png")
    assert len(set(media.read(tmp_path / "sheet.png").data.flatten().tolist())) > 50
    shell("preview", walk, "-o", tmp_path / "levels.png", "--steps", "series.scale", "--level", "0.2,1")
    listed = shell("list", "--modality", "series").stdout
    assert all(name in listed for name in ("series.scale", "series.crop", "series.mixup"))
    assert "moves mask" in shell("show", "series.crop").stdout
