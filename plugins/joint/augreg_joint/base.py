"""What joint steps of a picture and its caption share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augreg import Declaration, JointBase, JointInfo, Params, PartialParams, param
from augreg_joint.captions import Edit
from augreg_joint.rules import Rules, given
from augreg_joint.understanding import check, rules_for


def declare(*mends: str, alters: tuple[str, ...] = (), p: float = 1.0, several: bool = False) -> Declaration:
    """Return the declaration of a step that reads the caption before it draws.

    Args:
        mends: meanings that it alters while the caption stays true of them: rewritten, or the picture spared.
        alters: further ones, of which captions are not mended.
        p, several: see :class:`augreg.Declaration`.

    """
    return Declaration(
        joint=("image", "text"),
        reads=("text",),
        alters=frozenset({*mends, *alters}),
        mends=frozenset(mends),
        p=p,
        several=several,
    )


@dataclass(frozen=True, kw_only=True)
class CaptionedBase(JointBase):
    """Base: rules say which words of the caption hang on what the step changes."""

    languages: tuple[str, ...] = param.texts(
        ("auto",), "languages of the captions: de, en, es, fr; auto finds each one's, and spares what is in another"
    )
    rules: Mapping[str, Any] | str | None = param.value(
        None, "further rules: a mapping in the form of the rule files, or the path of a TOML file"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.languages, self.rules)

    def known(self, info: JointInfo) -> list[Rules | str]:
        """Return the rules for each text, or why there are none: then nothing is understood of it."""
        extra, texts, whose = given(self.rules), captions(info), info.owner("text").tolist()
        beside = [""] * len(info)
        for entry, text in zip(whose, texts, strict=True):
            beside[entry] += f"{text}\n"
        return [rules_for(self.languages, extra, text, beside[i]) for text, i in zip(texts, whose, strict=True)]


def captions(info: JointInfo) -> list[str]:
    """Return the captions."""
    return list(info.roles["text"].data or ())


def left_of(whose: Sequence[int], why: Mapping[int, str]) -> dict[int, str]:
    """Return the rows of a role that stay with their reasons, from the records and theirs."""
    return {row: why[entry] for row, entry in enumerate(whose) if entry in why}


def rewrites(
    edits: Sequence[tuple[Edit, ...] | str | None], whose: Sequence[int] = (), why: Mapping[int, str] | None = None
) -> PartialParams:
    """Return what happens to the texts: those that have edits are rewritten, those with a reason or None are not."""
    told = [[list(edit) for edit in row] if isinstance(row, tuple) else [] for row in edits]
    chosen = np.asarray([bool(row) for row in told], dtype=bool)
    return PartialParams.where(chosen, Params(len(told), edits=told), left_of(whose, why or {}))
