"""The hidden folder in which a job keeps what it needs until it is done: plan, lock, staged files, finished shards.

    OUT/.augreg/
      lock            held for as long as a job works here; lock-1of4 by one of several machines
      begin.lock, end.lock   held by the machine that plans, or makes the whole, while others wait
      job.json        what the job is: settings, versions, the hash of its plan
      plan-1/         plan.jsonl: every input, one line each; shards.json: where each shard begins;
                      layout.json: the columns, where tables are written
      parts/000012.jsonl   the manifest lines of shard 12. This file's name is the commit: where it is, all outputs of
                      the shard are in their places
      chosen.jsonl    which copies are made, where they were chosen one by one
      generated/7     what a generator made as its eighth, as it is to be written
      secret          by which names became aliases, if they did
      staging/        results that are not final; in all-5f3a9c01 those of one start of the job, in 1of4-5f3a9c01 those
                      of one of several machines

When every shard is done, the parts become ``manifest.jsonl``, ``run.json`` is written, and the folder is removed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

STATE: Final = ".augreg"
JOB: Final = "job.json"
RUN: Final = "run.json"
SECRET: Final = "secret"
CHOSEN: Final = "chosen.jsonl"
GENERATED: Final = "generated"
LAYOUT: Final = "layout.json"
PATIENCE: Final = 1.5
"""Seconds to wait for a lock."""

JOINING: Final = 10.0
"""Seconds for which a machine that joins others waits for one that has made the whole and is leaving."""


def state_of(out: Path) -> Path:
    """Return the folder of a job's state."""
    return out / STATE


def part_of(out: Path, shard: int) -> Path:
    """Return the file whose presence says that a shard is done."""
    return out / STATE / "parts" / f"{shard:06}.jsonl"


def staging_of(out: Path, share: str = "", run: str = "") -> Path:
    """Return the folder of what is not final: of one start of a job, where each has a name of its own."""
    root = out / STATE / "staging"
    return root / f"{share or 'all'}-{run}" if run else root


def fence(out: Path, share: str = "") -> None:
    """Remove what earlier starts of this share, or of all, staged, so that whoever still works there cannot commit.

    Workers on other machines may outlive the process that gave them their work, and its lock. What they then stage
    or rename is not found any more: a folder is renamed at once, while its removal file by file would leave them time.
    """
    for folder in list(staging_of(out).glob(f"{share}-*")) if share else [staging_of(out)]:
        gone = state_of(out) / f"gone-{os.urandom(4).hex()}"
        with contextlib.suppress(FileNotFoundError):
            folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def held(out: Path, share: str = "") -> Iterator[tuple[int, ...]]:
    """Hold an output folder, from before anything in it is looked at; give the locks' file numbers.

    The lock goes with the process, and with every worker that inherits it: a job whose main process was killed holds
    its folder until its last worker is gone. Jobs that share the work hold the folder together. A folder that was made
    here and in which nothing was written is removed again.

    Raises:
        ConfigError: the folder cannot be made or written, or another job holds it.

    """
    made = [folder for folder in (out / STATE, out, *out.parents) if not folder.exists()]
    numbers: tuple[int, ...] = ()
    try:
        numbers = _locks(out, share)
        (out / STATE / "parts").mkdir(exist_ok=True)
        yield numbers
    finally:
        if numbers and last_one(out, numbers):
            _leave(out)
        for number in numbers:
            os.close(number)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextmanager
def alone(out: Path, name: str) -> Iterator[None]:
    """Do something that only one of the machines which share a job may do at a time; wait for it."""
    number = os.open(state_of(out) / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if fcntl is not None:
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def last_one(out: Path, numbers: tuple[int, ...]) -> bool:
    """Whether nobody else holds the output folder: then nobody will until :func:`held` ends; else it is let go here.

    It must not be asked before the work is done. Of machines that share a job and leave at the same time, each holding
    the folder and asking who is the last one, none would be: so whoever is not lets go at once.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(numbers[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(numbers[0], fcntl.LOCK_UN)  # for workers, too, which have the same open file
        return False
    return _is_at(numbers[0], state_of(out) / "lock")  # else it was let go before, and another job may be here


def clear(out: Path, keep: str = "") -> None:
    """Remove all that an earlier job kept here but the locks, which are held, and what has the name ``keep``."""
    fence(out)
    for path in list(state_of(out).iterdir()):
        if path.name == keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif not path.name.startswith("lock") and path.suffix != ".lock":
            path.unlink(missing_ok=True)
    (state_of(out) / "parts").mkdir(exist_ok=True)


def keep_generated(folder: Path, out: Path) -> None:
    """Take over what a generator made, where it lies beside a list of copies: it could not be made again by a job."""
    made, kept = folder / GENERATED, state_of(out) / GENERATED
    if made.is_dir() and made.resolve() != kept.resolve():
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(made, kept)


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a record by renaming."""
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    temporary.write_text(json.dumps(facts, indent=2, default=str) + "\n", encoding="utf-8")
    temporary.replace(path)


def _leave(out: Path) -> None:
    """Remove the state folder if no job began: nobody would know what it is."""
    folder = state_of(out)
    if folder.is_dir() and not (folder / JOB).exists():
        shutil.rmtree(folder, ignore_errors=True)


def _locks(out: Path, share: str) -> tuple[int, ...]:
    until = time.monotonic() + JOINING
    while True:
        try:
            whole = _lock(out, "lock", shared=bool(share))
            break
        except ConfigError:
            # A machine that makes the whole, or has made it and removes the folder, is not another job.
            if not share or (time.monotonic() > until and not _is_ending(out)):
                raise
            time.sleep(0.1)
    try:
        return (whole, _lock(out, f"lock-{share}", shared=False)) if share else (whole,)
    except ConfigError:
        os.close(whole)
        raise


def _lock(out: Path, name: str, *, shared: bool) -> int:
    """Return the number of an open, locked file."""
    path = state_of(out) / name
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number = _opened(path)
        except OSError as error:
            raise ConfigError(
                f"output folder {str(out)!r} cannot be written: {error.strerror}. Choose another place."
            ) from None
        if number is None:
            continue  # a job that ended has removed the folder at this moment
        if fcntl is None:
            return number
        if not _locked(number, shared=shared):
            os.close(number)
            raise ConfigError(f"another job is writing into {str(out)!r}. Wait for its end, or choose another place.")
        if _is_at(number, path):
            return number
        os.close(number)  # a job that ended has removed the file between opening and locking


def _opened(path: Path) -> int | None:
    """Return the number of a file that is opened, or made; None if its folder is not there any more."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except FileNotFoundError:
        return None


def _is_ending(out: Path) -> bool:
    """Whether some machine makes the whole of what all have done."""
    try:
        number = os.open(state_of(out) / "end.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(number)
    return False


def _locked(number: int, *, shared: bool) -> bool:
    """Lock an open file; wait a moment for the workers of a job that was killed just now, which are dying."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise ConfigError(
                    f"the file system of the output folder has no locks: {error.strerror}. Mount it with them (Lustre: "
                    "-o flock), or choose another place."
                ) from None
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        else:
            return True


def _is_at(number: int, path: Path) -> bool:
    """Whether an open file is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except FileNotFoundError:
        return False
