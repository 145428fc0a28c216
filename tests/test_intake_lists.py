"""Fields that are lists, conversations, words with tags, missing values, classes and rates beside samples."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import photo

import augreg
from augreg.intake.tags import follow_words
from augreg.modalities.words import Words

FLIP = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
TURN = augreg.Pipeline({"image": [{"image.rotate": {"degrees": 40}}]})
SWAP = augreg.Pipeline({"text": [{"text.word_swap": {"rate": 0.5}}]})


def mirrored(picture: Any) -> Any:
    return np.asarray(picture)[:, ::-1]


def same(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


# Lists --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("schema", [None, {"images": "image"}])
def test_every_element_of_a_field_is_a_sample(kind: type, schema: Any) -> None:
    pictures = kind(photo(seed=i) for i in range(3))
    (out,) = augreg.augment([{"images": pictures, "id": 1}], FLIP, schema=schema)
    assert type(out["images"]) is kind
    assert all(same(new, mirrored(old)) for new, old in zip(out["images"], pictures, strict=True))


def test_elements_draw_apart_and_by_record_field_and_position() -> None:
    pictures = [photo(seed=0)] * 3
    (out,), trace = augreg.augment([{"images": pictures, "id": "a"}], TURN, seed=1, return_trace=True)
    assert len({np.asarray(picture).tobytes() for picture in out["images"]}) == 3
    (again,) = augreg.augment([{"other": 1, "images": pictures[:2], "id": "a"}], TURN, seed=1)
    assert all(same(*pair) for pair in zip(again["images"], out["images"], strict=False))
    assert set(trace[0]) == {"images[0]", "images[1]", "images[2]"}
    (replayed,) = TURN.replay([{"images": pictures}], trace)
    assert all(same(*pair) for pair in zip(replayed["images"], out["images"], strict=True))


def test_captions_of_a_record_are_several_texts() -> None:
    captions = ["one two three four", "a b c d"]
    (out,) = augreg.augment([{"captions": captions, "id": 1}], SWAP, seed=1, schema={"captions": "text"})
    assert [sorted(text.split()) for text in out["captions"]] == [sorted(text.split()) for text in captions]
    assert out["captions"] != captions


def test_a_field_of_arrays_in_an_array_of_objects() -> None:
    column = np.empty(2, dtype=object)
    column[0], column[1] = np.asarray(photo(seed=0)), np.asarray(photo(seed=1))[:9]
    (out,) = augreg.augment([{"images": column, "id": 1}], FLIP, schema={"images": "image"})
    assert out["images"].dtype == object
    assert all(same(new, mirrored(old)) for new, old in zip(out["images"], column, strict=True))


def test_a_list_of_numbers_is_one_sound() -> None:
    loud = augreg.Pipeline({"audio": [{"audio.polarity": {"p": 1.0}}]})
    (out,) = augreg.augment([{"wave": [0.25, 0.5], "sample_rate": 8000}], loud, schema={"wave": "audio"})
    assert out["wave"] == [-0.25, -0.5]


def test_steps_of_one_field_reach_its_elements() -> None:
    schema = {"left": "image", "right": "image"}
    pipe = augreg.Pipeline({"fields": {"left": [{"image.hflip": {"p": 1.0}}]}}, schema=schema)
    picture = photo()
    (out,) = augreg.augment([{"left": [picture], "right": [picture]}], pipe)
    assert same(out["left"][0], mirrored(picture))
    assert out["right"][0] is picture


def test_tied_lists_are_refused() -> None:
    schema = {"image": "image", "depth": "image"}
    pipe = augreg.Pipeline({"image": ["image.hflip"], "tie": {"depth": "image"}}, schema=schema)
    with pytest.raises(augreg.SampleError, match="'depth' is tied, and holds a list"):
        augreg.augment([{"image": photo(), "depth": [photo()]}], pipe)


# Conversations ------------------------------------------------------------------------------------------------------


def conversation(*pictures: Any) -> list[dict[str, Any]]:
    parts = [part for picture in pictures for part in ({"type": "image", "image": picture}, said("what is this"))]
    return [{"role": "user", "content": parts}, {"role": "assistant", "content": "a dog"}]


def said(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def test_pictures_of_a_conversation_are_found_by_their_type() -> None:
    record = {"messages": conversation(photo(seed=1), photo(seed=2)), "id": 1}
    (out,) = augreg.augment([record], FLIP)
    for i in (0, 2):
        assert same(out["messages"][0]["content"][i]["image"], mirrored(record["messages"][0]["content"][i]["image"]))
    assert out["messages"][1] is record["messages"][1]
    assert out["messages"][0]["content"][1] is record["messages"][0]["content"][1]
    assert record["messages"] == conversation(*(record["messages"][0]["content"][i]["image"] for i in (0, 2)))


def test_strings_inside_are_touched_at_a_path_of_the_schema_only() -> None:
    upper = augreg.Pipeline({"text": [{"text.char_case": {"rate": 1.0, "p": 1.0}}]})
    record = {"messages": conversation(photo()), "id": 1}
    (out,) = augreg.augment([record], upper, schema={"messages.content.text": "text"}, seed=1)
    assert out["messages"][0]["content"][1]["text"] != "what is this"
    assert out["messages"][0]["role"] == "user"
    assert out["messages"][0]["content"][0]["image"] is record["messages"][0]["content"][0]["image"]
    with pytest.raises(augreg.SampleError, match="no field 'massages.content.text'"):
        augreg.augment([record], upper, schema={"massages.content.text": "text"})


def test_a_schema_may_name_the_field_of_the_conversation() -> None:
    for messages in (conversation(photo()), [{"role": "user", "content": "hello"}]):
        (out,) = augreg.augment([{"messages": messages}], FLIP, schema={"messages": "image"})
        assert (out["messages"] is messages) == (messages[0]["content"] == "hello")
    with pytest.raises(augreg.SampleError, match="field 'image' holds no image, but a dict with url. Name the field"):
        augreg.augment([{"image": {"url": "x"}}], FLIP, schema={"image": "image"})


def test_a_field_with_a_dot_in_its_name_is_that_field() -> None:
    (out,) = augreg.augment([{"photo.jpg": photo(), "photo": 1}], FLIP, schema={"photo.jpg": "image"})
    assert same(out["photo.jpg"], mirrored(photo()))


def test_lists_of_masks_are_no_pictures() -> None:
    masks = [PIL.Image.new("L", (8, 8))]
    with pytest.raises(augreg.SampleError, match=r"'masks': it holds labels of \(1, 8, 8\), and the picture"):
        augreg.augment([{"image": photo(), "masks": masks}], FLIP)
    given = np.arange(48, dtype=np.uint8).reshape(6, 8)
    (out,) = augreg.augment([{"image": photo(), "masks": [PIL.Image.fromarray(given)]}], FLIP)
    assert (np.asarray(out["masks"][0]) == given[:, ::-1]).all()


# Words with tags ----------------------------------------------------------------------------------------------------

WORDS = ["EU", "rejects", "German", "call", "to", "boycott", "British", "lamb", "."]
TAGS = ["B-ORG", "O", "B-MISC", "O", "O", "O", "B-MISC", "O", "O"]
NER = {"tokens": "text"}


def run(steps: list[Any], record: dict[str, Any], seed: int = 0, schema: Any = NER) -> dict[str, Any]:
    (out,) = augreg.augment([{**record, "id": 1}], {"text": steps}, seed=seed, schema=schema)
    return out


@pytest.mark.parametrize("kind", [list, tuple, np.asarray])
def test_tags_follow_their_words(kind: Any) -> None:
    for seed in range(10):
        out = run([{"text.word_swap": {"rate": 0.4}}], {"tokens": WORDS, "ner_tags": kind(TAGS), "pos": WORDS}, seed)
        pairs = zip(out["tokens"], out["ner_tags"], strict=True)
        assert sorted(map(tuple, pairs)) == sorted(zip(WORDS, TAGS, strict=True))
        assert out["pos"] == out["tokens"]
        assert isinstance(out["ner_tags"], type(kind(TAGS)))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("abcdefg", min_size=1, max_size=6), min_size=1, max_size=12, unique=True), st.integers(0, 99))
def test_words_that_are_deleted_or_misspelled_keep_the_tags_of_the_others(words: list[str], seed: int) -> None:
    steps = [{"text.word_delete": {"rate": 0.3}}, {"text.word_swap": {"rate": 0.3}}]
    numbers = torch.arange(len(words))
    out = run(steps, {"tokens": words, "tags": numbers}, seed)
    assert out["tokens"] == [words[i] for i in out["tags"].tolist()]
    typed = run([{"text.keyboard": {"rate": 0.5}}], {"tokens": words, "tags": numbers}, seed)
    assert typed["tags"].tolist() == list(range(len(words)))
    assert len(typed["tokens"]) == len(words)


def test_an_inserted_word_gets_the_tag_that_its_place_says() -> None:
    record = {"tokens": ["large", "film", "begins", "soon"], "ner_tags": ["B-ORG", "I-ORG", "O", "O"]}
    seen = set()
    for seed in range(30):
        out = run([{"text.synonym_insert": {"rate": 1.0, "p": 1.0}}], record, seed)
        assert len(out["tokens"]) == len(out["ner_tags"])
        tags = out["ner_tags"]
        assert all(tag != "I-ORG" or tags[i - 1] in ("B-ORG", "I-ORG") for i, tag in enumerate(tags))
        seen.add(len(tags))
    assert max(seen) > 4
    with pytest.raises(augreg.SampleError, match="a step inserted the word .* in 'ner_tags' is not known"):
        [run([{"text.synonym_insert": {"rate": 1.0}}], {**record, "ner_tags": [1, 2, 0, 0]}, s) for s in range(30)]


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        (["B-ORG", "I-ORG"], "I-ORG"),
        (["B-ORG", "E-ORG"], "I-ORG"),
        (["B-ORG", "L-ORG"], "I-ORG"),
        (["I-ORG", "I-ORG"], "I-ORG"),  # IOB1, where B- only parts entities that touch
        (["O", "I-ORG"], "O"),
        (["I-PER", "I-ORG"], "O"),
        (["I-ORG", "B-ORG"], "O"),
        (["S-ORG", "U-ORG"], "O"),
    ],
)
def test_a_word_inserted_between_two_is_part_of_their_entity_or_of_none(tags: list[str], wanted: str) -> None:
    found = Words(["a", "new", "new", "b"], [0, -1, -1, 1])
    assert follow_words(tags, found, "ner_tags", 0) == [tags[0], wanted, wanted, tags[1]]


def test_words_and_texts_that_look_alike_are_refused() -> None:
    with pytest.raises(augreg.SampleError, match="'notes' may be the words of one text, with 'marks' as their tags"):
        run([], {"notes": ["good", "bad"], "marks": [1, 2]}, schema={"notes": "text"})
    with pytest.raises(augreg.SampleError, match="may be one record, whose 'tokens' are words with tags, or columns"):
        augreg.augment({"tokens": WORDS, "ner_tags": TAGS}, SWAP, schema=NER)
    with pytest.raises(augreg.SampleError, match="the word 'a b' holds a blank"):
        run([], {"tokens": ["a b", "c"], "ner_tags": [1, 2]})


def test_columns_of_words_are_rows_of_words() -> None:
    columns = {"tokens": [WORDS, WORDS[:3]], "ner_tags": [TAGS, TAGS[:3]], "id": [1, 2]}
    out = augreg.augment(columns, {"text": [{"text.word_swap": {"rate": 0.5}}]}, seed=1, schema=NER)
    for i, n in enumerate((9, 3)):
        pairs = zip(out["tokens"][i], out["ner_tags"][i], strict=True)
        assert sorted(pairs) == sorted(zip(WORDS[:n], TAGS[:n], strict=True))


def test_words_with_tags_need_no_schema() -> None:
    for record in ({"tokens": WORDS, "ner_tags": TAGS}, {"words": WORDS, "pos_tags": np.arange(9), "lemmas": WORDS}):
        given = [{**record, "id": 1}, {**{k: v[:0] for k, v in record.items()}, "id": 2}]
        schema = {("tokens" if "tokens" in record else "words"): "text"}
        said = augreg.augment(given[:1], SWAP, seed=1, schema=schema)
        out = augreg.augment(given, SWAP, seed=1)
        assert str(out[0]) == str(said[0])
        assert str(out[1]) == str(given[1])  # no words, no tags
        assert str(augreg.augment(given[0], SWAP, seed=1)) == str(said[0])  # one record by itself


def test_other_lists_of_words_are_refused_with_the_schema_to_write() -> None:
    for record, schema in (
        ({"tokens": WORDS, "pos": TAGS}, {"tokens": "tokens", "pos": "tags of tokens"}),
        ({"words": [WORDS, WORDS], "ner_tags": [TAGS, TAGS]}, {"words": "tokens", "ner_tags": "tags of words"}),
        ({"tokens": WORDS, "n": 9}, {"tokens": "tokens"}),
    ):
        with pytest.raises(augreg.UnknownModalityError, match=re.escape(f"schema={schema}; if each is a text")):
            augreg.augment(record, SWAP)
        out = augreg.augment(record, SWAP, schema=schema)
        assert list(out) == list(record)
    with pytest.raises(augreg.SampleError, match="'ner_tags' holds 2 entries beside 9 words"):
        augreg.augment({"tokens": WORDS, "ner_tags": TAGS[:2]}, SWAP)
    with pytest.raises(augreg.UnknownModalityError) as caught:
        augreg.augment({"files": ["a.png", "b.png"]}, SWAP)
    assert "words" not in str(caught.value)


# None ---------------------------------------------------------------------------------------------------------------


def test_none_passes_through_lists_records_and_columns() -> None:
    picture, schema = photo(), {"image": "image"}
    out = augreg.augment([None, picture, None, picture], FLIP)
    assert [value is None for value in out] == [True, False, True, False]
    assert same(out[3], mirrored(picture))
    records = augreg.augment([{"image": None, "n": 1}, None, {"image": picture, "n": 2}], FLIP)
    assert records[:2] == [{"image": None, "n": 1}, None]
    assert same(records[2]["image"], mirrored(picture))
    for said in (None, schema):
        columns = augreg.augment({"image": [None, picture], "n": [1, 2]}, FLIP, schema=said)
        assert columns["image"][0] is None
        assert same(columns["image"][1], mirrored(picture))
    (inner,) = augreg.augment([{"images": [None, picture]}], FLIP, schema={"images": "image"})
    assert inner["images"][0] is None


def test_none_changes_no_other_sample() -> None:
    pictures = [photo(seed=i) for i in range(3)]
    whole = augreg.augment(pictures, TURN, seed=1, keys=["a", "b", "c"])
    gaps = augreg.augment([pictures[0], None, pictures[2]], TURN, seed=1, keys=["a", "b", "c"])
    assert same(whole[0], gaps[0])
    assert same(whole[2], gaps[2])
    _, trace = augreg.augment([None, pictures[0]], TURN, seed=1, keys=["x", "a"], return_trace=True)
    assert len(trace) == 2


def test_a_record_that_lacks_a_part_of_a_joint_step_stays_as_it_is() -> None:
    pipe = augreg.Pipeline({"record": [{"image_text.hflip": {"p": 1.0}}]}, schema={"image": "image", "caption": "text"})
    rows = [{"image": photo(), "caption": "on the left"}, {"image": None, "caption": "on the left"}]
    out = augreg.augment(rows, pipe)
    assert out[0]["caption"] == "on the right"
    assert out[1] == rows[1]
    with pytest.raises(augreg.SampleError, match="record 1 has no field 'image'"):
        augreg.augment([rows[0], {"caption": "on the left"}], pipe)


def test_a_record_of_which_nothing_is_known_is_refused_still() -> None:
    with pytest.raises(augreg.UnknownModalityError, match="nothing in record 1 says what to augment"):
        augreg.augment([{"image": photo()}, {"other": None}], FLIP)


# What stands beside a sample ----------------------------------------------------------------------------------------


def test_an_integer_beside_a_waveform_is_its_class_where_the_rate_was_said() -> None:
    loud = augreg.Pipeline({"audio": [{"audio.polarity": {"p": 1.0}}]})
    items = [(torch.rand(1, 400), i) for i in range(4)]
    out = augreg.augment(items, loud, modality="audio", sample_rate=8000)
    assert [label for _, label in out] == [0, 1, 2, 3]
    assert all(torch.equal(new, -old) for (new, _), (old, _) in zip(out, items, strict=True))
    rated = augreg.augment([(torch.rand(1, 400), 16000)], loud, modality="audio")
    assert rated[0][1] == 16000
    with pytest.raises(augreg.SampleError, match="comes with sample_rate"):
        augreg.augment([(torch.rand(1, 400), 16000)], loud, sample_rate=8000)


@pytest.mark.parametrize("rate", [16000, 16000.0])
def test_the_rate_of_a_record_follows_resampling(rate: float) -> None:
    pipe = augreg.Pipeline({"audio": [{"audio.to_rate": {"rate": 8000}}]})
    record = {"wave": torch.rand(1, 1600), "sample_rate": rate, "n": 1}
    (out,) = augreg.augment([record], pipe, schema={"wave": "audio"})
    assert (out["wave"].shape[-1], out["sample_rate"], out["n"]) == (800, 8000, 1)
    two = {"left": torch.rand(1, 1600), "right": torch.rand(1, 1600), "sample_rate": rate}
    both = {"left": "audio", "right": "audio"}
    assert augreg.augment([two], pipe, schema=both)[0]["sample_rate"] == 8000
    one = augreg.Pipeline({"fields": {"left": [{"audio.to_rate": {"rate": 8000}}]}}, schema=both)
    with pytest.raises(augreg.SampleError, match="'sample_rate' can state one"):
        augreg.augment([two], one)
    columns = {"wave": [torch.rand(1, 1600)] * 2, "sample_rate": rate}
    assert augreg.augment(columns, pipe, schema={"wave": "audio"})["sample_rate"] == 8000


def test_a_conversation_in_which_nothing_says_what_is_text_is_refused():
    pipe = augreg.Pipeline([{"text.char_case": {"rate": 1}}])
    plain = {"id": 1, "messages": [{"role": "user", "content": "a cat"}]}
    parts = {"id": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": "a cat"}]}]}
    with pytest.raises(augreg.SampleError, match=r"schema=\{'messages.content': 'text'\}"):
        pipe(plain, schema={"messages": "text"}, seed=7)
    with pytest.raises(augreg.SampleError, match=r"schema=\{'messages.content.text': 'text'\}"):
        pipe(parts, schema={"messages.content": "text"}, seed=7)
    with pytest.raises(augreg.SampleError, match="no 'contents' in 'messages'. Did you mean 'content'"):
        pipe(plain, schema={"messages.contents": "text"}, seed=7)
    # A conversation may be without pictures.
    flip = augreg.Pipeline([{"image.hflip": {"p": 1}}])
    assert flip(parts, schema={"messages": "image"}, seed=7) == parts
    assert flip(parts, schema={"messages.content.image": "image"}, seed=7) == parts


# Tuples -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", [lambda row: row, lambda row: [row]], ids=["one", "list"])
def test_the_rate_behind_a_waveform_of_a_tuple_follows_resampling(held):
    slower = augreg.Pipeline([{"audio.to_rate": {"rate": 8000}}])
    said = {"modality": "audio", "sample_rate": 16000}
    out = slower(held((torch.zeros(1, 16), 16000, "yes", 3)), **said)
    row = out[0] if isinstance(out, list) else out
    assert (tuple(row[0].shape), *row[1:]) == ((1, 8), 8000, "yes", 3)
    out = slower(held((torch.zeros(1, 16), 3, "yes")), **said)  # a class stays
    row = out[0] if isinstance(out, list) else out
    assert row[1:] == (3, "yes")


def test_a_schema_of_positions_makes_a_tuple_one_row():
    shout = augreg.Pipeline([{"text.char_case": {"rate": 1}}], schema={"0": "text"})
    assert shout(("a cat", 3), seed=7, keys="a") == ("A CAT", 3)
    assert shout((("a cat", 3), ("a dog", 5)), seed=7, keys=[1, 2]) == (("A CAT", 3), ("A DOG", 5))
