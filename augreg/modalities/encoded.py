"""Cells of Hugging Face `datasets` that are not decoded: {"bytes", "path"}, the content of a file or where it is."""

from __future__ import annotations

from typing import Any


def is_encoded(obj: Any) -> bool:
    """Whether an object is an undecoded cell: nothing beside bytes and a path, and one of them given.

    >>> is_encoded({"bytes": b"RIFF", "path": None}), is_encoded({"bytes": None, "path": None})
    (True, False)

    """
    if type(obj) is not dict or "bytes" not in obj or len(obj) > 2 or (len(obj) == 2 and "path" not in obj):
        return False
    data, path = obj["bytes"], obj.get("path")
    return isinstance(data, (bytes, bytearray, memoryview)) or (data is None and isinstance(path, str))
