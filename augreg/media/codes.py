"""The stable codes of what can be wrong with a file, as manifests and `MediaError.code` carry them."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    "E_EMPTY": "nothing in it: zero bytes, no frame, no audio sample",
    "E_MISSING": "it is not there",
    "E_PERM": "it may not be read",
    "E_OUTSIDE": "a link, a path or a name that leads out of the input",
    "E_FORMAT": "not a format that augreg reads, or not what its content claims",
    "E_TRUNCATED": "the end is missing",
    "E_CORRUPT": "the content cannot be decoded",
    "E_CRC": "a checksum in the file does not match",
    "E_METADATA": "its metadata cannot be read safely",
    "E_TOO_LARGE": "more pixels, frames, seconds or bytes than the limits allow",
    "E_TOO_LONG": "more text than the limits allow",
    "E_RANGE": "sample values outside the range that the format has by convention",
    "E_RATE": "a sample rate below 1 kHz or above 10 MHz",
    "E_NONFINITE": "NaN or infinite sample values",
    "E_NO_VIDEO": "a video container without a video or audio stream",
    "E_ENCODING": "text that is not UTF-8",
    "E_ENCODE": "the result cannot be written in this format",
    "E_MEDIA": "any other fault of a file",
    "E_LABEL": "its labels cannot be read, do not fit it, or cannot be written",
    "E_RECORD": "files of one name do not say which field of the record each is",
    "E_SAMPLE": "a step refused the sample",
    "E_UNSUPPORTED": "a step does not handle this dtype, target or channel count",
    "E_CHANGED": "it changed, or went, between the plan of the job and its turn",
    "E_CRASH": "a worker process died on it, twice",
    "E_MEMORY": "there was not enough memory for it",
    "E_NAME": "its path is too long for what would be written",
    "E_STEP": "a step failed in a way that it does not explain",
    "E_FORGOTTEN": "a sample that was mixed into its outputs was forgotten, and they were removed",
}
"""Code -> meaning."""
