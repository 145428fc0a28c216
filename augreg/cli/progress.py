"""Shows how a job goes on: a bar on a terminal, else a line now and then, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from augreg.jobs import Summary

EVERY = 5.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Summary], None]]:
    """Give a function that shows progress on stderr."""
    if quiet:
        yield lambda summary: None
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        yield from _bar()


def _bar() -> Iterator[Callable[[Summary], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("samples")

        def show(summary: Summary) -> None:
            checking = f"{summary.checked} compared, " if summary.checked and not summary.rate else ""
            refused = f", {summary.refused} refused" if summary.refused else ""
            text = f"samples, {checking}{summary.rate:.0f}/s{refused}"
            bar.update(shown, total=summary.inputs, completed=summary.done, description=text)

        yield show


class _Lines:
    """Prints a line every few seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + EVERY

    def __call__(self, summary: Summary) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        left = (summary.inputs - summary.done) / summary.rate if summary.rate else 0.0
        rest = f", {summary.rate:.0f}/s, {left:.0f} s left" if summary.rate else ""
        click.echo(f"{summary.done}/{summary.inputs} samples, {summary.refused} refused{rest}", err=True)


@contextmanager
def counted(*, quiet: bool, label: str = "looking") -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how many of all were looked at, or trained, on stderr."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, inputs: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, inputs: int) -> None:
            bar.length = inputs
            bar.update(done - bar.pos)

        yield show
