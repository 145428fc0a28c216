"""What a user asks of a job."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from augreg.compute.devices import resolve_device
from augreg.errors import ConfigError
from augreg.jobs.spec import Check, OnError
from augreg.media import DEFAULT, Limits
from augreg.media.formats import Decode

EngineName = Literal["auto", "inline", "process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a job is to do.

    Args:
        source, out: where inputs come from; the output folder, which must lie elsewhere.
        form: what kind of input it is, one of :data:`augreg.jobs.sources.SOURCES`; "auto" tells by what is there.
        to: what kind of output is written, one of :data:`augreg.jobs.sinks.SINKS`.
        seed, epoch: with the key (the relative path) and the copy number, they fix every random number.
        copies: augmented versions per input, 1 or more.
        device: "cpu", "cuda", "auto".
        batch_size: most samples that are read and augmented at once. It changes results of steps that mix samples,
            of no others.
        shard_size, shard_bytes: most inputs of a shard, and about how many bytes of input it holds. A shard is what is
            done as a whole or not at all.
        engine: "process" works in ``workers`` processes; "inline" in this one; "auto" in this one if the job is
            one shard or uses augmenters that were registered in this process only.
        workers: how many processes; 0 means as many as there are cores.
        on_error: "skip" refuses inputs that fail and goes on; "raise" stops at the first; "copy" passes them through
            byte for byte.
        max_errors: how many inputs may be refused before the job stops.
        max_in_a_row: how many inputs may be refused one after the other before the job stops; 0 for any number.
        overwrite: whether the output folder may hold files already; those of the same name are replaced.
        resume: whether to go on with a job of the same settings that was stopped in this output folder. What is there
            is compared with what was recorded, and the rest is done: the outcome is that of a job never stopped.
        check: how a resumed job compares, by "hash" or by "size" alone, which is quick.
        share: (i, n): do only every n-th shard, from the i-th on (1 is the first), as one of n machines that write
            into one folder; whoever is last makes the whole.
        limits: the largest samples that are decoded.
        decode: "fast" decodes JPEG files no larger than the first steps need them, see :meth:`augreg.Image.open`.

    Raises:
        ConfigError: a value is out of range.

    """

    source: str | Path
    out: Path
    seed: int
    form: str = "auto"
    to: str = "folder"
    epoch: int = 0
    copies: int = 1
    device: str | None = "cpu"
    batch_size: int = 32
    shard_size: int = 256
    shard_bytes: int = 64 * 1024**2
    engine: EngineName = "auto"
    workers: int = 0
    on_error: OnError = "skip"
    max_errors: int | None = None
    max_in_a_row: int = 100
    overwrite: bool = False
    resume: bool = False
    check: Check = "hash"
    share: tuple[int, int] | None = None
    limits: Limits = DEFAULT
    decode: Decode = "exact"

    def __post_init__(self) -> None:
        for name in ("copies", "batch_size", "shard_size", "shard_bytes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        for name, choices in (("on_error", OnError), ("engine", EngineName), ("check", Check), ("decode", Decode)):
            if getattr(self, name) not in get_args(choices):
                valid = " or ".join(repr(choice) for choice in get_args(choices))
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be {valid}.")
        if self.workers < 0:
            raise ConfigError(f"workers is {self.workers}; it must be at least 1, or 0 for one on each core.")
        if self.overwrite and self.resume:
            raise ConfigError("overwrite and resume exclude each other. Give one of them.")
        if self.share is not None and not 1 <= self.share[0] <= self.share[1]:
            raise ConfigError(f"shard {self.share[0]}/{self.share[1]} is out of range. Give 1/4, 2/4, 3/4 and 4/4.")
        if self.share is not None and self.overwrite:
            raise ConfigError("machines that share a job cannot overwrite: one would remove what another wrote.")
        resolve_device(self.device)

    @property
    def processes(self) -> int:
        """How many workers there are."""
        return self.workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(8))

    @property
    def share_name(self) -> str:
        """The share as part of a file name, "" if there is none."""
        return "" if self.share is None else f"{self.share[0]}of{self.share[1]}"
