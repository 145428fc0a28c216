"""A film that is mirrored with its sound: what was heard where it was seen still is."""

from __future__ import annotations

import av
import numpy as np
import pytest
import torch

import augreg

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


def film(channels: int) -> dict[str, augreg.Sample]:
    """Eight frames with a bright left half, and a sound of which each channel has a level of its own."""
    frames = torch.zeros(8, 3, 16, 24, dtype=torch.uint8)
    frames[..., :12] = 200
    wave = torch.arange(1, channels + 1)[:, None].float().div(10).repeat(1, 800)
    return {"video": augreg.Video(frames, fps=8.0), "audio": augreg.Audio(wave, 800)}


def mirrored(record: dict[str, augreg.Sample], p: float = 1.0) -> dict[str, augreg.Sample]:
    (out,) = augreg.augment([record], {"record": [{"av.hflip": {"p": p}}]}, seed=1, keys=["a"])
    return out


@pytest.mark.parametrize("channels", LAYOUTS)
def test_channels_change_sides_as_ffmpeg_names_them(channels: int):
    """FL, BL and SL become FR, BR and SR and the reverse; C, LFE and BC stay where they are."""
    names = [channel.name for channel in av.AudioLayout(LAYOUTS[channels]).channels]
    assert len(names) == channels
    sides = {"L": "R", "R": "L"}
    wanted = [name[:-1] + sides[name[-1]] if len(name) == 2 and name[-1] in sides else name for name in names]
    before = film(channels)
    out = mirrored(before)
    assert torch.equal(out["video"].data, before["video"].data.flip(-1))
    for place, name in enumerate(wanted):
        assert torch.equal(out["audio"].data[place], before["audio"].data[names.index(name)])


def test_twice_is_as_before_and_films_without_sound_are_mirrored():
    record = film(6)
    again = mirrored(mirrored(record))
    assert torch.equal(again["video"].data, record["video"].data)
    assert torch.equal(again["audio"].data, record["audio"].data)
    silent = mirrored({"video": record["video"]})
    assert torch.equal(silent["video"].data, record["video"].data.flip(-1))


def test_picture_and_sound_are_mirrored_together_or_not_at_all():
    records = [film(2) for _ in range(40)]
    out = augreg.augment(records, {"record": ["av.hflip"]}, seed=3, keys=list(range(40)))
    turned = np.asarray([bool(o["video"].data[0, 0, 0, 0] == 0) for o in out])
    swapped = np.asarray([float(o["audio"].data[0, 0]) > 0.15 for o in out])
    assert (turned == swapped).all()
    assert 8 < turned.sum() < 32


def test_channels_of_unknown_sides_are_refused():
    with pytest.raises(augreg.SampleError, match="a sound of 9 channels has no left and right"):
        mirrored(film(9))
