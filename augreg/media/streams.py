"""What all reading with PyAV has in common."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import av

from augreg.errors import MediaError

# Tags need not be UTF-8. From 19 on, PyAV copes with that by itself and does not take the argument.
LENIENT: Final[dict[str, Any]] = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}

DEMUXER: Final = {
    ".mp4": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "matroska",
    ".m4a": "mp4",
    ".aac": "aac",
}


@contextmanager
def opened(path: Path, extension: str) -> Iterator[Any]:
    """Open a local file for demuxing, through a file object and a fixed demuxer.

    So no name is ever taken for a URL and no playlist is followed, whatever the file claims to be.
    """
    with path.open("rb") as file:
        try:
            options = {"protocol_whitelist": "file"}
            with av.open(file, format=DEMUXER[extension], options=options, **LENIENT) as container:
                yield container
        except av.error.FFmpegError as error:
            raise MediaError(path, f"cannot be decoded: {error.strerror}. Fetch it again.", "E_CORRUPT") from None
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # A damaged file sends the demuxer to a place before its beginning, which only the file object notices.
            raise MediaError(path, "cannot be decoded: it points beyond itself. Fetch it again.", "E_CORRUPT") from None


def check_limit(path: Path, value: int, limit: int, what: str) -> None:
    """Raise E_TOO_LARGE where a value is above its limit."""
    if value > limit:
        raise MediaError(path, f"{what} are more than the limit ({limit}). Cut it into pieces.", "E_TOO_LARGE")
