"""A video file whose frames are decoded on demand: only those that a pipeline keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from augreg.compute.memory import empty
from augreg.data.lazy import LazyRow, Window
from augreg.errors import MediaError
from augreg.media.frameindex import FrameIndex, Run
from augreg.media.limits import DEFAULT, Limits, check_limit, check_memory
from augreg.media.pictures import Converter, size_of
from augreg.media.streams import decoding


class ClipFile(LazyRow):
    """The frames of a video file, uint8 (T, 3, H, W), decoded on demand.

    What it gives is what reading the whole file and choosing from it gives, bit for bit. ``take`` and ``visit`` jump
    to key frames where that spares decoding, and convert only the frames that are asked for; of a window, only that.

    Args:
        path, extension: the file and its format, as ".mp4".
        index: where its frames are.
        size: height and width of a frame as it is shown.
        limits: ``video_bytes`` bounds what is in memory at once: the frames that are taken, and what steps make of
            frames that they visit.
        uses: how often frames will be asked for. Where decoding everything once is cheaper, that is done.
        need: how many times the memory of a clip steps take at their peak, and the name of the step that does:
            ``limits.memory`` bounds what that makes of the frames that are in memory at once.

    """

    dtype = torch.uint8

    def __init__(
        self,
        path: Path,
        extension: str,
        index: FrameIndex,
        size: tuple[int, int],
        limits: Limits = DEFAULT,
        uses: int = 1,
        need: tuple[float, str] = (0.0, ""),
    ):
        self.path, self.extension, self.index, self.limits, self.uses = path, extension, index, limits, uses
        self.need = need
        self.shape = (len(index), 3, *size)
        self.decoded = 0
        """Frames that were decoded and converted so far."""
        self._whole: torch.Tensor | None = None

    def __repr__(self) -> str:
        return f"ClipFile({str(self.path)!r}, shape={self.shape})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_whole": None, "decoded": 0}

    def take(self, index: np.ndarray) -> torch.Tensor:
        """Return the frames at ``index`` (int64, in 0..T - 1, any order): a view of (n, H, W, 3) memory.

        Raises:
            MediaError: E_CORRUPT, E_TOO_LARGE.

        """
        wanted, place = self._prepared(index)
        if self._whole is not None:
            return self._whole[torch.from_numpy(np.asarray(index, dtype=np.int64))]
        found = self._decode(wanted)
        return found if np.array_equal(wanted, index) else found[torch.from_numpy(place)]

    def visit(self, index: np.ndarray, window: Window | None = None) -> Iterator[tuple[int, torch.Tensor]]:
        """Yield the frames at ``index``, each once, as (number, (3, h, w)), in the order in which they are decoded.

        No more than one is in memory, so that no limit holds for their number. See
        :meth:`augreg.data.lazy.LazyRow.visit`.

        Raises:
            MediaError: E_CORRUPT.

        """
        wanted, _ = self._prepared(index)
        if self._whole is not None:
            cut = (..., *window.slices) if window else ...
            yield from ((t, self._whole[t][cut]) for t in wanted.tolist())
            return
        for t, picture in self._pictures(wanted, window):
            straight = picture if min(picture.strides) > 0 else np.ascontiguousarray(picture)  # torch's go forward
            yield t, torch.from_numpy(straight).permute(2, 0, 1)

    def _prepared(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the frames that are asked for, rising, and where each entry of ``index`` is among them.

        Everything is read at once, and kept, where that costs less in the end.
        """
        wanted, place = np.unique(np.asarray(index, dtype=np.int64), return_inverse=True)
        if len(wanted) and not 0 <= wanted[0] <= wanted[-1] < len(self):
            raise IndexError(f"frames {wanted[0]} to {wanted[-1]} of a clip of {len(self)}; give 0 to {len(self) - 1}.")
        if self._whole is None and self._pays(wanted):
            self.read()
        self.uses = max(1, self.uses - 1)
        return wanted, place.reshape(-1)

    def read(self) -> torch.Tensor:
        """Return all frames; they are kept if they will be asked for again.

        Raises:
            MediaError: E_CORRUPT, E_TOO_LARGE.

        """
        if self._whole is not None:
            return self._whole
        found = self._decode(np.arange(len(self)))
        if self.uses > 1:
            self._whole = found
        return found

    def _pays(self, wanted: np.ndarray) -> bool:
        """Whether to decode everything once: so often, decoding only these would cost more."""
        if self.uses == 1:
            return False
        # Measured on H.264: converting a frame to RGB takes about as long as decoding it.
        once = sum(run.packets for run in self.index.plan(wanted)) + len(wanted)
        fits = self.nbytes <= self.limits.video_bytes
        return fits and once * self.uses > self.index.packets + len(self)

    def _decode(self, wanted: np.ndarray) -> torch.Tensor:
        height, width = self.shape[2:]
        self._check_size(len(wanted), height, width)
        out = empty((len(wanted), height, width, 3), torch.uint8)
        slots = {t: slot for slot, t in enumerate(wanted.tolist())}
        memory = out.numpy()
        for t, picture in self._pictures(wanted):
            memory[slots[t]] = picture
        return out.permute(0, 3, 1, 2)

    def check_room(self, size: int) -> None:
        """See :meth:`augreg.data.lazy.LazyRow.check_room`.

        Raises:
            MediaError: E_TOO_LARGE.

        """
        what = f"{size:_} bytes that a step makes of its frames"
        check_limit(self.path, self.limits, "video_bytes", size, what)
        check_memory(self.path, self.limits, size, *self.need)

    def _check_size(self, frames: int, height: int, width: int) -> None:
        size = frames * height * width * 3
        check_limit(self.path, self.limits, "video_bytes", size, f"{frames} frames of {width}x{height}")
        check_memory(self.path, self.limits, size, *self.need)

    def _pictures(self, wanted: np.ndarray, window: Window | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (number, picture) of some frames (rising) as they are decoded."""
        converter = Converter(window)
        places = {int(self.index.stamps[t]): t for t in wanted.tolist()}
        for frame in self._frames(wanted, places):
            if size_of(frame) != self.shape[2:]:
                raise MediaError(self.path, "its frames change in size. Re-encode it at one size.", "E_CORRUPT")
            picture = converter.picture(frame)
            self.decoded += 1
            yield places.pop(frame.pts), picture
        if places:
            raise MediaError(
                self.path,
                f"{len(places)} of its frames are not there when it is decoded, though its packets promise them. "
                "Re-encode it, or read it in full: augreg.media.read(path).",
                "E_CORRUPT",
            )

    def _frames(self, wanted: np.ndarray, missing: Collection[int]) -> Iterator[Any]:
        """Yield decoded frames; ``missing`` holds the times of those that did not come yet, and shrinks meanwhile."""
        yield from self._jumping(wanted)
        if missing:
            yield from self._straight(missing)

    def _jumping(self, wanted: np.ndarray) -> Iterator[Any]:
        """Yield the decoded frames that can be had from the key frames before them."""
        with decoding(self.path, self.extension) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for run in self.index.plan(wanted):
                stamps = set(self.index.stamps[run.frames].tolist())
                yield from _among(self._from_key(container, stream, run), stamps, int(self.index.keys[run.key]))

    def _straight(self, stamps: Collection[int]) -> Iterator[Any]:
        """Yield the frames that are still missing, decoding from the start.

        A key frame may be none, such as one of a stream refreshed bit by bit: from the start it decodes.
        """
        with decoding(self.path, self.extension) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            yield from _among(container.decode(stream), set(stamps), None)

    def _from_key(self, container: Any, stream: Any, run: Run) -> Iterator[Any]:
        """Yield decoded frames from a key frame on; nothing if the demuxer does not find it."""
        if run.key:
            container.seek(int(self.index.seeks[run.key]), stream=stream, backward=True)
        key, started = int(self.index.keys[run.key]), False
        wanted = set(self.index.stamps[run.frames].tolist())
        for packet in container.demux(stream):
            started = started or packet.pts == key
            if started:
                # Frames that no other refers to are decoded only if they are asked for.
                stream.codec_context.skip_frame = "DEFAULT" if packet.pts in wanted else "NONREF"
                yield from packet.decode()


def _among(frames: Iterator[Any], stamps: set[int], first: int | None) -> Iterator[Any]:
    """Yield the frames that are shown at ``stamps``, each once; stop at the last.

    What is shown before ``first`` is left alone: it leads an open group, and is whole only with the one before.
    """
    left = set(stamps)
    for frame in frames:
        if first is not None and (frame.pts is None or frame.pts < first or frame.is_corrupt):
            continue
        if frame.pts in left:
            left.remove(frame.pts)
            yield frame
        if not left:
            return
