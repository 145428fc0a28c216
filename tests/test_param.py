"""Declared fields: canonical forms, bounds, and messages that name parameter, value and range."""

from dataclasses import dataclass

import pytest

import augreg
from augreg import param
from augreg.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Sample(augreg.AugmenterBase):
    """Sample."""

    size: int = augreg.param.integer(doc="size", low=1)
    angle: tuple = augreg.param.interval((-10, 10), "angle", unit="degrees", centre=0.0)
    scale: tuple = augreg.param.interval((0.5, 2), "scale", low=0)
    ratio: float = augreg.param.number(0.5, "ratio", low=0, high=1)
    mode: str = augreg.param.choice("a", "mode", options=("a", "b"))
    on: bool = augreg.param.flag(False, "on")
    name: str = augreg.param.text("x", "name")
    shares: tuple = augreg.param.numbers(0.5, "shares", low=0, high=1)
    counts: tuple = augreg.param.numbers((1,), "counts", integral=True)
    words: tuple = augreg.param.texts((), "words")
    kinds: tuple = augreg.param.texts(("a",), "kinds", options=("a", "b"))
    fill: object = augreg.param.value((0, 0, 0), "fill")
    limit: float | None = augreg.param.number(None, "limit", optional=True)


def make(**params):
    return param.build(Sample, {"size": 3, **params}, "my.sample")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"angle": 5}, (-5.0, 5.0)),
        ({"angle": [1, 2]}, (1.0, 2.0)),
        ({"scale": 2}, (2.0, 2.0)),
        ({"ratio": 1}, 1.0),
        ({"size": 4.0}, 4),
        ({"mode": "b"}, "b"),
        ({"on": True}, True),
        ({"fill": [1, [2, 3]]}, (1, (2, 3))),
        ({"shares": 1}, (1.0,)),
        ({"shares": [0, 0.5]}, (0.0, 0.5)),
        ({"counts": [2.0, 2**62]}, (2, 2**62)),
        ({"words": "one"}, ("one",)),
        ({"words": ["one", ""]}, ("one", "")),
        ({"words": []}, ()),
        ({"kinds": "b"}, ("b",)),
        ({"size": 2**63 - 1}, 2**63 - 1),
        ({"limit": None}, None),
        ({"limit": 3}, 3.0),
    ],
)
def test_canonical_forms(given, stored):
    (name,) = given
    found = getattr(make(**given), name)
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 0}, "my.sample: size=0 is not valid: expected a whole number (>= 1)."),
        ({"size": 1.5}, "whole number"),
        ({"size": True}, "size=True"),
        ({"angle": [2, 1]}, "did you mean [1, 2], in degrees"),
        ({"angle": [1, 2, 3]}, "expected a pair"),
        ({"angle": float("nan")}, "angle=nan"),
        ({"angle": "ten"}, "angle='ten'"),
        ({"scale": [-1, 1]}, "(>= 0)"),
        ({"ratio": 2}, "expected a number (0 to 1)"),
        ({"mode": "A"}, "one of 'a', 'b'"),
        ({"on": 1}, "true or false"),
        ({"name": 3}, "a string"),
        ({"size": 2**63}, "size=9223372036854775808 is not valid: expected a whole number"),
        ({"size": float(2**63)}, "whole number"),
        ({"ratio": 10**400}, "expected a number"),
        ({"shares": []}, "a number or a list of numbers (0 to 1)"),
        ({"shares": [0.5, 2]}, "shares=2 is not valid: expected a number (0 to 1)"),
        ({"shares": [True]}, "a list of numbers"),
        ({"shares": None}, "a list of numbers"),
        ({"counts": [1, 2**63]}, "a whole number"),
        ({"words": 1}, "words=1 is not valid: expected a string or a list of strings"),
        ({"words": ["a", 1]}, "a list of strings"),
        ({"words": {"a": 1}}, "a list of strings"),
        ({"kinds": ["a", "B"]}, "kinds='B' is not valid: expected one of 'a', 'b'"),
        ({"angel": 3}, "no parameter 'angel'. Did you mean 'angle'? Parameters: size, angle"),
    ],
)
def test_mistakes(given, message):
    with pytest.raises(ConfigError) as caught:
        make(**given)
    assert message in str(caught.value)


def test_required_parameters_are_asked_for():
    with pytest.raises(ConfigError, match="my.sample needs size"):
        param.build(Sample, {}, "my.sample")


def test_config_holds_what_differs():
    assert param.config(make(angle=3, fill=[1, 2, 3])) == {"size": 3, "angle": [-3.0, 3.0], "fill": [1, 2, 3]}
    assert param.build(Sample, param.config(make(angle=3)), "x") == make(angle=3)


def test_describe_lists_in_order():
    specs = param.describe(Sample)
    assert [s.name for s in specs][:3] == ["size", "angle", "scale"]
    assert specs[0].required
    assert specs[1].unit == "degrees"
    assert specs[3].range == "0 to 1"


def test_frozen_and_hashable():
    one = make()
    assert one == make()
    assert hash(one) == hash(make())
    with pytest.raises(AttributeError):
        one.size = 4
