"""What an earlier job left in an output folder, and whether this one may go on with it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.items import Item
from augreg.jobs.libraries import changed
from augreg.jobs.manifest import NAME, VERSION, as_json
from augreg.jobs.planfile import PlanFile
from augreg.jobs.state import JOB, RUN, part_of, state_of

SAME: Final = (
    *("augreg", "plugins", "source", "sink", "pipeline", "seed", "epoch", "copies", "device"),
    *("batch_size", "shard_size", "shard_bytes", "on_error", "metadata", "names", "limits", "decode"),
)
"""What the record of a job must say alike: all that results hang on."""

SHOWN: Final = 5
"""Differences of each kind that a message names."""


def job_record(out: Path) -> dict[str, Any] | None:
    """Return what is recorded of the job that began or ended in a folder, None if there was none.

    Raises:
        ConfigError: the record is there, but cannot be read.

    """
    for path in (state_of(out) / JOB, out / RUN):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise ConfigError(f"{str(path)!r} cannot be read: {error}. Begin anew with --overwrite.") from None
        if not isinstance(found, dict):
            raise ConfigError(f"{str(path)!r} says nothing of a job. Begin anew with --overwrite.")
        return found
    return None


def refuse_another(
    out: Path, before: Mapping[str, Any], facts: Mapping[str, Any], *, other_libraries: bool = False
) -> None:
    """Check that the job in a folder is the one that is asked for.

    With ``other_libraries`` it may have been begun with other versions of the libraries that bytes hang on.

    Raises:
        ConfigError: it was another one: its files and the new ones would not belong together.

    """
    if before.get("v") != VERSION:
        raise ConfigError(
            f"the job in {str(out)!r} was written by an augreg that kept other records. Begin anew with --overwrite."
        )
    for name in (*SAME, "chosen"):
        new = json.loads(json.dumps(facts.get(name), default=str))
        if before.get(name) != new:
            raise ConfigError(
                f"the job in {str(out)!r} cannot be resumed: its {name} was {before.get(name)!r} and is {new!r} now. "
                "Resume it as it began, or begin anew with --overwrite."
            )
    if not other_libraries and (differing := changed(before)):
        raise ConfigError(
            f"the job in {str(out)!r} was begun with other versions of libraries: {', '.join(differing)}. New outputs "
            "may differ from what these would have made. Install them, or go on with --other-libraries."
        )


def reopen(out: Path, plan: PlanFile, items: Sequence[Item]) -> None:
    """Cut the manifest of a job that ended into the parts that it was made of, by the inputs of each shard."""
    by_source: dict[str, list[dict[str, Any]]] = {}
    for line in _whole_lines(out / NAME):
        by_source.setdefault(line["source"], []).append(line)
    for shard in range(len(plan)):
        files = [file for item in items[plan.firsts[shard] : plan.firsts[shard + 1]] for file in item.files]
        lines = _ordered(files, by_source)
        if lines or not files:  # of a shard of which all was forgotten there is nothing to do
            part_of(out, shard).write_bytes(b"".join(as_json({**line, "shard": shard}) for line in lines))


def refuse_gone(out: Path, items: Sequence[Item]) -> None:
    """Refuse to go on with a job that ended and wrote outputs of inputs that are not there any more.

    Inputs of which it has no lines are no difference: a manifest may be torn.

    Raises:
        ConfigError: the message shows some of them.

    """
    there = {file.called for item in items for file in item.files}
    gone = dict.fromkeys(line["source"] for line in _whole_lines(out / NAME) if line["source"] not in there)
    if gone:
        refuse_inputs(out, list(_some("-", list(gone))))


def _whole_lines(manifest: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a manifest that may be torn or edited; what is no line is left out."""
    for written in manifest.read_bytes().splitlines() if manifest.is_file() else ():
        with contextlib.suppress(ValueError):
            if isinstance(line := json.loads(written), dict) and "source" in line and "key" in line:
                yield line


def _ordered(files: Iterable[Item], by_source: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return lines as a shard writes them: input by input, of each copy by copy."""
    found: dict[int, list[dict[str, Any]]] = {}
    order: dict[str, int] = {}
    for file in files:
        for line in by_source.get(file.called, []):
            place = order.setdefault(str(line["key"]), len(order))
            found.setdefault(place, []).append(line)
    return [line for place in sorted(found) for line in sorted(found[place], key=lambda line: line.get("copy", 0))]


@dataclass(slots=True)
class Difference:
    """How the inputs differ from those of the plan that the job began with.

    Args:
        added, removed: names of inputs.
        changed: position in the new plan -> name, of inputs with another size or time.

    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, old: Iterable[Item], new: Iterable[Item]) -> Difference:
        """Compare two plans."""
        before = {item.called: item for item in old}
        found = cls()
        for item in new:
            was = before.pop(item.called, None)
            if was is None or not was.same(item):
                found.added.append(item.called)
            elif _stamps(was) != _stamps(item):
                found.changed[item.position] = item.called
        found.removed = list(before)
        return found

    def refuse(self, out: Path) -> None:
        """Refuse to go on where there are inputs more or less.

        Raises:
            ConfigError: the message shows the difference.

        """
        if self.added or self.removed:
            said = [*_some("+", self.added), *_some("-", self.removed)]
            refuse_inputs(out, said)


def refuse_inputs(out: Path, said: Sequence[str]) -> None:
    """Refuse to go on with a job whose inputs are not those that it began with."""
    raise ConfigError(
        f"the job in {str(out)!r} cannot be resumed: its inputs are others now.\n  "
        + "\n  ".join(said)
        + "\nPut them back, or begin anew with --overwrite or in another folder."
    )


def _some(sign: str, names: Sequence[str]) -> Iterator[str]:
    yield from (f"{sign} {name}" for name in names[:SHOWN])
    if len(names) > SHOWN:
        yield f"{sign} and {len(names) - SHOWN} more"


def _stamps(item: Item) -> list[Any]:
    """Return what shows that an input may be another now; a fault that the plan itself found may be mended, too."""
    return [(file.size, file.mtime_ns, dict(file.labels), file.fault is None) for file in item.files]
