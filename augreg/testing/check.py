"""What a check is: a named function that says what is wrong by raising ConformanceError."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class ConformanceError(AssertionError):
    """An augmenter or a plugin breaks a rule; the message says which, with the values seen."""


def require(fact: bool, message: str) -> None:
    """Raise ConformanceError with the message unless the fact holds."""
    if not fact:
        raise ConformanceError(message)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule for one plugin or augmenter: call it to run it.

    ``id`` is "rule" for a plugin, "audio.gain-rule" for an augmenter; ``doc`` is the rule in one sentence. What is
    ``slow`` gets the mark of that name and is no part of the short form, ``pytest -m "not slow"``.
    """

    id: str
    run: Callable[[], None]
    doc: str = ""
    slow: bool = False

    def __call__(self) -> None:
        """Run it.

        Raises:
            ConformanceError: the rule is broken.

        """
        self.run()

    def __repr__(self) -> str:
        return self.id
