"""What a file is, by its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(path: Path) -> dict[str, Any]:
    """Return what a manifest line says of a file's bytes."""
    with path.open("rb", buffering=0) as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": found, "bytes": file.tell()}


def fault_of(out: Path, line: Mapping[str, Any], *, hashed: bool) -> str | None:
    """Return why an output is not what its manifest line says, None if it is."""
    path = out / line["output"]
    try:
        if path.is_symlink() or not path.is_file():
            return f"{line['output']} is gone"
        if (size := path.stat().st_size) != line["bytes"]:
            return f"{line['output']} has {size:,} bytes, not {line['bytes']:,}"
        if hashed and sha256(path) != line["sha256"]:
            return f"{line['output']} was changed"
    except OSError as error:
        return f"{line['output']} cannot be read: {error.strerror}"
    return None
