"""Constants of other libraries where a parameter takes strings: the plain string, or an error with the valid ones."""

from enum import Enum, IntEnum, StrEnum

import cv2
import numpy as np
import PIL.Image
import pytest
from torchvision.transforms import InterpolationMode

import augreg
from augreg import param


class Word(StrEnum):
    BILINEAR = "bilinear"


class Other(Enum):
    ANYTHING = "bicubic"


class Number(IntEnum):
    NEAREST = 7


SAME = [
    (InterpolationMode.BILINEAR, "bilinear"),
    (InterpolationMode.NEAREST, "nearest"),
    (PIL.Image.Resampling.BICUBIC, "bicubic"),
    (Word.BILINEAR, "bilinear"),
    (Other.ANYTHING, "bicubic"),
    (Number.NEAREST, "nearest"),
    (np.str_("bilinear"), "bilinear"),
    ("bilinear", "bilinear"),
]


@pytest.mark.parametrize(("given", "plain"), SAME, ids=lambda value: repr(value))
def test_constants_stand_for_strings_and_files_hold_these(given, plain):
    rotate = augreg.make("image.rotate", interpolation=given)
    assert type(rotate.interpolation) is str
    assert rotate == augreg.make("image.rotate", interpolation=plain)
    pipe = augreg.Pipeline([{"image.rotate": {"interpolation": given}}])
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe
    assert augreg.Pipeline([rotate]) == pipe


@pytest.mark.parametrize("wrong", [InterpolationMode.HAMMING, cv2.INTER_CUBIC, PIL.Image.Resampling.BOX, "INTER_AREA"])
def test_others_are_refused_with_the_valid_names(wrong):
    with pytest.raises(augreg.ConfigError, match="expected one of .*'bilinear'"):
        augreg.make("image.rotate", interpolation=wrong)


def spec(kind, **facts):
    return param.ParamSpec("words", kind, None, **facts)


def test_strings_and_lists_of_strings():
    assert spec("text").check(Word.BILINEAR) == "bilinear"
    assert type(spec("text").check(np.str_("a"))) is str
    found = spec("texts").check([Word.BILINEAR, Other.ANYTHING, "a"])
    assert found == ("bilinear", "bicubic", "a")
    assert set(map(type, found)) == {str}
    assert spec("texts").check(Other.ANYTHING) == ("bicubic",)
    assert spec("texts", choices=("nearest", "bicubic")).check([Number.NEAREST, "bicubic"]) == ("nearest", "bicubic")
    for wrong in (Number.NEAREST, [Number.NEAREST]):
        with pytest.raises(augreg.ConfigError, match="expected a string or a list of strings"):
            spec("texts").check(wrong)
    with pytest.raises(augreg.ConfigError, match="expected a string"):
        spec("text").check(Number.NEAREST)
