"""Puts the good inputs of a folder into another one, without touching the first."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Final

from augreg.errors import ConfigError
from augreg.jobs.cleaning.report import Report
from augreg.jobs.sources import Folder, Source
from augreg.media import format_of

UNLINKABLE: Final = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP)
"""Why a file system makes no second name of a file: it is another disk, it has none, or there are too many."""


def fix(report: Report, source: Source, out: str | Path) -> int:
    """Copy the good inputs into a folder and return how many they are; what is named wrongly is named rightly.

    Where the disk allows it they are hard links, which take no room: whoever edits one in place edits both.

    Raises:
        ConfigError: the source is no folder, or the output folder lies in it, or is not empty.

    """
    out = Path(out)
    root = check_place(source, out)
    wrong = {fault.path for fault in report.faults if fault.code == "W_EXT"}
    taken = set(report.good)
    for path in report.good:
        to = out / (_renamed(root, path, taken) if path in wrong else path)
        to.parent.mkdir(parents=True, exist_ok=True)
        _put((root / path).resolve(), to)
    return len(report.good)


def check_place(source: Source, out: Path) -> Path:
    """Return the folder of a source, where ``out`` is a place for its good files.

    Raises:
        ConfigError: it is not.

    """
    if not isinstance(source, Folder):
        raise ConfigError(
            "only files of a folder can be copied. Write a list by --list, and give it to augreg run --only."
        )
    if source.holds(out):
        raise ConfigError(f"output folder {str(out)!r} lies in the input folder, which is not touched. Give another.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"output {str(out)!r} is not an empty folder. Give an empty or a new one.")
    return source.root


def _renamed(root: Path, path: str, taken: set[str]) -> str:
    """Return a path with the suffix of its format; its whole name stays where another file would have the new one."""
    right = format_of(root / path)
    renamed = str(Path(path).with_suffix(right))
    renamed = f"{path}{right}" if renamed in taken else renamed
    taken.add(renamed)
    return renamed


def _put(path: Path, to: Path) -> None:
    try:
        os.link(path, to)
    except OSError as error:
        if error.errno not in UNLINKABLE:
            raise
        shutil.copy2(path, to)
