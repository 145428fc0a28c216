"""Records: schemas, columns, tuples, torchvision targets; untouched fields stay the same objects."""

import numpy as np
import PIL.Image
import pytest
import torch
from pictures import flip_pipe, photo, upper_pipe

import augreg

SCHEMA = {"image": "image", "caption": "text"}


def test_a_list_of_records():
    extra = object()
    records = [{"image": photo(seed=i), "caption": f"c{i}", "n": i, "extra": extra} for i in range(3)]
    out, trace = augreg.augment(records, upper_pipe(), schema=SCHEMA, seed=1, return_trace=True)
    assert [r["caption"] for r in out] == ["C0", "C1", "C2"]
    assert all(r["extra"] is extra and r["n"] == i for i, r in enumerate(out))
    assert isinstance(out[0]["image"], PIL.Image.Image)
    assert records[0]["caption"] == "c0"
    assert set(trace[0]) == {"image", "caption"}
    assert trace[2]["caption"].modality == "text"


def test_columns_and_one_record_agree_with_a_list():
    records = [{"image": photo(seed=i), "caption": f"c{i}", "n": i, "id": f"id{i}"} for i in range(3)]
    columns = {name: [r[name] for r in records] for name in records[0]}
    a = augreg.augment(records, upper_pipe(), schema=SCHEMA, seed=1)
    b = augreg.augment(columns, upper_pipe(), schema=SCHEMA, seed=1)
    c = augreg.augment(records[1], upper_pipe(), schema=SCHEMA, seed=1)
    assert b["caption"] == [r["caption"] for r in a]
    assert b["n"] is columns["n"]
    assert np.array_equal(np.asarray(b["image"][1]), np.asarray(a[1]["image"]))
    assert np.array_equal(np.asarray(c["image"]), np.asarray(a[1]["image"]))


def test_stacked_columns_stay_stacked():
    columns = {"image": torch.randint(0, 256, (4, 3, 5, 6), dtype=torch.uint8), "y": torch.arange(4)}
    out = augreg.augment(columns, flip_pipe(), schema={"image": "image"}, seed=1)
    assert torch.equal(out["image"], columns["image"].flip(-1))
    assert out["y"] is columns["y"]


def test_two_fields_of_a_modality_draw_apart():
    pipe = upper_pipe()
    image = torch.full((3, 2, 2), 0.5)
    record = {"left": augreg.Image(image), "right": augreg.Image(image), "key": 5}
    out = augreg.augment(record, pipe, seed=1)
    assert not torch.equal(out["left"].data, out["right"].data)
    turned = augreg.augment({"right": augreg.Image(image), "left": augreg.Image(image), "key": 5}, pipe, seed=1)
    assert torch.equal(turned["left"].data, out["left"].data)


def test_the_pipeline_may_hold_the_schema():
    pipe = upper_pipe(schema={"caption": "text"})
    assert augreg.augment({"caption": "a", "url": "b"}, pipe) == {"caption": "A", "url": "b"}
    assert augreg.Pipeline.from_dict(pipe.to_dict(), registry=pipe.registry).schema == {"caption": "text"}


def test_strings_are_not_guessed_to_be_text():
    with pytest.raises(augreg.ConfigError, match=r"which of the fields 'caption', 'url' is text\? Pass schema="):
        augreg.augment([{"image": photo(), "caption": "a", "url": "b"}], upper_pipe())
    out = augreg.augment([{"image": photo(), "caption": augreg.Text("a"), "url": "b"}], upper_pipe(), seed=0)
    assert (out[0]["caption"].data, out[0]["url"]) == ("A", "b")


def test_a_record_in_which_nothing_is_recognised_is_an_error():
    with pytest.raises(augreg.UnknownModalityError, match=r"'x': Tensor.*Pass schema="):
        augreg.augment([{"x": torch.zeros(3, 4, 4)}], upper_pipe())


def test_a_missing_field_is_named():
    with pytest.raises(augreg.SampleError, match=r"record 1 has no field 'caption'.*Did you mean 'captoin'"):
        augreg.augment([{"caption": "a"}, {"captoin": "b"}], upper_pipe(), schema={"caption": "text"})


def test_none_in_a_field_passes():
    out = augreg.augment([{"caption": None}, {"caption": "b"}], upper_pipe(), schema={"caption": "text"})
    assert out == [{"caption": None}, {"caption": "B"}]


def test_tuples_of_a_data_set():
    items = [(photo(seed=i), i) for i in range(3)]
    out = augreg.augment(items, flip_pipe(), seed=0)
    assert [label for _, label in out] == [0, 1, 2]
    assert np.array_equal(np.asarray(out[1][0]), np.asarray(items[1][0])[:, ::-1])
    tensors = [(torch.zeros(3, 4, 4), 7)]
    assert augreg.augment(tensors, flip_pipe(), modality="image")[0][1] == 7


