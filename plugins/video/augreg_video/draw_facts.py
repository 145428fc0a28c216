"""The facts of clips as an image augmenter's ``draw`` sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from augreg import BatchInfo, Boxes, Keypoints
from augreg_video.frame_op import FRAME_TARGETS, clips_info, frames_info


def frame_facts(info: BatchInfo, reads: Sequence[str]) -> BatchInfo:
    """Return the facts of every frame, with the data and the targets that the augmenter reads."""
    wanted = {name: entries for name, entries in info.targets.items() if name in reads}
    facts = frames_info(info.replace(targets=wanted))
    if "data" not in reads or info.data is None:
        return facts
    return facts.replace(data=[frame for clip in info.data for frame in clip])


def clip_facts(info: BatchInfo, reads: Sequence[str]) -> BatchInfo:
    """Return the facts of one picture per clip that stands for all its frames.

    Its boxes and keypoints are those of all frames together and its mask marks what any frame marks, so that
    a crop around them holds throughout the clip; its data is the middle frame.
    """
    facts = clips_info(info)
    targets = {
        name: [_merged(e) for e in info.targets[name]]
        for name in FRAME_TARGETS
        if name in reads and name in info.targets
    }
    facts = facts.replace(targets=targets)
    if "data" not in reads or info.data is None:
        return facts
    return facts.replace(data=[clip[len(clip) // 2] for clip in info.data])


def _merged(entry: Any) -> Any:
    """Return the boxes, keypoints or masks of all frames as those of one picture."""
    if entry is None:
        return None
    if isinstance(entry, torch.Tensor):
        return entry.any(dim=0) if entry.dtype == torch.bool else entry.amax(dim=0)
    data = np.concatenate([frame.data for frame in entry])
    if isinstance(entry[0], Boxes):
        return Boxes(data, entry[0].format)
    return Keypoints(data, np.concatenate([frame.flags > 0 for frame in entry]))
