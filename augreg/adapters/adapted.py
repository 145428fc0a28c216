"""The base of adapted augmenters: one seed per sample, an object of the peer per thread, errors that say what broke."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

import numpy as np

from augreg.adapters.index import Index
from augreg.contract.augmenter import AugmenterBase
from augreg.data.batch import Batch, BatchInfo
from augreg.data.params import Params
from augreg.errors import AugregError, ConfigError, SampleError
from augreg.random.rng import Rng

_OBJECTS_PER_THREAD: Final = 64
"""The peer's objects that a thread keeps: some hold tables, and a pipeline has few steps."""


class _Mine(threading.local):
    def __init__(self) -> None:
        self.objects: dict[Any, Any] = {}


_MINE: Final = _Mine()


@dataclass(frozen=True, kw_only=True)
class Adapted(AugmenterBase):
    """Runs a transform of the peer on each sample by itself, with random numbers that hang on the sample's key.

    A subclass defines :meth:`construct`, which makes the peer's object, and :meth:`one`, which runs it. The classes of
    the transforms are made from the index by :func:`augreg.adapters.classes`. Parameters that the index calls intervals
    are drawn here, uniformly, for peers whose own are plain numbers; a subclass that has some defines :meth:`for_rows`.
    """

    index: ClassVar[Index]
    transform: ClassVar[str]
    draws: ClassVar[bool] = True
    how: ClassVar[str] = "Runs on the CPU, one sample after the other."

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peer()

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Any:
        """Return a new object of the peer's class with these arguments; what it raises becomes a ConfigError."""
        return kind(**options)

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Return row ``i`` of a batch after the transform, and the targets that it moved.

        Args:
            made: this thread's object of the peer.
            batch: not to be written to.
            i: which row.
            seed: non-negative, below 2**63; all random numbers have to hang on it. 0 if nothing is drawn.

        """
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """Return the arguments of the peer's constructor; None stands for its own default where that is no value."""
        hidden = {p["name"] for p in self.index.entry(self.transform)["parameters"] if p.get("hidden_default")}
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in found.items() if not (name in hidden and value is None)}

    def peer(self) -> Any:
        """Return this thread's object of the peer, built when first asked for.

        Raises:
            ConfigError: the peer is not installed, has no such transform, or refuses the parameters.

        """
        kept, key = _MINE.objects, (type(self), repr(self))
        if key not in kept:
            made = self._constructed()
            if len(kept) >= _OBJECTS_PER_THREAD:
                kept.pop(next(iter(kept)))
            kept[key] = made
        return kept[key]

    def _constructed(self) -> Any:
        module = self.index.import_peer()
        kind = self.found_in(module)
        if kind is None:
            raise ConfigError(
                f"the installed {self.index.peer['module']} has no {self.transform}; this adapter was made for "
                f"{self.index.peer['distribution']} {self.index.peer['version']}."
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # advice to take another transform; what is wrong has to be refused
                return self.construct(kind, self.options())
        except AugregError:
            raise
        except Exception as error:  # what a peer raises for a bad parameter may be anything
            raise ConfigError(f"{self.index.peer['name']} refuses these parameters: {_short(error)}") from error

    def found_in(self, module: Any) -> Any:
        """Return the peer's class, or whatever else :meth:`construct` takes; None if this version has none."""
        return getattr(module, self.transform, None)

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Draw "seed", int64 (n,), on which everything hangs that the peer draws, and one column for each interval."""
        columns = {"seed": rng.noise_key("seed")} if self.draws else {}
        for entry in self.index.entry(self.transform)["parameters"]:
            if entry["kind"] == "interval":
                columns[entry["name"]] = self._drawn(entry, rng, level)
        return Params(len(batch), columns)

    def _drawn(self, entry: Mapping[str, Any], rng: Rng, level: np.ndarray | None) -> np.ndarray:
        if not entry.get("integral"):
            return self.sample(entry["name"], rng, level)
        low, high = getattr(self, entry["name"])
        return rng.integers(entry["name"], low, high + 1)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Run the peer on every row."""
        if not len(batch):
            return batch
        made = self.for_rows(params)
        seeds = params.array("seed").tolist() if self.draws else [0] * len(batch)
        done = [self._one(made(i), batch, i, seed) for i, seed in enumerate(seeds)]
        targets = {name: [t.get(name) for _, t in done] for name in self.declares.targets if name in batch.info.targets}
        return batch.replace(self.together(batch, [row for row, _ in done]), targets=targets)

    def for_rows(self, params: Params) -> Callable[[int], Any]:
        """Return what gives :meth:`one` its ``made`` for a row: :meth:`peer` for all, where no parameter is drawn."""
        made = self.peer()
        return lambda i: made

    def together(self, batch: Batch, rows: list[Any]) -> Any:
        """Return the rows as the data of a batch: a list, unless a subclass says otherwise."""
        return rows

    def _one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        try:
            return self.one(made, batch, i, seed)
        except AugregError:
            raise
        except Exception as error:  # as above
            shape = tuple(getattr(batch.row(i), "shape", ()))
            raise SampleError(
                f"{self.index.peer['name']}.{self.transform} cannot take a sample of shape {shape}: {_short(error)}"
            ) from error


def _short(error: Exception) -> str:
    """Return what an error says on one line, without the addresses that pydantic appends."""
    lines = [line.strip() for line in str(error).splitlines() if "errors.pydantic.dev" not in line]
    return " ".join(lines)[:400] or type(error).__name__
