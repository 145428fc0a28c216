"""Text augmenters for augreg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augreg_text.sentences import split_sentences as split_sentences
    from augreg_text.tokens import Token as Token
    from augreg_text.tokens import tokenize as tokenize

__all__ = ["Token", "split_sentences", "tokenize"]


def __getattr__(name: str) -> Any:
    # Listing imports this package; numpy and regex wait until something is used.
    if name in ("Token", "tokenize"):
        from augreg_text import tokens

        return getattr(tokens, name)
    if name == "split_sentences":
        from augreg_text.sentences import split_sentences

        return split_sentences
    raise AttributeError(f"module 'augreg_text' has no attribute {name!r}")
