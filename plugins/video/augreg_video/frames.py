"""The lift that the registry knows: any image augmenter, on the frames of clips."""

from __future__ import annotations

from dataclasses import dataclass

from augreg import Augmenter, ConfigError
from augreg.param import value
from augreg_video.lifting import Lifted


@dataclass(frozen=True, kw_only=True)
class Frames(Lifted):
    """Apply an image augmenter to every frame of the clip.

    With temporal="shared" a clip gets the very parameters that a picture with the clip's key would get. With
    "per_frame" every frame has a key of its own. With "smooth" the numbers among the parameters are drawn
    every ``period`` frames and run smoothly in between, within the configured range, which gives camera
    shake, flicker or drifting light; parameters that are not numbers stay as first drawn. An augmenter that mixes
    pictures mixes clips, frame by frame at the same time.

    Raises:
        ConfigError: the augmenter draws nothing that can run smoothly, or mixes clips and is not shared.

    """

    augmenter: Augmenter = value(doc="The image augmenter.")  # noqa: RUF009 - it returns a dataclass field

    def __post_init__(self) -> None:
        if not isinstance(self.augmenter, Augmenter):
            raise ConfigError(f"augmenter={self.augmenter!r} is not an augmenter. Give one, e.g. augreg.make(name).")
        super().__post_init__()

    def _make_inner(self) -> Augmenter:
        return self.augmenter
