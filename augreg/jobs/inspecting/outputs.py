"""The outputs that lines of a manifest name, as local files: files of a folder, members of tars, cells of tables."""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError, MediaError
from augreg.jobs import age
from augreg.jobs.ended import Ended
from augreg.jobs.hashes import sha256
from augreg.jobs.manifest import place_of
from augreg.jobs.sinks.tarbytes import BLOCK
from augreg.media.sniff import HEAD, sniff

Line = Mapping[str, Any]
Got = Path | MediaError

TEXT: Final = "text"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a job wrote.

    Args:
        job: the job.
        identities: age identities (secret keys), for outputs that are encrypted.

    """

    job: Ended
    identities: Sequence[str] = ()

    def fetch(self, lines: Sequence[Line], into: Path) -> list[Got]:
        """Return a local file for each line, or why there is none; what is not as recorded is none, too."""
        found: dict[int, Got] = {}
        order = sorted(range(len(lines)), key=lambda n: (str(lines[n]["output"]), _row(lines[n])))
        for output, numbers in groupby(order, key=lambda n: str(lines[n]["output"])):
            these = list(numbers)
            try:
                path = self._inside(output)
                found.update(self._fetch(path, [(n, lines[n]) for n in these], into))
            except MediaError as error:
                found |= {n: error for n in these if n not in found}
        return [_as_recorded(found[number], line) for number, line in enumerate(lines)]

    def _inside(self, output: str) -> Path:
        """Return the file of an output; a manifest may come from anyone, and must not lead out of its folder."""
        path = self.job.out / output
        if not path.resolve().is_relative_to(self.job.out.resolve()):
            raise MediaError(output, "it lies outside the output folder.", "E_OUTSIDE")
        if path.is_symlink() or not path.is_file():
            raise MediaError(output, "it is gone.", "E_MISSING")
        return path

    def _fetch(self, path: Path, lines: Sequence[tuple[int, Line]], into: Path) -> Iterator[tuple[int, Got]]:
        first = lines[0][1]
        if "member" in first:
            return _members(path, lines, into)
        if "column" in first:
            return _cells(self.job.facts["sink"]["kind"], path, lines, into)
        return ((number, self._file(path, number, line, into)) for number, line in lines)

    def _file(self, path: Path, number: int, line: Line, into: Path) -> Got:
        if not line.get("encrypted"):
            return path
        if not self.identities:
            return MediaError(str(line["output"]), "it is encrypted. Give --identity FILE.", "E_ENCRYPTED")
        target = into / f"out{number}{PurePosixPath(path.stem).suffix}"
        try:
            target.write_bytes(age.decrypted(path, self.identities))
        except ConfigError as error:
            return MediaError(str(line["output"]), str(error), "E_ENCRYPTED")
        return target


def _row(line: Line) -> int:
    """Return the row of a cell; of what is none, or no number, the first: a manifest may come from anyone."""
    row = line.get("row")
    return row if isinstance(row, int) else 0


def _as_recorded(got: Got, line: Line) -> Got:
    """Return a file that holds what was written; other content would be judged as if the job had made it."""
    if isinstance(got, MediaError):
        return MediaError(place_of(line), got.reason, got.code)
    try:
        same = sha256(got) == line.get("sha256")
    except OSError as error:
        return MediaError(place_of(line), f"it cannot be read: {error.strerror}.", "E_MISSING")
    return got if same else MediaError(place_of(line), "it was changed after the job wrote it.", "E_CHANGED")


def _members(path: Path, lines: Sequence[tuple[int, Line]], into: Path) -> Iterator[tuple[int, Got]]:
    """Yield the members of a tar as files that are named by number: no name of a member becomes one of a file."""
    gone = MediaError(path.name, "its tar does not have it.", "E_MISSING")
    try:
        with tarfile.open(path, "r:") as tar, path.open("rb") as raw:
            places = {member.name: member for member in tar if member.isreg()}
            for number, line in lines:
                member = places.get(str(line.get("member")))
                if member is None or member.size != line.get("bytes"):
                    yield number, gone
                    continue
                target = into / f"out{number}{PurePosixPath(member.name).suffix.lower()}"
                raw.seek(member.offset_data)
                _copy(raw.read, member.size, target)
                yield number, target
    except (tarfile.TarError, OSError, ValueError) as error:
        raise MediaError(path.name, f"its tar cannot be read: {error}.", "E_CORRUPT") from None


def _copy(read: Callable[[int], bytes], size: int, target: Path) -> None:
    with target.open("wb") as file:
        while size and (block := read(min(size, BLOCK))):
            file.write(block)
            size -= len(block)


def _cells(kind: str, path: Path, lines: Sequence[tuple[int, Line]], into: Path) -> Iterator[tuple[int, Got]]:
    """Yield the cells of a table; ``lines`` come in the order of its rows, and are read in one go for each column."""
    from augreg.jobs.tables.blocks import Cursor, opened

    try:
        for column in sorted({str(line.get("column")) for _, line in lines}):
            cursor = Cursor(opened(kind, path, path.name), path.name, [column])
            for number, line in lines:
                if line.get("column") == column:
                    yield number, _cell(cursor, number, line, into)
    except (ConfigError, KeyError, OSError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        said = str(error).rstrip(".")
        raise MediaError(path.name, f"its table cannot be read: {said}.", "E_CORRUPT") from None


def _cell(cursor: Any, number: int, line: Line, into: Path) -> Got:
    with contextlib.suppress(MediaError, LookupError, TypeError):  # no such row, column or kind of cell
        batch, place = cursor.row(_row(line))
        held = batch.column(0)[place].as_py()
        data = held["bytes"] if isinstance(held, dict) else held
        if data is not None:
            raw = data.encode("utf-8") if isinstance(data, str) else bytes(data)
            suffix = ".txt" if line.get("modality") == TEXT else sniff(raw[:HEAD]) or ""
            target = into / f"out{number}{suffix}"
            target.write_bytes(raw)
            return target
    return MediaError(cursor.name, "its table does not have it.", "E_MISSING")
