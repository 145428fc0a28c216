"""Whether pictures of named channels suit a step that declares which numbers of channels it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from augreg.data.batch import BatchInfo
from augreg.errors import listing
from augreg.modalities.base import ALPHA, CHANNELS

RGB: Final = ("red", "green", "blue")
EXAMPLE: Final = "options={'channels': ['red', 'green', 'blue', 'nir']}"


def channel_fault(info: BatchInfo, i: int, axis: int, taken: Sequence[int], *, by_name: bool) -> str | None:
    """Return what is wrong with the channels of a picture or clip, and what to do; None if nothing is."""
    count = int(info.shapes[i, axis])
    names = (info.extras.get(CHANNELS) or [None] * len(info))[i]
    alpha = (info.extras.get(ALPHA) or [None] * len(info))[i]
    here = f"(sample {i} of the {info.modality} samples)"
    if names is None:
        if count in taken and not (count == 4 and alpha is False):
            return None
        advice = "" if count < 3 or 3 not in taken else f" Say which of them are red, green and blue: {EXAMPLE}."
        return f"{info.modality} with {count} channels {here}. It takes {listing(taken)}.{advice}"
    if by_name:
        colors = 3 if set(RGB) <= set(names) else 1 if "gray" in names else 0
        return None if colors in taken else _lacking(names, taken, here)
    plain = names[:3] == RGB and names[3:] in ((), ("alpha",))
    if count in taken and (plain or count < 3):
        return None
    return f"channels={list(names)} {here}: it takes red, green, blue in this order{', and alpha' * (4 in taken)}."


def _lacking(names: Sequence[str], taken: Sequence[int], here: str) -> str:
    missing = [name for name in RGB if name not in names]
    gray = " (or gray)" if 1 in taken else ""
    return (
        f"channels={list(names)} {here}: it is for red, green and blue{gray}, and there is no {listing(missing)}. "
        "Leave the step out, or name the channels that are these."
    )
