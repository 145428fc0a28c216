"""Overlays that stay on all frames: letterbox bars, text, logos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from augreg import EVERY, AugmenterBase, Batch, BatchInfo, ConfigError, Declaration, Level, Params, Rng
from augreg.param import choice, interval, number, text, texts
from augreg_video.cuts import Floats
from augreg_video.declarations import DTYPES
from augreg_video.each_clip import map_clips
from augreg_video.patches import barred, composite, picture, rendered


def overlay(**facts: Any) -> Declaration:
    """Declare an operation that covers pixels and moves nothing."""
    return Declaration(leaves=EVERY, dtypes=DTYPES, devices=("cpu", "cuda"), **facts)


@dataclass(frozen=True, kw_only=True)
class Letterbox(AugmenterBase):
    """Cover two opposite edges of the frames with bars, as a film on a screen of another shape has them."""

    declares: ClassVar[Declaration] = overlay(
        alters=frozenset({"completeness"}), level=Level("fraction", 0.0, 0.25), differentiable=True, nonfinite="passes"
    )

    fraction: tuple[float, float] = interval(
        (0.05, 0.15), "Share of the side that each bar covers.", low=0, high=0.5, unit="fraction"
    )
    edges: str = choice("random", "Which edges.", options=("random", "top_bottom", "left_right"))
    fill: float = number(0.0, "Gray of the bars, as a share of white.", low=0, high=1, unit="fraction")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the thickness of the bars and the edges."""
        upright = rng.bernoulli("edges", {"random": 0.5, "top_bottom": 0.0, "left_right": 1.0}[self.edges])
        return Params(len(batch), fraction=self.sample("fraction", rng, level), upright=upright)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Draw the bars."""
        fractions, upright = params.array("fraction").tolist(), params.array("upright").tolist()

        def boxed(clip: torch.Tensor, i: int) -> torch.Tensor:
            return barred(clip, fractions[i], -1 if upright[i] else -2, self.fill) if fractions[i] > 0 else clip

        return map_clips(batch, boxed)


@dataclass(frozen=True, kw_only=True)
class PatchBase(AugmenterBase):
    """Puts a picture at a random place over all frames."""

    size: tuple[float, float] = interval(
        (0.08, 0.2), "Height, as a share of the frame's.", low=0.01, high=1, unit="fraction"
    )
    opacity: tuple[float, float] = interval((0.6, 1.0), "1 hides what is below.", low=0, high=1, unit="fraction")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw height, opacity and place."""
        return Params(
            len(batch),
            size=self.sample("size", rng),
            opacity=self.sample("opacity", rng, level),
            x=rng.uniform("x"),
            y=rng.uniform("y"),
        )

    def patch(self, params: Params, i: int, height: int) -> np.ndarray[Any, Any]:
        """Return the picture for clip i, float32 (height, w, 4) with values and opacity in 0..1."""
        raise NotImplementedError

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Put the picture over every clip."""

        def covered(clip: torch.Tensor, i: int) -> torch.Tensor:
            tall = max(1, round(float(params["size"][i]) * clip.shape[-2]))
            found = self.patch(params, i, tall)
            found = found * np.asarray([1.0, 1.0, 1.0, params["opacity"][i]], dtype=np.float32)
            return composite(clip, found, float(params["x"][i]), float(params["y"][i]))

        return map_clips(batch, covered)


@dataclass(frozen=True, kw_only=True)
class TextOverlay(PatchBase):
    """Write a line of text over all frames, at a random place, in a random gray."""

    declares: ClassVar[Declaration] = overlay(
        channels=(1, 3), alters=frozenset({"completeness", "content"}), level=Level("opacity", 0.0, 1.0), memory=1.5
    )

    texts: tuple[str, ...] = texts(("REC", "LIVE", "00:12:34", "Channel 5"), "What to choose from.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.texts or not all(line.strip() for line in self.texts):
            raise ConfigError(f"texts={self.texts!r} is not valid: expected a list of texts, none of them empty.")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw text, gray, height, opacity and place."""
        drawn = super().draw(batch, rng, level)
        lines = [self.texts[k] for k in rng.choice("text", len(self.texts)).tolist()]
        return Params(len(batch), dict(drawn), text=lines, grey=rng.uniform("grey"))

    def patch(self, params: Params, i: int, height: int) -> np.ndarray[Any, Any]:
        """Return the line of text."""
        return rendered(str(params["text"][i]), height, float(params["grey"][i]))


@dataclass(frozen=True, kw_only=True)
class Logo(PatchBase):
    """Put a picture from a file over all frames, at a random place.

    Raises:
        ConfigError: the file is not there or no picture.

    """

    declares: ClassVar[Declaration] = overlay(
        alters=frozenset({"completeness", "content"}), channels=(1, 3), level=Level("opacity", 0.0, 1.0), memory=1.5
    )

    path: str = text("", "The picture; where it is transparent, the frames show through. By default a ring.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.path and not Path(self.path).is_file():
            raise ConfigError(f"path={self.path!r} is no file. Give the path of a picture.")
        picture(self.path, 8)

    def patch(self, params: Params, i: int, height: int) -> np.ndarray[Any, Any]:
        """Return the picture from the file, scaled to a height."""
        return picture(self.path, height)
