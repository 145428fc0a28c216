"""The demo: samples by formula, a contact sheet that shows them, and a command that writes all of it."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg import Audio, Boxes, Events, Image, Spans, Text, Video
from augreg.cli.demo import demo_command
from augreg.media import spectrogram
from augreg.showcase import lettering, sounds, tiles, words
from augreg.showcase.captions import caption, captions
from augreg.showcase.demo import Demo
from augreg.showcase.layout import Cell, Section
from augreg.showcase.scene import DUSK, flight, fractal, scene
from augreg.showcase.sheet import contact_sheet
from augreg.showcase.voice import speak


def run(*options: str) -> Result:
    return CliRunner().invoke(demo_command, list(options), catch_exceptions=False)


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo once, without a network; return its folder and what it printed."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.chdir(tmp_path_factory.mktemp("demo"))
        result = run("--copies", "2")
        return Path.cwd() / "augreg-demo", result.output


def test_the_demo_writes_what_it_says(demo: tuple[Path, str]) -> None:
    out, output = demo
    assert "6 samples of 4 modalities" in output
    assert "2 times: 12 outputs" in output
    inputs = sorted(p.name for p in (out / "inputs").iterdir())
    assert inputs == ["dusk.png", "flight.mp4", "landscape.png", "sentence1.txt", "sentence2.txt", "voice.wav"]
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    for line in lines:
        assert media.read(out / line["output"]).modality == line["modality"]
        assert media.read(out / line["source"]).modality == line["modality"]
    assert {line["modality"] for line in lines} == {"image", "audio", "video", "text"}
    augreg.Pipeline.load(out / "pipeline.yaml")


def test_the_sheet_is_a_picture_of_it(demo: tuple[Path, str]) -> None:
    with Pillow.open(demo[0] / "contact_sheet.png") as sheet:
        assert sheet.width == 1600
        assert sheet.height > 1500
        assert len(sheet.convert("RGB").getcolors(2**22)) > 1000


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(demo: tuple[Path, str], tmp_path: Path) -> None:
    assert run("--copies", "2", "--out", str(tmp_path / "again")).exit_code == 0
    assert hashes(tmp_path / "again") == hashes(demo[0])


def test_nothing_is_overwritten_without_saying_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def record(out: Path, seed: int, copies: int) -> Demo:
        made.append(out)
        return Demo(out, augreg.Pipeline({}), 0, 0, out, ("image.nothing",))

    monkeypatch.setattr("augreg.showcase.demo.make_demo", record)
    monkeypatch.chdir(tmp_path)
    assert run().exit_code == 0
    (tmp_path / "augreg-demo").mkdir()
    (tmp_path / "augreg-demo" / "mine.txt").write_text("precious")
    second = run()
    assert "augreg-demo is there already; writing to augreg-demo-2" in second.output
    assert "Left out, because no plugin offers them: image.nothing." in second.output
    refused = run("--out", "augreg-demo")
    assert (refused.exit_code, "is not empty" in refused.output) == (2, True)
    assert run("--out", "augreg-demo", "--overwrite").exit_code == 0
    assert [str(path) for path in made] == ["augreg-demo", "augreg-demo-2", "augreg-demo"]


def test_the_scene_says_where_things_are() -> None:
    day = scene(160, 120)
    assert tuple(day.data.shape) == (3, 120, 160)
    assert day.data.dtype == torch.uint8
    assert day.boxes is not None
    assert day.boxes.labels == ["balloon", "cottage", "tree"]
    assert (day.boxes.data >= 0).all()
    assert (day.boxes.data[:, [0, 2]] <= 160).all()
    assert (day.boxes.data[:, [1, 3]] <= 120).all()
    # The balloon's stripes are more colourful than the sky beside it.
    x0, y0, x1, y1 = day.boxes.data[0].astype(int)
    inside = day.data[:, y0 : (y0 + y1) // 2, x0:x1].float()
    assert inside.std(dim=(1, 2)).mean() > 40
    assert torch.equal(scene(160, 120).data, day.data)
    assert not torch.equal(scene(160, 120, DUSK).data, day.data)


def test_the_balloon_flies() -> None:
    clip = flight(120, 80, frames=5)
    assert tuple(clip.data.shape) == (5, 3, 80, 120)
    assert clip.boxes is not None
    assert (np.diff([boxes.data[0, 0] for boxes in clip.boxes]) > 5).all()
    assert not torch.equal(clip.data[0], clip.data[-1])


def test_the_voice_has_pitch_and_formants() -> None:
    voice = speak(("a", "i"), pitch=120.0)
    assert voice.data.dtype == torch.float32
    assert voice.data.abs().max() <= 0.65
    assert voice.events is not None
    assert voice.events.labels == ["a", "i"]
    assert voice.events.data.max() <= voice.data.shape[-1] / voice.sample_rate
    energy = []
    for onset, offset in voice.events.data:
        piece = voice.data[0, int(onset * 16_000) : int(offset * 16_000)].numpy()
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
        frequency = np.fft.rfftfreq(len(piece), 1 / 16_000)
        low = (frequency > 500) & (frequency < 1_300)
        high = (frequency > 1_900) & (frequency < 3_300)
        energy.append(spectrum[high].sum() / spectrum[low].sum())
    # In "i" the energy lies around 2.3 and 3 kHz, in "a" around 0.7 and 1.1 kHz.
    assert energy[1] > 20 * energy[0]


def test_fractal_noise_spans_the_unit_interval() -> None:
    noise = fractal(50, 40, np.random.default_rng(0))
    assert noise.shape == (40, 50)
    assert (noise.min(), noise.max()) == (0.0, 1.0)


def test_a_tone_is_in_its_mel_band() -> None:
    rate = 16_000
    for frequency in (200.0, 1_000.0, 4_000.0):
        levels = spectrogram.log_mel(np.sin(2 * np.pi * frequency * np.arange(rate) / rate), rate, bands=40)
        edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8_000 / 700), 42) / 2595) - 1)
        band = int(levels.mean(axis=1).argmax())
        assert edges[band] <= frequency <= edges[band + 2]


def test_outlines_of_every_box_format_agree() -> None:
    corners = [[10, 20], [40, 20], [40, 60], [10, 60]]
    same = {
        "xyxy": [10, 20, 40, 60],
        "xywh": [10, 20, 30, 40],
        "cxcywh": [25, 40, 30, 40],
        "xyxyxyxy": np.ravel(corners).tolist(),
        "cxcywhr": [25, 40, 30, 40, 0],
        "xywhr": [10, 20, 30, 40, 0],
    }
    for name, numbers in same.items():
        found = tiles.outlines(Boxes(np.asarray([numbers], dtype=float), name))  # type: ignore[arg-type]
        np.testing.assert_allclose(found[0], corners, err_msg=name)


@pytest.mark.parametrize("name", ["cxcywhr", "xywhr"])
def test_outlines_of_rotated_boxes_agree_with_torchvision(name: str) -> None:
    tv = pytest.importorskip("torchvision.tv_tensors")
    convert = pytest.importorskip("torchvision.transforms.v2.functional").convert_bounding_box_format
    data = np.asarray([[45.0, 60.0, 30.0, 20.0, 33.0], [20.0, 30.0, 10.0, 40.0, -70.0]])
    boxes = tv.BoundingBoxes(torch.from_numpy(data), format=name.upper(), canvas_size=(200, 200))
    expected = convert(boxes, new_format=tv.BoundingBoxFormat.XYXYXYXY).numpy().reshape(-1, 4, 2)
    np.testing.assert_allclose(tiles.outlines(Boxes(data, name)), expected, atol=1e-6)  # type: ignore[arg-type]


def test_marks_show_what_is_new_and_what_is_gone() -> None:
    def shown(before: str, after: str) -> str:
        return "".join(("^" if gone else "") + (f"[{c}]" if new else c) for c, new, gone in words.marks(before, after))

    assert shown("same", "same") == "same"
    assert shown("a cat sat", "a cap sat") == "a ca[p] sat"
    assert shown("a big cat", "a cat") in ("a ^cat", "a^ cat")
    assert shown("the end", "the") == "the^"
    assert shown("", "new") == "[n][e][w]"


def test_text_is_wrapped_without_losing_a_character() -> None:
    text = "words " * 30 + "unbreakable" * 20 + "\nnext line"
    pieces = [text[a:b] for a, b in words.wrap(text, 20, 300)]
    assert "".join(pieces) == text
    assert all(lettering.length(piece.rstrip(), 20) <= 300 for piece in pieces)


def test_captions_are_short() -> None:
    step = {"augmenter": "image.rotate", "params": {"degrees": 12.34567, "noise": [[1, 2], [3, 4]], "key": 2**60}}
    assert caption(step) == "rotate  degrees 12.3"
    many = {"augmenter": "image.color_jitter", "params": {"a": 1.0, "b": 2.0, "c": 0.333333}}
    assert caption(many) == "color_jitter  1, 2, 0.333"
    assert captions([]) == ("nothing fired",)
    assert captions([step] * 5) == ("rotate  degrees 12.3",) * 2 + ("rotate  degrees 12.3  +2 more",)


def odd_samples() -> list[tuple[str, list[object]]]:
    square = torch.zeros(3, 5, 5, dtype=torch.uint8)
    return [
        ("image", [Image(square), Image(torch.rand(1, 300, 2)), Image(np.zeros((2, 90), dtype=np.uint16))]),
        ("image", [Image(square, boxes=Boxes(np.zeros((0, 4)))), Image(torch.randn(3, 8, 8))]),
        ("audio", [Audio(torch.zeros(1, 1), 8_000), Audio(torch.ones(2, 9_000, dtype=torch.int16), 8_000)]),
        ("audio", [Audio(torch.zeros(4_000), 8_000, events=Events(np.asarray([[0.1, 9.0], [0.2, 0.2]])))]),
        ("video", [Video(square[None]), Video(torch.zeros(40, 3, 8, 90, dtype=torch.uint8), fps=10)]),
        (
            "text",
            [
                Text(""),
                Text("x" * 400),
                Text("\u05d0\u05d1 emoji 👩‍👩‍👧\n\n"),
                Text("a", spans=Spans(np.asarray([[0, 1]]))),
            ],
        ),
    ]


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize(("modality", "samples"), odd_samples())
def test_any_sample_can_be_drawn(modality: str, samples: list[object], stacked: bool) -> None:
    cells = tuple(Cell(sample, f"tile {i}", ("a line",) * i) for i, sample in enumerate(samples))  # type: ignore[arg-type]
    sheet = contact_sheet([Section(modality, "odd ones", cells, stacked), Section(modality, "", cells[:1])], "title")
    assert sheet.width == 1600
    assert 200 < sheet.height < 6_000


def test_sounds_are_drawn_on_one_scale() -> None:
    loud = speak(("a",))
    quiet = Audio(loud.data * 0.1, loud.sample_rate)
    scale = sounds.Scale.of([loud, quiet])
    assert scale.peak == pytest.approx(float(loud.data.abs().max()))
    bright = []
    for sound in (loud, quiet):
        canvas = Pillow.new("RGB", (200, 120))
        sounds.draw_sound(canvas, sound, (0, 0, 200, 120), scale)
        bright.append(np.asarray(canvas).mean())
    assert bright[0] > bright[1] + 5
