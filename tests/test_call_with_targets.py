"""pipe(image, target) and pipe((image, target)), as torchvision's ``transforms=`` calls them."""

import numpy as np
import PIL.Image
import pytest
import torch
from torchvision import tv_tensors

import augreg

PIPE = augreg.Pipeline([{"image.hflip": {"p": 1}}])
PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
PICTURE = PIL.Image.fromarray(PIXELS)
BOXES = tv_tensors.BoundingBoxes(torch.tensor([[0.0, 0.0, 1.0, 2.0]]), format="XYXY", canvas_size=(4, 6))
MASK = tv_tensors.Mask(torch.arange(24).view(1, 4, 6))
OPTIONS = {"seed": 7, "keys": ["a"]}

FORMS = {"arguments": lambda *row: PIPE(*row, **OPTIONS), "a tuple": lambda *row: PIPE(row, **OPTIONS)}


def mirrored(picture):
    return np.array_equal(np.asarray(picture), PIXELS[:, ::-1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("label", [3, 0.5, np.int64(3), True], ids=str)
def test_classes_pass(form, label):
    picture, found = FORMS[form](PICTURE, label)
    assert mirrored(picture)
    assert found is label


@pytest.mark.parametrize("form", FORMS)
def test_dictionaries_of_targets_follow(form):
    picture, found = FORMS[form](PICTURE, {"boxes": BOXES, "masks": MASK, "image_id": 5})
    assert mirrored(picture)
    assert found["boxes"].tolist() == [[5, 0, 6, 2]]
    assert torch.equal(found["masks"], MASK.flip(-1))
    assert found["image_id"] == 5
    assert type(found["boxes"]) is tv_tensors.BoundingBoxes


@pytest.mark.parametrize("form", FORMS)
def test_targets_themselves_follow(form):
    picture, boxes, mask, label = FORMS[form](PICTURE, BOXES, MASK, 7)
    assert mirrored(picture)
    assert boxes.tolist() == [[5, 0, 6, 2]]
    assert torch.equal(mask, MASK.flip(-1))
    assert label == 7


def test_bare_tensors_with_their_modality():
    tensor = torch.from_numpy(PIXELS.transpose(2, 0, 1).copy())
    picture, label = PIPE(tensor, 3, modality="image", **OPTIONS)
    assert torch.equal(picture, tensor.flip(-1))
    assert label == 3


def test_sounds_with_their_rate_stay_sounds():
    pipe = augreg.Pipeline([{"audio.polarity": {"p": 1}}])
    sound = torch.ones(1, 4)
    assert pipe(sound, 16000, **OPTIONS)[0].tolist() == [[-1.0] * 4]
    (waveform, rate), label = pipe((sound, 16000), 3, **OPTIONS)
    assert (waveform.tolist(), rate, label) == ([[-1.0] * 4], 16000, 3)


def test_lists_of_pairs_are_many_samples():
    out = PIPE([(PICTURE, 1), (PICTURE, 2)], seed=7, keys=["a", "b"])
    assert [(mirrored(picture), label) for picture, label in out] == [(True, 1), (True, 2)]


def test_tuples_of_samples_stay_so_many_samples():
    out = PIPE((PICTURE,) * 3, seed=7, keys=["a", "b", "c"])
    assert type(out) is tuple
    assert all(map(mirrored, out))


@pytest.mark.parametrize("samples", [(PICTURE, PICTURE.convert("L")), [(PICTURE, PICTURE.convert("L"))] * 2])
def test_two_pictures_in_a_tuple_may_be_one_with_its_mask(samples):
    with pytest.raises(augreg.SampleError, match="'1' has one channel and the size of '0'.*schema=.*'mask of 0'"):
        PIPE(samples, seed=7)


def test_traces_and_views():
    out, trace = PIPE(PICTURE, 3, return_trace=True, **OPTIONS)
    assert len(trace) == 1
    assert out[1] == 3
    assert [label for _, label in PIPE(PICTURE, 3, views=2, **OPTIONS)] == [3, 3]


WRONG = {
    "a picture, perhaps a mask": ((PICTURE, PICTURE.convert("L")), {}, "'1' has one channel and the size of '0'"),
    "an array as large as the picture": ((PICTURE, np.zeros((4, 6), int)), {}, "does not say whether it is one"),
    "a tensor likewise": ((PICTURE, torch.zeros(4, 6)), {}, "Wrap it, e.g. torchvision.tv_tensors.BoundingBoxes"),
    "lists": (([PICTURE], [1]), {}, "list(zip(images, targets))"),
    "a list of targets": ((PICTURE, [{"boxes": BOXES}]), {}, "Pass the pair (sample, targets)"),
    "more beside a dictionary": ((PICTURE, 3, {"boxes": BOXES}), {}, "is a dict of targets in a tuple of 3"),
    "nothing typed": ((torch.zeros(3, 4, 6), 3), {}, "Say what its tensors and arrays are, e.g. modality='image'"),
    "two keys": ((PICTURE, 3), {"keys": ["a", "b"]}, "2 keys for 1 samples"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_understood_is_refused(case):
    row, options, message = WRONG[case]
    with pytest.raises(augreg.AugregError) as caught:
        PIPE(*row, **{**OPTIONS, **options})
    assert message in str(caught.value)


def test_a_schema_says_what_two_pictures_are():
    out = PIPE(PICTURE, PICTURE, schema={"0": "image", "1": "image"}, **OPTIONS)
    assert all(map(mirrored, out))


def test_captions_are_not_passed_over():
    pipe = augreg.Pipeline([{"image.hflip": {"p": 1}}, {"text.word_swap": {"rate": 1}}])
    with pytest.raises(augreg.ConfigError, match="which of the fields '1' is text"):
        pipe(PICTURE, "one two three", **OPTIONS)
    picture, caption = pipe(PICTURE, augreg.Text("one two three"), **OPTIONS)
    assert mirrored(picture)
    assert caption.data != "one two three"


SAID = {"image": "image", "boxes": "xyxy boxes of image"}
PLAIN = {"boxes": [[0.0, 0.0, 1.0, 2.0]], "image_id": 5}
WITH_SCHEMA = {
    "arguments": lambda schema: PIPE(PICTURE, PLAIN, schema=schema),
    "a tuple": lambda schema: PIPE((PICTURE, PLAIN), schema=schema),
    "a list": lambda schema: PIPE([(PICTURE, PLAIN)], schema=schema)[0],
    "bind": lambda schema: PIPE.bind(schema=schema)(PICTURE, PLAIN),
    "of the pipeline": lambda schema: augreg.Pipeline(PIPE.to_dict()["image"], schema=schema)(PICTURE, PLAIN),
}


@pytest.mark.parametrize("form", WITH_SCHEMA)
def test_the_schema_that_an_error_names_says_what_plain_targets_of_a_pair_are(form):
    with pytest.raises(augreg.SampleError) as caught:
        PIPE(PICTURE, PLAIN)
    assert f"schema={SAID}" in str(caught.value)
    picture, found = WITH_SCHEMA[form](SAID)
    assert mirrored(picture)
    assert found == {"boxes": [[5.0, 0.0, 6.0, 2.0]], "image_id": 5}
    assert WITH_SCHEMA[form]({"extra": ["boxes"]})[1] == PLAIN


def test_a_stack_beside_its_classes_is_sent_to_columns():
    stack, classes = torch.rand(4, 3, 8, 8), torch.arange(4)
    for batch in ((stack, classes), [stack, classes]):
        with pytest.raises(augreg.SampleError, match="4 keys for 2 .* A stack beside its classes is columns"):
            PIPE(batch, modality="image", keys=range(4))
    mixup = augreg.Pipeline([{"image.mixup": {"p": 1, "classes": 4}}])
    out = mixup({"x": stack, "label": classes}, schema={"x": "image"}, seed=7, keys=range(4))
    torch.testing.assert_close(torch.einsum("ij,jchw->ichw", out["label"], stack), out["x"])
