"""A window of a frame converted alone against the whole frame converted and cut: the same bits, whatever the format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from films import KINDS, film
from hypothesis import given, settings
from hypothesis import strategies as st

from augreg import MediaError, Video, media
from augreg.data.lazy import LazyRow, Window
from augreg.media import pictures
from augreg.media.clipfile import ClipFile
from augreg.media.limits import Limits
from augreg.media.pictures import DEEP, MARGINS, Converter

OTHERS = ("nv12", "yuv411p", "yuv440p", "p010le", "rgb24", "bgra", "pal8", "yuva420p", "gray10le")


def noise(name: str, height: int, width: int, seed: int) -> av.VideoFrame:
    """Return a frame whose planes are noise: every pixel can tell where it comes from."""
    frame = av.VideoFrame(width, height, name)
    rng = np.random.default_rng(seed)
    for plane in frame.planes:
        filled = rng.integers(0, 256, plane.buffer_size, dtype=np.uint8)
        if "10" in name or "12" in name:
            filled[1::2] &= 3
        plane.update(filled.tobytes())
    return frame


def whole(frame: Any) -> np.ndarray:
    """Return the picture by PyAV alone."""
    found: np.ndarray = frame.to_ndarray(format="rgb24")
    return found


@st.composite
def windows(draw: Any, height: int, width: int) -> Window:
    rows = sorted(draw(st.tuples(st.integers(0, height), st.integers(0, height)).filter(lambda r: r[0] != r[1])))
    columns = sorted(draw(st.tuples(st.integers(0, width), st.integers(0, width)).filter(lambda c: c[0] != c[1])))
    return Window(rows[0], columns[0], rows[1], columns[1])


@pytest.mark.parametrize("name", [*MARGINS, *OTHERS])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_window_has_the_bits_of_the_whole(name: str, data: st.DataObject) -> None:
    height, width = data.draw(st.sampled_from([(96, 160), (98, 170), (97, 160), (96, 161), (37, 53), (240, 426)]))
    frame = noise(name, height, width, data.draw(st.integers(0, 9)))
    window = data.draw(windows(height, width))
    found = Converter(window).picture(frame)
    np.testing.assert_array_equal(found, whole(frame)[window.slices])


@pytest.mark.parametrize(("matrix", "scale"), [(1, 1), (1, 2), (5, 1), (9, 2), (2, 0)])
def test_colour_space_and_range_are_those_of_the_whole(matrix: int, scale: int) -> None:
    frame = noise("yuv420p", 96, 160, 0)
    frame.colorspace, frame.color_range = matrix, scale
    window = Window(11, 37, 52, 100)
    np.testing.assert_array_equal(Converter(window).picture(frame), whole(frame)[window.slices])


def test_only_the_window_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    convert = Converter._rgb
    monkeypatch.setattr(Converter, "_rgb", lambda self, f: sizes.append((f.height, f.width)) or convert(self, f))  # type: ignore[func-returns-value]
    pictures._confirmed.cache_clear()
    for name in MARGINS:
        Converter(Window(101, 131, 121, 151)).picture(noise(name, 360, 640, 0))
        assert sizes[-1] == (32, 64 if name in DEEP else 32), name


def test_a_library_that_converts_windows_otherwise_is_given_wholes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one might whose vector code and plain code round differently."""
    convert = Converter._rgb

    def other(self: Converter, frame: Any) -> np.ndarray:
        return convert(self, frame) + (frame.width < 100)

    monkeypatch.setattr(Converter, "_rgb", other)
    pictures._confirmed.cache_clear()
    try:
        frame, window = noise("yuv420p", 96, 160, 0), Window(10, 40, 50, 60)
        np.testing.assert_array_equal(Converter(window).picture(frame), whole(frame)[window.slices])
    finally:
        pictures._confirmed.cache_clear()


# Files ---------------------------------------------------------------------------------------------------------------

