"""What is not understood is left alone, what is understood is turned: languages, distractors, coordinates."""

import pytest
import torch
from augreg_joint.language import language_of, tables
from spatial_captions import TEMPLATES, captions, distractors

import augreg

SCHEMA = {"picture": "image", "caption": "text"}

FOREIGN = {
    "pt": "um cão à esquerda da mesa",
    "it": "il cane è a sinistra del gatto",
    "nl": "De hond staat links van de kat",
    "sv": "en hund till vänster om katten",
    "fi": "koira on kissan vasemmalla puolella",
    "pl": "pies po lewej stronie kota",
    "tr": "kedinin solunda bir köpek",
    "hu": "a kutya a macskától balra",
    "cy": "Mae'r ci i'r chwith o'r gath",
    "id": "seekor anjing di sebelah kiri kucing",
    "vi": "con chó ở bên trái con mèo",
    "tl": "Ang aso ay nasa kaliwa ng pusa",
    "sw": "mbwa yuko kushoto kwa paka",
    "ru": "собака слева от кошки",
    "el": "ο σκύλος είναι αριστερά από τη γάτα",
    "zh": "狗在猫的左边",
    "ja": "犬は猫の左にいます",
    "ko": "개가 고양이 왼쪽에 있다",
    "ar": "الكلب على يسار القطة",
    "he": "הכלב משמאל לחתול",
    "hi": "कुत्ता बिल्ली के बाईं ओर है",
    "th": "สุนัขอยู่ทางซ้ายของแมว",
    "ka": "ძაღლი კატის მარცხნივ",
    "two": "A dog on the left. Un chien à gauche.",
    "mixed": "the dog is 左 of the cat",
    "name": "Xylo",
}
"""Captions in languages without rules, in two at once, and in none that can be told."""

COORDINATES = [
    "the dog is at [12, 30, 55, 80]",
    "a dog <box>(12,30),(55,80)</box>",
    "detect dog <loc0123><loc0456>",
    "the dog is at (x1,y1)",
    "a dog in the picture, x=0.25, y=0.5",
    'a dog <point x="61.5" y="40.6">',
    "{bbox_2d: the dog}",
    "the dog is 30% from the edge of the picture",
    "the dog is 30 percent from the edge of the picture",
    "0 0.512 0.423 0.1 0.2 is the line of the dog",
    "the dog stands 120 px from the edge",
    "the tile in column 3 of the table is red",
    "the dog is here 👉 in the picture",
    "turn the picture of the dog by 30 degrees",
]

PLAIN = [
    "<image>\nWhat is on the table?",
    "<image_1> is a photo of the dog",
    "a room of 20 degrees Celsius with a dog",
    "a crowd of 1,000 people on the beach (2 of them are dogs)",
    "a photo of the street in 2019 with 3 cars, 2 dogs and 1 cat",
    "",
    "7",
]


def halves():
    image = torch.zeros(3, 4, 6)
    image[:, :, :3] = 1.0
    return image


def flipped(texts, **options):
    """Return (was the picture mirrored, the caption afterwards) for each text, and the trace."""
    pipe = augreg.Pipeline({"record": [{"image_text.hflip": {"p": 1.0, **options}}]}, schema=SCHEMA)
    records = [{"picture": halves(), "caption": text, "id": i} for i, text in enumerate(texts)]
    out, trace = augreg.augment(records, pipe, seed=1, return_trace=True)
    return [(bool(record["picture"][0, 0, 0] == 0), record["caption"]) for record in out], trace


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("language", sorted(TEMPLATES))
def test_nine_of_ten_are_turned_rightly_and_none_wrongly(language, declared):
    pairs = captions(language)
    assert len(dict(pairs)) == 200
    found, _ = flipped([told for told, _ in pairs], **({"languages": [language]} if declared else {}))
    wrong = [
        said for (moved, said), (told, swapped) in zip(found, pairs, strict=True) if said != (told, swapped)[moved]
    ]
    assert not wrong
    assert sum(moved for moved, _ in found) >= 0.98 * len(pairs)


@pytest.mark.parametrize("language", sorted(TEMPLATES))
def test_what_looks_like_a_direction_stays(language):
    texts = distractors(language)
    found, _ = flipped(texts)
    assert [said for _, said in found] == texts


@pytest.mark.parametrize("step", ["image_text.hflip", {"image_text.color": {"change": "turn"}}, "image_text.color"])
@pytest.mark.parametrize("language", sorted(FOREIGN))
def test_what_nobody_understands_keeps_its_picture(language, step):
    pipe = augreg.Pipeline({"record": [step]}, schema=SCHEMA)
    record = {"picture": halves(), "caption": FOREIGN[language], "id": 1}
    for epoch in range(4):
        out = augreg.augment([record], pipe, seed=1, epoch=epoch)[0]
        assert torch.equal(out["picture"], record["picture"])
        assert out["caption"] == record["caption"]


@pytest.mark.parametrize("text", COORDINATES)
def test_coordinates_keep_their_picture(text):
    assert flipped([text], languages=["en"])[0] == [(False, text)]


@pytest.mark.parametrize("text", PLAIN)
def test_other_numbers_do_not(text):
    assert flipped([text])[0] == [(True, text)]


def test_rules_of_ones_own_may_say_that_numbers_are_no_place():
    text = "a shirt of 100% cotton on the left"
    assert flipped([text])[0] == [(False, text)]
    own = {"mirror": {"keep": [r"\d+% cotton"]}}
    assert flipped([text], rules=own)[0] == [(True, "a shirt of 100% cotton on the right")]


def test_rules_for_one_script_do_not_speak_for_another():
    own = {"mirror": {"swap": [{"words": ["слева", "справа"]}]}}
    told = ["собака слева от кошки", "a dog on the left"]
    found, _ = flipped(told, languages=[], rules=own)
    assert found == [(True, "собака справа от кошки"), (False, told[1])]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is left of the cat?", "What is right of the cat?"),
        ("What is right of the cat?", "What is left of the cat?"),
        ("<image>\nwhat's left of the cat?", "<image>\nwhat's right of the cat?"),
        ("What is left of the pizza?", None),
        ("this is what is left of the cat", None),
    ],
)
def test_what_is_left_of(question, answer):
    assert flipped([question])[0] == [(answer is not None, answer or question)]


def test_auto_stands_alone():
    with pytest.raises(augreg.ConfigError, match="'auto' finds the language of each text, so it stands alone"):
        flipped(["a dog"], languages=["auto", "en"])


def test_the_lists_hold_what_their_readers_expect():
    assert set(TEMPLATES) < set(tables())
    assert len(tables()) > 40
    assert all(word == word.lower() for table in tables().values() for found in table.values() for word in found)
    assert all(language_of(FOREIGN[language]) == language for language in ("pt", "it", "nl", "fi", "tr", "vi", "sw"))
