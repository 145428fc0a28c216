"""The preview: every modality, steps as text, pipelines, levels, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg import Audio, Text, Video
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.showcase.preview import View, gallery, name_of, parse_steps, preview


@dataclass(frozen=True, kw_only=True)
class Shade(augreg.AugmenterBase):
    """Darken."""

    amount: tuple[float, float] = augreg.param.interval((0.1, 0.5), low=0.0, high=1.0)
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=augreg.EVERY, level=augreg.Level("amount", 0.0, 1.0), p=0.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        return augreg.Params(len(batch), amount=self.sample("amount", rng, level))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        rows = [(row * (1 - float(a))).to(row.dtype) for row, a in zip(batch.rows(), params["amount"], strict=True)]
        return batch.replace(torch.stack(rows) if isinstance(batch.data, torch.Tensor) else rows)


@dataclass(frozen=True, kw_only=True)
class Upper(augreg.AugmenterBase):
    """Shout."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        return batch.replace([text.upper() for text in batch.data])


@dataclass(frozen=True, kw_only=True)
class Broken(augreg.AugmenterBase):
    """Fail."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        raise augreg.SampleError("no.")


@dataclass(frozen=True, kw_only=True)
class Suffix(augreg.AugmenterBase):
    """Append; of no use without being told what."""

    end: str = augreg.param.text(doc="what is appended")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY)
    examples: ClassVar[tuple[dict[str, str], ...]] = ({"end": "!"},)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        return batch.replace([text + self.end for text in batch.data])


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    made = {"shade": (Shade, ("image", "audio", "video")), "upper": (Upper, ("text",)), "broken": (Broken, ("text",))}
    made["suffix"] = (Suffix, ("text",))
    for name, (cls, kinds) in made.items():
        augreg.register(cls, f"previewtest.{name}", modalities=kinds)
    yield
    for name in made:
        augreg.unregister(f"previewtest.{name}")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    Pillow.fromarray(np.full((40, 60, 3), 200, np.uint8)).save(tmp_path / "a.png")
    media.write(Audio(torch.sin(torch.arange(4_000) / 5)[None] * 0.5, 8_000), tmp_path / "a.wav")
    media.write(Video(torch.full((6, 3, 32, 48), 180, dtype=torch.uint8), fps=6.0), tmp_path / "a.mp4")
    (tmp_path / "a.txt").write_text("a quiet sentence")
    return {path.suffix: path for path in tmp_path.iterdir()}


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["preview", *map(str, arguments)])


@pytest.mark.parametrize(
    ("suffix", "steps"),
    [
        (".png", "previewtest.shade"),
        (".wav", "previewtest.shade(amount=0.3)"),
        (".mp4", "previewtest.shade(amount=[0.1,0.9]), previewtest.shade"),
        (".txt", "previewtest.upper"),
    ],
)
def test_every_modality_gives_a_sheet(tmp_path: Path, files: dict[str, Path], suffix: str, steps: str) -> None:
    result = invoke(files[suffix], "-o", tmp_path / "sheet.png", "--steps", steps)
    assert result.exit_code == 0, result.output
    with Pillow.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1600


def test_the_default_name_lies_beside_the_file(files: dict[str, Path]) -> None:
    assert invoke(files[".png"], "--steps", "previewtest.shade").exit_code == 0
    assert files[".png"].with_name("a-preview.png").exists()


def test_a_pipeline_file_works_too(tmp_path: Path, files: dict[str, Path]) -> None:
    (tmp_path / "p.yaml").write_text("image: [{one_of: {steps: [previewtest.shade, previewtest.shade]}}]")
    assert invoke(files[".png"], "-o", tmp_path / "s.png", "--pipeline", tmp_path / "p.yaml").exit_code == 0
    wrong = invoke(files[".txt"], "-o", tmp_path / "s.png", "--pipeline", tmp_path / "p.yaml")
    assert (wrong.exit_code, "has no steps for text" in wrong.output) == (2, True)


def test_steps_alone_always_fire_and_variants_differ(files: dict[str, Path]) -> None:
    sample = media.read(files[".png"])
    alone, _, chain = preview(sample, ["previewtest.shade", "previewtest.shade"], View(seed=1, variants=6))
    values = [int(cell.sample.data.max()) for cell in alone.cells]  # type: ignore[attr-defined]
    assert values[0] == 200
    assert all(value < 200 for value in values[1:])
    assert len(set(values[1:])) > 3
    assert any(cell.lines == ("nothing fired",) for cell in chain.cells[1:])


def test_levels_make_it_stronger(files: dict[str, Path]) -> None:
    sample = media.read(files[".png"])
    (section,) = preview(sample, ["previewtest.shade"], View(levels=(0.0, 0.5, 1.0)))
    assert [int(cell.sample.data.max()) for cell in section.cells] == [200, 200, 100, 0]  # type: ignore[attr-defined]
    assert [cell.title for cell in section.cells] == ["input", "level 0", "level 0.5", "level 1"]


def test_the_gallery_shows_every_augmenter_and_says_what_failed() -> None:
    (section,), failed = gallery(Text("hello there"))
    assert "previewtest.upper" in [cell.title for cell in section.cells]
    assert failed["previewtest.broken"] == "no."


def test_what_needs_parameters_is_shown_with_those_of_its_example() -> None:
    (section,), _ = gallery(Text("hello there"))
    (shown,) = [cell.sample for cell in section.cells if cell.title == "previewtest.suffix"]
    assert shown.data == "hello there!"


def test_without_steps_the_gallery_is_drawn(tmp_path: Path, files: dict[str, Path]) -> None:
    result = invoke(files[".txt"], "-o", tmp_path / "all.png")
    assert result.exit_code == 0, result.output
    assert "not shown: previewtest.broken: no." in result.output
    assert (tmp_path / "all.png").exists()


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("image.hflip", ["image.hflip"]),
        ("image.hflip, image.rotate", ["image.hflip", "image.rotate"]),
        ("image.rotate(degrees=[-20, 20])", [{"image.rotate": {"degrees": [-20, 20]}}]),
        ("a.b(x='y', p=0.5, on=True),c.d()", [{"a.b": {"x": "y", "p": 0.5, "on": True}}, {"c.d": {}}]),
        ("a.b,", ["a.b"]),
    ],
)
def test_steps_are_read(written: str, steps: list[object]) -> None:
    assert parse_steps(written) == steps


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("image.rotate(", "cannot be read"),
        ("image.rotate(20)", "value without a name"),
        ("image.rotate(**{'a': 1})", "value without a name"),
        ("image.rotate(degrees=open('x'))", "no number, text, list"),
        ("__import__('os').system(x=1)", "is no name of a step"),
        ("a + b", "is no name of a step"),
        ("", "cannot be read"),
    ],
)
def test_anything_else_is_refused(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_steps(written)


def test_steps_are_named_as_written() -> None:
    assert name_of({"a.b": {"x": 1, "y": "z"}}) == "a.b(x=1, y='z')"
    assert name_of({"one_of": {"steps": ["a.b", {"c.d": {}}]}}) == "one_of of a.b, c.d"
    assert name_of({"one_of": {"steps": [["a.b", "c.d"], "e.f"]}}) == "one_of of a.b then c.d, e.f"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--steps", "previewtest.shade", "--pipeline", "p.yaml"], "exclude each other"),
        (["--steps", "previewtest.shade", "-o", "x.bmp"], "must end in"),
        (["--steps", "previewtest.shade", "--level", "2"], "numbers from 0 to 1"),
        (["--steps", "previewtest.shade", "--level", "a,b"], "numbers from 0 to 1"),
        (["--level", "0.5"], "--level compares strengths of chosen steps"),
        (["--steps", "previewtest.shade", "-o", "/dev/null/x.png"], "there is no folder '/dev/null'"),
        (["--steps", "previewtest.upper"], "takes text, not image"),
        (["--steps", "previewtest.shad"], "previewtest.shade"),
    ],
)
def test_wrong_usage_exits_with_2(files: dict[str, Path], options: list[str], message: str) -> None:
    result = invoke(files[".png"], *options)
    assert result.exit_code == 2
    assert message in result.output


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    result = invoke(tmp_path / "empty.png", "--steps", "previewtest.shade")
    assert result.exit_code == 2
    assert "empty.png: it is empty" in result.output
    result = invoke(tmp_path / "empty.png", "-o", str(tmp_path / "nowhere" / "sheet.png"))
    assert result.exit_code == 2
    assert "there is no folder" in result.output  # before anything is read or drawn
    assert "it is empty" not in result.output


def test_a_set_of_operations_is_no_step_and_the_policy_is_named():
    with pytest.raises(augreg.ConfigError, match="'image/1' is a set .* policy.trivial\\(operations='image/1'\\)"):
        parse_steps("image/1")
