"""Clips: tensors (T, C, H, W), arrays (T, H, W, C), tv_tensors.Video and augreg.Video."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, ClassVar, Final, Self

import numpy as np
import torch

from augreg import late
from augreg.data.batch import Row
from augreg.data.form import RowForm
from augreg.data.lazy import LazyRow
from augreg.data.samples import Sample
from augreg.data.targets import Boxes, Events, Keypoints
from augreg.errors import SampleError
from augreg.modalities.base import (
    AS_TENSOR,
    Hints,
    Result,
    Wrapped,
    as_tensor,
    restore_like,
)
from augreg.modalities.clip_layouts import LAYOUTS, order
from augreg.modalities.decoders import DecodedFrames, decodes_film, frame_rate
from augreg.modalities.foreign import is_tv
from augreg.modalities.frame_labels import FILM_LABELS, FRAME_LABELS
from augreg.modalities.made_up import natural, pixels, places
from augreg.modalities.picture_options import all_options, with_options
from augreg.modalities.picture_regions import CLIP_REGIONS
from augreg.modalities.pictures import DTYPES, unknown_dtype
from augreg.modalities.pixels import PixelModality
from augreg.modalities.plane import PlaneMap
from augreg.modalities.restoring import restore_row
from augreg.modalities.scale import TAKEN, scale_of
from augreg.modalities.target_checks import check_given
from augreg.modalities.target_kinds import EVENTS, MASKS
from augreg.modalities.time_roles import EVENT_ROLES
from augreg.modalities.values import check_values


@dataclass(slots=True)
class Video(Sample):
    """A clip.

    Args:
        data: tensor (T, C, H, W) or array (T, H, W, C), or as ``layout`` says, uint8 or float in [0, 1]; or, from
            :meth:`open`, frames that are decoded on demand.
        fps: frames per second, or None if unknown.
        timestamps: seconds of every frame, (T,); derived from ``fps`` when not given.
        boxes, keypoints: one :class:`Boxes` / :class:`Keypoints` per frame (list of length T).
        masks: (T, ..., H, W).
        events: in seconds from the first frame.
        frame_labels: one entry per frame (array, tensor or list of length T).
        layout: the axes of ``data`` where they are others: "TCHW", "CTHW" or "THWC". Masks begin with T in any case.
        options: how steps that move pixels are to read the frames, see :class:`Image`.

    """

    modality: ClassVar[str] = "video"
    target_names: ClassVar[tuple[str, ...]] = ("boxes", "masks", "keypoints", "events", "frame_labels", "label")

    data: Any
    fps: float | None = None
    timestamps: Any = None
    boxes: list[Boxes] | None = None
    masks: Any = None
    keypoints: list[Keypoints] | None = None
    events: Events | None = None
    frame_labels: Any = None
    layout: str | None = None
    options: Mapping[str, Any] | None = None

    @classmethod
    def open(cls, path: str | PathLike[str], **more: Any) -> Self:
        """Return a clip whose frames are decoded when a pipeline needs them, and only those that it keeps.

        Example: ``{"video.subsample": {"frames": 8}}`` on a clip of 300 frames decodes 8 of them, and what else of
        the file the codec needs for that. The result is that of the decoded file, bit for bit. ``clip.data`` has
        ``shape``, ``dtype``, ``take(index)`` and ``read()``; ``fps`` and ``timestamps`` are those of the file. The
        clip pickles as a path and a table of frames, so it suits data sets and worker processes.

        Args:
            path: an MP4, MOV, MKV or WebM file.
            more: further fields, such as label=3, key="a/b.mp4", boxes=[...].

        Raises:
            MediaError: the file cannot be read; a fault of a frame shows when that is decoded.
            SampleError: the file holds no video.

        """
        clip: Self = late.call("load_clip", path, cls)
        return clip.changed(**more)


EXAMPLE_FORMS: Final = ((8, 40, 56), (12, 36, 44), (9, 41, 37))
"""Frames, height and width of example clips."""

_TCHW = (0, 1, 2, 3)


class VideoModality(PixelModality):
    """Clips; rows are (T, C, H, W)."""

    name = "video"
    sample_type = Video
    channel_axis = 1
    maps_back = ("boxes", "masks", "keypoints")
    targets = (MASKS, EVENTS, FRAME_LABELS)
    regions = CLIP_REGIONS
    roles = (*EVENT_ROLES, FILM_LABELS)
    form = RowForm(length_axis=0)
    array_dims = (4,)
    array_name = "a video"
    layouts = (*LAYOUTS, *(f"N{layout}" for layout in LAYOUTS))
    axes = "TCHW"
    array_axes = "THWC"
    timed = True

    def unmoved(self, shape: Sequence[int]) -> PlaneMap:
        """See :class:`Modality`."""
        return PlaneMap.still(int(shape[-2]), int(shape[-1]))

    def owns(self, obj: Any) -> bool:
        """tv_tensors.Video, augreg.Video and decoders of film."""
        return isinstance(obj, Video) or is_tv(obj, "Video") or decodes_film(obj)

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`Modality`."""
        if hints.options or (isinstance(obj, Video) and obj.options is not None):
            options = all_options(hints.options, obj.options if isinstance(obj, Video) else None, "video")
            hints = replace(hints, options=options)
            return with_options(self._wrap(obj, hints), options, hints, "video")
        return self._wrap(obj, hints)

    def _wrap(self, obj: Any, hints: Hints) -> Wrapped:
        if isinstance(obj, Video):
            return _wrap_sample(obj, hints)
        if decodes_film(obj):
            clip = Video(DecodedFrames(obj), fps=frame_rate(obj))
            wrapped = _wrap_sample(clip, hints)
            wrapped.unchanged = clip
            return wrapped
        row, back = video_row(obj, hints)
        return Wrapped(row, lambda result: restore_row(result, back), extras={"timestamps": None})

    def examples(self, n: int) -> list[Any]:
        """See :class:`Modality`."""
        return [example(i) for i in range(n)]


