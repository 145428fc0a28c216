"""Makes results final: renames staged files into place, then writes their manifest lines."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.run.manifest import NAME, Manifest
from augreg.run.work import Outcome

RECORD: Final = "run.json"
"""What the job was: pipeline, seed, versions."""


def prepare(source: Path, out: Path, *, overwrite: bool) -> None:
    """Make the output folder.

    Raises:
        ConfigError: it is the input folder or within it, is no folder, or is not empty and ``overwrite`` is not set.

    """
    if out.resolve().is_relative_to(source.resolve()):
        raise ConfigError(f"output folder {str(out)!r} lies in the input folder {str(source)!r}. Choose another place.")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"output {str(out)!r} is a file. Give a folder.")
    if not overwrite and out.is_dir() and any(out.iterdir()):
        raise ConfigError(
            f"output folder {str(out)!r} is not empty. Give an empty one, or --overwrite to replace files in it."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / NAME).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"output folder {str(out)!r} cannot be written: {error.strerror}. Choose another place."
        ) from None


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """Give a hidden folder within ``out``, so that renaming never copies; it is always removed at the end."""
    stage = Path(tempfile.mkdtemp(prefix=".staging-", dir=out))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def commit(outcomes: Sequence[Outcome], out: Path, manifest: Manifest) -> None:
    """Put every staged file in its place by renaming, and record it. A file is there whole or not at all."""
    for outcome in outcomes:
        for staged, output in outcome.staged:
            target = out / output
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
    manifest.append([line for outcome in outcomes for line in outcome.lines])


def write_record(out: Path, facts: Mapping[str, Any]) -> None:
    """Write ``run.json`` by renaming."""
    temporary = out / f".{RECORD}.tmp-{os.getpid()}"
    temporary.write_text(json.dumps(facts, indent=2, default=str) + "\n", encoding="utf-8")
    temporary.replace(out / RECORD)
