"""The folder job: nothing lost, nothing half-written, the same files whatever the batch size and the neighbours."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg import Audio, Video
from augreg.cli.app import app
from augreg.cli.report import printable
from augreg.errors import ConfigError
from augreg.jobs.items import batches
from augreg.jobs.plan import make_plan
from augreg.jobs.sources import Folder
from augreg.jobs.state import held
from augreg.registry import default


@dataclass(frozen=True, kw_only=True)
class Shade(augreg.AugmenterBase):
    """Subtract a random number from every value."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, dtypes=("uint8", "float32"))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        return augreg.Params(len(batch), by=rng.uniform("by", 0.01, 0.2))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        if isinstance(batch.data, torch.Tensor):
            by = torch.as_tensor(params["by"], dtype=batch.data.dtype)
            return batch.replace(batch.data - by[:, None, None])
        rows = [(row.float() - 255 * by).clamp(0, 255).byte() for row, by in zip(batch.data, params["by"], strict=True)]
        return batch.replace(rows)


@dataclass(frozen=True, kw_only=True)
class Picky(Shade):
    """Refuse images that are all black, and stumble over white ones."""

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        for row in batch.rows():
            if not row.any():
                raise augreg.SampleError("the image is black. Light a lamp.")
            if (row == 255).all():
                raise RuntimeError("too bright")
        return super().apply(batch, params)


