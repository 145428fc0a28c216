"""Reads and writes series as CSV: a header, the seconds in the first column `t`, then channels, perhaps `valid`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import augreg
from augreg.media import Limits, Loaded, Origin
from augreg_series.sample import Series

TIME = "t"
VALID = "valid"
FLAGS = {"1": True, "true": True, "0": False, "false": False}


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read a file as one series (C, T); values are float64, an empty cell is a gap (NaN).

    Raises:
        MediaError: E_TOO_LONG, E_ENCODING, E_EMPTY, E_FORMAT without a column `t`, E_CORRUPT for a wrong cell.

    """
    size = path.stat().st_size
    if size > limits.text_bytes:
        raise augreg.MediaError(path, f"{size} bytes; the limit is {limits.text_bytes}. Split it.", "E_TOO_LONG")
    header, rows = _cells(path)
    channels = [name for name in header[1:] if name != VALID]
    if header[0] != TIME or not channels or len(set(header)) < len(header):
        wanted = f"{TIME!r} (seconds) and then at least one channel, all of different names"
        raise augreg.MediaError(path, f"its header is {', '.join(header)}; give {wanted}.", "E_FORMAT")
    if not rows:
        raise augreg.MediaError(path, "it has a header and no rows.", "E_EMPTY")
    numbers = {name: _numbers(path, name, [row[k] for row in rows]) for k, name in enumerate(header) if name != VALID}
    times = numbers.pop(TIME)
    if not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise augreg.MediaError(path, f"column {TIME!r} does not ascend. Sort the rows by time.", "E_CORRUPT")
    mask = _flags(path, [row[header.index(VALID)] for row in rows]) if VALID in header else None
    series = Series(torch.from_numpy(np.stack(list(numbers.values()))), times, mask=mask)
    return Loaded(series, Origin(path, extension, details={"channels": tuple(channels)}))


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows, all as long as it is."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise augreg.MediaError(path, f"byte {error.start} is not UTF-8. Convert it.", "E_ENCODING") from None
    try:
        lines = [(number, [cell.strip() for cell in row]) for number, row in enumerate(_rows(text), 1) if row]
    except csv.Error as error:
        raise augreg.MediaError(path, f"it is no CSV: {error}.", "E_CORRUPT") from None
    if not lines:
        raise augreg.MediaError(path, "there is nothing in it but empty lines.", "E_EMPTY")
    (_, header), *rest = lines
    for number, row in rest:
        if len(row) != len(header):
            reason = f"row {number} has {len(row)} cells, the header {len(header)}."
            raise augreg.MediaError(path, reason, "E_CORRUPT")
    return header, [row for _, row in rest]


def _rows(text: str) -> Sequence[list[str]]:
    return list(csv.reader(text.splitlines(), strict=True))


def _numbers(path: Path, name: str, cells: Sequence[str]) -> np.ndarray:
    found = np.empty(len(cells))
    for i, cell in enumerate(cells):
        try:
            found[i] = float(cell) if cell else np.nan
        except ValueError:
            reason = f"column {name!r} holds {cell!r} in data row {i + 1}, which is no number."
            raise augreg.MediaError(path, reason, "E_CORRUPT") from None
    return found


def _flags(path: Path, cells: Sequence[str]) -> torch.Tensor:
    for i, cell in enumerate(cells):
        if cell.lower() not in FLAGS:
            reason = f"column {VALID!r} holds {cell!r} in data row {i + 1}; give 1 or 0."
            raise augreg.MediaError(path, reason, "E_CORRUPT")
    return torch.tensor([FLAGS[cell.lower()] for cell in cells])


def write(sample: augreg.Sample, path: Path, _extension: str, like: Origin | None) -> tuple[str, ...]:
    """Write a series; channels are called as in the file that it came from.

    Raises:
        MediaError: E_ENCODE for what a table has no place for: unknown times, or a mask per channel.

    """
    assert isinstance(sample, Series)
    data = np.atleast_2d(np.asarray(sample.data))
    names = () if like is None else like.details.get("channels", ())
    if len(names) != len(data):
        names = tuple(f"x{k}" for k in range(len(data)))
    columns = [_written(_times(sample, path, data.shape[-1])), *map(_written, data)]
    header = [TIME, *names]
    if sample.mask is not None:
        mask = np.asarray(sample.mask)
        if mask.ndim != 1:
            reason = "a CSV has one column of valid flags, the mask has one per channel."
            raise augreg.MediaError(path, reason, "E_ENCODE")
        header, columns = [*header, VALID], [*columns, ["1" if flag else "0" for flag in mask]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *zip(*columns, strict=True)])
    return ()


def _times(series: Series, path: Path, moments: int) -> np.ndarray:
    if series.timestamps is not None:
        return np.asarray(series.timestamps)
    if series.rate is None:
        reason = "a CSV needs times, and the series has neither timestamps nor a rate."
        raise augreg.MediaError(path, reason, "E_ENCODE")
    return np.arange(moments) / series.rate


def _written(values: np.ndarray) -> list[str]:
    """Return numbers in the fewest digits that read back as the same; gaps are empty cells."""
    return ["" if np.isnan(value) else str(value) for value in values]
