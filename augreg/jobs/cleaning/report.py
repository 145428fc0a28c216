"""What a look at a data set found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.cleaning.kinds import KEPT, KINDS
from augreg.jobs.cleaning.look import Fault
from augreg.media import CODES

VERSION: Final = 1


@dataclass(slots=True)
class Report:
    """What :func:`augreg.jobs.clean` found.

    Args:
        paths: all inputs, in order.
        faults: what is wrong, in the order of the inputs.
        modalities: how many inputs there are of each.
        splits: how many inputs each split has.
        classes: split -> class -> how many inputs it has.
        ignored: files that no reader knows, by suffix.
        notes: what to know of the data set as a whole.
        seconds: how long it took.
        languages: how many texts are in each language, by ISO 639-1, where it is sure.

    """

    paths: tuple[str, ...]
    faults: list[Fault]
    modalities: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    classes: Mapping[str, Counter[str]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    languages: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> list[str]:
        """The inputs to go on with: those without a fault, or that are read as what they are whatever their name."""
        bad = {fault.path for fault in self.faults if fault.code not in KEPT}
        return [path for path in self.paths if path not in bad]

    @property
    def counts(self) -> dict[str, int]:
        """How many faults there are of each code, most first."""
        return dict(Counter(fault.code for fault in self.faults).most_common())

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "v": VERSION,
            "inputs": len(self.paths),
            "good": len(self.good),
            "modalities": dict(self.modalities),
            "splits": dict(self.splits),
            "classes": {split: dict(found) for split, found in self.classes.items()},
            "languages": dict(self.languages.most_common()),
            "ignored": dict(self.ignored),
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "kinds": {code: {"count": count, "meaning": meaning(code)} for code, count in self.counts.items()},
            "faults": [asdict(fault) for fault in self.faults],
        }

    def write_list(self, to: str | Path) -> None:
        """Write the good inputs to a file, as `augreg run --only` reads it: see :func:`written`."""
        Path(to).write_bytes(b"".join(written(path) for path in self.good))


def meaning(code: str) -> str:
    """Return what a code says."""
    return KINDS.get(code) or CODES.get(code, "")


def written(path: str) -> bytes:
    r"""Return the line of an input: its name, or, where that would not be read again as one line, a JSON string.

    >>> written("cat/1.jpg"), written("two\nlines")
    (b'cat/1.jpg\n', b'"two\\nlines"\n')

    """
    plain = path == path.strip() and path.isprintable() and not path.startswith('"')
    return (path if plain else json.dumps(path)).encode("utf-8") + b"\n"


def read_list(given: Path) -> list[str]:
    """Return the inputs that a file lists, one a line, as :func:`written` has them; empty lines are none.

    Raises:
        ConfigError: it cannot be read, or a line is torn.

    """
    try:
        lines = given.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the list {str(given)!r} cannot be read: {error}. Give what augreg clean --list wrote."
        ) from None
    return [_name(given, number, line.removesuffix("\r")) for number, line in enumerate(lines, 1) if line.strip()]


def _name(given: Path, number: int, line: str) -> str:
    if not line.startswith('"'):
        return line
    try:
        return str(json.loads(line))
    except ValueError as error:
        raise ConfigError(
            f"line {number} of {str(given)!r} is no JSON string: {error}. Mend it, or leave it out."
        ) from None
