"""A list of steps becomes the mapping that says the same, or is refused with the mapping to write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import Brightness, Linear, Upper, make_registry

import augreg
from augreg.errors import AugregError

IMAGE = ["toy.mirror", {"toy.linear": {"family": "B", "p": 0.5}}, Linear(family="C")]
TEXT = ["toy.upper", {"toy.tag": {"p": 0.2}}, Upper()]
GROUPS = [lambda steps: augreg.OneOf(steps), lambda steps: augreg.SomeOf(steps, n=1), lambda steps: list(steps)]


def build(steps):
    return augreg.Pipeline(steps, registry=make_registry())


@st.composite
def listed(draw, of):
    steps = draw(st.lists(st.sampled_from(of), max_size=3))
    inner = draw(st.lists(st.sampled_from(of), min_size=1, max_size=2))
    return [*steps, draw(st.sampled_from(GROUPS))(inner)]


@given(listed(IMAGE), listed(TEXT), st.randoms())
def test_lists_are_the_mappings_that_say_the_same(image, text, random):
    mixed, rest = [], {"image": list(image), "text": list(text)}
    while any(rest.values()):
        mixed.append(rest[random.choice([name for name, steps in rest.items() if steps])].pop(0))
    assert build(mixed) == build({"image": image, "text": text})
    assert build(build(mixed).to_dict()) == build(mixed)


def test_one_step_is_a_list_of_one():
    wanted = build({"image": ["toy.mirror"]})
    for one in ("toy.mirror", augreg.Step("toy.mirror"), ["toy.mirror"], ("toy.mirror",)):
        assert build(one) == wanted
    assert build(augreg.OneOf(["toy.mirror"])) == build({"image": [{"one_of": ["toy.mirror"]}]})
    assert build(Upper()) == build({"text": ["toy.upper"]})
    assert build([]) == build({})


def test_joint_steps_go_under_record():
    pipe = augreg.Pipeline(["image_text.hflip", "image.rotate"])
    assert pipe == augreg.Pipeline({"record": ["image_text.hflip"], "image": ["image.rotate"]})


def test_files_may_hold_a_list(tmp_path):
    wanted = build({"image": ["toy.mirror"], "text": ["toy.upper"]})
    assert augreg.Pipeline.from_yaml("- toy.mirror\n- toy.upper", registry=make_registry()) == wanted
    (tmp_path / "p.json").write_text('["toy.mirror", "toy.upper"]')
    assert augreg.Pipeline.load(tmp_path / "p.json", registry=make_registry()) == wanted


def test_whatever_takes_a_pipeline_takes_a_list():
    steps = [{"text.word_swap": {"rate": 1}}]
    wanted = augreg.augment("one two three", {"text": steps}, seed=7, keys=["a"])
    assert augreg.augment("one two three", steps, seed=7, keys=["a"]) == wanted
    item = {"key": "a", "caption": augreg.Text("one two three")}
    assert (
        augreg.collate(steps, seed=7)([item])["caption"] == augreg.collate({"text": steps}, seed=7)([item])["caption"]
    )


class Unregistered(augreg.AugmenterBase):
    declares = augreg.Declaration(leaves=augreg.EVERY)

    def apply(self, batch, params):
        return batch


WRONG = [
    (5, "is a list of steps, or maps modalities to steps"),
    (b"toy.mirror", "is a list of steps, or maps modalities to steps"),
    ({"toy.mirror"}, "is a list of steps, or maps modalities to steps"),
    ("pipeline.yaml", "Read it: augreg.Pipeline.load('pipeline.yaml')"),
    (Brightness, "Construct it: Brightness()"),
    (["toy.miror"], "Did you mean 'toy.mirror'?"),
    (["toy.mirror", 3], "steps[1] is 3, which is no step"),
    ([{"toy.linear": {"famly": "A"}}], "Did you mean 'family'?"),
    ([["toy.mirror", "toy.upper"]], "Write a group for each: {'image': [...], 'text': [...]}"),
    (["toy.mirror", {"one_of": ["toy.mirror", ["toy.upper"]]}], "steps[1] is a group with steps of image, text"),
    ([[]], "a group without steps"),
    ({"toy.mirror": {}}, "put it in a list: [{'toy.mirror': ...}]"),
    ({"one_of": ["toy.mirror"]}, "put it in a list: [{'one_of': ...}]"),
    ([Unregistered()], "Write it under its modality: {'modality': [Unregistered(...)]}"),
]


@pytest.mark.parametrize(("steps", "message"), WRONG, ids=[m for _, m in WRONG])
def test_what_no_list_says_is_refused(steps, message):
    with pytest.raises(AugregError) as caught:
        build(steps)
    assert message in str(caught.value)


def test_steps_inside_themselves_are_refused():
    steps = ["toy.mirror"]
    steps.append(steps)
    with pytest.raises(augreg.ConfigError, match="nested too deeply"):
        build(steps)


def test_steps_of_several_modalities_need_the_mapping():
    registry = make_registry()
    registry.register(Unregistered, "toy.any", modalities=("image", "text"))
    with pytest.raises(augreg.ConfigError) as caught:
        augreg.Pipeline(["toy.any"], registry=registry)
    assert "Write {'image': ['toy.any']} or {'text': ['toy.any']}" in str(caught.value)
    assert augreg.Pipeline({"text": ["toy.any"]}, registry=registry).modalities == ("text",)
