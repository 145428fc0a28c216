"""What joint steps of a picture and its caption share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from augreg import Declaration, JointBase, JointInfo, Params, PartialParams, param
from augreg_joint import rules as caption_rules
from augreg_joint.captions import Edit


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

    languages: tuple[str, ...] = param.texts(("en",), "languages of the captions: de, en, es, fr")
    rules: Mapping[str, Any] | str | None = param.value(
        None, "further rules: a mapping in the form of the rule files, or the path of a TOML file"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.known()

    def known(self) -> caption_rules.Rules:
        """Return the compiled rules."""
        return caption_rules.parse(self.languages, self.rules)


def captions(info: JointInfo) -> list[str]:
    """Return the captions."""
    return list(info.roles["text"].data or ())


def rewrites(edits: list[tuple[Edit, ...] | None]) -> PartialParams:
    """Return what happens to the texts: those that have edits are rewritten."""
    chosen = np.asarray([bool(row) for row in edits], dtype=bool)
    return PartialParams.where(chosen, Params(len(edits), edits=[[list(edit) for edit in row or ()] for row in edits]))
