"""Verify, replay and forget: what is recorded of a job is enough to check it, to repeat it and to take from it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import augreg
from augreg import media
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, forget, replay, run, verify
from augreg.jobs.tombs import Tombs

PIPE = {
    "image": [{"image.rotate": {"p": 0.8}}, {"image.mixup": {"p": 0.5}}],
    "audio": [{"audio.gain": {"p": 1.0}}],
    "text": [{"text.keyboard": {"rate": 0.2}}],
}


def picture(seed: int, size: int = 24) -> augreg.Image:
    return augreg.Image(torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (3, size, size), np.uint8)))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name in ("ada", "bob"):
        (folder / name).mkdir(parents=True)
        for i in range(3):
            media.write(picture(i + len(name) * 10 + ord(name[0])), folder / name / f"{i}.png")
    media.write(augreg.Audio(torch.rand(1, 2000), 8000), folder / "ada" / "voice.wav")
    (folder / "ada" / "note.txt").write_text("a note of some words that are typed")
    (folder / "bad.png").write_bytes(b"no picture at all")
    return folder


def job(source: Path, pipe: Any = PIPE, out: str = "out", **changes: Any) -> Path:
    settings = {"source": source, "out": source.parent / out, "seed": 3, "copies": 2, "batch_size": 4, **changes}
    run(augreg.Pipeline(pipe), Settings(**settings))
    return source.parent / out


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_bytes().splitlines()]


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_a_whole_job_verifies_and_its_counts_add_up(source: Path) -> None:
    found = verify(job(source), source)
    assert found.faults == []
    assert (found.inputs, found.written, found.refused, found.forgotten, found.outputs) == (9, 8, 1, 0, 16)
    assert found.hashed_inputs == 9


def remove(out: Path) -> None:
    (out / "ada/0__a0.png").unlink()


def cut(out: Path) -> None:
    os.truncate(out / "ada/0__a0.png", 20)


def edit(out: Path) -> None:
    raw = bytearray((out / "ada/0__a0.png").read_bytes())
    raw[-5] ^= 1
    (out / "ada/0__a0.png").write_bytes(raw)


def stray(out: Path) -> None:
    (out / "ada" / ".hidden").write_text("")


def link(out: Path) -> None:
    (out / "linked").symlink_to(out.parent)


def double(out: Path) -> None:
    path = out / "manifest.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])


def tear(out: Path) -> None:
    path = out / "manifest.jsonl"
    path.write_bytes(path.read_bytes()[:-4])


def lose_line(out: Path) -> None:
    path = out / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


def miscount(out: Path) -> None:
    facts = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps({**facts, "written": 3}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (remove, "ada/0__a0.png is gone"),
        (cut, "ada/0__a0.png has 20 bytes"),
        (edit, "ada/0__a0.png was changed"),
        (stray, "ada/.hidden is not in manifest.jsonl"),
        (link, "linked is not in manifest.jsonl"),
        (double, "ada/0__a0.png is in manifest.jsonl 2 times"),
        (tear, "manifest.jsonl is torn at line 17"),
        (lose_line, "ada/0.png has the copies [1], not [0, 1]"),
        (miscount, "run.json says written 3, manifest.jsonl 8"),
    ],
)
def test_every_fault_is_named(source: Path, spoil: Any, said: str) -> None:
    out = job(source)
    spoil(out)
    result = CliRunner().invoke(app, ["verify", str(out)])
    assert result.exit_code == 1
    assert said in result.output
    as_json = json.loads(CliRunner().invoke(app, ["verify", str(out), "--json"]).stdout)
    assert any(said in fault for fault in as_json["faults"])


def test_changed_and_missing_inputs_are_found(source: Path) -> None:
    out = job(source)
    (source / "ada" / "note.txt").write_text("another")
    (source / "bob" / "0.png").unlink()
    (source / "bob" / "new.txt").write_text("new")
    faults = verify(out, source, workers=1).faults
    assert faults == [
        "input ada/note.txt was changed",
        "input bob/new.txt is not in manifest.jsonl",
        "input bob/0.png is gone",
    ]


def test_what_is_no_ended_job_is_said(source: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["verify", str(tmp_path)])
    assert result.exit_code == 2
    assert "holds no job" in result.output
    out = job(source)
    (out / ".augreg").mkdir()
    (out / ".augreg" / "job.json").write_text("{}")
    with pytest.raises(ConfigError, match="has not ended"):
        verify(out)


def test_every_output_is_made_again_to_the_same_bytes(source: Path) -> None:
    out = job(source)
    assert any("image.mixup" in str(line.get("steps")) for line in lines(out))
    for number, line in enumerate(lines(out), start=1):
        if line["outcome"] == "error":
            with pytest.raises(ConfigError, match="this line is of no output"):
                replay(out, number, source, source.parent / "again")
            continue
        by = (number, line["output"], json.dumps(line))[number % 3]
        found = replay(out, by, source, source.parent / "again")
        assert found.same, line
        assert (source.parent / "again").read_bytes() == (out / line["output"]).read_bytes()
        assert found.notes == ()


def test_a_changed_source_is_not_replayed(source: Path) -> None:
    out = job(source)
    (source / "ada" / "note.txt").write_text("another")
    with pytest.raises(ConfigError, match="ada/note.txt is not what was read then"):
        replay(out, "ada/note__a0.txt", source, source.parent / "again")


def test_other_versions_are_said(source: Path) -> None:
    out = job(source)
    facts = json.loads((out / "run.json").read_text())
    facts["libraries"]["pillow"] = "1.0"
    (out / "run.json").write_text(json.dumps(facts))
    result = CliRunner().invoke(
        app, ["replay", str(out), "ada/note__a0.txt", "--source", str(source), "-o", str(source.parent / "again.txt")]
    )
    assert result.exit_code == 0
    assert "pillow 1.0 -> " in result.output
    with pytest.raises(ConfigError, match=r"other versions of libraries: pillow 1.0 -> .* --other-libraries"):
        job(source, resume=True)
    job(source, resume=True, other_libraries=True)
    assert verify(out).faults == []


def test_records_and_films_with_sound_are_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    clip = augreg.Video(torch.randint(0, 256, (6, 3, 16, 16), dtype=torch.uint8), fps=10.0)
    media.write(clip, folder / "film.mp4", sound=augreg.Audio(torch.rand(1, 4800) - 0.5, 8000))
    for i in range(2):
        media.write(picture(i), folder / f"{i}.png")
        (folder / f"{i}.txt").write_text(f"a picture on the left, number {i}")
    pipe = {
        "image": [{"image.hflip": {"p": 0.5}}],
        "video": [{"video.hflip": {"p": 1.0}}],
        "audio": [{"audio.gain": {"p": 1.0}}],
        "text": [{"text.keyboard": {"rate": 0.2}}],
        "record": [{"image_text.mixgen": {"p": 0.7}}],
    }
    out = job(folder, pipe, copies=1)
    done = [line for line in lines(out) if line["outcome"] != "error"]
    assert len(done) == 5, lines(out)
    for line in done:
        assert replay(out, line["output"], folder, tmp_path / "again").same, line
    found = forget(out, ["0.txt"])
    assert not {"0__a0.png", "0__a0.txt"} & set(content(out))
    assert found.inputs == 1
    assert verify(out).faults == []


def test_what_is_forgotten_is_nowhere(source: Path) -> None:
    out = job(source, copies=1)
    secret = (source / "ada" / "1.png").read_bytes()
    before = content(out)
    mixing = {line["key"] for line in lines(out) if "image.mixup" in str(line.get("steps"))}
    found = forget(out, ["ada/1.png"])
    after = content(out)
    assert found.inputs == 1
    assert set(found.mixed) <= mixing - {"ada/1.png"}
    assert verify(out).faults == []
    for name, data in after.items():
        assert b"ada/1" not in data
        assert data != secret
        assert "ada/1" not in name
    gone = set(before) - set(after)
    assert gone == {"ada/1__a0.png", *(key.replace(".png", "__a0.png") for key in found.mixed)}
    facts = json.loads(after["run.json"])
    assert facts["inputs"] == 9 == facts["written"] + facts["refused"] + len(facts["forgotten"]["hashes"])
    again = forget(out, ["ada/1.png"])
    assert (again.inputs, again.before) == (0, 1)
    assert content(out) == after


def test_every_output_that_holds_a_forgotten_sample_goes(source: Path) -> None:
    # What a picture was mixed with is told by its pixels: each is of one value, and a mean of two is of neither.
    for i, path in enumerate(sorted(source.rglob("*.png"))):
        if path.name != "bad.png":
            media.write(augreg.Image(torch.full((3, 8, 8), 2**i, dtype=torch.uint8)), path)
    pipe = {"image": [{"image.mixup": {"p": 0.6}}, {"image.cutmix": {"p": 0.6}}, {"image.mosaic": {"p": 0.3}}]}
    whole = job(source, pipe, "whole", copies=3)
    for key in ("ada/0.png", "bob/2.png"):
        out = shutil.copytree(whole, source.parent / key.replace("/", "_"))
        direct = {line["key"] for line in lines(out) if _partner_of(line, key)}
        found = forget(out, [key])
        assert direct - {key} <= set(found.mixed)
        assert verify(out).faults == []
        left = {line["key"] for line in lines(out) if line["outcome"] == "ok"}
        # An independent look: make the job anew with this picture black. What is left must not have changed.
        changed = shutil.copytree(source, source.parent / f"in_{key.replace('/', '_')}")
        media.write(augreg.Image(torch.full((3, 8, 8), 255, dtype=torch.uint8)), changed / key)
        other = job(changed, pipe, f"other_{key.replace('/', '_')}", copies=3)
        now = {line["output"]: line.get("sha256") for line in lines(other)}
        for line in lines(out):
            if line["outcome"] == "ok":
                assert now[line["output"]] == line["sha256"], line["output"]
        assert left or found.mixed


def _partner_of(line: dict[str, Any], key: str) -> bool:
    from augreg.kernel import hash_keys

    digits = f"{int(hash_keys([key])[0]):016x}"
    return digits in json.dumps(line.get("steps", []))


def dying(name: str, left: list[int]) -> Any:
    """Return a method of Path that works until all of them together were called so many times."""
    real = getattr(Path, name)

    def call(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return real(*args, **more)

    return call


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_killed_forget_can_be_given_again(source: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    out = job(source)
    wanted = shutil.copytree(out, source.parent / "wanted")
    forget(wanted, ["bob/1.png", "bad.png"])
    left = [stop]
    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
        for name in ("replace", "unlink"):
            patched.setattr(Path, name, dying(name, left))
        forget(out, ["bob/1.png", "bad.png"])
    forget(out, ["bob/1.png", "bad.png"])
    assert content(out) == content(wanted)


def test_a_resumed_job_does_not_make_it_again(source: Path) -> None:
    pipe = {"image": [{"image.rotate": {"p": 0.8}}]}
    out = job(source, pipe)
    forget(out, ["ada/1.png"])
    after = content(out)
    job(source, pipe, resume=True)
    now = content(out)
    assert {k: v for k, v in now.items() if k != "run.json"} == {k: v for k, v in after.items() if k != "run.json"}
    assert verify(out, source).faults == []
    (source / "ada" / "1.png").unlink()
    (out / "bob" / "1__a0.png").unlink()
    job(source, pipe, resume=True)
    assert content(out) == now
    assert len(Tombs.of(json.loads(now["run.json"]))) == 1


def test_another_input_of_the_same_bytes_stays_and_is_said(source: Path) -> None:
    shutil.copyfile(source / "ada" / "0.png", source / "bob" / "twin.png")
    out = job(source, {"text": ["text.keyboard"]})
    assert forget(out, ["ada/0.png"]).twins == ["bob/twin.png"]
    assert (out / "bob" / "twin__a0.png").exists()
    assert verify(out).faults == []


def test_an_unknown_id_is_refused_with_the_nearest(source: Path) -> None:
    out = job(source)
    with pytest.raises(ConfigError, match=r"no input of this job is called 'ada/11.png'.*ada/1.png"):
        forget(out, ["ada/11.png"])
    listed = source.parent / "list"
    listed.write_text("ada/0.png\nada/voice.wav\n")
    result = CliRunner().invoke(app, ["forget", str(out), "--from-file", str(listed)])
    assert result.exit_code == 0, result.output
    assert "2 inputs forgotten" in result.output
    assert verify(out).faults == []


@pytest.mark.parametrize("mask", [0o027, 0o002, 0o077])
def test_files_are_made_as_the_umask_says(source: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        out = job(source)
    finally:
        os.umask(before)
    for path in out.rglob("*"):
        full = 0o777 if path.is_dir() else 0o666
        assert stat.S_IMODE(path.stat().st_mode) == full & ~mask, path


def test_nothing_tells_where_and_by_whom_a_job_was_run(source: Path) -> None:
    out = job(source)
    told = [str(source.parent), os.uname().nodename, str(Path.home()), os.environ.get("USER") or "no user"]
    for path in (out / "run.json", out / "manifest.jsonl"):
        assert not [word for word in told if f"{word}" in path.read_text()], path
    facts = json.loads((out / "run.json").read_text())
    assert {"numpy", "torch", "pillow", "soundfile", "libsndfile", "av", "libavcodec"} <= set(facts["libraries"])
    job(source, overwrite=True, record_host=True)
    assert json.loads((out / "run.json").read_text())["host"] == os.uname().nodename
