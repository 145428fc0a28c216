"""Keeps what plugins print while they are imported out of a command's answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from augreg import registry
from augreg.registry import Registry


@contextmanager
def aside() -> Iterator[None]:
    """Send what is printed meanwhile to stderr: stdout belongs to the answer, which a program may read as JSON."""
    with redirect_stdout(sys.stderr):
        yield


def installed() -> Registry:
    """Return the registry of this process; what plugins print when it imports them goes to stderr."""
    with aside():
        return registry.default()
