"""An augmenter that is called with samples does what the pipeline of that one step does."""

import copy
import gc
import pickle

import numpy as np
import PIL.Image
import pytest
import torch

import augreg
from augreg.pipeline import alone

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
OPTIONS = {"seed": 7, "keys": ["a"]}


def same(a, b):
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and np.array_equal(np.asarray(a), np.asarray(b))


SAMPLES = {
    "image.rotate": [PIL.Image.fromarray(PICTURE), [PIL.Image.fromarray(PICTURE)], torch.from_numpy(PICTURE.T.copy())],
    "audio.gain": [(torch.ones(1, 8), 16000)],
    "text.keyboard": ["a sentence of words", ["a sentence of words"]],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_the_pipeline_of_one_step_that_always_runs(name):
    modality = name.partition(".")[0]
    for sample in SAMPLES[name]:
        hint = {"modality": modality} if isinstance(sample, torch.Tensor) else {}
        wanted = augreg.augment(sample, {modality: [{name: {"p": 1}}]}, **OPTIONS, **hint)
        assert same(augreg.make(name)(sample, **OPTIONS), wanted)  # an augmenter says what bare arrays are


def test_p_is_one_whatever_the_augmenter_declares():
    flip = augreg.make("image.hflip")
    assert type(flip).declares.p < 1
    out = flip([PICTURE] * 20, modality="image", seed=1, keys=range(20))
    assert all(np.array_equal(each, PICTURE[:, ::-1]) for each in out)


def test_options_and_targets_go_along():
    sound = augreg.make("audio.polarity")(torch.ones(1, 4), modality="audio", sample_rate=8000, **OPTIONS)
    assert sound.tolist() == [[-1.0] * 4]
    image, label = augreg.make("image.hflip")(PIL.Image.fromarray(PICTURE), 3, **OPTIONS)
    assert np.array_equal(np.asarray(image), PICTURE[:, ::-1])
    assert label == 3


def test_joint_augmenters_take_records():
    mirror = augreg.make("image_text.hflip")
    out = mirror({"image": PIL.Image.fromarray(PICTURE), "text": augreg.Text("a cat on the left")}, **OPTIONS)
    assert np.array_equal(np.asarray(out["image"]), PICTURE[:, ::-1])
    assert out["text"].data == "a cat on the right"


WRONG = {
    "of another modality": ("image.rotate", "a text", "image.rotate takes image, and among what it was called with"),
    "one of a list": ("image.rotate", [PIL.Image.fromarray(PICTURE), "a text"], "is text"),
    "no record": ("image_text.hflip", PIL.Image.fromarray(PICTURE), "Pass a dict with these fields"),
    "a record of others": ("image.rotate", {"sound": (torch.ones(1, 4), 16000)}, "is audio"),
}


@pytest.mark.parametrize("case", WRONG)
def test_samples_that_would_pass_unchanged_are_refused(case):
    name, samples, message = WRONG[case]
    with pytest.raises(augreg.UnsupportedError) as caught:
        augreg.make(name)(samples, seed=7)
    assert message in str(caught.value)


def test_fields_of_other_modalities_pass_in_records():
    record = {"image": PIL.Image.fromarray(PICTURE), "sound": (torch.ones(1, 4), 16000)}
    out = augreg.make("image.hflip")(record, **OPTIONS)
    assert out["sound"] is record["sound"]
    assert np.array_equal(np.asarray(out["image"]), PICTURE[:, ::-1])


class Shout(augreg.AugmenterBase):
    """Write in capitals."""

    declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))

    def apply(self, batch, params):
        return batch.replace([text.upper() for text in batch.data])


def test_augmenters_of_others_can_be_called_once_they_are_registered():
    with pytest.raises(augreg.ConfigError, match="Shout is not registered"):
        Shout()("a", seed=1)
    augreg.register(Shout, "my.shout", modalities=("text",))
    try:
        assert Shout()("a", **OPTIONS) == "A"
    finally:
        augreg.unregister("my.shout")


def test_pipelines_are_built_once_and_not_kept_on_the_augmenter():
    rotate = augreg.make("image.rotate")
    before = dict(vars(rotate))
    assert alone.pipeline_of(rotate) is alone.pipeline_of(rotate)
    assert alone.pipeline_of(augreg.make("image.rotate", degrees=1)) is not alone.pipeline_of(rotate)
    assert vars(rotate) == before
    assert copy.deepcopy(rotate) == pickle.loads(pickle.dumps(rotate)) == rotate


def test_augmenters_do_not_pile_up():
    for i in range(3 * alone.KEPT):
        augreg.make("image.rotate", degrees=i % 180)
        alone.pipeline_of(augreg.make("image.hflip"))
    gc.collect()
    assert len(alone._pipelines) == alone.KEPT
