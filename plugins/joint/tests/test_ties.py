"""Tied fields follow joint steps: a depth map its picture, the two views of a stereo pair each other."""

import json

import pytest
import torch

import augreg

SCHEMA = {"picture": "image", "depth": "image", "other": "image", "caption": "text"}


def records(n=6, size=(20, 30)):
    made = []
    for i in range(n):
        picture = torch.rand(3, *size, generator=torch.Generator().manual_seed(i))
        depth = 80 * picture[:1]
        boxes = augreg.Boxes([[2.0, 2.0, 12.0, 12.0]], labels=["dog"])
        shown = augreg.Image(picture, boxes=boxes)
        made.append({"picture": shown, "depth": depth, "other": picture, "caption": "a dog on the left", "id": i})
    return made


def pipe(*steps, tie=None):
    named = [{name: {"fields": {"image": "picture"}, **options}} for name, options in steps]
    return augreg.Pipeline({"record": named, "tie": tie or {"depth": "picture"}}, schema=SCHEMA)


def test_a_depth_map_is_mirrored_and_cropped_with_its_picture():
    steps = pipe(("image_text.hflip", {"p": 0.5}), ("image_text.crop", {"size": [16, 16], "scale": [0.3, 0.9]}))
    given = [{**r, "caption": "a dog to the right of something"} for r in records(12)]
    given += [{**r, "caption": "a dog", "id": 100 + i} for i, r in enumerate(records(12))]
    out, trace = augreg.augment(given, steps, seed=3, return_trace=True)
    for before, after in zip(given, out, strict=True):
        assert torch.allclose(after["depth"], 80 * after["picture"].data[:1], atol=1e-3)
        assert after["other"] is before["other"]
    flips = [[s["step"] for s in t["picture"].steps] for t in trace]
    assert [[s["step"] for s in t["depth"].steps] for t in trace] == flips
    assert any(len(f) == 2 for f in flips)
    assert any(len(f) == 1 for f in flips)
    again = steps.replay(given, json.loads(json.dumps(trace.to_dicts())))
    assert all(torch.equal(a["depth"], b["depth"]) for a, b in zip(out, again, strict=True))
    unfused = augreg.augment(given, steps, seed=3, fuse=False)
    assert all(torch.allclose(r["depth"], 80 * r["picture"].data[:1], atol=1e-3) for r in unfused)


def test_colours_of_a_picture_are_no_affair_of_its_depth():
    steps = pipe(("image_text.color", {"change": "turn"}))
    for before, after in zip(records(), augreg.augment(records(), steps, seed=1), strict=True):
        assert after["depth"].equal(before["depth"])
        assert not torch.equal(after["picture"].data, before["picture"].data)


def test_the_step_need_not_name_a_field_if_all_others_are_tied_to_it():
    steps = augreg.Pipeline(
        {"record": [{"image_text.hflip": {"p": 1.0}}], "tie": {"depth": "picture", "other": "picture"}}, schema=SCHEMA
    )
    for before, after in zip(records(), augreg.augment(records(), steps, seed=1), strict=True):
        assert torch.equal(after["depth"], before["depth"].flip(-1))
        assert torch.equal(after["other"], before["other"].flip(-1))
        assert torch.equal(after["picture"].data, before["picture"].data.flip(-1))
        assert after["caption"] == "a dog on the right"


def test_sizes_must_agree_where_numbers_depend_on_them():
    given = [{**r, "depth": torch.rand(1, 10, 15)} for r in records(2)]
    out = augreg.augment(given, pipe(("image_text.hflip", {"p": 1.0})), seed=1)
    assert torch.equal(out[0]["depth"], given[0]["depth"].flip(-1))
    with pytest.raises(augreg.SampleError, match="shapes \\(3, 20, 30\\) and \\(1, 10, 15\\). Resize one before"):
        augreg.augment([{**g, "caption": "a dog"} for g in given], pipe(("image_text.crop", {"size": 8})), seed=1)


def test_two_sound_tracks_of_a_film_stay_with_it():
    film = torch.arange(20, dtype=torch.uint8).reshape(20, 1, 1, 1)
    sound = torch.rand(1, 2000)
    record = {"film": augreg.Video(film, fps=10.0), "near": (sound, 1000), "far": (sound * 0.5, 1000)}
    steps = {"record": ["av.temporal_crop", {"av.reverse": {"p": 1.0}}], "tie": {"far": "near"}}
    out = augreg.augment(record, augreg.Pipeline(steps), seed=4, keys=0)
    assert torch.equal(out["far"][0], out["near"][0] * 0.5)
    assert out["near"][0].shape[1] < 2000
