"""Films come as a player shows them: turned and mirrored as their display matrix says, with their pixels' aspect."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from augreg import Video, media
from augreg.data.lazy import Window
from augreg.media.formats import load

ONE = 65536
TURNS = {  # x' = a x + c y, y' = b x + d y, as (a, b, c, d), and what is shown of a stored picture
    "upright": ((1, 0, 0, 1), lambda x: x),
    "left to right": ((-1, 0, 0, 1), lambda x: x[:, ::-1]),
    "top to bottom": ((1, 0, 0, -1), lambda x: x[::-1]),
    "turned once": ((0, 1, -1, 0), lambda x: np.rot90(x, -1)),
    "turned twice": ((-1, 0, 0, -1), lambda x: np.rot90(x, 2)),
    "turned thrice": ((0, -1, 1, 0), lambda x: np.rot90(x, 1)),
    "about the diagonal": ((0, 1, 1, 0), lambda x: x.transpose(1, 0, 2)),
    "about the other": ((0, -1, -1, 0), lambda x: np.rot90(x, 2).transpose(1, 0, 2)),
}


def write_plain(path: Path, aspect: Fraction | None = None) -> None:
    """Write six frames of 64 x 96 pixels, each quarter of another color."""
    shown = np.zeros((64, 96, 3), np.uint8)
    shown[:32, :48], shown[:32, 48:], shown[32:, :48], shown[32:, 48:] = (
        (220, 20, 20),
        (20, 220, 20),
        (20, 20, 220),
        220,
    )
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for _ in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode())


def turned(path: Path, how: str, aspect: Fraction | None = None) -> Path:
    """Write the same film with another display matrix in its track header."""
    write_plain(path, aspect)
    a, b, c, d = (ONE * entry for entry in TURNS[how][0])
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 44  # behind version, dates, track, duration, layer and volume
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("how", TURNS)
def test_what_is_read_is_what_is_shown(how: str, tmp_path: Path):
    write_plain(tmp_path / "plain.mp4")
    stored = media.read(tmp_path / "plain.mp4").data[2].permute(1, 2, 0).numpy()
    film = turned(tmp_path / "film.mp4", how)
    whole, wanted = media.read(film).data, TURNS[how][1](stored)
    assert np.array_equal(whole[2].permute(1, 2, 0).numpy(), wanted)
    lazy = Video.open(film).data
    assert torch.equal(lazy.read(), whole)
    window = Window(8, 16, 56, 60)
    for number, part in lazy.visit(np.arange(6), window):
        assert np.array_equal(part.permute(1, 2, 0).numpy(), whole[number].permute(1, 2, 0).numpy()[window.slices])


@pytest.mark.parametrize("how", TURNS)
def test_what_was_turned_is_said_and_written_upright(how: str, tmp_path: Path):
    loaded = load(turned(tmp_path / "film.mp4", how))
    (a, b, c, d), notes = TURNS[how][0], " ".join(loaded.origin.notes)
    assert ("mirrored, as the file says" in notes) == (a * d - b * c < 0)
    assert loaded.origin.as_stored == (how == "upright")
    media.write(loaded.sample, tmp_path / "again.mp4", loaded.origin)
    again = media.read(tmp_path / "again.mp4").data
    assert again.shape == loaded.sample.data.shape
    assert (again.int() - loaded.sample.data.int()).abs().float().mean() < 4


@pytest.mark.parametrize("how", ["upright", "left to right", "turned once"])
def test_pixels_that_are_not_square_stay_so(how: str, tmp_path: Path):
    """A film that is turned by a quarter has pixels that are as high as they were wide."""
    aspect = Fraction(4, 3)
    loaded = load(turned(tmp_path / "film.mp4", how, aspect))
    shown = 1 / aspect if how == "turned once" else aspect
    said = f"{shown.numerator}:{shown.denominator}"
    assert any(said in note for note in loaded.origin.notes)
    media.write(loaded.sample, tmp_path / "again.mp4", loaded.origin)
    with av.open(str(tmp_path / "again.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == shown
    small = loaded.sample.changed(data=loaded.sample.data[..., :32, :32])
    notes = media.write(small, tmp_path / "small.mp4", loaded.origin)
    assert notes == (f"written with square pixels, no longer {said}: the size changed",)
    with av.open(str(tmp_path / "small.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio in (None, 0, 1)
