"""What the records of a data set are called in tars: keys without dots, extensions that say the field."""

from __future__ import annotations

import re
from typing import Final

from augreg.jobs.items import Item
from augreg.jobs.sources.membernames import RESERVED

_PLAIN: Final = re.compile(r"[\x00-\x1f\x7f\\:]")
"""What readers on other systems refuse in a name, or take for something else."""


def tar_name(shard: int) -> str:
    """Return the name of a shard's tar; the digits make brace ranges work: augreg-{000000..000012}.tar."""
    return f"augreg-{shard:06}.tar"


def name_of(item: Item) -> str:
    """Return what an input is called by: its record, or its path without suffix."""
    if item.record is not None or item.field is None:
        return item.stem
    return item.key if item.others else item.stem.removesuffix(f".{item.field}")


def key_of(item: Item) -> str:
    """Return the key of an input's members, without copy number.

    A dot in a file's name ends the key for webdataset, so it becomes "_"; so do control characters, colons and
    backslashes. A first folder in double underscores, ``__index__/``, is one that webdataset skips: it loses one.
    """
    folders, _, name = _PLAIN.sub("_", name_of(item)).rpartition("/")
    parts = [*folders.split("/"), name.replace(".", "_")] if folders else [name.replace(".", "_")]
    parts = [f"{part}_" if part.partition(".")[0].strip().lower() in RESERVED else part for part in parts]
    whole = "/".join(parts)
    return whole[1:] if re.match(r"__[^/]*__/", whole) else whole


def extension_of(item: Item, file: Item) -> str:
    """Return the extension of one file's member: "jpg", or "left.png" where the field has to be said."""
    tail = file.suffix
    if item.record is None:
        name = name_of(item)
        tail = (file.stem.removeprefix(name) if file.stem.startswith(name) else "") + tail
    elif file.field and len(item.files) > 1 and file.stem != item.record and tail.lower() != f".{file.field}":
        tail = f".{re.sub('[^A-Za-z0-9_-]', '_', file.field)}{tail}"
    return tail.lower().removeprefix(".")


def extensions_of(item: Item) -> list[str]:
    """Return the extensions of all files of an input; where two would be alike, each says its field."""
    found = [extension_of(item, file) for file in item.files]
    alike = {extension for extension in found if found.count(extension) > 1}
    return [
        f"{file.field}.{extension}" if extension in alike else extension
        for file, extension in zip(item.files, found, strict=True)
    ]
