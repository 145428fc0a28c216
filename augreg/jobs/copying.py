"""Outputs that are the input itself: copied without its metadata, or with it where the user keeps it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from augreg import media
from augreg.errors import MediaError
from augreg.media import Limits, formats
from augreg.media.bare import MustEncodeError, copy_bare
from augreg.registry import Registry

COPIED = "copied byte for byte"


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies inputs to where they are staged.

    Args:
        keep_metadata: whether copies are byte for byte.
        limits: of what is decoded, where a file has to be encoded anew.
        registry: whose formats to use.

    """

    keep_metadata: bool
    limits: Limits
    registry: Registry

    def copy(self, path: Path, staged: Path, suffix: str, why: str) -> tuple[str, ...]:
        """Copy a file and return notes; ``why`` is the reason, and begins the first of them.

        A name in a tar or a list is not compared with what is in the file before the job begins, when outputs get their
        names: where they differ, the copy is called as the input was, and a note says so.

        Raises:
            MediaError: its metadata cannot be removed.

        """
        if self.keep_metadata:
            shutil.copyfile(path, staged)
            return (f"{why}: {COPIED}", *self._misnamed(path, suffix))
        try:
            notes = copy_bare(path, staged, self.registry)
        except MustEncodeError as reason:
            return (f"{why}: encoded anew, since {reason}", *self._encoded(path, staged, suffix))
        return (f"{why}: copied, {notes[0]}" if notes else f"{why}: {COPIED}", *self._misnamed(path, suffix))

    def _misnamed(self, path: Path, suffix: str) -> tuple[str, ...]:
        """Return a note where the content is of another format than the name of the copy says."""
        try:
            found = formats.format_of(path, self.registry)
        except MediaError:
            return ()  # a refused input, of which nobody knows what it is
        named = PurePosixPath(f"_{suffix}").suffix.lower()
        same = not named or formats.canonical(found) == formats.canonical(named)
        return () if same else (f"named {named} but of format {found}",)  # as media.load says it

    def _encoded(self, path: Path, staged: Path, suffix: str) -> tuple[str, ...]:
        try:
            loaded = media.load(path, self.limits, self.registry)
            notes = media.write(loaded.sample, staged, loaded.origin, suffix.lower(), self.registry)
        except MediaError as error:
            reason = f"it would be copied, but its metadata cannot be removed: {error.reason} Or give --keep-metadata."
            raise MediaError(path, reason, error.code) from error
        return (*loaded.origin.notes, *notes)