SIDES = {"odd size": (137, 203)}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    made = {}
    for number, (kind, arguments) in enumerate(KINDS.items()):
        height, width = SIDES.get(kind, (144, 208))
        made[kind] = folder / f"{number}.mp4"
        film(made[kind], **{**arguments, "frames": 16, "height": height, "width": width})
    for turns in (90, 180, 270):
        made[f"turned by {turns}"] = folder / f"turned {turns}.mp4"
        film(made[f"turned by {turns}"], 16, height=144, width=208, rotation=turns)
    made["ten bits"] = folder / "ten.mp4"
    film(made["ten bits"], 16, height=144, width=208, pix_fmt="yuv420p10le")
    return made


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_windows_of_files(films: dict[str, Path], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(films)))
    clip = Video.open(films[kind]).data
    assert isinstance(clip, ClipFile)
    window = data.draw(windows(*clip.shape[2:]))
    index = np.asarray(data.draw(st.lists(st.integers(0, 15), max_size=8)), dtype=np.int64)
    expected = whole_file(films[kind])
    found = dict(clip.visit(index, window))
    assert sorted(found) == sorted(set(index.tolist()))
    for t, frame in found.items():
        assert torch.equal(frame, expected[t][:, *window.slices]), f"{kind}: frame {t}, {window}"
    assert clip.decoded == len(found)


def whole_file(path: Path) -> torch.Tensor:
    """Return all pictures by PyAV and numpy alone: (T, 3, H, W)."""
    if path not in _WHOLE:
        with av.open(str(path)) as container:
            frames = [np.rot90(whole(f), round(f.rotation / 90) % 4) for f in container.decode(video=0)]
        _WHOLE[path] = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)
    return _WHOLE[path]


_WHOLE: dict[Path, torch.Tensor] = {}


class Plain(LazyRow):
    """One that a plugin might bring: nothing but ``take`` and ``read``."""

    def __init__(self, data: torch.Tensor):
        self.data, self.shape, self.dtype = data, tuple(data.shape), data.dtype

    def take(self, index: np.ndarray) -> torch.Tensor:
        return self.data[torch.from_numpy(index)]

    def read(self) -> torch.Tensor:
        return self.data


def test_what_only_takes_can_be_visited() -> None:
    data = torch.arange(5 * 3 * 6 * 8).reshape(5, 3, 6, 8)
    found = dict(Plain(data).visit(np.asarray([3, 0, 3]), Window(1, 2, 4, 7)))
    assert sorted(found) == [0, 3]
    assert all(torch.equal(frame, data[t, :, 1:4, 2:7]) for t, frame in found.items())
    assert torch.equal(dict(Plain(data).visit(np.asarray([4])))[4], data[4])


def test_a_clip_that_is_kept_is_visited_in_memory(films: dict[str, Path]) -> None:
    data = Video.open(films["B-frames"]).data
    data.uses = 2
    data.read()
    decoded, window = data.decoded, Window(3, 5, 90, 101)
    for t, frame in data.visit(np.asarray([9, 2]), window):
        assert torch.equal(frame, whole_file(films["B-frames"])[t][:, *window.slices])
    assert data.decoded == decoded


def test_limits_hold_for_what_is_in_memory(films: dict[str, Path]) -> None:
    index = np.arange(16)
    limits = Limits(video_bytes=16 * 20 * 40 * 3)
    data = media.load(films["B-frames"], limits, lazy=True).sample.data  # type: ignore[attr-defined]
    assert len(dict(data.visit(index))) == 16  # one at a time
    with pytest.raises(MediaError, match="16 frames of 208x144 are more than the limit"):
        data.take(index)
    data.check_room(limits.video_bytes)
    with pytest.raises(MediaError, match="38_401 bytes that a step makes of its frames are more than the limit"):
        data.check_room(limits.video_bytes + 1)
    with pytest.raises(IndexError, match="give 0 to 15"):
        next(data.visit(np.asarray([16])))