def video_row(data: Any, hints: Hints, layout: str | None = None) -> tuple[Row, Callable[[Any], Any]]:
    """Return a clip as (T, C, H, W) and the function that gives the same kind back."""
    layout = layout or hints.layout
    if isinstance(data, LazyRow) or is_tv(data, "Video"):
        _check_tchw(data, layout)
    scale = scale_of(hints.options)
    if isinstance(data, LazyRow):
        if scale is not None:
            raise SampleError(
                "frames that are not decoded yet have the range of their file. Leave out white and range."
            )
        return data, lambda result: result
    tensor = as_tensor(data, "video")
    axes = order(tuple(tensor.shape), layout, "TCHW" if isinstance(data, torch.Tensor) else "THWC")
    row = tensor if axes == _TCHW else tensor.permute(axes)
    if row.dtype not in (DTYPES if scale is None else TAKEN):
        raise unknown_dtype(row.dtype, "video")
    if not row.numel():
        raise SampleError(f"video has no pixels: shape (T, C, H, W) = {tuple(row.shape)}.")
    check_values(row, "video", hints, unit=scale is None)
    if is_tv(data, "Video"):
        from torchvision import tv_tensors

        return row, lambda result: tv_tensors.wrap(result, like=data)
    if axes == _TCHW:
        return row, lambda result: restore_like(data, result)
    back = tuple(axes.index(axis) for axis in _TCHW)
    return row, lambda result: restore_like(data, result.permute(back))


def _check_tchw(data: Any, layout: str | None) -> None:
    if layout not in (None, "TCHW"):
        raise SampleError(f"layout={layout!r} contradicts {type(data).__name__}, whose axes are (T, C, H, W).")


def _wrap_sample(clip: Video, hints: Hints) -> Wrapped:
    row, back = video_row(clip.data, hints, clip.layout)
    frames = row.shape[0]
    targets = check_given(clip)
    for name in ("boxes", "keypoints", "frame_labels", "masks"):
        entry = targets.get(name)
        if entry is not None and len(entry) != frames:
            raise SampleError(f"video has {frames} frames but {len(entry)} entries in {name}; give one per frame.")
    masks = targets.get("masks")
    if masks is not None:
        targets["masks"] = as_tensor(masks, "masks")
    stamps = None if clip.timestamps is None else _stamps(clip.timestamps)
    if stamps is not None and stamps.shape != (frames,):
        raise SampleError(f"video has {frames} frames but timestamps of shape {stamps.shape}; give one per frame.")

    def restore(result: Result) -> Video:
        changed = dict(result.targets)
        if masks is not None:
            changed["masks"] = restore_like(masks, changed["masks"])
        fps = clip.fps if result.rate == clip.fps else None if math.isnan(result.rate) else float(result.rate)
        changed["layout"] = None if result.extras.get(AS_TENSOR) else clip.layout  # tensors are (T, C, H, W)
        after = _stamps_like(clip.timestamps, result.extras.get("timestamps"))
        return clip.changed(data=restore_row(result, back), fps=fps, timestamps=after, **changed)

    rate = float("nan") if clip.fps is None else _fps(clip.fps)
    return Wrapped(row, restore, rate, targets, clip.key, {"timestamps": stamps})


def _fps(fps: Any) -> float:
    number = isinstance(fps, (int, float, np.integer, np.floating)) and not isinstance(fps, bool)
    if not number or not 0 < fps < math.inf:
        raise SampleError(f"fps={fps!r} is not a positive number of frames per second; give e.g. 25, or None.")
    return float(fps)


def _stamps(timestamps: Any) -> np.ndarray:
    try:
        return np.asarray(timestamps, dtype=np.float64)
    except (TypeError, ValueError):
        raise SampleError(f"timestamps={timestamps!r} are not numbers; give the seconds of every frame.") from None


def _stamps_like(given: Any, stamps: np.ndarray | None) -> Any:
    """Return the times of frames as the kind that came in."""
    if stamps is None or given is None:
        return stamps
    if isinstance(given, torch.Tensor):
        return torch.as_tensor(stamps, dtype=given.dtype, device=given.device)
    return stamps.astype(given.dtype) if isinstance(given, np.ndarray) else type(given)(stamps.tolist())


def example(number: int) -> Video:
    """Return the clip of a number: a camera that pans over a picture, uint8 RGB with every target, 12 per second."""
    frames, height, width = EXAMPLE_FORMS[number % len(EXAMPLE_FORMS)]
    view = natural(np.random.default_rng(100 + number), 3, height, width + 2 * frames)
    data = np.stack([view[:, :, 2 * t : 2 * t + width] for t in range(frames)])
    boxes, keypoints, masks = places(height, width)
    return Video(
        pixels(data),
        fps=12.0,
        boxes=[boxes] * frames,
        keypoints=[keypoints] * frames,
        masks=masks.expand(frames, height, width).clone(),
        events=Events(np.array([[0.1, 0.25], [0.4, 0.55]]), labels=["a", "b"]),
        frame_labels=np.arange(frames),
        label=number % 10,
    )
