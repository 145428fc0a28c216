"""Labels that a data set has once: where their forms stand beside a plan, and the files that are made at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.hashes import digest
from augreg.jobs.labelled.asked import Asked
from augreg.jobs.labelled.binding import Binder
from augreg.jobs.settings import Settings
from augreg.jobs.sources import Annotated
from augreg.jobs.state import state_of
from augreg.media.labels.base import BesideForm
from augreg.media.labels.known import writing
from augreg.registry import Registry

LABELS: Final = "labels.json"
"""What workers must know of labels, beside the plan."""

INTO: Final = ("folder", "webdataset")
"""Where files of labels can go."""


def read_labels(plan: Path) -> Mapping[str, Any]:
    """Return what was found when a plan was made; {} if there were no labels."""
    found: dict[str, Any] = json.loads((plan / LABELS).read_text(encoding="utf-8"))
    return found


def is_another(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """Whether the record of a job says other labels than were found now; what it wrote of them at its end is left out.

    Where they lie is no difference: inputs may have been moved since.
    """
    names = ("form", "to", "head_sha256")
    return [(before or {}).get(name) for name in names] != [(now or {}).get(name) for name in names]


def refuse_labels(binder: Binder, settings: Settings) -> None:
    """Refuse what labels do not go together with.

    Raises:
        ConfigError: the output cannot hold them, or they would tell what it is to hide.

    """
    if settings.labels_to and not binder.form:
        raise ConfigError(f"labels_to is {settings.labels_to!r}, and no labels were found. Say where: --labels FORM.")
    if not binder.form:
        return
    annotated = isinstance(binder.source, Annotated)
    mend = "Leave that out." if annotated else "Give --labels none to leave labels out."
    if settings.to not in INTO and settings.to != "lines":
        raise ConfigError(f"labels ({binder.form}) go into folders and tars, and not into {settings.to!r}. {mend}")
    if settings.anonymize_names:
        raise ConfigError(f"labels ({binder.form}) may name the files whose names aliases hide. {mend}")
    if settings.encrypt_to and not issubclass(writing(Asked.of(settings.labels_to or binder.form).form), BesideForm):
        raise ConfigError(f"outputs are encrypted, and labels ({binder.form}) would stand readable in one file. {mend}")


def write_whole(
    out: Path, labels: Mapping[str, Any], lines: Iterable[Mapping[str, Any]], registry: Registry
) -> dict[str, Any]:
    """Write the files that belong to the labels of a data set as a whole; return each with its hash and size.

    Args:
        out: the output folder.
        labels: what :func:`read_labels` returned.
        lines: what can be gone through more than once: all lines of the manifest, in order.
        registry: whose forms to use.

    """
    if not labels.get("to"):
        return {}
    form = writing(labels["to"], registry)(labels["head_to"])
    if isinstance(form, BesideForm):
        made = {place: iter([content]) for place, content in form.around().items()}
    else:
        made = {form.place: form.write(_Rows(lines))}
    found = {}
    for place, pieces in made.items():
        temporary = state_of(out) / "whole"
        with temporary.open("wb") as file:
            file.writelines(pieces)
        (out / place).parent.mkdir(parents=True, exist_ok=True)
        said = digest(temporary)
        temporary.replace(out / place)
        found[place] = said
    return found


class _Rows:
    """The rows of a form, in order, of all outputs that have labels."""

    def __init__(self, lines: Iterable[Mapping[str, Any]]) -> None:
        self.lines = lines

    def __iter__(self) -> Iterator[Any]:
        for line in self.lines:
            if line["outcome"] != "error" and "row" in (line.get("labels") or {}):
                yield line["labels"]["row"]
