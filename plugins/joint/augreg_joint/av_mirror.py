"""Mirroring a film together with its sound: what comes from the left is seen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

import augreg
from augreg import Augmenter, Declaration, JointBase, JointInfo, Params, Rng, SampleError
from augreg_joint.tracks import Floats

SIDES: Final[Mapping[int, tuple[tuple[int, int], ...]]] = {
    1: (),
    2: ((0, 1),),
    3: ((0, 1),),
    4: ((0, 1),),
    5: ((0, 1), (3, 4)),
    6: ((0, 1), (4, 5)),
    7: ((0, 1), (5, 6)),
    8: ((0, 1), (4, 5), (6, 7)),
}
"""Left and right in FFmpeg's usual layout of so many channels: mono, stereo, 3.0, 4.0, 5.0, 5.1, 6.1, 7.1."""


@dataclass(frozen=True, kw_only=True)
class HFlip(JointBase):
    """Mirror the film, and left and right in its sound.

    Stereo sound exchanges its channels; of surround sound (three to eight channels in FFmpeg's usual layouts) the left
    ones and the right ones, while those in the middle stay. Mono sound stays as it is. Boxes, masks and keypoints are
    mirrored, too.
    """

    declares: ClassVar[Declaration] = Declaration(
        joint=("video",),
        joint_optional=("audio",),
        alters=frozenset({"chirality", "position", "legibility"}),
        p=0.5,
    )

    def members(self) -> Mapping[str, Augmenter]:
        """Return the frames' and the sound's augmenter."""
        return {"video": augreg.make("video.hflip"), "audio": augreg.make("audio.channel_swap")}

    def draw_joint(self, info: JointInfo, rng: Rng, level: Floats | None = None) -> Mapping[str, Params]:
        """Say where every channel goes; nothing is random."""
        drawn = {"video": self.members()["video"].draw(info.roles["video"], rng)}
        if "audio" in info.roles:
            counts = info.roles["audio"].shapes[:, 0].tolist()
            drawn["audio"] = Params(len(info), order=[_mirrored(count) for count in counts])
        return drawn


def _mirrored(channels: int) -> np.ndarray:
    if channels not in SIDES:
        raise SampleError(
            f"a sound of {channels} channels has no left and right that are known; 1 to {max(SIDES)} channels have. "
            "Mix it down with audio.to_mono first, or leave av.hflip out."
        )
    order = np.arange(channels)
    for left, right in SIDES[channels]:
        order[[left, right]] = right, left
    return order
