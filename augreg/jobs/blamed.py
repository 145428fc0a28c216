"""What is to blame where one sample cannot be augmented: the input itself, a file of a step, or the memory."""

from __future__ import annotations

from typing import Any

from augreg.errors import MediaError, SampleError
from augreg.jobs.items import Item
from augreg.media.clipfile import ClipFile
from augreg.media.picturefile import PictureFile


def about_sample(error: Exception, item: Item, sample: Any) -> Exception:
    """Return the error of one sample that was tried alone."""
    if isinstance(error, MediaError):
        if error.path in _on_demand(sample):
            return MediaError(item.called, error.reason, error.code)  # the input itself, which is decoded only now
        # A file of a step's own, such as a background: the input is whole, so the line must name that file.
        return SampleError(f"a step cannot use {error}")
    return no_memory(item) if isinstance(error, MemoryError) else error


def _on_demand(sample: Any) -> set[str]:
    """Return the files of a sample, or of a record, that steps go on reading."""
    parts = sample.values() if isinstance(sample, dict) else [sample]
    return {str(part.data.path) for part in parts if isinstance(getattr(part, "data", None), (ClipFile, PictureFile))}


def no_memory(item: Item) -> MediaError:
    """Return the error of an input that is too large for the memory that is left."""
    reason = "there is not enough memory for it. Leave it out by a lower --limit, or use fewer --workers."
    return MediaError(item.called, reason, "E_MEMORY")
