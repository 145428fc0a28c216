"""The kit looks at sets of operations: every planted fault is found, and augmenters without a level are told."""

from __future__ import annotations

import pytest
import torch

import augreg
from augreg.registry import Registry, default
from augreg.testing import ConformanceError, checks, plugin_checks
from augreg.testing.operation_sets import set_checks
from augreg.testing.unlevelled import level_or_reason, without_level

GENERAL = [s.name for s in default().operation_sets() if not s.family]


def checked(*operations, name="text/9", summary="Of a test.", **more):
    """Return check id -> check of a set that a plugin offers beside those that are installed."""

    class Offers:
        @augreg.hookimpl
        def augreg_policies(self):
            made = augreg.OperationSet(name=name, modality="text", operations=operations, summary=summary, **more)
            return [made]

    registry = Registry()
    registry.register(Offers(), "acme-sets")
    return {check.id.partition("-")[2]: check for check in set_checks(registry, "acme-sets")}


def operation(name="text.keyboard", **more):
    return augreg.Operation(name=name, why="Of a test.", **more)


def test_a_good_set_passes_and_mixing_sets_need_no_variety():
    found = checked(operation(), operation("text.char_swap"))
    assert list(found) == ["members_fit", "members_say_why", "members_build", "builds", "results_differ"]
    for check in found.values():
        check()
    assert "results_differ" not in checked(operation(), name="text/special/1")


@pytest.mark.parametrize(
    ("operations", "rule", "message"),
    [
        ([operation("text.keybord")], "members_fit", "no augmenter named 'text.keybord'. Did you mean 'text.keyboard'"),
        ([operation("image.rotate")], "members_fit", "image.rotate is for image, not text"),
        ([operation("text.summary")], "members_fit", "text.summary declares no level; give it level='own'"),
        ([operation(), operation()], "members_fit", "holds text.keyboard twice; give it a weight"),
        ([augreg.Operation(name="text.keyboard")], "members_say_why", "text.keyboard without why"),
        ([operation("text.replace")], "members_build", "text.replace cannot be built"),
        ([operation(params={"lange": "en"})], "members_build", "lange"),
        ([operation(params={"lang": "xx"})], "builds", "xx"),
        ([operation("text.strip_diacritics")], "results_differ", "64 equal samples give 1 different results"),
    ],
)
def test_a_planted_fault_is_found(operations, rule, message):
    with pytest.raises(ConformanceError, match="text/9") as caught:
        checked(*operations)[rule]()
    assert message in str(caught.value)


def test_a_set_without_a_summary_is_found():
    with pytest.raises(ConformanceError, match="no summary"):
        checked(operation(), summary="")["members_say_why"]()


def test_every_modality_has_a_set_for_general_use_and_its_checks_are_part_of_the_kit():
    assert sorted(GENERAL) == ["audio/1", "image/1", "spectrogram/1", "text/1", "video/1"]
    assert "text/1-results_differ" in {check.id for check in checks("augreg-text")}


@pytest.mark.parametrize("name", GENERAL)
def test_sets_for_general_use_keep_labels_and_meanings(name):
    for member in default().operation_set(name).operations:
        declares = default().load(member.name).declares
        assert declares.labels == "keeps"
        assert not declares.alters & {"chirality", "meaning", "polarity"}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_pictures_and_clips_keep_shape_and_dtype_with_all_their_targets(dtype, channels):
    picture = torch.rand(channels, 20, 24)
    picture = (picture * 255).to(dtype) if dtype == torch.uint8 else picture
    more = {"boxes": augreg.Boxes([[2, 2, 9, 9]]), "keypoints": augreg.Keypoints([[4, 5]])}
    photo = augreg.Image(picture, masks=torch.ones(1, 20, 24, dtype=torch.uint8), label=3, **more)
    clip = augreg.Video(picture[:3].expand(6, -1, -1, -1).clone(), fps=5, label=3) if channels < 4 else None
    for modality, sample in (("image", photo), ("video", clip)):
        pipe = augreg.Pipeline({modality: ["policy.trivial"]})
        for result in augreg.augment([sample] * 40, pipe, seed=7, keys=range(40)) if sample is not None else ():
            assert (result.data.shape, result.data.dtype, result.label) == (sample.data.shape, dtype, 3)


@pytest.mark.parametrize("dtype", [torch.int16, torch.float32])
def test_sounds_keep_their_length_and_dtype(dtype):
    wave = torch.rand(2, 4000) - 0.5
    wave = (wave * 2**15).to(dtype) if dtype == torch.int16 else wave
    sound = augreg.Audio(wave, sample_rate=8000, events=augreg.Events([[0.1, 0.2]]), label=3)
    pipe = augreg.Pipeline({"audio": ["policy.trivial"]})
    for result in augreg.augment([sound] * 40, pipe, seed=7, keys=range(40)):
        assert (result.data.shape, result.data.dtype, result.label) == (wave.shape, dtype, 3)


def test_augmenters_without_a_level_are_listed_with_the_reason():
    found = without_level(default())
    assert found["image.invert"] == "has no number that could be more or less"
    assert found["image.mixup"] == "mixes samples; how much is drawn for each pair"
    assert found["image.color_jitter"] == ""
    assert "image.rotate" not in found


def test_a_missing_or_an_idle_reason_is_found():
    given = dict.fromkeys(without_level(default(), "augreg-text"), "a model writes another text")
    level_or_reason(default(), "augreg-text", given)
    with pytest.raises(ConformanceError, match=r"text.summary: no level, and no reason"):
        level_or_reason(default(), "augreg-text", {"text.continuation": "a model writes another text"})
    with pytest.raises(ConformanceError, match=r"no_level names text.keyboard"):
        level_or_reason(default(), "augreg-text", {**given, "text.keyboard": "none"})


def test_the_reasons_are_a_check_only_where_they_are_given():
    assert "level_or_reason" not in [p.id for p in plugin_checks("augreg-text")]
    assert plugin_checks("augreg-text", no_level={})[-1].id == "level_or_reason"
