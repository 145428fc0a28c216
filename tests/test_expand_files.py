"""`augreg expand`: what was judged is what is written, by a job that resumes, replays, verifies and forgets."""

from __future__ import annotations

import json
import wave
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_digits

import augreg
from augreg import media
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, forget, replay, run, verify
from augreg.jobs.resume import job_record
from augreg.learn import expand_files, grow_files

DIGITS = load_digits()
PLAIN = ("valid", "changed", "new")
PIPE = augreg.Pipeline({"image": [{"one_of": [{"image.translate": {"x": 0.2}}, {"image.rotate": {"degrees": 20}}]}]})


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three digits, 8, 10 and 12 of them in train/, two of each in test/."""
    root = tmp_path_factory.mktemp("digits") / "in"
    for name in range(3):
        for number, place in enumerate(np.flatnonzero(DIGITS.target == name)[: 10 + 2 * name]):
            path = root / ("test" if number < 2 else "train") / str(name) / f"{place:04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            PIL.Image.fromarray((DIGITS.images[place] / 16 * 255).round().astype(np.uint8)).save(path)
    return root


def job(source: Path, out: Path, **changes: Any) -> Settings:
    return Settings(**{"source": source, "out": out, "seed": 3, "engine": "inline", **changes})


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def grown(digits: Path) -> tuple[Path, Any]:
    """A set grown with all gates, and what was found in memory."""
    kept: list[Any] = []
    out = digits.parent / "grown"
    with pytest.MonkeyPatch.context() as patch:
        original = expand_files._chosen
        patch.setattr(expand_files, "_chosen", lambda i, grown, a: kept.append((i, grown)) or original(i, grown, a))
        expanded = grow_files(PIPE, job(digits, out), per_class=14)
    assert not expanded.shortage
    return out, kept[0]


def test_classes_have_their_size_and_test_samples_go_along_as_they_are(grown: Any, digits: Path) -> None:
    out, _ = grown
    assert Counter(path.parent.name for path in (out / "train").glob("*/*.png")) == dict.fromkeys("012", 14)
    assert {path.name for path in (out / "test").glob("*/*.png")} == {p.name for p in (digits / "test").glob("*/*.png")}
    for path in digits.glob("*/*/*.png"):
        assert (out / path.relative_to(digits)).read_bytes() == path.read_bytes()


def test_what_is_written_is_what_was_judged(grown: Any) -> None:
    """PNG loses nothing, so that the decoded file is the sample that the gates saw, bit for bit."""
    out, (inputs, found) = grown
    by_source = {(line["source"], line["copy"]): line for line in lines(out)}
    assert len(found.chosen) == 12
    for (origin, copy), sample, judged in zip(found.chosen, found.samples, found.judged, strict=True):
        line = by_source[inputs.items[inputs.trains[origin]].path, copy]
        written = media.load(out / line["output"]).sample
        assert np.array_equal(np.asarray(written.data), np.asarray(sample.data))
        assert line["expand"]["chance"] == pytest.approx(judged.chance, abs=1e-4)


def test_copies_have_the_bytes_that_augreg_run_makes(grown: Any, digits: Path) -> None:
    out, _ = grown
    made = [line for line in lines(out) if line["copy"] >= 0]
    most = max(line["copy"] for line in made) + 1
    run(PIPE, job(digits, digits.parent / "all", copies=most))
    for line in made:
        assert (out / line["output"]).read_bytes() == (digits.parent / "all" / line["output"]).read_bytes()


def test_lines_tell_class_split_and_what_was_found_and_the_record_tells_the_rounds(grown: Any) -> None:
    out, _ = grown
    for line in lines(out):
        split, name, _ = line["output"].split("/")
        assert line["source"].startswith(f"{split}/{name}/")
        assert (line["expand"]["class"], line["expand"]["split"]) == (name, split)
        assert line["outcome"] == ("original" if line["copy"] == -1 else "ok")
        assert split == "train" or line["copy"] == -1
    said = job_record(out)["expand"]
    assert (said["sources"], said["held_out"], said["new"], said["shortage"]) == (30, 6, 12, {})
    assert said["classes"]["0"] == {"sources": 8, "new": 6}
    tried = sum(said["candidates"].values())
    assert tried == sum(found["made"] for found in said["acceptance"].values())
    assert said["candidates"]["passed"] == sum(found["passed"] for found in said["acceptance"].values())


def test_it_verifies_replays_and_forgets(grown: Any, digits: Path, tmp_path: Path) -> None:
    out, _ = grown
    verdict = verify(out, digits)
    assert (verdict.faults, verdict.inputs, verdict.outputs, verdict.hashed_inputs) == ([], 36, 48, 36)
    made = [line for line in lines(out) if line["copy"] >= 0]
    for line in (made[0], made[-1], lines(out)[0]):
        assert replay(out, line, digits, tmp_path / "again.png").same
    copied = digits.parent / "forgotten"
    grow_files(PIPE, job(digits, copied), per_class=14)
    assert content(copied) == content(out)
    source = made[0]["source"]
    assert forget(copied, [source]).outputs == sum(line["source"] == source for line in lines(out))
    assert not [path for path in content(copied) if Path(path).stem.partition("__")[0] == Path(source).stem]
    assert verify(copied).faults == []
    with pytest.raises(ConfigError, match="forgotten"):
        grow_files(PIPE, job(digits, copied, resume=True), per_class=14)


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_a_command_that_was_stopped_and_resumed_ends_as_one_that_was_not(
    digits: Path, tmp_path: Path, stop: int
) -> None:
    settings = {"shard_size": 4}
    options = {"per_class": 14, "gates": PLAIN}
    grow_files(PIPE, job(digits, tmp_path / "whole", **settings), **options)

    def progress(summary: Any) -> None:
        if summary.tally.inputs >= 4 * stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow_files(PIPE, job(digits, tmp_path / "out", **settings), progress=progress, **options)
    with pytest.raises(ConfigError, match="its per_class was 14 and is 15 now"):
        grow_files(PIPE, job(digits, tmp_path / "out", resume=True, **settings), per_class=15, gates=PLAIN)
    with pytest.raises(ConfigError, match="a job was stopped"):
        grow_files(PIPE, job(digits, tmp_path / "out", **settings), **options)
    found = grow_files(PIPE, job(digits, tmp_path / "out", resume=True, **settings), **options)
    assert found.summary.before >= 4 * (stop - 1)
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    again = grow_files(PIPE, job(digits, tmp_path / "out", resume=True, **settings), **options)
    assert (again.summary.before, again.facts) == (36, found.facts)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_torn_output_is_made_again_and_run_leaves_the_set_alone(digits: Path, tmp_path: Path) -> None:
    out, options = tmp_path / "out", {"per_class": 14, "gates": PLAIN}
    grow_files(PIPE, job(digits, out), **options)
    before = content(out)
    torn = next(line["output"] for line in lines(out) if line["copy"] >= 0)
    (out / torn).write_bytes(b"")
    assert verify(out).faults
    assert grow_files(PIPE, job(digits, out, resume=True), **options).summary.redone
    assert content(out) == before
    copies = job_record(out)["copies"]
    with pytest.raises(ConfigError, match="its chosen was"):
        run(PIPE, job(digits, out, resume=True, copies=copies))


def test_without_originals_only_new_samples_are_written_and_a_size_counts_all(digits: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = grow_files(PIPE, job(digits, out), size=35, gates=PLAIN, originals=False, select="random")
    assert found.facts["classes"] == {
        "0": {"sources": 8, "new": 4},
        "1": {"sources": 10, "new": 1},
        "2": {"sources": 12, "new": 0},
    }
    assert Counter(path.parent.name for path in out.rglob("*.png")) == {"0": 4, "1": 1}
    assert verify(out, digits).faults == []
    assert all(line["copy"] >= 0 for line in lines(out))


def test_operations_that_spoil_are_met_less_and_less(digits: Path, tmp_path: Path) -> None:
    """Upside down, twos are none; the mean of the class passes more than twice as often."""
    steps = [{"image.translate": {"x": 0.1}}, {"image.invert": {}}]
    pipe = augreg.Pipeline({"image": [{"one_of": steps}]})
    found = grow_files(pipe, job(digits, tmp_path / "out"), per_class=40, rounds=8).facts
    met = found["acceptance"]
    assert met["image.invert"]["passed"] < 0.2 * met["image.invert"]["made"]
    assert met["image.invert"]["made"] < 0.5 * met["image.translate"]["made"]  # drawn as often
    assert found["spared"] > 20


def test_inputs_that_are_called_as_copies_and_formats_that_are_written_as_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for file in ("x.png", "x__a0.png", "x__a1.png", "y.gif"):
            small = PIL.Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
            small.resize((24, 24), PIL.Image.Resampling.BICUBIC).save(tmp_path / "in" / name / file)
    out = tmp_path / "out"
    grow_files(PIPE, job(tmp_path / "in", out), per_class=12, gates=("valid", "changed"))
    assert verify(out, tmp_path / "in").faults == []
    assert len([path for path in out.rglob("*") if path.is_file()]) == 24 + 2
    for line in lines(out):
        if line["copy"] == -1:
            assert (out / line["output"]).read_bytes() == (tmp_path / "in" / line["source"]).read_bytes()
            assert Path(line["output"]).suffix == Path(line["source"]).suffix
        else:
            assert line["output"].endswith(".png")


def test_texts_of_a_list_with_classes_splits_and_speakers(tmp_path: Path) -> None:
    words = {"up": ["good", "fine", "great", "happy", "lovely"], "down": ["bad", "poor", "awful", "sad", "ugly"]}
    rows = ["file_name,label,who,split"]
    for name, said in words.items():
        for number in range(9):
            text = (
                f"the {said[number % 5]} meal number {number * 7} was {said[(number + 2) % 5]} for my {number} friends"
            )
            (tmp_path / f"{name}{number}.txt").write_text(text)
            who, split = "ann" if number < 6 else f"bob{number}", "test" if number == 8 else "train"
            rows.append(f"{name}{number}.txt,{name},{who},{split}")
    (tmp_path / "said.csv").write_text("\n".join(rows) + "\n")
    pipe = augreg.Pipeline({"text": [{"text.keyboard": {"rate": 0.1}}, {"text.word_swap": {}}]})
    out = tmp_path / "out"
    found = grow_files(pipe, job(tmp_path / "said.csv", out), per_class=14, groups="who", gates=PLAIN, rounds=9)
    assert not found.shortage
    new = [line for line in lines(out) if line["copy"] >= 0]
    assert {line["expand"]["split"] for line in new} == {"train"}
    for name in words:
        # Six each: of three speakers two, though one of them has six of eight texts.
        assert Counter(line["expand"]["group"] for line in new if line["expand"]["class"] == name) == {
            "ann": 2, "bob6": 2, "bob7": 2,
        }  # fmt: skip
    listed = [json.loads(line) for line in (out / "metadata.jsonl").read_text().splitlines()]
    assert {row["file_name"]: row["label"] for row in listed} == {
        line["output"]: line["expand"]["class"] for line in lines(out)
    }
    assert verify(out, tmp_path / "said.csv").faults == []
    data = augreg.learn.read(out / "metadata.jsonl")
    assert Counter(map(str, data.examples.labels)) == {"0": 15, "1": 15}


def test_sounds_in_folders_of_classes(tmp_path: Path) -> None:
    rng, time = np.random.default_rng(0), np.arange(2000) / 8000
    for name, hertz in (("low", 250), ("high", 1700)):
        (tmp_path / "in" / name).mkdir(parents=True)
        for number in range(6):
            tone = np.sin(2 * np.pi * (hertz + 40 * number) * time) * rng.uniform(0.3, 0.6) + rng.normal(0, 0.01, 2000)
            with wave.open(str(tmp_path / "in" / name / f"{number}.wav"), "wb") as file:
                file.setparams((1, 2, 8000, 2000, "NONE", ""))
                file.writeframes((tone * 32767).astype("<i2").tobytes())
    pipe = augreg.Pipeline({"audio": ["audio.gain"]})
    found = grow_files(pipe, job(tmp_path / "in", tmp_path / "out"), per_class=8)
    assert not found.shortage
    assert Counter(path.parent.name for path in (tmp_path / "out").rglob("*.wav")) == {"low": 8, "high": 8}
    assert verify(tmp_path / "out", tmp_path / "in").faults == []


def broken(root: Path, kind: str) -> None:
    for name in ("a", "b"):
        folder = root / ("test" if kind == "no train" else "") / name
        folder.mkdir(parents=True)
        PIL.Image.new("L", (8, 8), 99).save(folder / "1.png")
    if kind == "torn":
        (root / "a" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    if kind == "mixed":
        (root / "a" / "2.txt").write_text("words")
    if kind == "no class":
        PIL.Image.new("L", (8, 8)).save(root / "2.png")


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("torn", {}, "1 of 3 inputs cannot be read, the first is 'a/2.png'.*augreg clean"),
        ("mixed", {}, "has inputs of .*; a set is of one"),
        ("no class", {}, "1 of 3 inputs of in have no class, the first is '2.png'"),
        ("no train", {}, "has the splits test, and only train may be a source"),
        ("", {"groups": "who"}, "groups is 'who', and there is no such column"),
        ("", {"class_from": "kind"}, "class_from is 'kind', and there is no such column"),
        ("", {"split_from": "part"}, "split_from is 'part', and there is no such column"),
        ("", {"gates": ("valid", "nwe")}, "there is no gate 'nwe'. Did you mean 'new'"),
        ("", {"gates": ("new",)}, "leaves out 'valid'"),
        ("", {"select": "best"}, "select='best'"),
        ("", {"pipeline": {"text": ["text.keyboard"]}}, "the pipeline has no steps for image"),
        ("", {"pipeline": {"image": ["image.mixup"]}}, "mixes labels"),
    ],
)
def test_what_cannot_be_grown_is_refused_and_nothing_is_written(
    tmp_path: Path, kind: str, options: dict[str, Any], said: str
) -> None:
    broken(tmp_path / "in", kind)
    given = {"gates": PLAIN, "per_class": 3, **options}
    pipe = augreg.Pipeline(given.pop("pipeline")) if "pipeline" in given else PIPE
    with pytest.raises(ConfigError, match=said):
        grow_files(pipe, job(tmp_path / "in", tmp_path / "out"), **given)
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_is_missing_and_ends_with_1(digits: Path, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(PIPE.to_dict()))
    args = ["expand", "--data", str(digits), "--pipeline", str(tmp_path / "p.json"), "--gates", "valid,changed,new"]
    few = CliRunner().invoke(
        app, [*args, "--out", str(tmp_path / "few"), "--per-class", "40", "--rounds", "1", "--seed", "1"]
    )
    assert few.exit_code == 1
    said = job_record(tmp_path / "few")["expand"]
    assert said["shortage"]
    assert said["rounds"] == 1
    for name, missing in said["shortage"].items():
        assert f"Missing: {missing} of class {name}." in few.output
        assert said["classes"][name]["sources"] + said["classes"][name]["new"] + missing == 40
    assert "image.rotate" in few.output
    enough = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "enough"), "--per-class", "13", "--json"])
    assert enough.exit_code == 0
    told = json.loads(enough.output)
    assert told["expand"]["new"] == 9
    assert told["seed"] == job_record(tmp_path / "enough")["seed"]
    for wrong in ([], ["--size", "50", "--per-class", "3"]):
        assert CliRunner().invoke(app, [*args, "--out", str(tmp_path / "no"), *wrong]).exit_code == 2
    full = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "few"), "--per-class", "13"])
    assert full.exit_code == 2
    assert "is not empty" in full.output
