"""Records with several pictures and several texts, and why a picture was left as it is."""

import json

import numpy as np
import pytest
import torch

import augreg

SCHEMA = {"images": "image", "question": "text", "answers": "text"}


def halves(value=1.0):
    image = torch.zeros(3, 4, 6)
    image[:, :, :3] = value
    return image


def pipe(*steps, schema=None, **parts):
    return augreg.Pipeline({"record": list(steps), **parts}, schema=SCHEMA if schema is None else schema)


ALWAYS = pipe({"image_text.hflip": {"p": 1.0}})


def record(key, question="what is left of the dog?", answers=("the cat on the left", "it is a cat"), pictures=2):
    images = [halves(1 / (i + 1)) for i in range(pictures)]
    return {"images": images, "question": question, "answers": list(answers), "id": key}


def test_all_pictures_and_all_texts_are_mirrored():
    given = [record(0), record(1, pictures=1, answers=["right of the dog"]), record(2, pictures=3)]
    out, trace = augreg.augment(given, ALWAYS, seed=1, return_trace=True)
    for before, after in zip(given, out, strict=True):
        assert all(torch.equal(b.flip(-1), a) for b, a in zip(before["images"], after["images"], strict=True))
        assert after["question"] == "what is right of the dog?"
    assert [r["answers"] for r in out] == [
        ["the cat on the right", "it is a cat"],
        ["left of the dog"],
        ["the cat on the right", "it is a cat"],
    ]
    again = ALWAYS.replay(given, json.loads(json.dumps(trace.to_dicts())))
    assert [r["answers"] for r in again] == [r["answers"] for r in out]
    assert all(torch.equal(a["images"][0], b["images"][0]) for a, b in zip(again, out, strict=True))


def test_one_text_that_is_not_understood_keeps_the_record_and_the_trace_says_why():
    given = [record(0, answers=["the cat on the left", "кошка слева"]), record(1)]
    out, trace = augreg.augment(given, ALWAYS, seed=1, return_trace=True)
    assert all(torch.equal(a, b) for a, b in zip(given[0]["images"], out[0]["images"], strict=True))
    assert (out[0]["question"], out[0]["answers"]) == (given[0]["question"], given[0]["answers"])
    reason = "record/image_text.hflip: there are no rules for the language of 'кошка'"
    assert {trace[0][name].note for name in ("images[0]", "images[1]", "question", "answers[1]")} == {reason}
    assert {sample.note for sample in trace[1].values()} == {""}
    assert torch.equal(out[1]["images"][1], given[1]["images"][1].flip(-1))


@pytest.mark.parametrize("answer", ["yes", "no", "bus", "2", "on the left", "left"])
def test_an_answer_is_read_in_the_language_of_its_question(answer):
    out = augreg.augment([record(0, question="Where is the dog?", answers=[answer])], ALWAYS, seed=1)[0]
    assert torch.equal(out["images"][0], halves().flip(-1))
    assert out["answers"] == [answer.replace("left", "right")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a dog at [1, 2, 3, 4]", "may be a place in the picture"),
        ("the man left early", "'left' may be a direction or not"),
        ('a sign that says "exit"', "may not be true of a mirrored picture"),
        ("um cão à esquerda da mesa", "there are no rules for its language, 'pt'"),
        ("aia ka ilio ma ka hema o ka popoki", "its language is not certain"),
    ],
)
def test_reasons(text, reason):
    _, trace = augreg.augment([record(0, question=text)], ALWAYS, seed=1, return_trace=True)
    assert reason in trace[0]["images[0]"].note
    assert augreg.SampleTrace.from_dict(trace[0]["question"].to_dict()).note == trace[0]["question"].note


def test_chance_is_no_reason():
    never = pipe({"image_text.hflip": {"p": 0.0}})
    _, trace = augreg.augment([record(0, question="кошка слева")], never, seed=1, return_trace=True)
    assert {sample.note for sample in trace[0].values()} == {""}


def test_a_field_may_be_named_and_a_list_by_its_name():
    step = {"image_text.hflip": {"p": 1.0, "fields": {"text": "answers"}}}
    given = [record(0, question="кошка слева")]
    out = augreg.augment(given, pipe(step), seed=1)[0]
    assert torch.equal(out["images"][1], given[0]["images"][1].flip(-1))
    assert (out["question"], out["answers"][0]) == ("кошка слева", "the cat on the right")


def test_missing_fields_are_normal():
    given = [
        record(0),
        {"images": None, "question": "to the left", "answers": ["left of it"], "id": 1},
        {**record(2), "question": None},
        {**record(3), "answers": None},
        {"images": [halves()], "question": None, "answers": None, "id": 4},
    ]
    out = augreg.augment(given, ALWAYS, seed=1)
    for i in (0, 2, 3):
        assert torch.equal(out[i]["images"][0], given[i]["images"][0].flip(-1))
        assert out[i]["answers"] is None or out[i]["answers"][0] == "the cat on the right"
        assert out[i]["question"] in (None, "what is right of the dog?")
    assert out[1] == given[1]
    assert torch.equal(out[4]["images"][0], given[4]["images"][0])


def test_colors_of_all_pictures_turn_with_all_texts():
    turn = pipe({"image_text.color": {"change": "turn"}})
    given = [record(i, question="is the ball red?", answers=["the ball is red", "yes it is"]) for i in range(8)]
    for r in given:
        r["images"] = [torch.tensor([0.9, 0.1, 0.0])[:, None, None].expand(3, 2, 2) for _ in range(2)]
    seen = set()
    for out in augreg.augment(given, turn, seed=1):
        colors = {("red", "green", "blue")[int(image[:, 0, 0].argmax())] for image in out["images"]}
        assert len(colors) == 1
        (color,) = colors
        assert (out["question"], out["answers"][0]) == (f"is the ball {color}?", f"the ball is {color}")
        seen.add(color)
    assert seen == {"green", "blue"}


def test_colors_of_all_pictures_of_a_record_jitter_alike_and_spare_what_any_text_names():
    jitter = pipe("image_text.color")
    given = [record(i, answers=["a red cat", "it is a cat"]) for i in range(4)]
    _, trace = augreg.augment(given, jitter, seed=1, return_trace=True)
    for found in trace:
        first, second = (found[f"images[{k}]"].steps[0]["params"] for k in range(2))
        assert first == second
        assert (first["hue"], first["saturation"]) == (0.0, 1.0)
        assert first["brightness"] != 1.0


@pytest.mark.parametrize("name", ["image_text.crop", "image_text.mixgen"])
def test_steps_for_one_picture_say_what_to_write(name):
    with pytest.raises(augreg.SampleError, match="several image fields.*Say which"):
        augreg.augment([record(0), record(1)], pipe(name), seed=1)


def test_a_record_does_not_see_its_neighbours():
    half = pipe({"image_text.hflip": {"p": 0.5}})
    given = [record(i, pictures=1 + i % 3) for i in range(12)]
    out = augreg.augment(given, half, seed=3)
    flips = []
    for i, r in enumerate(given):
        alone = augreg.augment([r], half, seed=3)[0]
        assert alone["answers"] == out[i]["answers"]
        assert all(torch.equal(a, b) for a, b in zip(alone["images"], out[i]["images"], strict=True))
        flips.append(bool(out[i]["images"][0][0, 0, 0] == 0))
        assert (out[i]["question"] == "what is right of the dog?") == flips[-1]
    assert 0 < np.sum(flips) < 12
