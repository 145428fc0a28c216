"""Takes members out of a tar that a job wrote: what is left is the tar of the others, to the last byte."""

from __future__ import annotations

import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

from augreg.errors import ConfigError
from augreg.jobs.sinks.tarbytes import BLOCK, ending, header, padding


def without(path: Path, gone: Collection[str], aside: Path) -> None:
    """Rewrite a tar without some members, by renaming from a folder aside; one that has none of them stays as it is.

    Raises:
        ConfigError: it is damaged.

    """
    try:
        with tarfile.open(path, "r:") as tar:
            members = tar.getmembers()
    except (tarfile.TarError, OSError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}. Mend it by --resume first.") from None
    if not any(member.name in gone for member in members):
        return
    temporary = aside / path.name
    with path.open("rb") as old, temporary.open("wb") as new:
        for member in members:
            if member.name not in gone:
                _copy(old, member, new)
        new.write(ending(new.tell()))
    temporary.chmod(path.stat().st_mode & 0o777)
    temporary.replace(path)


def _copy(old: IO[bytes], member: tarfile.TarInfo, new: IO[bytes]) -> None:
    new.write(header(member.name, member.size))
    old.seek(member.offset_data)
    left = member.size
    while left and (block := old.read(min(left, BLOCK))):
        new.write(block)
        left -= len(block)
    new.write(padding(member.size))