@pytest.fixture
def detection():
    from torchvision import tv_tensors

    return {
        "image": tv_tensors.Image(torch.randint(0, 256, (3, 10, 20), dtype=torch.uint8)),
        "boxes": tv_tensors.BoundingBoxes(
            torch.tensor([[1, 2, 5, 6], [0, 0, 20, 10]]), format="XYXY", canvas_size=(10, 20)
        ),
        "masks": tv_tensors.Mask(torch.eye(10, 20, dtype=torch.uint8)[None]),
        "labels": torch.tensor([4, 5]),
        "image_id": 9,
    }


def test_tv_tensors_travel_together(detection):
    from torchvision import tv_tensors
    from torchvision.transforms.v2 import functional

    out = augreg.augment(detection, flip_pipe(), seed=0, keys=0)
    for name in ("image", "boxes", "masks"):
        expected = functional.horizontal_flip(detection[name])
        assert type(out[name]) is type(detection[name])
        assert torch.equal(out[name], expected)
    assert out["boxes"].canvas_size == (10, 20)
    assert out["boxes"].format == tv_tensors.BoundingBoxFormat.XYXY
    assert torch.equal(out["labels"], detection["labels"])
    assert out["image_id"] == 9


def test_image_target_pairs_alone_and_in_a_list(detection):
    pair = (detection["image"], {k: v for k, v in detection.items() if k != "image"})
    image, target = augreg.augment(pair, flip_pipe(), seed=0, keys=0)
    assert torch.equal(image, detection["image"].flip(-1))
    assert target["boxes"].tolist() == [[15, 2, 19, 6], [0, 0, 20, 10]]
    (again, _), text = augreg.augment([pair, "words"], flip_pipe(), seed=0)
    assert torch.equal(again, image)
    assert text == "words"


def test_targets_with_two_possible_owners_are_an_error():
    boxes = augreg.Boxes([[0, 0, 1, 1]])
    with pytest.raises(augreg.SampleError, match="may belong to 'a' and 'b'"):
        augreg.augment({"a": photo(), "b": photo(), "boxes": boxes}, flip_pipe())


def test_replay_of_records():
    records = [{"image": photo(seed=i), "caption": f"c{i}", "id": i} for i in range(4)]
    pipe = upper_pipe()
    out, trace = augreg.augment(records, pipe, schema=SCHEMA, seed=1, return_trace=True)
    again = pipe.replay(records, trace.to_dicts(), schema=SCHEMA)
    for a, b in zip(out, again, strict=True):
        assert a["caption"] == b["caption"]
        assert np.array_equal(np.asarray(a["image"]), np.asarray(b["image"]))


def test_keys_of_records_may_be_scalars_of_numpy_and_torch():
    def drawn(key):
        records = [{"id": -1, "image": photo()}, {"id": key, "image": photo()}]
        _, trace = augreg.augment(records, flip_pipe(), seed=1, return_trace=True)
        return trace[1]["image"].key

    assert [drawn(k) for k in (7, np.int64(7), torch.tensor(7), np.array(7))] == [7, 7, 7, 7]


def test_columns_beside_scalars():
    out = augreg.augment({"image": [photo(), photo()], "scale": torch.tensor(2.0)}, flip_pipe(), seed=1)
    assert out["scale"].item() == 2.0
    assert len(out["image"]) == 2


def test_a_grey_picture_with_its_class_is_no_sound_where_images_are_stated():
    digit = torch.rand(8, 8)
    ((picture, number),) = augreg.augment([(digit, 3)], flip_pipe(), seed=1, modality="image")
    assert picture.shape == (8, 8)
    assert number == 3


def test_tensors_in_the_targets_of_a_bare_picture_are_no_pictures():
    boxes = torch.tensor([[1.0, -2.0, 3.0, 4.0]])
    picture, target = augreg.augment(
        (torch.rand(3, 6, 8), {"logits": boxes}), flip_pipe(), seed=1, keys=0, modality="image"
    )
    assert picture.shape == (3, 6, 8)
    assert target["logits"] is boxes


def test_targets_as_plain_numbers_do_not_stay_behind():
    image = photo()
    for name, value in (
        ("boxes", torch.tensor([[1.0, 2, 3, 4]])),
        ("bbox", [[1, 2, 3, 4]]),
        ("mask", np.zeros((6, 8))),
    ):
        message = f"{name!r} looks like .* of 'image' .* would stay behind. Say what it is: schema=.* wrap it"
        with pytest.raises(augreg.SampleError, match=message):
            augreg.augment((image, {name: value}), flip_pipe())
        with pytest.raises(augreg.SampleError, match="would stay behind"):
            augreg.augment([{"image": image, name: value}], flip_pipe())
    given = {"image": image, "boxes": [[1, 2, 3, 4]]}
    apart = {"image": "image", "extra": ["boxes"]}
    assert augreg.augment(given, flip_pipe(), schema=apart)["boxes"] is given["boxes"]
    assert augreg.augment([given], upper_pipe())[0]["boxes"] is given["boxes"]
