"""In which order the axes of a clip come: declared, or the custom of tensors and of arrays; never guessed."""

from __future__ import annotations

from typing import Any, Final

from augreg.errors import SampleError, nearest

LAYOUTS: Final = ("TCHW", "CTHW", "THWC")
"""Time, channels, height, width: as decoders and torchvision have it, as 3-D convolutions do, and as arrays do."""
_USUAL: Final = (1, 2, 3, 4)
"""Channels that pictures usually have."""
_COLORS: Final = (1, 3, 4)
"""Lengths of an axis that speak for channels; two frames, rows or columns are as likely as two channels."""
MOST_CHANNELS: Final = 64
"""More of them are hardly meant, whatever the other axes are."""


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
    if layout is None:
        _check_channels(shape, given)
    return axes


def _check_channels(shape: tuple[int, ...], layout: str) -> None:
    """Refuse what can hardly be meant: many channels, where another axis is as long as channels usually are.

    A count of channels that pictures do not have is taken as it is if no other axis could be the channels.
    """
    channels = shape[layout.index("C")]
    if channels in _USUAL:
        return
    meant = [name for name in LAYOUTS if name != layout and shape[name.index("C")] in _COLORS]
    if not meant and channels <= MOST_CHANNELS:
        return
    frames, spelled = shape[layout.index("T")], ", ".join(layout)
    other = meant[0] if meant else next(name for name in LAYOUTS if name != layout)
    raise SampleError(
        f"video has shape {shape}, which read as ({spelled}) is {frames} frames of {channels} channels; pass "
        f"layout={layout!r} if it is. If it is {shape[other.index('C')]} channels of {shape[other.index('T')]} frames, "
        f"say so: layout={other!r}."
    )
