"""Rules for augmenters: each becomes one check per augmenter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from augreg.testing.check import Check, ConformanceError
from augreg.testing.subject import Subject


def _always(_subject: Subject) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for augmenters: its function takes a subject; ``applies`` says for which subjects it is a rule.

    A ``slow`` one runs the augmenter on some fifty samples or several times at once, where the others make about two
    runs with five: it is left out of the short form, ``pytest -m "not slow"``.
    """

    function: Callable[[Subject], None]
    applies: Callable[[Subject], bool] = _always
    slow: bool = False

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    def of(self, subject: Subject) -> Check:
        """Return the check of this rule for a subject."""
        doc = (self.function.__doc__ or "").partition("\n")[0]
        return Check(f"{subject.label}-{self.name}", lambda: self._run(subject), doc, self.slow)

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
