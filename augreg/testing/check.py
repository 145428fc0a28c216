"""What a check is: a named function that says what is wrong by raising ConformanceError."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from augreg.testing.subject import Subject


class ConformanceError(AssertionError):
    """An augmenter or a plugin breaks a rule; the message says which, with the values seen."""


def require(fact: bool, message: str) -> None:
    """Raise ConformanceError with the message unless the fact holds."""
    if not fact:
        raise ConformanceError(message)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule for one plugin or augmenter: call it to run it.

    ``id`` is "rule" for a plugin, "audio.gain-rule" for an augmenter; ``doc`` is the rule in one sentence.
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


def _always(_subject: Subject) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for augmenters: its function takes a subject; ``applies`` says for which subjects it is a rule."""

    function: Callable[[Subject], None]
    applies: Callable[[Subject], bool] = _always

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    def of(self, subject: Subject) -> Check:
        """Return the check of this rule for a subject."""
        doc = (self.function.__doc__ or "").partition("\n")[0]
        return Check(f"{subject.label}-{self.name}", lambda: self._run(subject), doc)

    def _run(self, subject: Subject) -> None:
        try:
            self.function(subject)
        except ConformanceError as error:
            if subject.spec.name in str(error):
                raise
            raise ConformanceError(f"{subject.label}: {error}") from None
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
            raise ConformanceError(f"{subject.label} fails where it should not: {found}") from error
