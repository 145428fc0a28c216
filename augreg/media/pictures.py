"""From decoded frames to pictures: RGB, upright, the whole of it or a window."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any, Final, NamedTuple

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from augreg.data.lazy import Window

# Older versions use one thread anyway; more than that cost processor time that other samples need.
ONE_THREAD: Final[dict[str, Any]] = {"threads": 1} if int(av.__version__.partition(".")[0]) >= 18 else {}

PLANAR: Final = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "gray", "gbrp")
DEEP: Final = ("yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv420p12le", "yuv422p12le", "yuv444p12le")
MARGINS: Final = {**dict.fromkeys(PLANAR, 0), **dict.fromkeys(DEEP, 4)}
"""Pixel formats of which a window can be converted alone, and how many rows around it its colours depend on: libswscale
repeats the chroma of 8 bits and interpolates that of more."""

ANY_SIZE: Final = ("yuv444p", "yuvj444p", "gray", "gbrp")
"""Those that have no rows or columns in common that an odd side could split."""

STEP: Final = (8, 32)
"""Windows begin and end at multiples of these rows and columns: where chroma, dither and vector registers do."""


TICK: Final = Fraction(1, 1000)
"""Stands for the unit of a frame's time where it has none; nothing here looks at the time."""


class Converter:
    """Turns decoded frames into pictures, uint8 (h, w, 3), upright as the file says; for one thread.

    Of a window the same bits come out as if the whole picture had been converted and the window cut out then.

    Args:
        window: which part of the upright picture; None for all of it.

    """

    def __init__(self, window: Window | None = None) -> None:
        self._window = window
        self._reformatter = VideoReformatter()
        self._cutters: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}

    def picture(self, frame: Any) -> np.ndarray:
        """Return the picture, or its window, of one frame."""
        turn = turn_of(frame)
        window = self._window and _stored(self._window, turn, size_of(frame))
        picture = self._rgb(frame) if window is None else self._part(frame, window)
        picture = picture[:, ::-1] if turn.mirrored else picture
        return np.rot90(picture, turn.quarters) if turn.quarters else picture

    def _part(self, frame: Any, window: Window) -> np.ndarray:
        height, width = frame.height, frame.width
        wide = _widened(window, MARGINS.get(frame.format.name, 0), (height, width))
        if wide == (0, 0, height, width) or not _separable(frame):
            return self._rgb(frame)[window.slices]
        top, left = window.top - wide.top, window.left - wide.left
        found = self._rgb(self._cut(frame, wide))
        return found[top : top + window.bottom - window.top, left : left + window.right - window.left]

    def _cut(self, frame: Any, window: Window) -> Any:
        """Return the frame of a window, whose planes point into the frame's: nothing is copied."""
        look = (frame.width, frame.height, frame.format.name, window)
        if look not in self._cutters:
            self._cutters[look] = _cutter(frame, window)
        source, sink, _ = self._cutters[look]
        source.push(frame)
        return sink.pull()

    def _rgb(self, frame: Any) -> np.ndarray:
        found: np.ndarray = self._reformatter.reformat(frame, format="rgb24", **ONE_THREAD).to_ndarray()
        return found


class Turn(NamedTuple):
    """What brings a stored frame upright: mirrored left to right first, then turned, counter-clockwise."""

    quarters: int = 0
    mirrored: bool = False
    slant: int = 0
    """Degrees that the file asks for beyond quarter turns. They are said, and not done: the picture would have corners
    of nothing."""

    @property
    def moves(self) -> bool:
        """Whether the picture is another than the stored one."""
        return bool(self.quarters or self.mirrored)

    @property
    def notes(self) -> list[str]:
        """What the reader did, for people."""
        turned = [f"rotated by {self.quarters * 90} degrees, as the file says"] if self.quarters else []
        slanted = [f"not rotated by {self.slant} degrees more, which the file says"] if self.slant else []
        return [*(["mirrored, as the file says"] if self.mirrored else []), *turned, *slanted]


