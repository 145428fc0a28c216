"""The inputs of outputs, as local files, where they are still what the job read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from augreg.errors import MediaError
from augreg.jobs.ended import Ended
from augreg.jobs.hashes import sha256
from augreg.jobs.inspecting.chosen import Line
from augreg.jobs.items import Item
from augreg.jobs.sources import Source


class Inputs:
    """The inputs of the outputs that are looked at."""

    def __init__(self, job: Ended, source: Source, secret: bytes | None, lines: Sequence[Line]) -> None:
        self.source = source
        wanted = {line["source"] for line in lines}
        self.files = {
            file.called: file for item in job.inputs(source, secret) for file in item.files if file.called in wanted
        }

    def fetch(self, lines: Sequence[Line], into: Path) -> Mapping[str, Path | MediaError]:
        """Return a local file for the source of each line, or why there is none."""
        found: dict[str, Path | MediaError] = {}
        hashes = {line["source"]: line.get("source_sha256") for line in lines}
        files: dict[str, Item] = {name: self.files[name] for name in hashes if name in self.files}
        paths = self.source.fetch(sorted(files.values(), key=lambda file: file.position), into)
        for name, recorded in hashes.items():
            if name not in files:
                found[name] = MediaError(name, "it is gone from the source.", "E_MISSING")
            else:
                found[name] = _as_read(name, paths[files[name].position], recorded)
        return found


def _as_read(name: str, path: Path | MediaError, recorded: str | None) -> Path | MediaError:
    try:
        if isinstance(path, MediaError) or recorded is None or sha256(path) == recorded:
            return path
    except OSError as error:
        return MediaError(name, f"it cannot be read: {error.strerror}.", "E_MISSING")
    return MediaError(name, "it is not what the job read: its hash is another.", "E_CHANGED")
