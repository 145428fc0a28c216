"""Folders of classes: ``cat/001.jpg`` is a cat, as torchvision's ``ImageFolder`` reads it.

The outputs keep their folders, so the class stays with them whether this form is asked for or not. It is needed where
a pipeline mixes samples (mixup, cutmix): the class of an output is then a share of several, which no folder can say.
With ``--labels classes`` the class goes through the pipeline, and ``labels.jsonl`` says of every output what became
of it::

    {"file_name": "cat/001__a0.jpg", "label": "cat"}
    {"file_name": "cat/001__a1.jpg", "label": {"cat": 0.7, "dog": 0.3}}

A reader of folders, such as ``ImageFolder``, sees the folder only: after steps that mix, read ``labels.jsonl``.

What is read: every file of a known format below a folder; the class is the name of the first folder. ``classes:2``
takes the second one, for ``train/cat/001.jpg``. Files that have no such folder have no class. This form is never
found by itself, for every tree of folders looks like classes. Lists of classes (``labels.csv``) are tables: see
docs/jobs-formats.md.

::

    augreg run mixup.yaml pets out --labels classes
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from augreg.errors import ConfigError, MediaError
from augreg.media.formats import readers
from augreg.media.labels.base import CLASS, About, Labels, Said, SetForm


class Classes(SetForm):
    """Classes as names of folders, and of outputs in ``labels.jsonl``. ``head``: ``categories``."""

    name: ClassVar[str] = "classes"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "audio", "video", "text"})

    @property
    def roles(self) -> Mapping[str, Any]:
        """A class of the whole sample."""
        return CLASS

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Find nothing: every tree of folders looks like classes."""
        del root, files
        return []

    @classmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        """Return the classes; ``given`` says which folder of a path is the class, counted from 1."""
        if not (given or "1").isdecimal() or not 1 <= int((given or "1")[:3]) <= 99:
            raise ConfigError(f"labels 'classes:{given}': say which folder is the class, such as classes:2; 1 to 99.")
        level = int(given or 1)
        names = sorted({said.raw for said in _said(root, level)})
        if not names:
            where = "in folders" if level == 1 else f"in folders of level {level}"
            raise ConfigError(f"labels 'classes': there are no files {where}, whose names could be classes.")
        return {"categories": [{"name": name} for name in names]}, _said(root, level)

    def read(self, raw: Any, about: About) -> Labels:
        """Read a class: its name."""
        if not isinstance(raw, str):
            raise MediaError(about.path, f"class {raw!r} is no name.", "E_LABEL")
        return Labels({"class": raw})

    def row(self, labels: Labels, about: About) -> dict[str, Any]:
        """Return a line of ``labels.jsonl``; errors as those of :class:`SetForm`."""
        strange = sorted(set(labels.fields) - set(CLASS))
        if strange:
            reason = f"a class is all that this form says, and these labels have {strange[0]}. Write another form."
            raise MediaError(about.path, reason, "E_LABEL")
        return {**labels.rest, "file_name": about.path, "label": _plain(labels.fields["class"], about)}

    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        """Yield a line of JSON for each output."""
        for row in rows:
            yield json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"

    @property
    def place(self) -> str:
        """A file of its own: ``metadata.jsonl`` says whatever else is known of the outputs."""
        return "labels.jsonl"


def _said(root: Path, level: int) -> Iterator[Said]:
    known = readers()
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        parts = Path(folder).relative_to(root).parts
        if len(parts) < level:
            continue
        for name in sorted(files):
            if not name.startswith(".") and PurePosixPath(name).suffix.lower() in known:
                yield Said("/".join((*parts, name)), parts[level - 1])


def _plain(value: Any, about: About) -> Any:
    """Return a class as JSON: a name, or the shares of several, to ten digits, the largest first."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value and all(isinstance(name, str) for name in value):
        order = sorted(value.items(), key=lambda each: -float(each[1]))
        return {name: float(f"{float(share):.10g}") for name, share in order}
    reason = f"class {value!r} is neither a name nor shares of names. Leave out `classes:` at the steps that mix."
    raise MediaError(about.path, reason, "E_LABEL")
