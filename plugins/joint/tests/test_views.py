"""Views of records whose fields move together."""

import pytest
import torch

import augreg


def test_a_mirrored_picture_leads_back_and_its_caption_follows():
    steps = {"record": [{"image_text.hflip": {"p": 1}}]}
    views = augreg.Pipeline(steps, schema={"photo": "image", "caption": "text"}).views(2, seed=0)
    photo = torch.rand(3, 8, 10)
    made = views([{"id": 1, "photo": photo, "caption": "a cat on the left"}])
    assert [sample["caption"] for sample in made.samples] == ["a cat on the left", "a cat on the right"]
    assert not torch.equal(made.samples[1]["photo"], photo)
    for scores, seen in made.back(masks=[sample["photo"] for sample in made.samples]):
        assert torch.equal(scores, photo)
        assert seen.all()


def test_a_film_that_is_moved_in_time_with_its_sound_has_classes_only():
    schema = {"film": "video", "sound": "audio"}
    pipe = augreg.Pipeline({"record": [{"av.speed": {"p": 1}}]}, schema=schema)
    with pytest.raises(augreg.UnsupportedError, match="av.speed moves things"):
        pipe.views(2)
    film = augreg.Video(torch.rand(8, 3, 8, 8), fps=8)
    made = pipe.views(2, seed=0, back=False)({"id": 1, "film": film, "sound": augreg.Audio(torch.rand(1, 800), 800)})
    assert made.merge(classes=torch.eye(2)).tolist() == [0.5, 0.5]
