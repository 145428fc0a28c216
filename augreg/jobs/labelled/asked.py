"""What a user asks about labels: ``auto``, ``none``, or a form, and where it lies: ``coco:instances.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from augreg.errors import ConfigError

AUTO: Final = "auto"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """A form of labels, by its name, and what was said of it behind the colon."""

    form: str
    given: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """Read ``FORM`` or ``FORM:WHERE``.

        Raises:
            ConfigError: nothing is said.

        >>> from augreg.jobs.labelled.asked import Asked
        >>> Asked.of("coco:annotations/instances.json")
        Asked(form='coco', given='annotations/instances.json')

        """
        form, _, given = text.partition(":")
        if not form:
            raise ConfigError(f"labels is {text!r}. Give {AUTO}, {NONE}, or a form, as in coco:instances.json or yolo.")
        return cls(form, given)
