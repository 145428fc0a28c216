"""A video file whose frames are decoded on demand: only those that a pipeline keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from augreg.devices import empty
from augreg.errors import MediaError
from augreg.media.frameindex import FrameIndex, Run
from augreg.media.limits import DEFAULT, Limits
from augreg.media.streams import check_limit, opened, picture_of
from augreg.unread import Unread


class ClipFile(Unread):
    """The frames of a video file, uint8 (T, 3, H, W), decoded on demand.

    What it gives is what reading the whole file and choosing from it gives, bit for bit. ``take`` jumps to key
    frames where that spares decoding, and converts only the frames that are asked for.

    Args:
        path, extension: the file and its format, as ".mp4".
        index: where its frames are.
        size: height and width of a frame as it is shown.
        limits: ``video_bytes`` bounds what one call decodes.
        uses: how often frames will be asked for. Where decoding everything once is cheaper, that is done.

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
    ):
        self.path, self.extension, self.index, self.limits, self.uses = path, extension, index, limits, uses
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
        wanted, place = np.unique(np.asarray(index, dtype=np.int64), return_inverse=True)
        if len(wanted) and not 0 <= wanted[0] <= wanted[-1] < len(self):
            raise IndexError(f"frames {wanted[0]} to {wanted[-1]} of a clip of {len(self)}; give 0 to {len(self) - 1}.")
        if self._whole is None and self._pays(wanted):
            self.read()
        self.uses = max(1, self.uses - 1)
        if self._whole is not None:
            return self._whole[torch.from_numpy(np.asarray(index, dtype=np.int64))]
        found = self._decode(wanted)
        return found if np.array_equal(wanted, index) else found[torch.from_numpy(place.reshape(-1))]

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
        size = len(wanted) * height * width * 3
        check_limit(self.path, size, self.limits.video_bytes, f"{len(wanted)} frames of {width}x{height}")
        out = empty((len(wanted), height, width, 3), torch.uint8)
        slots = {int(self.index.stamps[frame]): slot for slot, frame in enumerate(wanted)}
        self._jumping(wanted, slots, out.numpy())
        if slots:
            # A key frame that is none, such as one of a stream refreshed bit by bit: from the start it decodes.
            self._straight(slots, out.numpy())
        if slots:
            raise MediaError(
                self.path,
                f"{len(slots)} of its frames are not there when it is decoded, though its packets promise them. "
                "Re-encode it, or read it in full: augreg.media.read(path).",
                "E_CORRUPT",
            )
        self.decoded += len(wanted)
        return out.permute(0, 3, 1, 2)

    def _jumping(self, wanted: np.ndarray, slots: dict[int, int], out: np.ndarray) -> None:
        with opened(self.path, self.extension) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for run in self.index.plan(wanted):
                mine = {stamp: slots[stamp] for stamp in self.index.stamps[run.frames].tolist()}
                first = int(self.index.keys[run.key])
                self._fill(self._from_key(container, stream, run), mine, out, first)
                for stamp in self.index.stamps[run.frames].tolist():
                    if stamp not in mine:
                        del slots[stamp]

    def _straight(self, slots: dict[int, int], out: np.ndarray) -> None:
        with opened(self.path, self.extension) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            self._fill(container.decode(stream), slots, out, None)

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

    def _fill(self, frames: Iterator[Any], slots: dict[int, int], out: np.ndarray, first: int | None) -> None:
        """Put the frames whose times are in ``slots`` in their places, and take the times out; stop at the last.

        What is shown before ``first`` is left alone: it leads an open group, and is whole only with the one before.
        """
        for frame in frames:
            if first is not None and (frame.pts is None or frame.pts < first or frame.is_corrupt):
                continue
            slot = slots.pop(frame.pts, None)
            if slot is not None:
                picture = picture_of(frame)
                if picture.shape != out.shape[1:]:
                    raise MediaError(self.path, "its frames change in size. Re-encode it at one size.", "E_CORRUPT")
                out[slot] = picture
            if not slots:
                return
