"""Numbers that records hold: ``{field: strength}`` stands for the number that each record has in that field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from augreg.errors import ConfigError, nearest

FIELD: Final = "field"
"""The one key of ``level: {field: strength}``."""


@dataclass(frozen=True, slots=True)
class FromField:
    """The number from 0 to 1 that the record of each sample holds in a field.

    Args:
        name: the field.

    >>> import augreg
    >>> augreg.param.FromField("strength")
    {'field': 'strength'}

    """

    name: str

    def plain(self) -> dict[str, str]:
        """Return it as it is written."""
        return {FIELD: self.name}

    def __repr__(self) -> str:
        return repr(self.plain())


def says_field(value: Any) -> bool:
    """Whether a value is, or is meant to be, a field of the record.

    >>> from augreg.param.from_field import says_field
    >>> says_field({"field": "strength"}), says_field({"linear": [0, 1], "epochs": 3})
    (True, False)

    """
    return isinstance(value, FromField) or (isinstance(value, Mapping) and FIELD in value)


def check_meant(value: Any, where: str, words: Iterable[str], others: Iterable[str] = ()) -> None:
    """Refuse a mapping of which one word is nearly "field", or one of others, and not one of a schedule's words.

    >>> from augreg.param.from_field import check_meant
    >>> check_meant({"feild": "strength"}, "level", ["linear", "epochs"])
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: level={'feild': 'strength'} is not valid. Did you mean 'field'?

    """
    known = [*words, FIELD, *others]
    for word in value if isinstance(value, Mapping) else ():
        hint = nearest(str(word), known)
        if word not in known and hint and hint != nearest(str(word), words):
            raise ConfigError(f"{where}={dict(value)!r} is not valid.{hint}")


def read_field(value: Any, where: str) -> FromField:
    """Return the field that a mapping says; ``where`` is what it is the value of, for messages.

    Raises:
        ConfigError: there is more in it than the name of one field.

    >>> from augreg.param.from_field import read_field
    >>> read_field({"field": 3}, "level")
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: level={'field': 3} is not valid; give the name of one field: {field: strength}.

    """
    if isinstance(value, FromField):
        value = value.plain()
    name = value[FIELD]
    if len(value) != 1 or not isinstance(name, str) or not name:
        raise ConfigError(f"{where}={dict(value)!r} is not valid; give the name of one field: {{field: strength}}.")
    return FromField(str(name))
