"""A folder of media files as the output: the same sub-folders and names as the input."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from augreg.jobs import age
from augreg.jobs.hashes import digest, fault_of
from augreg.jobs.sinks.base import Row


class FolderSink:
    """Writes ``<stem>__a<copy><suffix>`` in the same sub-folders.

    Args:
        recipients: age keys for whose holders every file is encrypted; its name ends in ".age" then, and its line says
            hash and size of what was encrypted, since the file itself is another each time.

    """

    def __init__(self, recipients: Sequence[str] = ()) -> None:
        self.recipients = tuple(recipients)

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        return {"kind": "folder", "recipients": list(self.recipients)} if self.recipients else {"kind": "folder"}

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Return every staged file with its final name."""
        found = []
        for made in (made for row in rows for made in row.made):
            output, staged = made.file.output(made.copy), made.staged
            made.line.update(output=output, **digest(staged))
            if self.recipients:
                output, staged = output + age.SUFFIX, staged.with_name(staged.name + age.SUFFIX)
                made.line.update(output=output, encrypted=True)
                age.encrypt(made.staged, staged, self.recipients)
                made.staged.unlink()
            found.append((staged, output))
        return found

    def faults(
        self,
        shard: int,
        lines: Iterable[Mapping[str, Any]],
        out: Path,
        *,
        hashed: bool,
        identities: Sequence[str] = (),
    ) -> list[str]:
        """Return what is not as recorded; of encrypted files the size alone, unless identities open them."""
        if self.recipients:
            found = [age.fault_of(out / line["output"], line["output"], line, identities) for line in lines]
        else:
            found = [fault_of(out, line, hashed=hashed) for line in lines]
        return [said for said in found if said is not None]

    def finish(self, out: Path, shards: int) -> None:
        """Do nothing: every file stands for itself."""

    def forget(self, out: Path, gone: Sequence[Mapping[str, Any]], kept: Iterable[dict[str, Any]]) -> None:
        """Remove the files of lines, and folders that are empty then; kept lines stay as they are."""
        for line in gone:
            path = out / line["output"]
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == out:
                    break
                with contextlib.suppress(OSError):  # not empty
                    folder.rmdir()
