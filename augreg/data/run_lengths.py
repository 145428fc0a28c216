"""Masks as COCO stores them: the lengths of runs of zeros and ones, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from augreg.errors import SampleError

BITS = 5
"""Bits of a count in one character of the packed form; a sixth says whether another character follows."""


def decode(encoded: Mapping[str, Any]) -> np.ndarray:
    """Return the mask, bool (height, width), of COCO's run lengths.

    Args:
        encoded: ``{"size": [height, width], "counts": ...}``; the counts are a list, or the packed str or bytes that
            pycocotools writes.

    Raises:
        SampleError: size or counts are missing, or do not fit each other.

    >>> from augreg.data.run_lengths import decode
    >>> decode({"size": [2, 3], "counts": [1, 3, 2]}).astype(int)
    array([[0, 1, 0],
           [1, 1, 0]])

    """
    if not {"size", "counts"} <= set(encoded):
        raise SampleError(f"run lengths need 'size' and 'counts', and these have {', '.join(map(str, encoded))}.")
    (height, width), counts = _whole(encoded["size"], "size", 2), encoded["counts"]
    lengths = _unpack(counts) if isinstance(counts, (str, bytes)) else _whole(counts, "counts")
    if sum(lengths) != height * width or min(lengths, default=0) < 0:
        raise SampleError(f"run lengths of {sum(lengths)} pixels do not fill a mask of {height} x {width}.")
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(width, height).T


def _whole(given: Any, what: str, entries: int | None = None) -> list[int]:
    """Return whole numbers as a list; of so many ``entries``, if said."""
    found = np.asarray(given)
    if found.ndim != 1 or found.dtype.kind not in "iu" or entries not in (None, len(found)):
        valid = "[height, width]" if entries else "whole numbers in a list, or the packed str or bytes"
        raise SampleError(f"run lengths have {what} {given!r}; give {valid}.")
    numbers: list[int] = found.tolist()
    return numbers


def encode(mask: np.ndarray, like: Any = None) -> dict[str, Any]:
    """Return the run lengths of a mask (height, width), the counts in the form of ``like``.

    Args:
        mask: bool (height, width).
        like: counts as a list, a tuple, an array, or packed as str or bytes; what is in it is of no concern.

    >>> import numpy as np
    >>> from augreg.data.run_lengths import encode
    >>> encode(np.array([[False, True], [True, True]]))
    {'size': [2, 2], 'counts': [1, 3]}

    """
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    ends = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [len(flat)]])
    lengths = np.diff(ends).tolist()
    counts = [0, *lengths] if len(flat) and flat[0] else lengths  # the first run is of zeros
    size = [int(side) for side in np.shape(mask)]
    return {"size": size, "counts": _as_kind(counts, like)}


def _as_kind(counts: list[int], like: Any) -> Any:
    if isinstance(like, (str, bytes)):
        packed = _pack(counts)
        return packed if isinstance(like, bytes) else packed.decode()
    if isinstance(like, np.ndarray):
        return np.asarray(counts, dtype=like.dtype)
    return tuple(counts) if isinstance(like, tuple) else counts


def _pack(counts: Iterable[int]) -> bytes:
    """Pack counts: from the fourth on as the difference to the last but one; five bits a character, low bits first."""
    listed, found = list(counts), bytearray()
    for i, count in enumerate(listed):
        rest = count - listed[i - 2] if i > 2 else count
        more = True
        while more:
            bits, rest = rest & 31, rest >> BITS
            more = rest != (-1 if bits & 16 else 0)  # done when what is left is the sign
            found.append((bits | (32 if more else 0)) + 48)
    return bytes(found)


def _unpack(packed: str | bytes) -> list[int]:
    data = packed.encode() if isinstance(packed, str) else packed
    counts: list[int] = []
    value = shift = 0
    for byte in data:
        bits = byte - 48
        if not 0 <= bits < 64:
            raise SampleError(f"packed run lengths hold the byte {byte}, which is none of theirs.")
        value |= (bits & 31) << shift
        shift += BITS
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise SampleError("packed run lengths end within a number; the string is cut off.")
    return counts
