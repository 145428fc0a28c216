"""Tars as outputs: webdataset reads them, their bytes hang on nothing but the job, and every byte is accounted for."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from packed import BRIGHT, files, job, lines, members, pack, picture, pixels, samples
from PIL import Image as Pillow
from toys import pipeline

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, run

READ = """
import json, sys
import webdataset as wds

found = wds.WebDataset(sys.argv[1], shardshuffle=False, empty_check=False).decode("rgb8")
print(json.dumps([[s["__key__"], list(s["png"].shape), s["cls"], s["json"]["a"], s["txt"]] for s in found]))
"""


def records(folder: Path, count: int = 5) -> Path:
    """Write two tars of records with labels."""
    for tar in range(2):
        found = []
        for i in range(tar * 100, tar * 100 + count):
            found += [(f"cat/{i}.cls", b"%d" % i), (f"cat/{i}.png", picture(i)), (f"cat/{i}.txt", b"a dog")]
            found += [(f"cat/{i}.json", json.dumps({"a": i}).encode())]
        pack(folder / f"{tar}.tar", *found)
    return folder


@pytest.mark.parametrize("secure", ["0", "1"])
def test_webdataset_reads_what_was_written(tmp_path: Path, secure: str) -> None:
    out = tmp_path / "out"
    job(records(tmp_path / "in"), out, copies=2, shard_size=4, to="webdataset")
    assert sorted(path.name for path in out.glob("*.tar")) == [f"augreg-00000{i}.tar" for i in range(3)]
    command = [sys.executable, "-c", READ, f"{out}/augreg-{{000000..000002}}.tar"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "WDS_SECURE": secure}, check=False
    )
    assert done.returncode == 0, done.stderr
    wanted = [i for tar in range(2) for i in range(tar * 100, tar * 100 + 5)]
    assert json.loads(done.stdout) == [[f"cat/{i}__a{c}", [6, 8, 3], i, i, "a dog"] for i in wanted for c in (0, 1)]


def test_from_tar_to_tar_the_order_and_what_is_attached_stay(tmp_path: Path) -> None:
    source = records(tmp_path / "in")
    job(source, tmp_path / "once", {"audio": []}, to="webdataset")
    job(tmp_path / "once", tmp_path / "twice", {"audio": []}, to="webdataset")
    given = {name: content for tar in sorted(source.iterdir()) for name, content in members(tar).items()}
    for out, ending in (("once", "__a0"), ("twice", "__a0__a0")):
        made = members(tmp_path / out / "augreg-000000.tar")
        assert {name.replace(ending, ""): content for name, content in made.items()} == given
        order = list(dict.fromkeys(name.partition("__")[0] for name in made))
        assert order == list(dict.fromkeys(name.partition(".")[0] for name in given))


def test_headers_say_nothing_of_time_and_people(tmp_path: Path) -> None:
    long = "a/" * 60 + "x"
    found = [
        ("b.png", picture(1)),
        (f"{long}.png", picture(2)),
        ("größe.png", picture(3)),
        ("caf\udce9.png", picture(4)),
    ]
    tar = pack(tmp_path / "x.tar", *found)
    job(tar, tmp_path / "out", to="webdataset")
    made = tmp_path / "out" / "augreg-000000.tar"
    with tarfile.open(made) as opened:
        infos = opened.getmembers()
    assert [info.name for info in infos] == ["b__a0.png", f"{long}__a0.png", "größe__a0.png", "caf\udce9__a0.png"]
    assert {(i.mtime, i.uid, i.gid, i.uname, i.gname, i.mode, i.type) for i in infos} == {
        (0, 0, 0, "", "", 0o644, tarfile.REGTYPE)
    }
    assert [set(info.pax_headers) for info in infos] == [set(), {"path"}, {"path"}, {"path", "hdrcharset"}]
    assert made.stat().st_size % tarfile.RECORDSIZE == 0
    again = job(made, tmp_path / "again", to="webdataset")  # and the names come back
    assert (again.written, again.rejected) == (4, 0)


def test_any_input_becomes_tars_and_a_key_has_no_dots(tmp_path: Path) -> None:
    names = [
        "cat.v1/001.v2.png",
        "cat.v1/002.png",
        "__index__/3.png",
        "con.png",
        "a:b.png",
        "new\nline.png",
        "caf\udce9.png",
    ]
    for i, name in enumerate(names):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(picture(i))
    job(tmp_path / "in", tmp_path / "out", to="webdataset")
    made = members(tmp_path / "out" / "augreg-000000.tar")
    keys = ["cat.v1/001_v2", "cat.v1/002", "_index__/3", "con_", "a_b", "new_line", "caf\udce9"]
    assert sorted(made) == sorted(f"{key}__a0.png" for key in keys)
    assert job(tmp_path / "out", tmp_path / "again").written == len(names)  # none is refused as an input
    job(tmp_path / "in", tmp_path / "mirror")
    mirrored = files(tmp_path / "mirror")
    assert made["cat.v1/001_v2__a0.png"] == mirrored["cat.v1/001.v2__a0.png"]
    said = {line["source"]: (line["output"], line["member"]) for line in lines(tmp_path / "out")}
    assert said["cat.v1/001.v2.png"] == ("augreg-000000.tar", "cat.v1/001_v2__a0.png")


def test_two_files_that_would_have_one_key_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("1.v2.png", "1_v2.png"):
        (tmp_path / "in" / name).write_bytes(picture(1))
    with pytest.raises(ConfigError, match=r"'1.v2.png' and '1_v2.png' would both have the key '1_v2'"):
        job(tmp_path / "in", tmp_path / "out", to="webdataset")
    assert not (tmp_path / "out").exists()


def test_records_of_a_folder_are_together(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("7.left.png", "7.right.png", "8.left.png"):
        (tmp_path / "in" / name).write_bytes(picture(1))
    (tmp_path / "in" / "7.txt").write_bytes(b"a dog")
    schema = {"left": "image", "right": "image", "caption": "text"}
    steps = augreg.Pipeline.from_dict({"schema": schema, "image": ["toy.brightness"]}, registry=pipeline({}).registry)
    assert job(tmp_path / "in", tmp_path / "out", steps, to="webdataset").written == 2
    made = members(tmp_path / "out" / "augreg-000000.tar")
    assert list(made) == ["7__a0.left.png", "7__a0.right.png", "7__a0.txt", "8__a0.left.png"]
    tars = job(tmp_path / "out", tmp_path / "again", steps)  # the same records, read off the tar
    assert tars.tally.modalities == {"image + image + text": 1, "image": 1}


def test_what_has_another_suffix_afterwards_and_sounds_are_found(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    buffer = io.BytesIO()
    Pillow.fromarray(pixels(picture(1))).convert("P").save(buffer, "GIF")
    (tmp_path / "in" / "a.gif").write_bytes(buffer.getvalue())
    augreg.media.write(augreg.Audio(torch.zeros(1, 800), sample_rate=8000), tmp_path / "in" / "s.WAV")
    job(tmp_path / "in", tmp_path / "out", to="webdataset")
    assert list(members(tmp_path / "out" / "augreg-000000.tar")) == ["a__a0.png", "s__a0.wav"]


def test_a_shard_of_refused_inputs_is_a_tar_without_members(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for i in range(3):
        (tmp_path / "in" / f"{i}.png").write_bytes(b"no picture" if i == 1 else picture(i))
    summary = job(tmp_path / "in", tmp_path / "out", shard_size=1, to="webdataset")
    assert (summary.written, summary.rejected) == (2, 1)
    empty = tmp_path / "out" / "augreg-000001.tar"
    assert (members(empty), empty.read_bytes()) == ({}, bytes(10_240))
    whole = samples(f"{tmp_path}/out/augreg-{{000000..000002}}.tar")
    assert [sample["__key__"] for sample in whole] == ["0__a0", "2__a0"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("done")
    job(records(root / "in", 2), root / "out", {"audio": []}, to="webdataset", shard_size=2)
    return root


def resumed(done: Path, **how: object) -> list[str]:
    return job(done / "in", done / "out", {"audio": []}, to="webdataset", shard_size=2, resume=True, **how).redone


@pytest.mark.parametrize("seed", range(40))
def test_no_byte_of_a_tar_changes_unnoticed(done: Path, seed: int) -> None:
    rng, tar = random.Random(seed), done / "out" / f"augreg-00000{seed % 2}.tar"
    whole = tar.read_bytes()
    at = rng.randrange(len(whole))
    tar.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :])
    (fault,) = resumed(done)
    assert fault.startswith(f"{tar.name}: ")
    assert tar.read_bytes() == whole
    assert not resumed(done)


def test_strays_cuts_and_lost_tars_are_noticed(done: Path) -> None:
    tar = done / "out" / "augreg-000000.tar"
    whole = tar.read_bytes()
    stray = io.BytesIO(whole)
    with tarfile.open(fileobj=stray, mode="a") as opened:
        opened.addfile(tarfile.TarInfo("stray.png"))
    for content in (stray.getvalue(), whole[:-1], whole + b"x", whole + bytes(512), b""):
        tar.write_bytes(content)
        assert len(resumed(done)) == 1
        assert tar.read_bytes() == whole
    tar.write_bytes(whole[:-512])
    assert "bytes, not" in resumed(done, check="size")[0]
    tar.unlink()
    assert resumed(done) == ["augreg-000000.tar is gone"]
    tar.rename(done / "elsewhere")
    tar.symlink_to(done / "elsewhere")
    assert resumed(done) == ["augreg-000000.tar is gone"]
    tar.unlink()
    (done / "elsewhere").rename(tar)


def test_what_is_attached_in_a_folder_is_looked_at_too(tmp_path: Path) -> None:
    source, out = records(tmp_path / "in", 1), tmp_path / "out"
    job(source, out)
    (out / "cat" / "0__a0.cls").write_bytes(b"9")
    (out / "cat" / "100__a0.json").unlink()
    before = (out / "manifest.jsonl").read_bytes()
    assert job(source, out, resume=True).redone == ["cat/0__a0.cls was changed", "cat/100__a0.json is gone"]
    assert files(out)["cat/0__a0.cls"] == b"0"
    assert (out / "manifest.jsonl").read_bytes() == before


@pytest.mark.parametrize("to", ["webdataset", "folder"])
@pytest.mark.parametrize("seed", range(6))
def test_a_job_that_is_stopped_anywhere_ends_with_the_same_bytes(tmp_path: Path, seed: int, to: str) -> None:
    source, rng = records(tmp_path / "in"), random.Random(seed)
    how = {"to": to, "shard_size": 2, "batch_size": 1, "copies": 2}
    job(source, tmp_path / "whole", **how)
    out, left, stops = tmp_path / "out", [0], 0

    def progress(_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    while True:
        left[0] = rng.randrange(1, 9) + 4 * stops  # every try gets farther, as it looks at what is done first
        try:
            run(
                pipeline(BRIGHT),
                Settings(source=source, out=out, seed=3, engine="inline", resume=stops > 0, **how),
                progress,
            )
            break
        except KeyboardInterrupt:
            stops += 1
    assert stops
    assert files(out) == files(tmp_path / "whole")
    assert (out / "manifest.jsonl").read_bytes() == (tmp_path / "whole" / "manifest.jsonl").read_bytes()


def test_pickles_stay_bytes_for_readers_that_do_not_open_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(tmp_path / "in" / "x.tar", ("a.png", picture(1)), ("a.pyd", pickle.dumps([1, 2])))
    job(tmp_path / "in", tmp_path / "out", to="webdataset")
    (sample,) = samples(f"{tmp_path}/out/augreg-000000.tar")
    assert sample["pyd"] == pickle.dumps([1, 2])
    sample = augreg.Image(torch.from_numpy(pixels(picture(1)).copy()).permute(2, 0, 1))
    (alone,) = augreg.augment([sample], pipeline(BRIGHT), seed=3, keys=["a"])
    made = members(tmp_path / "out" / "augreg-000000.tar")
    assert np.array_equal(pixels(made["a__a0.png"]), alone.data.permute(1, 2, 0).numpy())


def test_a_form_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="output form 'webdatset' is unknown. Did you mean 'webdataset'"):
        job(records(tmp_path / "in"), tmp_path / "out", to="webdatset")


def test_outputs_at_an_address_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is an address.*by renaming.*aws s3 sync"):
        job(records(tmp_path / "in"), Path("s3://bucket/out"))
    assert not Path("s3:").exists()
