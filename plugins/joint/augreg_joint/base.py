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


def declare(*mends: str, alters: tuple[str, ...] = (), p: float = 1.0) -> Declaration:
    """Return the declaration of a step that reads the caption before it draws.

    Args:
        mends: meanings that it alters while the caption stays true of them: rewritten, or the picture spared.
        alters: further ones, of which captions are not mended.
        p: see :class:`augreg.Declaration`.

    """
    return Declaration(
        joint=("image", "text"),
        reads=("text",),
        alters=frozenset({*mends, *alters}),
        mends=frozenset(mends),
        p=p,
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

    def known(self, texts: Sequence[str]) -> list[Rules | str]:
        """Return the rules for each text, or why there are none: then nothing is understood of it."""
        extra = given(self.rules)
        return [rules_for(self.languages, extra, text) for text in texts]


def captions(info: JointInfo) -> list[str]:
    """Return the captions."""
    return list(info.roles["text"].data or ())


def rewrites(edits: Sequence[tuple[Edit, ...] | str | None]) -> PartialParams:
    """Return what happens to the texts: those that have edits are rewritten, those with a reason or None are not."""
    told = [[list(edit) for edit in row] if isinstance(row, tuple) else [] for row in edits]
    return PartialParams.where(np.asarray([bool(row) for row in told], dtype=bool), Params(len(told), edits=told))
