"""In which order the axes of a clip come: declared, or the custom of tensors and of arrays; never guessed."""

from __future__ import annotations

from typing import Any, Final

from augreg.errors import SampleError, nearest

LAYOUTS: Final = ("TCHW", "CTHW", "THWC")
"""Time, channels, height, width: as decoders and torchvision have it, as 3-D convolutions do, and as arrays do."""
_USUAL: Final = (1, 2, 3, 4)
"""Channels that pictures usually have."""


def check_layout(layout: Any) -> str:
    """Return a layout, or raise SampleError for one that is unknown."""
    if layout in LAYOUTS:
        return str(layout)
    raise SampleError(f"layout={layout!r} is unknown.{nearest(str(layout), LAYOUTS)} Valid: {', '.join(LAYOUTS)}.")


def order(shape: tuple[int, ...], layout: str | None, usual: str) -> tuple[int, ...]:
    """Return which axis of a clip is time, which channels, height and width.

    Args:
        shape: of the clip.
        layout: what was declared, or None.
        usual: the layout where nothing was.

    Raises:
        SampleError: the layout is unknown, or does not fit the shape.

    """
    given = usual if layout is None else check_layout(layout)
    if len(shape) != 4:
        expected = "(T, C, H, W) for tensors, (T, H, W, C) for arrays" if layout is None else f"({', '.join(given)})"
        raise SampleError(f"video has shape {shape}; expected {expected}.")
    axes = tuple(given.index(axis) for axis in "TCHW")
    _check_channels((shape[axes[0]], shape[axes[1]]), shape, given)
    return axes


def _check_channels(read: tuple[int, int], shape: tuple[int, ...], layout: str) -> None:
    """Refuse what can hardly be meant: many channels in a clip of three frames are three channels of many frames.

    Any other number of channels is taken as it is.
    """
    frames, channels = read
    if frames != 3 or channels in _USUAL:
        return
    meant = {"TCHW": "CTHW", "CTHW": "TCHW"}.get(layout, "CTHW")
    spelled = ", ".join(layout)
    raise SampleError(
        f"video has shape {shape}, which read as ({spelled}) is 3 frames of {channels} channels. "
        f"If it is 3 channels of {channels} frames, say so: layout={meant!r}."
    )
