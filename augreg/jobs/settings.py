"""What a user asks of a job."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from augreg.compute.devices import resolve_device
from augreg.errors import ConfigError
from augreg.jobs.spec import Check, OnError
from augreg.media import DEFAULT, Limits
from augreg.media.formats import Decode

EngineName = Literal["auto", "inline", "process", "ray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a job is to do.

    Args:
        source, out: where inputs come from; the output folder, which must lie elsewhere.
        form: what kind of input it is, one of :data:`augreg.jobs.sources.SOURCES`; "auto" tells by what is there.
        columns: of a list of paths that is a table, the columns that hold paths; () to tell by their names.
        root: of a list of paths, the folder from which they count and out of which they must not lead; None for the
            folder of the list.
        to: what kind of output is written, one of :data:`augreg.jobs.sinks.SINKS`; "auto" is one file of
            the same form for a file of annotated texts ("lines") and for rows of texts, and "folder" for all else.
        seed, epoch: with the key (the relative path) and the copy number, they fix every random number.
        copies: augmented versions per input, 1 or more.
        device: "cpu", "cuda", "auto".
        batch_size: most samples that are read and augmented at once. It changes results of steps that mix samples,
            of no others.
        shard_size, shard_bytes: most inputs of a shard, and about how many bytes of input it holds. A shard is what is
            done as a whole or not at all.
        engine: "process" works in ``workers`` processes; "inline" in this one; "auto" in this one if the job is
            one shard or uses augmenters that were registered in this process only; "ray" in tasks of a Ray cluster.
        ray_address: the cluster that "ray" works on: "auto" for the one of this machine, or an address; None starts a
            local one with ``workers`` CPUs, which ends with the job.
        workers: how many processes; 0 means as many as there are cores.
        on_error: "skip" refuses inputs that fail and goes on; "raise" stops at the first; "copy" passes them through
            without their metadata.
        max_errors: how many inputs may be refused before the job stops.
        max_in_a_row: how many inputs may be refused one after the other before the job stops; 0 for any number.
        overwrite: whether the output folder may hold files already; those of the same name are replaced.
        resume: whether to go on with a job of the same settings that was stopped in this output folder. What is there
            is compared with what was recorded, and the rest is done: the outcome is that of a job never stopped.
        check: how a resumed job compares, by "hash" or by "size" alone, which is quick.
        share: (i, n): do only every n-th shard, from the i-th on (1 is the first), as one of n machines that write
            into one folder; whoever is last makes the whole.
        limits: the largest samples that are decoded.
        other_libraries: whether to resume although libraries that bytes hang on have other versions now.
        record_host: whether the job's record names the machine.
        keep_metadata: whether outputs keep Exif, tags and the like, as far as their writers can; without it nothing of
            that kind is in an output, those that are copied from the input included.
        anonymize_names: whether outputs, manifest and messages name inputs by aliases, whose secret is kept nowhere.
        keep_folders: whether aliases stay in the folders of the input, as those of classes.
        names_to: a file for the secret and for what each alias stands for. Where it is there, its secret is taken.
        encrypt_to: age recipients, or files of some: every output is encrypted for them.
        labels: what is annotated of the inputs: a form, as "yolo", or "coco:instances.json" with the place where it
            lies; "auto" to find it; "none" to take files of labels for what else they look like.
        labels_to: the form in which labels are written; "" for that in which they are read.
        only: a file that names the inputs to take, one a line, as `augreg clean --list` writes it; None for all. A
            record is taken where all of its files are named.
        chosen: a file that names the copies to make, see :mod:`augreg.jobs.chosen`, and what their lines of the
            manifest say besides; None for ``copies`` of each input.
        split: which split of a data set is read, where the input has several.
        key_column: the column of a table that holds its keys; None for one called id, key or __key__, or else the
            place of each row, which "" takes in any case.
        class_column: the column of a table whose values become folders of the files that are made of its rows, as
            torchvision's ImageFolder reads them.
        column_prefix: goes before the names of the columns ``key``, ``source`` and ``copy`` of tables that are written.
        decode: "fast" decodes JPEG files no larger than the first steps need them, see :meth:`augreg.Image.open`.

    Raises:
        ConfigError: a value is out of range.

    """

    source: str | Path
    out: Path
    seed: int
    form: str = "auto"
    columns: tuple[str, ...] = ()
    root: str | Path | None = None
    to: str = "auto"
    epoch: int = 0
    copies: int = 1
    device: str | None = "cpu"
    batch_size: int = 32
    shard_size: int = 256
    shard_bytes: int = 64 * 1024**2
    engine: EngineName = "auto"
    ray_address: str | None = None
    workers: int = 0
    on_error: OnError = "skip"
    max_errors: int | None = None
    max_in_a_row: int = 100
    overwrite: bool = False
    resume: bool = False
    check: Check = "hash"
    share: tuple[int, int] | None = None
    limits: Limits = DEFAULT
    other_libraries: bool = False
    record_host: bool = False
    keep_metadata: bool = False
    anonymize_names: bool = False
    keep_folders: bool = False
    names_to: Path | None = None
    encrypt_to: tuple[str, ...] = ()
    split: str | None = None
    key_column: str | None = None
    class_column: str | None = None
    column_prefix: str = ""
    decode: Decode = "exact"
    only: Path | None = None
    chosen: Path | None = None
    labels: str = "auto"
    labels_to: str = ""

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
            count = max(2, self.share[1])
            valid = f"1/{count} and 2/{count}" if count == 2 else f"1/{count}, 2/{count} and so on to {count}/{count}"
            raise ConfigError(f"shard {self.share[0]}/{self.share[1]} is out of range. Machines count from 1: {valid}.")
        if self.share is not None and self.overwrite:
            raise ConfigError("machines that share a job cannot overwrite: one would remove what another wrote.")
        if (self.keep_folders or self.names_to is not None) and not self.anonymize_names:
            raise ConfigError("keep_folders and names_to are about aliases. Give anonymize_names, too.")
        if self.class_column is not None and self.anonymize_names and not self.keep_folders:
            raise ConfigError("class_column makes folders, and aliases have none. Give keep_folders, too.")
        if self.names_to is not None and self.names_to.resolve().is_relative_to(self.out.resolve()):
            raise ConfigError("the file of names lies in the output folder: it would tell the names there.")
        if self.encrypt_to and self.to not in ("auto", "folder"):
            raise ConfigError(f"outputs are encrypted file by file, and {self.to!r} writes none. Leave encrypt_to out.")
        if self.engine == "ray" and find_spec("ray") is None:
            raise ConfigError("engine 'ray' needs Ray. Install it: pip install 'augreg[ray]'.")
        if self.engine != "ray" and self.ray_address is not None:
            raise ConfigError(f"ray_address is {self.ray_address!r}, and only engine='ray' uses it. Give both.")
        if self.only is not None and not Path(self.only).is_file():
            raise ConfigError(f"only is {str(self.only)!r}, which is no file. Give one that names inputs, one a line.")
        if self.chosen is not None and (self.only is not None or self.anonymize_names):
            raise ConfigError("chosen names inputs and copies by itself: leave only and anonymize_names out.")
        assert self.device_name

    @property
    def device_name(self) -> str:
        """The device by its name; with Ray, CUDA need not be on this machine: each task gets a GPU of its node."""
        if self.engine == "ray" and str(self.device).partition(":")[0] == "cuda":
            return "cuda"
        return str(resolve_device(self.device))

    @property
    def names(self) -> str:
        """What the job's record says of names: "own", "aliases" or "aliases in folders"."""
        return ("aliases in folders" if self.keep_folders else "aliases") if self.anonymize_names else "own"

    @property
    def source_options(self) -> dict[str, Any]:
        """What was asked of the source, by name."""
        asked: dict[str, Any] = {"columns": self.columns or None, "root": self.root or None}
        asked |= {"split": self.split, "key_column": self.key_column, "class_column": self.class_column}
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def sink_options(self) -> dict[str, Any]:
        """What was asked of the sink, by name."""
        return {"column_prefix": self.column_prefix} if self.column_prefix else {}

    @property
    def processes(self) -> int:
        """How many workers there are."""
        return self.workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(8))

    @property
    def share_name(self) -> str:
        """The share as part of a file name, "" if there is none."""
        return "" if self.share is None else f"{self.share[0]}of{self.share[1]}"