def turn_of(frame: Any) -> Turn:
    """Return what the display matrix of a decoded frame asks for; phones mirror the films of their front camera."""
    matrix = next((bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
    if matrix is None:
        return _turned(frame.rotation)
    a, b, _, c, d = np.frombuffer(matrix, "=i4")[:5].tolist()
    if a * d - b * c >= 0:
        # PyAV cuts the angle to whole degrees, so that 30 is 29.
        return _turned(-math.degrees(math.atan2(b * (math.hypot(a, c) or 1), a * (math.hypot(b, d) or 1))))
    # What is left of the matrix without the mirroring, which turns x around, is a turn: clockwise, from x to x and y.
    return _turned(-math.degrees(math.atan2(-b, -a)), mirrored=True)


def _turned(degrees: float, *, mirrored: bool = False) -> Turn:
    quarters = round(degrees / 90)
    return Turn(quarters % 4, mirrored, round(degrees - 90 * quarters))


def size_of(frame: Any) -> tuple[int, int]:
    """Return height and width of a frame's picture, upright."""
    return (frame.width, frame.height) if turn_of(frame).quarters % 2 else (frame.height, frame.width)


def _stored(window: Window, turn: Turn, size: tuple[int, int]) -> Window:
    """Return where a window of the upright picture, of ``size``, lies in the frame as it is stored."""
    top, left, bottom, right = window
    height, width = size
    found = (
        window,
        Window(left, height - bottom, right, height - top),
        Window(height - bottom, width - right, height - top, width - left),
        Window(width - right, top, width - left, bottom),
    )[turn.quarters]
    stored = height if turn.quarters % 2 else width
    return found._replace(left=stored - found.right, right=stored - found.left) if turn.mirrored else found


def _widened(window: Window, margin: int, size: tuple[int, int]) -> Window:
    """Return the window with its margin, and at multiples of :data:`STEP` or the edge of the picture."""
    (rows, columns), (height, width) = STEP, size
    top, left = max(0, window.top - margin) // rows * rows, max(0, window.left - margin) // columns * columns
    bottom, right = -(-(window.bottom + margin) // rows) * rows, -(-(window.right + margin) // columns) * columns
    return Window(top, left, min(height, bottom), min(width, right))


def _cutter(frame: Any, window: Window) -> tuple[Any, Any, Any]:
    """Return source and sink of a filter graph, and the graph, which must live as long as they do."""
    graph = av.filter.Graph()
    size = {"width": frame.width, "height": frame.height}
    source = graph.add_buffer(**size, format=frame.format.name, time_base=frame.time_base or TICK)
    height, width = window.bottom - window.top, window.right - window.left
    crop = graph.add("crop", f"w={width}:h={height}:x={window.left}:y={window.top}:exact=1")
    sink = graph.add("buffersink")
    graph.link_nodes(source, crop, sink).configure()
    return source, sink, graph


def _separable(frame: Any) -> bool:
    """Whether a window of the frame can be converted alone."""
    name = frame.format.name
    if name not in MARGINS or frame.interlaced_frame:
        return False
    even = name in ANY_SIZE or not (frame.width % 2 or frame.height % 2)
    return even and _confirmed(name, frame.width % STEP[1])


@cache
def _confirmed(name: str, beyond: int) -> bool:
    """Whether this libswscale, on this processor, converts a window of noise as it converts the whole.

    ``beyond`` is what the width is above a multiple of the step: it decides which of its loops run.
    """
    width, height = 4 * STEP[1] + beyond, 8 * STEP[0]
    frame = av.VideoFrame(width, height, name)
    rng = np.random.default_rng(0)
    for plane in frame.planes:
        noise = rng.integers(0, 256, plane.buffer_size, dtype=np.uint8)
        if name in DEEP:
            noise[1::2] &= 3
        plane.update(noise.tobytes())
    converter, margin = Converter(), MARGINS[name]
    whole, inner = converter._rgb(frame), Window(margin, margin, -margin or height, -margin or width).slices
    windows = (Window(8, 32, 48, 96), Window(16, 64, height, width))
    found = [np.array_equal(converter._rgb(converter._cut(frame, w))[inner], whole[w.slices][inner]) for w in windows]
    return all(found)
