"""Schemas: what people write, what it means, and the exact inverse."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.modalities.roles import Role
from augreg.pipeline.schema import Schema, parse_schema

KNOWN = augreg.modalities.modalities(augreg.registry.default())

FULL = {
    "photo": "image",
    "mask": "mask of photo",
    "objects.bbox": "xywh boxes of photo",
    "objects.category": "label of objects.bbox",
    "crowd": "per box of objects.bbox",
    "areas": "area of objects.bbox",
    "joints": {"role": "keypoints", "of": "objects.bbox", "format": "xyv", "flip_pairs": [[1, 2]]},
    "segments": "segmentation of objects.bbox",
    "sound": "audio",
    "words": "events of sound",
    "speaker": "per event of words",
    "speech": {"role": "frame_labels", "of": "sound", "hop": 0.02},
    "tokens": "tokens",
    "ner_tags": "tags of tokens",
    "story": "text",
    "names": "spans of story",
    "kind": "label of names",
    "extra": ["embedding", "meta"],
}


def test_everything_that_the_issue_asks_for_can_be_said() -> None:
    schema = parse_schema(FULL, KNOWN)
    assert schema.samples == {"photo": "image", "sound": "audio", "tokens": "text", "story": "text"}
    assert schema.roles["objects.bbox"] == Role("boxes", "photo", {"format": "xywh"})
    assert schema.roles["joints"].options == {"format": "xyv", "flip_pairs": ((1, 2),)}
    assert {name: owner for name, (owner, _) in schema.owners.items()}["kind"] == "story"
    assert schema.tags == {"tokens": ("ner_tags",)}
    assert schema.extra == ("embedding", "meta")


CANONICAL = {
    "photo": {"role": "image"},
    "mask": {"role": "mask", "of": "photo"},
    "objects.bbox": {"role": "boxes", "of": "photo", "format": "xywh"},
    "crowd": {"role": "per box", "of": "objects.bbox"},
}


def test_short_forms_mean_the_canonical_ones() -> None:
    short = {name: FULL[name] for name in CANONICAL}
    assert parse_schema(short, KNOWN) == parse_schema(CANONICAL, KNOWN)
    assert parse_schema(CANONICAL, KNOWN).plain() == short


@given(st.lists(st.sampled_from(sorted(FULL)), unique=True))
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_the_exact_inverse(names: list[str]) -> None:
    chosen = {"photo", "sound", "story", "tokens", "objects.bbox", "words", "names", *names}
    schema = parse_schema({name: FULL[name] for name in FULL if name in chosen}, KNOWN)
    assert parse_schema(schema.plain(), KNOWN) == schema
    pipe = augreg.Pipeline({"image": ["image.hflip"]}, schema=schema.plain())
    again = augreg.Pipeline.from_yaml(pipe.to_yaml())
    assert again == pipe
    assert again.roles == pipe.roles == pickle.loads(pickle.dumps(pipe)).roles


def test_what_is_of_the_only_sample_needs_no_owner() -> None:
    schema = parse_schema({"photo": "image", "bbox": "xyxy boxes"}, KNOWN)
    assert schema.roles["bbox"].of == "photo"
    with pytest.raises(augreg.ConfigError, match="may belong to a, b. Say of which: 'mask of a'"):
        parse_schema({"a": "image", "b": "image", "m": "mask"}, KNOWN)


def test_an_empty_schema_says_nothing() -> None:
    assert not parse_schema(None, KNOWN)
    assert not parse_schema({}, KNOWN)
    assert parse_schema({"extra": ["x"]}, KNOWN) == Schema(extra=("x",))
    assert parse_schema({"photo": "image", "x": "extra"}, KNOWN).extra == ("x",)


WRONG = {
    "no mapping": ([("a", "image")], "expected field: modality"),
    "a number for a name": ({1: "image"}, "1 is no name of a field"),
    "an unknown word": ({"a": "imge"}, "Did you mean 'image'"),
    "an unknown role": ({"a": "image", "b": "bxes of a"}, "Did you mean 'boxes'"),
    "of what is not there": ({"photo": "image", "b": "xywh boxes of phot"}, "Did you mean 'photo'"),
    "an unknown format": (
        {"a": "image", "b": {"role": "boxes", "of": "a", "format": "xyhw"}},
        "'xyhw', no format of boxes. Did you mean 'xywh'",
    ),
    "an unknown option": (
        {"a": "image", "b": {"role": "mask", "of": "a", "fill_value": 3}},
        "'b' says 'fill_value', which mask does not know",
    ),
    "boxes of a sound": ({"a": "audio", "b": "xywh boxes of a"}, "'boxes' of 'a', which has no such"),
    "a column of a picture": ({"a": "image", "b": "per box of a"}, "'per box' of 'a', which has no such"),
    "a circle": ({"a": "image", "b": "label of c", "c": "label of b"}, "belongs to itself"),
    "a sample of another": ({"a": "image", "b": "image of a"}, "such is a sample of its own"),
    "tags of a text": ({"a": "text", "t": "tags of a"}, "holds no words. Words: none; say {tokens: tokens}"),
    "a role that is a list": ({"a": ["image"]}, "no role. Write a modality"),
    "wrong pairs": (
        {"a": "image", "k": {"role": "keypoints", "of": "a", "flip_pairs": [1, 2]}},
        "are no pairs of indices",
    ),
    "extra of something": ({"a": "image", "b": "extra of a"}, "belongs to nothing"),
}


@pytest.mark.parametrize(("schema", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_understood_is_refused(schema, message) -> None:
    with pytest.raises(augreg.ConfigError, match=message):
        augreg.Pipeline({"image": ["image.hflip"]}, schema=schema)
