"""What augmenters may alter: a closed vocabulary, said by all of ours, and read by `augreg check` of a pipeline."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

import augreg
from augreg.cli.app import app
from augreg.contract.meanings import IN_CAPTIONS, MEANINGS
from augreg.pipeline.alterations import alterations

FIELDS = {"photo": "image", "caption": "text"}


def test_an_unknown_word_is_refused_with_the_nearest():
    with pytest.raises(augreg.ContractError, match=r"alters holds 'chiralty'.* Did you mean 'chirality'\? Known: "):
        augreg.Declaration(alters=frozenset({"chiralty"}))
    with pytest.raises(augreg.ContractError, match="is the text 'hue'"):
        augreg.Declaration(alters="hue")
    with pytest.raises(augreg.ContractError, match="mends holds hue, which is not in alters"):
        augreg.Declaration(mends=frozenset({"hue"}))


def test_a_plugin_may_say_its_own_with_its_name_in_front():
    assert augreg.Declaration(alters=frozenset({"geo:season", "hue"})).alters == {"geo:season", "hue"}
    with pytest.raises(augreg.ContractError, match="namespace:word"):
        augreg.Declaration(alters=frozenset({"Geo: season"}))


def test_every_word_is_declared_by_somebody_and_ends_as_a_sentence():
    used = {word for spec in augreg.list_augmenters() for word in augreg.registry.load(spec.id).declares.alters}
    assert used == set(MEANINGS)
    assert set(MEANINGS) >= IN_CAPTIONS
    assert all(told.endswith(".") and told[0].isupper() for told in MEANINGS.values())


def untrue(steps, schema=FIELDS):
    """Name of each step -> the meanings in which captions may become false, and what to use instead."""
    found = alterations(augreg.Pipeline(steps, schema=schema))
    return {step.name: (step.untrue, step.instead) for step in found}


def test_a_plain_flip_makes_captions_false_where_a_joint_one_mends_them():
    found = untrue({"record": ["image_text.hflip"], "image": ["image.hflip", "image.gaussian_blur"]})
    assert found["image_text.hflip"] == ((), ())
    assert found["image.hflip"] == (("chirality",), ("image_text.hflip",))
    assert found["image.gaussian_blur"] == ((), ())


def test_steps_in_groups_and_of_one_field_are_looked_at():
    flips = {"one_of": [{"some_of": {"steps": ["image.hflip", "image.hue"], "order": "random", "n": 2}}, "image.vflip"]}
    found = untrue({"fields": {"photo": [flips]}})
    assert {name: words for name, (words, _) in found.items()} == {
        "image.hflip": ("chirality",),
        "image.hue": ("hue",),
        "image.vflip": ("chirality",),
    }
    assert found["image.hue"][1] == ("image_text.color",)


def test_a_caption_that_says_something_else_is_false_and_a_text_alone_is_none():
    assert untrue({"text": ["text.antonym", "text.synonym"]}) == {
        "text.antonym": (("meaning",), ()),
        "text.synonym": ((), ()),
    }
    assert untrue({"text": ["text.antonym"]}, schema={"text": "text"})["text.antonym"] == ((), ())


def test_without_captions_nothing_is_false():
    assert untrue({"image": ["image.hflip"]}, schema={"left": "image", "right": "image"})["image.hflip"] == ((), ())
    assert untrue({"image": ["image.hflip"]}, schema=None)["image.hflip"] == ((), ())


def check(tmp_path, text, *options):
    path = tmp_path / "pipeline.yaml"
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, ["check", str(path), *options])


def test_check_lists_the_steps_and_warns(tmp_path):
    done = check(tmp_path, "schema: {photo: image, caption: text}\nimage: [image.hflip, image.sharpen]\n")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "image",
        "  image.hflip    may alter chirality, legibility, position",
        "    warning: 'caption' may become false.",
    ]
    assert lines[3] == f"      chirality: {MEANINGS['chirality']}"
    assert "Use image_text.hflip under record" in lines[4]
    assert lines[-1].endswith("pipeline.yaml: 2 steps, 1 warning.")


DRAWN = "{policy.trivial: {operations: [{image.hflip: {level: own}}, image.rotate, image.brightness]}}"


def test_what_policies_leave_out_where_captions_speak_of_it_is_no_warning(tmp_path):
    done = check(tmp_path, f"schema: {{photo: image, caption: text}}\nimage: [{DRAWN}, image.hflip]\n")
    drawn, rotated, lit, plain = re.split("\n(?=  image)", done.stdout.partition("\n")[2])
    assert "    left out for records whose 'caption' speaks of chirality." in drawn.splitlines()
    assert "warning" not in drawn
    assert "    left out for records whose 'caption' speaks of brightness." in lit.splitlines()
    # No plugin looks for what is cut off in captions, and a step that somebody wrote runs as it is written.
    assert "warning" in rotated
    assert "warning" in plain
    assert "left out for records" not in rotated + plain
    assert done.stdout.splitlines()[-1].endswith("4 steps, 2 warnings.")


def test_policies_leave_nothing_out_where_no_plugin_reads_captions():
    registry = augreg.Registry(discover=False)
    registry.register(augreg.registry.load("image.hflip"), "image.hflip")
    steps = {"image": [{"policy.trivial": {"operations": [{"image.hflip": {"level": "own"}}]}}]}
    (step,) = alterations(augreg.Pipeline(steps, schema=FIELDS, registry=registry))
    assert (step.untrue, step.spared) == (("chirality",), ())


def test_check_says_that_it_knows_nothing_of_the_records(tmp_path):
    done = check(tmp_path, "image: [image.hflip]\n")
    assert done.exit_code == 0
    assert "1 step, 0 warnings.\nIt has no schema and no joint steps" in done.stdout


def test_check_refuses_what_cannot_be_built(tmp_path):
    done = check(tmp_path, "image: [image.hflop]\n")
    assert done.exit_code == 2
    assert "Did you mean 'image.hflip'?" in done.stderr
    assert check(tmp_path, "image: [image.hflip]\n", "--slow").exit_code == 2


def test_show_says_what_becomes_wrong():
    done = CliRunner().invoke(app, ["show", "image_text.hflip"])
    assert "may alter     chirality: Left and right change places" in done.stdout
    assert "Captions" in done.stdout
    assert re.search("class label +refused", CliRunner().invoke(app, ["show", "text.antonym"]).stdout)
