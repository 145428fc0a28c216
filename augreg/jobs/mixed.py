"""Which inputs are in which outputs: a step that mixes samples leaves its partners' keys in the trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from augreg.errors import ConfigError
from augreg.pipeline import Pipeline
from augreg.random.keys import field_keys, hash_key

PARTNER: Final = "partner"
"""Parameter by which steps that mix say with whom: sample keys, in hexadecimal or decimal digits."""


class Mixtures:
    """Follows what went into what, through all steps of a job.

    Args:
        pipeline: of the job; it tells which steps mix, and in which order steps stand.
        lines: those of outputs.

    Raises:
        ConfigError: a step mixed samples and does not say which.

    """

    def __init__(self, pipeline: Pipeline, lines: Iterable[Mapping[str, Any]]) -> None:
        executions = [e for program in pipeline.programs.values() for e in program.executions]
        self._order = {label: place for place, label in enumerate(dict.fromkeys(e.label for e in executions))}
        self._mixing = {e.label for e in executions if e.augmenter.declares.labels == "mixes"}
        self._mixing |= {e.label for e, _ in pipeline.joint if e.augmenter.declares.labels == "mixes"}
        self._events: list[tuple[int, int, str, tuple[str, ...]]] = []
        """Copy, place of the step, key of the input, the partners' digits."""
        self._named: dict[str, str] = {}
        """Digits -> key of the input that they stand for."""
        self._partners: dict[tuple[int, str], set[str]] = {}
        """Copy and key -> digits of all partners."""
        self.fields: set[str] = set()
        """All fields of records that lines name."""
        for line in lines:
            self._take(line)
        self._ordered = all(place >= 0 for _, place, _, _ in self._events)

    def __bool__(self) -> bool:
        return bool(self._events)

    def _take(self, line: Mapping[str, Any]) -> None:
        if not self._mixing:
            return
        self._name(line)
        for step in _steps(line):
            found = tuple(_leaves(step["params"].get(PARTNER)))
            if not found and step["step"] in self._mixing:
                raise ConfigError(
                    f"step {step['step']!r} mixes samples and does not say with which: it has no parameter "
                    f"{PARTNER!r}. Nobody can tell which outputs hold a sample; make all of them anew without it."
                )
            if found:
                self._events.append((line["copy"], self._order.get(step["step"], -1), line["key"], found))
                self._partners.setdefault((line["copy"], line["key"]), set()).update(found)

    def _name(self, line: Mapping[str, Any]) -> None:
        number = hash_key(line["key"])
        fields = [field for field in (line.get("field"), (line.get("sound") or {}).get("field")) if field]
        self.fields.update(fields)
        several = [number, *(int(field_keys(np.array([number], np.uint64), field)[0]) for field in fields)]
        for one in several:
            self._named |= {f"{one:016x}": line["key"], str(one): line["key"]}

    def partners(self, key: str, copy: int) -> set[str]:
        """Return the inputs that the samples of a copy need to be made again, those at second hand included."""
        found, waiting = {key}, [key]
        while waiting:
            digits = self._partners.get((copy, waiting.pop()), ())
            new = {self._named[d] for d in digits if d in self._named} - found
            found |= new
            waiting += new
        return found - {key}

    def holding(self, keys: set[str], more: Iterable[str] = ()) -> set[str]:
        """Return the keys of all inputs of which some output holds something of one of these.

        Args:
            keys: inputs.
            more: digits that stand for some of them, of which no line is left.

        """
        digits = {d for d, key in self._named.items() if key in keys} | set(more)
        tainted: set[tuple[int, str]] = set()
        # Steps in order: a partner lends what it was before this step. Where the order is not known, whatever a
        # partner held at the end counts, until nothing is added: rather too many than one too few.
        places = sorted({place for _, place, _, _ in self._events}) if self._ordered else [None] * len(self._events)
        for place in places:
            new = {
                (copy, of)
                for copy, where, of, partners in self._events
                if where == place or place is None
                if self._any(partners, copy, digits, tainted)
            }
            if place is None and new <= tainted:
                break
            tainted |= new
        return {key for _, key in tainted} - keys

    def _any(self, partners: Iterable[str], copy: int, digits: set[str], tainted: set[tuple[int, str]]) -> bool:
        return any(d in digits or (copy, self._named.get(d, "")) in tainted for d in partners)


def digits_of(key: str, fields: Iterable[str] = ()) -> set[str]:
    """Return how steps that mix may name an input by its key, as a sample and as each of these fields."""
    number = hash_key(key)
    several = [number, *(int(field_keys(np.array([number], np.uint64), field)[0]) for field in fields)]
    return {text for one in several for text in (f"{one:016x}", str(one))}


def _steps(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from line.get("steps") or ()
    yield from (line.get("sound") or {}).get("steps") or ()


def _leaves(value: Any) -> Iterator[str]:
    """Yield digits; "" and empty entries, where a sample found no partner, are none."""
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        yield str(value)
