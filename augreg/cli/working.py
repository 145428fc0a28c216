"""How commands that run a job are stopped, and what they say of faults of the machine."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from augreg.cli.app import Failure, debugging
from augreg.errors import AugregError, MediaError


@contextmanager
def reported(context: click.Context, out: Path) -> Iterator[None]:
    """Say what is left in an output folder when a job was interrupted, or the machine failed."""
    from augreg.jobs.engines.suspicion import CrashError

    try:
        yield
    except KeyboardInterrupt as stopped:
        say_stopped(out, terminated=isinstance(stopped, Terminated))
        context.exit(143 if isinstance(stopped, Terminated) else 130)
    except OSError as error:
        if isinstance(error, MediaError) or debugging(context):
            raise
        raise MachineFailure(f"{error.strerror or error}: {error.filename or out}. {whole(out)}") from error
    except CrashError as error:
        raise MachineFailure(str(error)) from error
    except (AugregError, click.ClickException, click.exceptions.Exit):
        raise
    except Exception as error:
        if debugging(context):
            raise
        raise MachineFailure(f"{type(error).__name__}: {error}\n{whole(out)} AUGREG_DEBUG=1 shows more.") from error


def say_stopped(out: Path, *, terminated: bool) -> None:
    """Say that a job was stopped, and what is left of it."""
    click.echo(f"\n{'Terminated' if terminated else 'Interrupted'}. {whole(out)}", err=True)


def whole(out: Path) -> str:
    """Return what holds of the output folder whenever a job stops."""
    return f"Every file in {out} is whole; --resume goes on."


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived, as batch systems send it before they kill."""


class MachineFailure(Failure):
    """A fault that is not one file's: every further one would meet it."""

    exit_code = 3


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether to stop, as the first Ctrl-C asks; the second one, or SIGTERM, does not wait.

    Batch systems send SIGTERM before they kill.
    """
    asked: list[int] = []

    def interrupted(*_: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(1)
        click.echo("\nFinishing the shards in work. Press Ctrl-C again to stop at once.", err=True)

    def terminated(*_: object) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    handlers = {signal.SIGINT: interrupted, signal.SIGTERM: terminated}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