@dataclass(frozen=True, kw_only=True)
class Shout(augreg.AugmenterBase):
    """Put a random number behind a text."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, keeps_shape=False)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        return augreg.Params(len(batch), number=rng.integers("number", 0, 1_000_000))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        return batch.replace([f"{t} {n}" for t, n in zip(batch.data, params["number"], strict=True)])


STEPS = {
    "image": ["runtest.picky"],
    "audio": ["runtest.shade"],
    "video": ["runtest.shade"],
    "text": [{"runtest.shout": {"p": 0.9}}],
}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    for cls, kinds in ((Shade, ("image", "audio", "video")), (Picky, ("image",)), (Shout, ("text",))):
        augreg.register(cls, f"runtest.{cls.__name__.lower()}", modalities=kinds)
    yield
    for name in ("shade", "picky", "shout"):
        augreg.unregister(f"runtest.{name}")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "deep" / "er").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(5):
        pixels = rng.integers(1, 200, (20 + i, 30, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(folder / f"{i:03}.{'jpg' if i % 2 else 'png'}")
        (folder / f"{i:03}.txt").write_text(f"sentence {i}\n")
    media.write(Audio(torch.linspace(-0.5, 0.5, 800)[None], 8_000), folder / "deep" / "ramp.wav")
    frames = torch.from_numpy(rng.integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)).permute(0, 3, 1, 2)
    media.write(Video(frames, fps=5.0), folder / "deep" / "er" / "noise.mp4")
    return folder


def pipeline(tmp_path: Path, steps: dict[str, Any] | None = None) -> Path:
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(STEPS if steps is None else steps))
    return path


def invoke(tmp_path: Path, source: Path, *options: str, out: str = "out", steps: Any = None) -> Result:
    given = [str(pipeline(tmp_path, steps)), str(source), str(tmp_path / out), "--device", "cpu", *options]
    return CliRunner().invoke(app, ["run", *given])


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def tree(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in ("manifest.jsonl", "run.json"))
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_every_input_gets_its_copies_in_its_folder_and_format(tmp_path: Path, source: Path) -> None:
    result = invoke(tmp_path, source, "--seed", "7", "--copies", "3")
    assert result.exit_code == 0, result.output
    inputs = [p.relative_to(source) for p in source.rglob("*") if p.is_file()]
    expected = {str(p.with_name(f"{p.stem}__a{k}{p.suffix}")) for p in inputs for k in range(3)}
    assert set(tree(tmp_path / "out")) == expected
    assert "36 files written" in result.output
    assert "(1 audio, 5 image, 5 text, 1 video)" in result.output
    for path in expected:
        media.read(tmp_path / "out" / path)


def test_the_manifest_says_what_happened_and_replays(tmp_path: Path, source: Path) -> None:
    invoke(tmp_path, source, "--seed", "7", "--copies", "2")
    found = lines(tmp_path / "out")
    assert len(found) == 24
    assert {line["outcome"] for line in found} == {"ok"}
    assert {line["output"] for line in found} == set(tree(tmp_path / "out"))
    pipe = augreg.Pipeline(STEPS)
    for line in found:
        assert line["key"] == line["source"]
        sample = media.read(source / line["source"])
        trace = {name: line[name] for name in ("key", "modality", "seed", "epoch", "copy", "steps")}
        again = pipe.replay([sample], [trace])[0]
        media.write(again, tmp_path / f"again{Path(line['output']).suffix}", media.load(source / line["source"]).origin)
        written = (tmp_path / "out" / line["output"]).read_bytes()
        assert (tmp_path / f"again{Path(line['output']).suffix}").read_bytes() == written
    first = next(line for line in found if line["source"] == "000.png")
    assert first["in"] == {"shape": [20, 30, 3], "dtype": "uint8"}
    assert [step["augmenter"] for step in first["steps"]] == ["runtest.picky"]
    assert 0.01 <= first["steps"][0]["params"]["by"] <= 0.2


def test_results_do_not_depend_on_batch_size_or_neighbours(tmp_path: Path, source: Path) -> None:
    invoke(tmp_path, source, "--seed", "7", "--batch-size", "1", out="one")
    invoke(tmp_path, source, "--seed", "7", "--batch-size", "64", out="all")
    assert tree(tmp_path / "one") == tree(tmp_path / "all")
    (source / "001.jpg").unlink()
    invoke(tmp_path, source, "--seed", "7", out="fewer")
    assert tree(tmp_path / "fewer").items() < tree(tmp_path / "all").items()
    invoke(tmp_path, source, "--seed", "8", out="other")
    assert tree(tmp_path / "other")["002__a0.png"] != tree(tmp_path / "fewer")["002__a0.png"]


def spoil(source: Path) -> None:
    (source / "empty.png").write_bytes(b"")
    (source / "cut.jpg").write_bytes((source / "001.jpg").read_bytes()[:400])
    (source / "latin.txt").write_bytes("schön".encode("latin-1"))
    Pillow.new("RGB", (8, 8)).save(source / "black.png")
    Pillow.new("RGB", (8, 8), (255, 255, 255)).save(source / "white.png")


def test_bad_files_are_refused_and_their_neighbours_are_not(tmp_path: Path, source: Path) -> None:
    good = invoke(tmp_path, source, "--seed", "7", "--copies", "2", out="good")
    assert good.exit_code == 0
    spoil(source)
    result = invoke(tmp_path, source, "--seed", "7", "--copies", "2")
    assert result.exit_code == 1
    assert tree(tmp_path / "out") == tree(tmp_path / "good")
    refused = {line["source"]: line for line in lines(tmp_path / "out") if line["outcome"] == "error"}
    assert {name: line["code"] for name, line in refused.items()} == {
        "empty.png": "E_EMPTY",
        "cut.jpg": "E_TRUNCATED",
        "latin.txt": "E_ENCODING",
        "black.png": "E_SAMPLE",
        "white.png": "E_STEP",
    }
    assert "Light a lamp" in refused["black.png"]["reason"]
    assert refused["white.png"]["reason"] == "RuntimeError: too bright"
    assert "5 of 17 inputs were refused" in result.output
    assert "E_ENCODING     latin.txt: byte 0xf6 at offset 3" in result.output
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


def test_on_error_raise_stops_at_the_first(tmp_path: Path, source: Path) -> None:
    spoil(source)
    options = ["--seed", "7", "--on-error", "raise", "--shard-size", "2"]
    result = invoke(tmp_path, source, *options)
    assert result.exit_code == 1
    assert "Stopped: an input was refused." in result.output
    parts = (tmp_path / "out" / ".augreg" / "parts").iterdir()
    found = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    assert {line["outcome"] for line in found} == {"ok"}
    assert {line["output"] for line in found} == {name for name in tree(tmp_path / "out") if name[0] != "."}


def test_modalities_without_steps_are_copied_byte_for_byte(tmp_path: Path, source: Path) -> None:
    result = invoke(tmp_path, source, "--seed", "1", "--copies", "2", steps={"text": ["runtest.shout"]})
    assert result.exit_code == 0
    assert (tmp_path / "out" / "001__a1.jpg").read_bytes() == (source / "001.jpg").read_bytes()
    passed = [line for line in lines(tmp_path / "out") if line["outcome"] == "passed-through"]
    assert len(passed) == 14
    assert {line["modality"] for line in passed} == {"image", "audio", "video"}
    assert "7 inputs were copied byte for byte" in result.output


def test_sound_in_a_video_container_is_audio(tmp_path: Path, source: Path) -> None:
    media.write(Audio(torch.linspace(-0.5, 0.5, 16_000)[None], 16_000), source / "voice.mp4")
    invoke(tmp_path, source, "--seed", "1", steps={"audio": ["runtest.shade"]})
    voice = next(line for line in lines(tmp_path / "out") if line["source"] == "voice.mp4")
    assert (voice["outcome"], voice["modality"]) == ("ok", "audio")
    assert isinstance(media.read(tmp_path / "out" / "voice__a0.mp4"), Audio)


def test_links_out_of_the_folder_are_refused_and_loops_are_not_followed(tmp_path: Path, source: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (source / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (source / "dangling.txt").symlink_to(source / "nothing.txt")
    (source / "loop").symlink_to(source, target_is_directory=True)
    (source / "alias.txt").symlink_to(source / "000.txt")
    os.mkfifo(source / "pipe.txt")
    (source / ".hidden.txt").write_text("hidden")
    result = invoke(tmp_path, source, "--seed", "1")
    assert result.exit_code == 1
    found = {line["source"]: line.get("code") for line in lines(tmp_path / "out")}
    assert found["leak.txt"] == "E_OUTSIDE"
    assert found["dangling.txt"] == "E_MISSING"
    assert found["alias.txt"] is None
    assert not [name for name in found if name.startswith(("loop", "pipe", ".hidden"))]


def test_outputs_never_collide(tmp_path: Path, source: Path) -> None:
    Pillow.new("RGB", (8, 8), (9, 9, 9)).save(source / "same.png")
    Pillow.new("RGB", (8, 8), (99, 99, 99)).save(source / "same.gif")
    Pillow.new("RGB", (8, 8), (9, 9, 9)).save(source / "Same.png")
    Pillow.new("RGB", (8, 8), (9, 9, 9)).save(source / "other.png")
    (source / "other.png").rename(source / "other.jpg")
    (source / f"{'long' * 60}.txt").write_text("x")
    result = invoke(tmp_path, source, "--seed", "1", "--copies", "2")
    assert result.exit_code == 0, result.output
    out = tree(tmp_path / "out")
    assert len(out) == 2 * 17
    assert len({name.casefold() for name in out}) == len(out)
    assert {"same.gif__a0.png", "other__a0.png"} <= set(out)


def test_names_that_are_not_utf8(tmp_path: Path, source: Path) -> None:
    odd = os.fsdecode(b"caf\xe9\n.txt")
    (source / odd).write_text("x")
    result = invoke(tmp_path, source, "--seed", "1")
    assert result.exit_code == 0, result.output
    line = next(line for line in lines(tmp_path / "out") if line["source"] == odd)
    assert line["key"] == "caf\\xe9\n.txt"
    assert (tmp_path / "out" / line["output"]).exists()
    assert printable(odd) == "caf\\udce9\\n.txt"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--on-error", "explode"], "'explode' is not one of"),
        (["--copies", "0"], "0 is not in the range"),
        (["--device", "abacus"], "device 'abacus' is unknown"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, source: Path, options: list[str], message: str) -> None:
    result = invoke(tmp_path, source, *options)
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_wrong_folders_and_pipelines_exit_with_2(tmp_path: Path, source: Path) -> None:
    assert "is not there" in invoke(tmp_path, tmp_path / "nowhere").output
    assert "lies in the input folder" in invoke(tmp_path, source, out="in/out").output
    unknown = invoke(tmp_path, source, steps={"image": ["image.no_such_step"]})
    assert (unknown.exit_code, "image.no_such_step" in unknown.output) == (2, True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    full = invoke(tmp_path, source, out="full")
    assert (full.exit_code, "is not empty" in full.output) == (2, True)
    assert sorted(p.name for p in (tmp_path / "full").iterdir()) == ["mine.txt"]
    assert invoke(tmp_path, source, "--overwrite", out="full").exit_code == 0
    assert (tmp_path / "full" / "mine.txt").read_text() == "precious"


def test_places_that_cannot_be_written_are_named(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="cannot be written"), held(tmp_path / "file" / "out"):
        pass
    assert "cannot be written" in invoke(tmp_path, source, out="file/out").output
    assert "is a file" in invoke(tmp_path, source, out="file").output


def test_without_a_seed_one_is_drawn_and_told(tmp_path: Path, source: Path) -> None:
    result = invoke(tmp_path, source)
    seed = json.loads((tmp_path / "out" / "run.json").read_text())["seed"]
    assert f"--seed {seed}" in result.output
    invoke(tmp_path, source, "--seed", str(seed), out="again")
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_run_json_is_enough_to_do_it_again(tmp_path: Path, source: Path) -> None:
    invoke(tmp_path, source, "--seed", "3", "--copies", "2")
    text = (tmp_path / "out" / "run.json").read_text()
    record = json.loads(text)
    assert augreg.Pipeline.from_dict(record["pipeline"]) == augreg.Pipeline(STEPS)
    assert (record["seed"], record["copies"], record["inputs"]) == (3, 2, 12)
    assert str(tmp_path) not in text


def test_a_file_of_a_steps_own_that_is_broken_is_named(tmp_path: Path, source: Path) -> None:
    (tmp_path / "noise").mkdir()
    media.write(Audio(torch.zeros(1, 0), 8_000), tmp_path / "noise" / "hush.wav")
    steps = {"audio": [{"audio.background_mix": {"source": str(tmp_path / "noise")}}]}
    result = invoke(tmp_path, source, "--seed", "1", steps=steps)
    assert result.exit_code == 1
    (line,) = [line for line in lines(tmp_path / "out") if line["outcome"] == "error"]
    assert (line["source"], line["code"]) == ("deep/ramp.wav", "E_SAMPLE")
    assert "hush.wav: it holds no audio samples" in line["reason"]


def test_a_full_disk_stops_the_job(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Pillow.Image, "save", full)
    result = invoke(tmp_path, source, "--seed", "1", steps={"image": ["runtest.shade"]})
    assert result.exit_code == 3
    assert "No space left on device" in result.output
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".staging")]


def test_the_plan_is_sorted_and_sliced(source: Path) -> None:
    (source / "notes.xyz").write_text("x")
    plan = make_plan(Folder(source), ["image", "audio", "video", "text"], 1, default())
    assert [item.path for item in plan.items] == sorted(item.path for item in plan.items)
    assert plan.ignored == {".xyz": 1}
    tasks = batches(list(plan.items), 2)
    assert all(len({item.modality for item in task.items}) == 1 for task in tasks)
    assert sorted(item.position for task in tasks for item in task.items) == list(range(12))
    assert max(len(task.items) for task in tasks) == 2


def test_an_interruption_leaves_whole_files_only(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def interrupt(self: Any, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return Shade.apply(self, batch, params)

    monkeypatch.setattr(Picky, "apply", interrupt)
    options = ["--seed", "7", "--batch-size", "2", "--shard-size", "2", "--copies", "2"]
    result = invoke(tmp_path, source, *options)
    assert result.exit_code == 130
    assert "Every file in" in result.output
    state = tmp_path / "out" / ".augreg"
    found = [json.loads(line) for part in (state / "parts").iterdir() for line in part.read_text().splitlines()]
    assert {line["output"] for line in found} == {name for name in tree(tmp_path / "out") if name[0] != "."}
    assert 0 < len(found) < 24
    assert not list((state / "staging").iterdir())
    monkeypatch.undo()
    assert invoke(tmp_path, source, *options, "--resume").exit_code == 0
    assert invoke(tmp_path, source, *options, out="whole").exit_code == 0
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert lines(tmp_path / "out") == lines(tmp_path / "whole")


def test_where_no_step_fires_the_file_is_copied(tmp_path: Path, source: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.new("RGB", (8, 4), (50, 90, 90)).save(source / "turned.jpg", exif=exif)
    steps = {kind: [{"runtest.shade": {"p": 0.0}}] for kind in ("image", "audio", "video")}
    assert invoke(tmp_path, source, "--seed", "1", steps=steps).exit_code == 0
    found = {line["source"]: line for line in lines(tmp_path / "out")}
    for name in ("001.jpg", "000.png", "deep/ramp.wav", "deep/er/noise.mp4"):
        assert found[name]["notes"][-1] == "no step fired: copied byte for byte"
        assert (tmp_path / "out" / found[name]["output"]).read_bytes() == (source / name).read_bytes()
    # One that had to be turned is written as it was read, like its augmented copies.
    with Pillow.open(tmp_path / "out" / "turned__a0.jpg") as turned:
        assert (turned.size, turned.getexif().get(0x0112)) == ((4, 8), None)


def test_limits_are_taken_from_the_command_line(tmp_path: Path, source: Path) -> None:
    result = invoke(tmp_path, source, "--seed", "1", "--limit", "pixels=700", "--limit", "text_bytes=1_000")
    assert result.exit_code == 1
    refused = {line["source"]: line["code"] for line in lines(tmp_path / "out") if line["outcome"] == "error"}
    # 24 x 30 and 32 x 32 pixels; the largest of the others has 23 x 30.
    assert refused == {"004.png": "E_TOO_LARGE", "deep/er/noise.mp4": "E_TOO_LARGE"}
    wrong = invoke(tmp_path, source, "--limit", "pixel=7", out="other")
    assert (wrong.exit_code, "Did you mean 'pixels'?" in wrong.output) == (2, True)
    wrong = invoke(tmp_path, source, "--limit", "pixels=many", out="other")
    assert (wrong.exit_code, "whole number" in wrong.output) == (2, True)
