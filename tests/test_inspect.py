"""`augreg inspect` says what formulas say, of outputs in every form, and draws them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from planted import picture, sound, text, write_picture, write_sound, write_text

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Inspection, Settings, inspect, run
from augreg.jobs.inspecting.chosen import Account, choose
from augreg.jobs.inspecting.drift import Drift, drifts

FORMS = ("folder", "webdataset", "parquet", "arrow")


def job(place: Path, steps: dict[str, list[object]], form: str = "folder", **more: object) -> Path:
    out = place / f"out-{form}"
    run(augreg.Pipeline(steps), Settings(source=str(place / "in"), out=out, seed=7, to=form, **more))
    return out


def by_name(found: Inspection, modality: str) -> dict[str, Drift]:
    return {one.name: one for one in found.drift[modality]}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    for seed in range(6):
        write_picture(tmp_path / "in" / "ab"[seed % 2] / f"{seed}.png", picture(seed))
        write_sound(tmp_path / "in" / "s" / f"{seed}.wav", 0.5 * sound(seed))
        write_text(tmp_path / "in" / "t" / f"{seed}.txt", text(seed))
    return tmp_path


STEPS: dict[str, list[object]] = {
    "image": [{"image.invert": {"p": 1.0}}],
    "audio": [{"audio.gain": {"decibels": [-6.0, -6.0], "p": 1.0}}],
    "text": [{"text.word_delete": {"p": 0.5}}],
}


def test_numbers_are_those_of_all_pixels_and_waves(mixed: Path) -> None:
    found = inspect(job(mixed, STEPS), mixed / "in")
    pixels = [np.asarray(picture(seed)) / 255.0 for seed in range(6)]
    luma = [one @ [0.299, 0.587, 0.114] for one in pixels]
    pictures = by_name(found, "image")
    assert pictures["brightness"].before == pytest.approx(np.mean([one.mean() for one in luma]), abs=1e-6)
    assert pictures["brightness"].after == pytest.approx(1.0 - pictures["brightness"].before, abs=1e-6)
    assert pictures["contrast"].after == pytest.approx(np.mean([one.std() for one in luma]), abs=1e-6)
    assert pictures["mean of green"].before == pytest.approx(np.mean([one[..., 1].mean() for one in pixels]), abs=1e-6)
    hsv = [np.asarray(picture(seed).convert("HSV"), float)[..., 1].mean() / 255.0 for seed in range(6)]
    assert pictures["saturation"].before == pytest.approx(np.mean(hsv), abs=0.005)
    assert pictures["width"].effect == 0.0
    sounds = by_name(found, "audio")
    assert sounds["loudness in dB"].after - sounds["loudness in dB"].before == pytest.approx(-6.0, abs=0.01)
    assert sounds["loudness in dB"].large
    assert by_name(found, "text")["words"].before == 60.0
    assert found.unchanged["image"] == 0
    assert found.unchanged["text"] == found.account.untouched["text"]
    assert found.account.steps["image"]["image.invert"] == found.account.outputs["image"] == 6
    assert {one.name: one.after for one in found.classes} == pytest.approx(
        {"a": 1 / 6, "b": 1 / 6, "s": 1 / 3, "t": 1 / 3}
    )
    assert found.faults == []


def test_every_form_of_output_says_the_same(mixed: Path) -> None:
    told = {}
    for form in FORMS:
        found = inspect(job(mixed, STEPS, form, copies=2), mixed / "in", sample=4)
        assert found.faults == []
        told[form] = found.to_json()
        assert told[form]["modalities"]["image"]["sampled"] == 4
    assert all(told[form] == told["folder"] for form in FORMS)


def test_an_effect_is_the_difference_in_deviations(tmp_path: Path) -> None:
    before, after = [1.0, 2.0, 3.0, 6.0], [2.0, 2.5, 5.0, 9.0]
    (found,) = drifts([{"x": v} for v in before], [{"x": v} for v in after])
    pooled = math.sqrt((np.var(before) + np.var(after)) / 2)
    assert found.effect == pytest.approx((np.mean(after) - np.mean(before)) / pooled)
    (share,) = drifts([{"blank": v} for v in (0.0, 1.0)], [{"blank": 1.0}])
    assert share.effect == pytest.approx(math.pi / 2)
    (fixed,) = drifts([{"x": 4.0}] * 3, [{"x": 5.0}] * 3)
    assert fixed.effect == math.inf
    assert fixed.large
    assert json.loads(json.dumps(fixed.to_json(), allow_nan=False))["effect"] == "inf"
    (alone,) = drifts(None, [{"x": 4.0}])
    assert (alone.before, alone.effect, alone.large) == (None, None, False)


@given(st.permutations(range(30)), st.integers(0, 12), st.integers(0, 3))
def test_the_sample_hangs_on_the_seed_and_not_on_the_order(order: list[int], count: int, seed: int) -> None:
    def line(n: int) -> dict[str, object]:
        said = {"source": f"{n}", "key": f"{n}", "copy": 0, "output": f"{n}.png", "outcome": "ok"}
        return {**said, "modality": "image" if n % 3 else "text", "steps": []}

    account = Account()
    found = choose(map(line, order), account, count, seed)
    assert found == choose(map(line, range(30)), Account(), count, seed)
    assert account.outputs == {"image": 20, "text": 10}
    for modality, there in account.outputs.items():
        assert sum(one["modality"] == modality for one in found) == (min(count, there) if count else there)


def test_another_seed_draws_others(mixed: Path) -> None:
    out = job(mixed, STEPS)
    lines = {seed: [p.line["output"] for p in drawn(out, seed=seed, sample=2)] for seed in range(5)}
    assert lines[0] == [pair.line["output"] for pair in drawn(out, seed=0, sample=2)]
    assert len({tuple(found) for found in lines.values()}) > 1


def drawn(out: Path, **options: object) -> Iterator[object]:
    found = inspect(out, draw=lambda pair: pair, **options)
    for pairs in found.drawn.values():
        yield from pairs


def test_blank_silent_and_clipped_outputs_show_as_shares(tmp_path: Path) -> None:
    for seed in range(4):
        write_picture(tmp_path / "in" / f"{seed}.png", picture(seed))
        write_sound(tmp_path / "in" / f"{seed}.wav", sound(seed))
    steps: dict[str, list[object]] = {
        "image": [{"image.brightness": {"factor": [0.0, 0.0], "p": 1.0}}],
        "audio": [{"audio.gain": {"decibels": [-90.0, -90.0], "p": 1.0}}],
    }
    found = inspect(job(tmp_path, steps), tmp_path / "in")
    assert (by_name(found, "image")["blank"].after, by_name(found, "audio")["silent"].after) == (1.0, 1.0)
    assert by_name(found, "image")["blank"].effect == pytest.approx(math.pi)
    assert by_name(found, "image")["at black or white"].after == 1.0


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_as_recorded_is_said(mixed: Path, form: str) -> None:
    out = job(mixed, STEPS, form)
    path = next(iter(sorted(out.rglob({"folder": "*.png", "webdataset": "*.tar"}.get(form, f"*.{form}")))))
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    found = inspect(out, mixed / "in")
    assert len(found.faults) >= 1
    path.unlink()
    assert any("gone" in fault for fault in inspect(out).faults)
    write_picture(mixed / "in" / "a" / "0.png", picture(99))
    assert "input a/0.png: it is not what the job read: its hash is another." in inspect(out, mixed / "in").faults


def test_a_manifest_leads_nowhere_else(mixed: Path) -> None:
    out = job(mixed, STEPS)
    (mixed / "secret.png").write_bytes((mixed / "in" / "a" / "0.png").read_bytes())
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    lines[0]["output"] = "../secret.png"
    (out / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "../secret.png: it lies outside the output folder." in inspect(out).faults


def test_encrypted_outputs_need_an_identity(mixed: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    key = pyrage.x25519.Identity.generate()
    out = job(mixed, STEPS, encrypt_to=(str(key.to_public()),))
    assert all("Give --identity" in fault for fault in inspect(out).faults)
    found = inspect(out, mixed / "in", identities=[str(key)])
    assert found.faults == []
    assert found.sampled == {"audio": 6, "image": 6, "text": 6}


def test_clips_are_measured_by_three_frames(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(2):
        frames = torch.full((8, 3, 32, 32), 60 + 20 * n, dtype=torch.uint8)
        augreg.media.write(augreg.Video(frames, fps=10.0), tmp_path / "in" / f"{n}.mp4")
    found = by_name(inspect(job(tmp_path, {"video": [{"video.reverse": {"p": 1.0}}]}), tmp_path / "in"), "video")
    assert (found["frames"].after, found["seconds"].after, found["width"].after) == (8.0, 0.8, 32.0)
    assert found["brightness"].before == pytest.approx(70 / 255, abs=0.02)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def cli(*args: object) -> Result:
    return CliRunner().invoke(app, ["inspect", *map(str, args)])


def test_the_page_shows_pairs_and_is_safe(mixed: Path) -> None:
    write_picture(mixed / "in" / "<script>alert(1)<" / "x.png", picture(9))
    (mixed / "in" / "t" / "bad.txt").write_text("<img src=http://example.org onerror=alert(1)> a few more words here")
    out = job(mixed, STEPS)
    done = cli(out, "--source", mixed / "in", "--html", mixed / "page.html")
    assert done.exit_code == 0, done.output
    written = (mixed / "page.html").read_text(encoding="utf-8")
    page = Page(written)
    pictures = [found for tag, found in page.tags if tag == "img"]
    assert len(pictures) == 2 * (7 + 6)
    assert all(str(found["src"]).startswith("data:image/jpeg;base64,") for found in pictures)
    assert not any(tag in ("script", "link", "iframe") or "onerror" in found for tag, found in page.tags)
    assert "default-src 'none'" in written
    assert 'class="gone"' in written or 'class="new' in written
    assert cli(out, "--html", mixed / "alone.html").exit_code == 0


def test_the_command_prints_tables_and_json(mixed: Path) -> None:
    out = job(mixed, STEPS)
    done = cli(out, "--source", mixed / "in")
    assert "image: 6 outputs, 6 read; image.invert in 6;" in done.output
    brightness = next(line for line in done.output.splitlines() if line.startswith("loudness in dB"))
    assert brightness.split()[-1] == "!"
    told = json.loads(cli(out, "--json", "--sample", 3).stdout)
    assert told["modalities"]["image"]["sampled"] == 3
    assert told["modalities"]["image"]["numbers"]["brightness"]["before"] is None
    (out / "a" / "0__a0.png").unlink()
    assert cli(out).exit_code == 1
    assert cli(mixed / "in").exit_code == 2


def test_refused_inputs_and_wrong_arguments(tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "a.png", picture(1))
    (tmp_path / "in" / "torn.png").write_bytes((tmp_path / "in" / "a.png").read_bytes()[:3_000])
    out = job(tmp_path, {"image": ["image.hflip"]})
    assert inspect(out).account.refused == {"E_TRUNCATED": 1}
    for wrong in ({"sample": -1}, {"workers": -1}):
        with pytest.raises(ConfigError, match="at least 1"):
            inspect(out, **wrong)


def test_gray_and_deep_pictures_are_measured(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    deep = np.array([[0, 65_535], [13_107, 52_428]], np.uint16)
    Pillow.fromarray(deep).save(tmp_path / "in" / "a.png")
    found = by_name(inspect(job(tmp_path, {"image": [{"image.hflip": {"p": 1.0}}]})), "image")
    assert found["brightness"].after == pytest.approx(0.5)
    assert "saturation" not in found
