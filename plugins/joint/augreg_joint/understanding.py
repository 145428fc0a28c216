"""Which rules speak for a text: those of the languages that were declared, or of the one that it is found to be in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from augreg import ConfigError
from augreg.kernel import listing
from augreg_joint import rules
from augreg_joint.language import language_of, script_of, strange, words_of

AUTO: Final = "auto"
"""Stands for languages: each text's is found."""

SHORT: Final = 3
"""Words of an answer that may be in the language of the record's other texts where its own do not say it."""


def check(languages: tuple[str, ...], extra: Any) -> None:
    """Read all rules that may be needed, so that a mistake in them is told when a step is built.

    Raises:
        ConfigError: see :func:`augreg_joint.rules.parse`; or "auto" stands beside languages.

    """
    if languages != (AUTO,) and AUTO in languages:
        raise ConfigError(
            f"languages={list(languages)!r} is wrong: {AUTO!r} finds the language of each text, so it stands alone. "
            f"Write [{AUTO}], or the languages only: {listing(rules.known())}."
        )
    for chosen in [(name,) for name in rules.known()] if languages == (AUTO,) else [languages]:
        rules.parse(chosen, extra)


@lru_cache(maxsize=1 << 16)
def rules_for(languages: tuple[str, ...], extra: str, text: str, beside: str) -> rules.Rules | str:
    """Return the rules for one text, or why there are none.

    Args:
        languages: those declared, or ("auto",).
        extra: further rules, as :func:`augreg_joint.rules.given` wrote them.
        text: the text.
        beside: all texts of its record. An answer such as "yes" may not say in which language it is; its question does.

    """
    words = words_of(text)
    if not words:
        # Nothing is said in any language; numbers and signs are judged by rules that are the same in all.
        return rules.load(tuple(rules.known()) if languages == (AUTO,) else languages, extra)
    if languages != (AUTO,):
        return _declared(rules.load(languages, extra), text)
    if word := strange(text, frozenset({"LATIN"})):
        return f"there are no rules for the language of {word!r}"
    found = language_of(text) or (language_of(beside) if len(words) <= SHORT else None)
    if found is None:
        return "its language is not certain (languages= says it)"
    return rules.load((found,), extra) if found in rules.known() else f"there are no rules for its language, {found!r}"


def _declared(known: rules.Rules, text: str) -> rules.Rules | str:
    """Return the rules if they are for a script such as the text's: no rules for English speak for Chinese."""
    scripts = frozenset(script_of(letter) for word in known.vocabulary for letter in word if letter.isalpha())
    word = strange(text, scripts)
    return known if word is None else f"the rules do not know letters such as those of {word!r}"
