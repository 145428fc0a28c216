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


@contextmanager
def decoding(path: Path, extension: str) -> Iterator[Any]:
    """Open a file as :func:`opened` does, for work that only decodes: whatever PyAV lets out is the file's fault."""
    try:
        with opened(path, extension) as container:
            yield container
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError) as error:
        reason = f"cannot be decoded: {error or type(error).__name__}. Fetch it again."
        raise MediaError(path, reason, "E_CORRUPT") from error
