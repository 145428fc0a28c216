"""Previews of records: joint steps, films with their sound, steps that mix, and samples that no file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg import Audio, Image, Sample, Text, Video
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.modalities import Modality
from augreg.showcase.preview import View, gallery, preview
from augreg.showcase.subject import Subject

ANY = augreg.Declaration(leaves=augreg.EVERY)


@dataclass(frozen=True, kw_only=True)
class Darker(augreg.AugmenterBase):
    """Halve."""

    declares: ClassVar[augreg.Declaration] = ANY

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        rows = [(row * 0.5).to(row.dtype) for row in batch.rows()]
        return batch.replace(torch.stack(rows) if batch.stacked else rows)


@dataclass(frozen=True, kw_only=True)
class Louder(augreg.AugmenterBase):
    """Shout."""

    declares: ClassVar[augreg.Declaration] = ANY

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        return batch.replace([text.upper() for text in batch.data])


@dataclass(frozen=True, kw_only=True)
class Both(augreg.JointBase):
    """Darken and shout."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(joint=("image", "text"))

    def members(self) -> dict[str, Any]:
        return {"image": Darker(), "text": Louder()}

    def draw_joint(self, info: Any, rng: augreg.Rng, level: Any = None) -> dict[str, Any]:
        return {role: augreg.Params(len(info)) for role in info.roles}


@dataclass(frozen=True, kw_only=True)
class Cut(augreg.JointBase):
    """Darken a film and its sound."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(joint=("video", "audio"))
    members = lambda self: {"video": Darker(), "audio": Darker()}  # noqa: E731
    draw_joint = Both.draw_joint


@dataclass(frozen=True, kw_only=True)
class Mean(augreg.AugmenterBase):
    """Average with the others of the batch."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(labels="mixes")

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        rows = batch.rows()
        return batch.replace([torch.stack([r.float() for r in rows]).mean(0).to(row.dtype) for row in rows])


@dataclass(slots=True)
class Chart(Sample):
    """A curve."""

    modality: ClassVar[str] = "chart"
    data: Any


class ChartModality(Modality):
    """Curves: the loudness of sounds."""

    name = "chart"
    sample_type = Chart

    def wrap(self, obj: Any, hints: Any) -> Any:
        from augreg.modalities import Wrapped

        return Wrapped(obj.data, lambda result: obj.changed(data=result.row))

    def derive(self, sample: Sample) -> Chart | None:
        return Chart(sample.data.abs()) if isinstance(sample, Audio) else None

    def heat(self, sample: Sample) -> np.ndarray | None:
        found: np.ndarray = sample.data.numpy()  # type: ignore[attr-defined]
        return found


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    class Plugin:
        @augreg.hookimpl
        def augreg_modalities(self) -> list[augreg.ModalitySpec]:
            return [augreg.ModalitySpec("chart", f"{__name__}:ChartModality", summary="Curves.")]

    made = {"both": (Both, ("image", "text")), "cut": (Cut, ("video", "audio")), "mean": (Mean, ("image",))}
    made["line"] = (Darker, ("chart",))
    augreg.register(Plugin(), "charts")
    for name, (cls, kinds) in made.items():
        augreg.register(cls, f"recordtest.{name}", modalities=kinds)
    yield
    for name in made:
        augreg.unregister(f"recordtest.{name}")
    augreg.unregister("charts")


PICTURE = Image(torch.full((3, 8, 8), 200, dtype=torch.uint8))
SOUND = Audio(torch.linspace(-0.5, 0.5, 4000)[None], 8000)
FILM = Video(torch.full((6, 3, 32, 48), 180, dtype=torch.uint8), fps=6.0)


def test_a_joint_step_shows_every_field_that_it_changes() -> None:
    first, second = preview(Subject.of(PICTURE, Text("a dog")), ["recordtest.both"], View(variants=2))
    assert (first.title, first.modality, second.modality) == ("recordtest.both", "image", "text")
    assert [int(cell.sample.data.max()) for cell in first.cells] == [200, 100, 100]  # type: ignore[attr-defined]
    assert [cell.sample.data for cell in second.cells] == ["a dog", "A DOG", "A DOG"]  # type: ignore[attr-defined]


def test_a_group_of_joint_steps_shows_what_they_all_may_change() -> None:
    group = {"one_of": {"steps": ["recordtest.both", ["recordtest.both"]], "p": 1.0}}
    sections = preview(Subject.of(PICTURE, Text("a dog")), [group], View(variants=1))
    assert [section.modality for section in sections] == ["image", "text"]
    assert [section.cells[1].sample.data for section in sections][1] == "A DOG"  # type: ignore[attr-defined]


def test_a_plain_step_shows_its_own_field_only() -> None:
    (section,) = preview(Subject.of(PICTURE, Text("a dog")), ["recordtest.mean"], View(variants=1))
    assert section.modality == "image"


def test_a_joint_step_without_its_field_says_which_file_to_give() -> None:
    with pytest.raises(ConfigError, match="recordtest.both works on records: give a file of text beside it"):
        preview(PICTURE, ["recordtest.both"], View())
    _, failed = gallery(Text("a dog"))
    assert "give a file of image beside it" in failed["recordtest.both"]


def test_a_step_that_mixes_finds_a_partner() -> None:
    half = Image(torch.cat([torch.zeros(3, 4, 8), torch.ones(3, 4, 8)], dim=1))
    ((_, variant),) = [section.cells for section in preview(half, ["recordtest.mean"], View(variants=1))]
    assert torch.equal(variant.sample.data, torch.full((3, 8, 8), 0.5))  # type: ignore[attr-defined]


def test_what_no_file_holds_is_derived() -> None:
    (section,) = preview(SOUND, ["recordtest.line"], View(variants=1))
    before, after = (cell.sample for cell in section.cells)
    assert isinstance(before, Chart)
    assert torch.equal(after.data, SOUND.data.abs() * 0.5)  # type: ignore[attr-defined]
    assert "chart" in [part.modality for part in gallery(SOUND)[0]]


def test_two_files_of_one_kind_are_no_record() -> None:
    with pytest.raises(ConfigError, match="Give one of each"):
        Subject.of(PICTURE, PICTURE)


def test_files_become_a_sheet(tmp_path: Path) -> None:
    media.write(FILM, tmp_path / "a.mp4", sound=SOUND)
    Pillow.new("RGB", (20, 10), (200, 10, 10)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("a dog")
    calls = [
        ([tmp_path / "a.mp4"], "recordtest.cut"),
        ([tmp_path / "a.png", tmp_path / "a.txt"], "recordtest.both,recordtest.mean"),
        ([tmp_path / "a.mp4"], "recordtest.line"),
    ]
    for files, steps in calls:
        given = ["preview", *map(str, files), "-o", str(tmp_path / "sheet.png"), "--steps", steps]
        result = CliRunner().invoke(app, given)
        assert result.exit_code == 0, result.output
        with Pillow.open(tmp_path / "sheet.png") as sheet:
            assert sheet.width == 1600
            assert len(sheet.convert("RGB").getcolors(1 << 24)) > 50
    (tmp_path / "p.yaml").write_text("record: [recordtest.both]")
    given = [str(tmp_path / "a.png"), str(tmp_path / "a.txt"), "--pipeline", str(tmp_path / "p.yaml")]
    assert CliRunner().invoke(app, ["preview", *given]).exit_code == 0
    assert (tmp_path / "a-preview.png").exists()
