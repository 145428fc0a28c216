"""Tars as inputs: grouped as webdataset groups them, read by their headers, and never trusted."""

from __future__ import annotations

import gzip
import os
import pickle
import random
import re
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from packed import BRIGHT, files, job, lines, members, pack, picture, pixels
from toys import pipeline
from webdataset.tariterators import group_by_keys, tar_file_iterator

import augreg
from augreg.errors import ConfigError
from augreg.jobs import shards
from augreg.jobs.sources.tarheaders import members as headers
from augreg.jobs.sources.tarrecords import grouped


def of_webdataset(path: Path) -> list[tuple[str, list[str]]]:
    with path.open("rb") as file:
        found = ({**member, "__url__": ""} for member in tar_file_iterator(file))
        return [(s["__key__"], [k for k in s if not k.startswith("__")]) for s in group_by_keys(found)]


NAMES = st.from_regex(r"\A(__?[ab]{0,2}__?/|[ab.]{1,2}/){0,2}[ab_]{0,2}(\.[abJj]{1,2}){0,3}\Z")


@given(
    st.lists(
        NAMES.filter(lambda name: not name.rpartition("/")[2].startswith(".") and not name.endswith("/") and name),
        max_size=8,
        unique=True,
    )
)
@settings(max_examples=60, deadline=None)
def test_records_are_those_that_webdataset_makes(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    # "./" in front, which webdataset leaves in the key, is taken off; hidden files, which are none here, have the key
    # of their folder there.
    names = [re.sub(r"^(\./)+", "", name) for name in names]
    path = pack(tmp_path_factory.mktemp("tar") / "x.tar", *((name, b"1") for name in dict.fromkeys(names)))
    with path.open("rb") as file:
        groups, damage = grouped(headers(file, path.stat().st_size), Counter())
    assert damage is None
    mine = [(group.key, [extension for extension, _ in group.members]) for group in groups]
    if any("two members" in group.fault for group in groups):
        with pytest.raises(ValueError, match="duplicate file name"):  # webdataset refuses the whole tar
            of_webdataset(path)
    else:
        assert mine == of_webdataset(path)


def record(key: str, seed: int = 0) -> list[tuple[str, bytes]]:
    return [(f"{key}.png", picture(seed)), (f"{key}.cls", b"%d" % seed), (f"{key}.json", b'{"a": [1,  2]}')]


def test_a_record_of_one_picture_is_augmented_as_the_bare_picture_of_its_key(tmp_path: Path) -> None:
    tar = pack(tmp_path / "in" / "train-0.tar", *record("cat/001", 1), *record("cat/002", 2))
    summary = job(tar, tmp_path / "out", copies=2)
    assert (summary.told, summary.written, summary.outputs) == ("1 tar of 2 records", 2, 4)
    wanted = {f"cat/00{i}__a{c}.{e}" for i in (1, 2) for c in (0, 1) for e in ("png", "cls", "json")}
    found = files(tmp_path / "out")
    assert set(found) == wanted
    for key, seed in (("cat/001", 1), ("cat/002", 2)):
        sample = augreg.Image(torch.from_numpy(pixels(picture(seed)).copy()).permute(2, 0, 1))
        for copy in (0, 1):
            (alone,) = augreg.augment([sample], pipeline(BRIGHT), seed=3, copy=copy, keys=[key])
            assert np.array_equal(pixels(found[f"{key}__a{copy}.png"]), alone.data.permute(1, 2, 0).numpy())
            assert found[f"{key}__a{copy}.cls"] == b"%d" % seed
            assert found[f"{key}__a{copy}.json"] == b'{"a": [1,  2]}'
    assert {line["source"] for line in lines(tmp_path / "out")} == {
        "train-0.tar/cat/001.png",
        "train-0.tar/cat/002.png",
    }


def test_the_ways_to_name_tars_come_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(3):
        pack(tmp_path / "in" / f"t-{i:02}.tar", *record(f"k{i}", i))
    monkeypatch.chdir(tmp_path)
    ways = [
        "in",
        "in/",
        "in/*.tar",
        "in/t-{00..02}.tar",
        "in/t-00.tar,in/t-{01,02}.tar",
        tmp_path / "in",
        "in/t-0[0-2].tar",
    ]
    ways += ["in/t-00.tar::in/t-{01..02}.tar", f"file://{tmp_path}/in/t-{{00..02}}.tar"]
    for i, way in enumerate(ways):
        assert job(way, tmp_path / f"out{i}").told == "3 tars of 3 records"
        assert files(tmp_path / f"out{i}") == files(tmp_path / "out0")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("in/t-{0..2}.tar", "tar 't-1.tar' of .* cannot be read: No such file"),
        ("in/*x.tar", "no file fits"),
        ("in/t-0.tar.gz", "compressed tar.*gunzip"),
        ("in/t-0.tar,in/t-0.tar", "named twice"),
        ("pipe:cat in/t-0.tar", "no command is run"),
        ("in/*.png", "many files that are no tars"),
        ("in/t-{0.tar", "is not closed"),
    ],
)
def test_what_names_no_tars_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    pack(tmp_path / "in" / "t-0.tar", *record("a"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        job(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ["folder", "webdataset"])
def test_fields_of_a_record_stay_together_and_what_has_no_steps_is_copied(tmp_path: Path, to: str) -> None:
    image, text = picture(1), "größer ".encode()
    found = [("a/1.left.png", image), ("a/1.txt", text), ("a/1.right.png", picture(2)), ("a/1.npy", b"\x93NUMPY")]
    tar = pack(tmp_path / "x.tar", *found)
    out = tmp_path / "out"
    assert job(tar, out, to=to).written == 1
    made = files(out) if to == "folder" else members(out / "augreg-000000.tar")
    assert list(made) == (sorted if to == "folder" else list)(
        [f"a/1__a0.{e}" for e in ("left.png", "txt", "right.png", "npy")]
    )
    assert (made["a/1__a0.txt"], made["a/1__a0.npy"]) == (text, b"\x93NUMPY")
    assert made["a/1__a0.left.png"] != image
    assert {line["key"] for line in lines(out)} == {"a/1"}


def test_fields_are_those_of_the_schema_by_name_and_by_modality(tmp_path: Path) -> None:
    steps = augreg.Pipeline.from_dict(
        {"schema": {"left": "image", "caption": "text"}, "image": ["toy.brightness"], "text": ["toy.upper"]},
        registry=pipeline({}).registry,
    )
    image = picture(1)
    tar = pack(tmp_path / "x.tar", ("1.left.png", image), ("1.thumb.png", image), ("1.txt", b"a dog"))
    assert job(tar, tmp_path / "out", steps).written == 1
    found = files(tmp_path / "out")
    assert found["1__a0.txt"] == b"A DOG"
    assert found["1__a0.left.png"] != image
    assert found["1__a0.thumb.png"] == image  # the schema does not speak of it
    assert {line["field"] for line in lines(tmp_path / "out")} == {"left", "caption"}


def test_a_file_that_may_be_either_field_is_refused(tmp_path: Path) -> None:
    steps = augreg.Pipeline.from_dict(
        {"schema": {"left": "image", "right": "image"}, "image": ["toy.brightness"]}, registry=pipeline({}).registry
    )
    tar = pack(tmp_path / "x.tar", ("1.png", picture(1)), ("2.left.png", picture(1)), ("2.right.png", picture(2)))
    summary = job(tar, tmp_path / "out", steps)
    assert (summary.written, summary.rejected) == (1, 1)
    assert summary.errors[0][:2] == ("x.tar/1.png", "E_RECORD")


def test_a_record_whose_fields_have_no_steps_goes_through_whole(tmp_path: Path) -> None:
    tar = pack(tmp_path / "x.tar", *record("a"), ("a.txt", b"a dog"))
    summary = job(tar, tmp_path / "out", {"audio": []}, to="webdataset")
    assert (summary.written, summary.tally.copied) == (1, 1)
    made = members(tmp_path / "out" / "augreg-000000.tar")
    assert made == {"a__a0.png": picture(0), "a__a0.txt": b"a dog", "a__a0.cls": b"0", "a__a0.json": b'{"a": [1,  2]}'}


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("harmed",)


@pytest.mark.parametrize("to", ["folder", "webdataset"])
def test_pickles_are_carried_and_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    monkeypatch.chdir(tmp_path)
    evil = pickle.dumps(Harm())
    names = ("pyd", "pkl", "pickle", "pth", "npy", "npz")
    tar = pack(tmp_path / "x.tar", ("a.png", picture(1)), *((f"a.{name}", evil) for name in names))
    job(tar, tmp_path / "out", to=to)
    made = files(tmp_path / "out") if to == "folder" else members(tmp_path / "out" / "augreg-000000.tar")
    assert [made[f"a__a0.{name}"] for name in names] == [evil] * 6
    assert not (tmp_path / "harmed").exists()


ATTACKS = [
    "/etc/x.png",
    "../x.png",
    "a/../../x.png",
    "a/../x.png",
    "C:/x.png",
    "c:x.png",
    "a\\..\\x.png",
    "a\nb.png",
    "CON.png",
    "a/aux.b/x.png",
    "x.png::$DATA.png",
    "a//x.png",
]


@pytest.mark.parametrize("to", ["folder", "webdataset"])
@pytest.mark.parametrize("name", ATTACKS)
def test_names_that_lead_elsewhere_are_refused_and_their_neighbors_are_not(tmp_path: Path, name: str, to: str) -> None:
    root = tmp_path / "deep" / "er"
    tar = pack(root / "x.tar", ("good.png", picture(1)), (name, picture(2)), ("then.png", picture(3)))
    before = set(tmp_path.rglob("*"))
    summary = job(tar, root / "out", to=to)
    assert (summary.inputs, summary.written, summary.rejected) == (3, 2, 1)
    assert summary.errors[0][1] == "E_OUTSIDE"
    made = files(root / "out") if to == "folder" else members(root / "out" / "augreg-000000.tar")
    assert set(made) == {"good__a0.png", "then__a0.png"}
    outside = {p for p in tmp_path.rglob("*") if not p.is_relative_to(root / "out")}
    assert outside == before
    again = job(root / "out" if to == "webdataset" else tar, tmp_path / "again", on_error="copy", to=to)
    assert again.written == 2


def header(name: str, kind: bytes, **facts: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    tar = pack(tmp_path / "x.tar", ("a.png", picture(1)), header("b.png", kind, linkname="/etc/passwd"))
    summary = job(tar, tmp_path / "out")
    assert (summary.written, summary.errors[0][:2]) == (1, ("x.tar@1536/b.png", "E_FORMAT"))


def test_a_sparse_member_is_refused(tmp_path: Path) -> None:
    info = header("a.png", tarfile.REGTYPE)
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "a.png",
        "GNU.sparse.realsize": "9",
    }
    info.size = 512
    tar = pack(tmp_path / "x.tar", info, ("b.png", picture(1)))
    summary = job(tar, tmp_path / "out")
    assert summary.rejected == 1
    assert not list((tmp_path / "out").glob("a*"))


def test_headers_that_ask_for_memory_or_lead_back_are_damage(tmp_path: Path) -> None:
    whole = pack(tmp_path / "x.tar", ("a.png", picture(1)), ("b.png", picture(2))).read_bytes()
    second = 1024  # where the header of b.png begins
    greedy = header("././@PaxHeader", tarfile.XHDTYPE, size=1 << 33).tobuf(tarfile.GNU_FORMAT)
    backwards = bytearray(whole[second : second + 512])
    backwards[124:136] = b"\xff" * 11 + b"\x00"
    backwards[148:156] = b" " * 8
    backwards[148:156] = b"%06o\0 " % sum(backwards)
    for bad in (greedy, bytes(backwards), b"\x01" * 512, os.urandom(512)):
        (tmp_path / "x.tar").write_bytes(whole[:second] + bad + whole[second + 512 :])
        summary = job(tmp_path / "x.tar", tmp_path / "out", overwrite=True)
        assert summary.written == 0  # a.png is the last record of a damaged tar
        assert {code for _, code, _ in summary.errors} == {"E_CORRUPT"}


def test_a_tar_cut_anywhere_gives_the_records_before_the_cut(tmp_path: Path) -> None:
    whole = pack(tmp_path / "whole.tar", *(m for i in range(4) for m in record(f"r{i}", i))).read_bytes()
    good = pack(tmp_path / "in" / "b.tar", *record("other"))
    assert good.exists()
    rng = random.Random(0)
    ends = [0, 1, 511, 512, 513, 3 * 1024, *(rng.randrange(len(whole)) for _ in range(30))]
    for end in ends:
        (tmp_path / "in" / "a.tar").write_bytes(whole[:end])
        summary = job(tmp_path / "in", tmp_path / "out", overwrite=True, shard_size=2)
        damaged = [error for error in summary.errors if error[0].startswith("a.tar@")]
        if end < 12 * 1024 + 512:
            assert damaged
            assert {code for _, code, _ in summary.errors} <= {"E_TRUNCATED", "E_EMPTY"}
            assert summary.written == 1 + before(end)
        assert summary.finished


def before(end: int) -> int:
    """Records before the one that is cut: three members of two blocks each; a member that has its header is one."""
    return min(3, max(0, (end - 512) // 512 // 6))


def test_a_compressed_tar_under_a_plain_name_says_what_to_do(tmp_path: Path) -> None:
    tar = pack(tmp_path / "a.tar", *record("a"))
    tar.write_bytes(gzip.compress(tar.read_bytes()))
    summary = job(tar, tmp_path / "out")
    assert summary.errors[0][1] == "E_FORMAT"
    assert "gunzip" in summary.errors[0][2]


def test_a_key_that_comes_again_is_refused_both_times(tmp_path: Path) -> None:
    apart = [("a.png", picture(1)), ("b.png", picture(2)), ("b.cls", b"1"), ("a.cls", b"0")]
    summary = job(pack(tmp_path / "x.tar", *apart), tmp_path / "out")
    assert (summary.written, summary.rejected) == (1, 2)
    assert {(path, code) for path, code, _ in summary.errors} == {
        ("x.tar@512/a.png", "E_RECORD"),
        ("x.tar@3584/a.cls", "E_RECORD"),
    }
    assert set(files(tmp_path / "out")) == {"b__a0.png", "b__a0.cls"}


def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    twice = [("a.png", picture(1)), ("a.PNG", picture(2)), ("b.png", picture(3))]
    summary = job(pack(tmp_path / "x.tar", *twice), tmp_path / "out")
    assert (summary.written, {code for _, code, _ in summary.errors}) == (1, {"E_RECORD"})


def test_keys_that_stand_in_several_tars_are_told_apart(tmp_path: Path) -> None:
    pack(tmp_path / "in" / "a.tar", ("0.png", picture(1)), ("1.png", picture(2)))
    pack(tmp_path / "in" / "b.tar", ("0.png", picture(1)))
    summary = job(tmp_path / "in", tmp_path / "out")
    assert "1 keys stand in several tars" in summary.told
    found = files(tmp_path / "out")
    assert set(found) == {"a/0__a0.png", "1__a0.png", "b/0__a0.png"}
    assert found["a/0__a0.png"] != found["b/0__a0.png"]


def test_members_that_are_no_records_are_counted(tmp_path: Path) -> None:
    odd = [
        ("README", b"x"),
        (".hidden.png", b"x"),
        ("__index__/a.png", b"x"),
        ("only.json", b"{}"),
        header("dir", tarfile.DIRTYPE),
    ]
    summary = job(pack(tmp_path / "x.tar", *odd, ("a.png", picture(1))), tmp_path / "out")
    assert (summary.inputs, summary.ignored.total()) == (1, 4)


def test_a_tar_that_changed_since_is_read_again_and_refused(tmp_path: Path) -> None:
    tar, out = pack(tmp_path / "x.tar", *record("a", 1), *record("b", 2)), tmp_path / "out"
    stopped = job(tar, out, shard_size=1, on_error="skip", max_errors=0)
    assert stopped.finished
    assert job(tar, out, shard_size=1, max_errors=0, resume=True).resumed == 2
    pack(tar, *record("a", 1), ("b.png", picture(2)), ("b.cls", b"7"), ("b.json", b'{"a": [1,  2]}'))
    with pytest.raises(ConfigError, match="its inputs are others now"):
        job(tar, out, shard_size=1, max_errors=0, resume=True)


def test_a_tar_that_goes_while_the_job_runs_is_refused_as_changed(tmp_path: Path) -> None:
    tar = pack(tmp_path / "x.tar", *record("a", 1))
    reopen = shards.sources.reopen

    def later(described: object) -> object:
        os.utime(tar, ns=(1, 1))
        return reopen(described)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards.sources, "reopen", later)
        summary = job(tar, tmp_path / "out")
    assert [code for _, code, _ in summary.errors] == ["E_CHANGED"]


def test_workers_in_processes_make_the_same(tmp_path: Path) -> None:
    for i in range(2):
        pack(tmp_path / "in" / f"{i}.tar", *(m for k in range(3) for m in record(f"{i}{k}", k)))
    steps = augreg.Pipeline({"image": [{"image.rotate": {"p": 1.0}}]})
    for engine, to in (("inline", "webdataset"), ("process", "webdataset")):
        job(tmp_path / "in", tmp_path / engine, steps, engine=engine, workers=2, shard_size=2, to=to)
    assert files(tmp_path / "inline") == files(tmp_path / "process")
    assert (tmp_path / "inline" / "manifest.jsonl").read_bytes() == (
        tmp_path / "process" / "manifest.jsonl"
    ).read_bytes()


def test_the_output_folder_is_not_that_of_the_tars(tmp_path: Path) -> None:
    tar = pack(tmp_path / "in" / "x.tar", *record("a"))
    with pytest.raises(ConfigError, match="lies in the input folder"):
        job(tar, tmp_path / "in", to="webdataset", overwrite=True)
    assert members(tar)


@pytest.mark.parametrize("steps", [{"text": ["toy.upper"]}, {"image": [{"toy.brightness": {"p": 0.0}}]}, BRIGHT])
@pytest.mark.parametrize("to", ["webdataset", "folder"])
def test_a_member_named_after_another_format_is_noted_where_it_is_copied(tmp_path: Path, to: str, steps: dict) -> None:
    tar = pack(tmp_path / "in.tar", ("a.jpg", picture(1)), ("b.png", picture(2)), ("c.txt", b"a text"))
    job(tar, tmp_path / "out", steps, to=to)
    said = {line["source"].rpartition("/")[2]: line["notes"] for line in lines(tmp_path / "out")}
    assert said["a.jpg"].count("named .jpg but of format .png") == 1
    assert not [note for name in ("b.png", "c.txt") for note in said[name] if "but of format" in note]
    found = files(tmp_path / "out") if to == "folder" else members(tmp_path / "out" / "augreg-000000.tar")
    if steps is BRIGHT:
        assert found["a__a0.jpg"].startswith(b"\xff\xd8")  # what was encoded anew is what its name says
    else:
        np.testing.assert_array_equal(pixels(found["a__a0.jpg"]), pixels(picture(1)))
