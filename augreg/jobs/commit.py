"""Makes results final: renames staged files into place, then writes their manifest lines."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.manifest import Manifest
from augreg.jobs.work import Outcome

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

RECORD: Final = "run.json"
"""What the job was: pipeline, seed, versions."""

STAGE: Final = ".staging-"
"""How the names of staging folders begin."""


def prepare(source: Path, out: Path, *, overwrite: bool) -> None:
    """Make the output folder, or check that it may be used.

    Raises:
        ConfigError: it is the input folder or within it, is no folder, is not empty and ``overwrite`` is not set, or
            another job is writing into it.

    """
    if out.resolve().is_relative_to(source.resolve()):
        raise ConfigError(f"output folder {str(out)!r} lies in the input folder {str(source)!r}. Choose another place.")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"output {str(out)!r} is a file. Give a folder.")
    if not overwrite and out.is_dir() and any(not path.name.startswith(STAGE) for path in out.iterdir()):
        raise ConfigError(
            f"output folder {str(out)!r} is not empty. Give an empty one, --resume to go on with the job that was "
            "stopped there, or --overwrite to replace files in it."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"output folder {str(out)!r} cannot be written: {error.strerror}. Choose another place."
        ) from None
    if busy(out):
        raise ConfigError(f"another job is writing into {str(out)!r}. Wait for its end, or choose another place.")


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """Give a hidden folder within ``out``, so that renaming never copies; it is always removed at the end.

    A process that is killed cannot do that, so its folder is removed here. A job that still runs holds a lock on its.
    """
    with locked(out):
        for left in out.glob(f"{STAGE}*"):
            with locked(left, wait=False) as free:
                if free:
                    shutil.rmtree(left, ignore_errors=True)
        stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=out))
        held = ExitStack()
        held.enter_context(locked(stage))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        held.close()


def busy(out: Path) -> bool:
    """Return whether a job that still runs has a staging folder here; False where the system has no locks."""
    if fcntl is None:
        return False
    for stage in out.glob(f"{STAGE}*"):
        with locked(stage, wait=False) as free:
            if not free:
                return True
    return False


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock on a folder, which goes with the process; give False where another one has it.

    Also False where the system has no such locks; then nothing is ever taken for left behind.
    """
    if fcntl is None:
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def commit(outcomes: Sequence[Outcome], out: Path, manifest: Manifest) -> None:
    """Put every staged file in its place by renaming, and record it. A file is there whole or not at all."""
    with shielded():
        for outcome in outcomes:
            for staged, output in outcome.staged:
                target = out / output
                target.parent.mkdir(parents=True, exist_ok=True)
                staged.replace(target)
        manifest.append([line for outcome in outcomes for line in outcome.lines])


@contextmanager
def shielded() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the end, so that what is renamed is recorded, too.

    Only the main thread can, and only it is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda arrived, _: held.append(arrived))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: not set from Python
        for arrived in held:
            signal.raise_signal(arrived)


def write_record(out: Path, facts: Mapping[str, Any]) -> None:
    """Write ``run.json`` by renaming."""
    temporary = out / f".{RECORD}.tmp-{os.getpid()}"
    temporary.write_text(json.dumps(facts, indent=2, default=str) + "\n", encoding="utf-8")
    temporary.replace(out / RECORD)
