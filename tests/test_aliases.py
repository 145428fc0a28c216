"""Names that people know from other libraries find ours; words find augmenters."""

from __future__ import annotations

import inspect
import json
from importlib import import_module

import pytest
from click.testing import CliRunner
from peers import names_of

import augreg
from augreg import registry
from augreg.cli.app import app
from augreg.registry.aliases import Alias, aliases, known_as
from augreg.registry.finding import search

OURS = augreg.Registry(allow=[f"augreg-{name}" for name in ("image", "audio", "video", "text", "joint", "nlpaug")])
KNOWN = [*OURS.augmenters(), *OURS.policies()]
ALL = aliases(KNOWN)
ADAPTED = ("albumentations", "audiomentations", "kornia", "torch_audiomentations", "torchaudio", "torchvision")
"""Libraries with an adapter of ours, which tests have installed."""


@pytest.fixture
def cli():
    return lambda *words: CliRunner().invoke(app, ["list", *words], prog_name="augreg")


@pytest.mark.parametrize("library", sorted({one.library for one in ALL} & {"torchvision", "torchaudio", "nlpaug"}))
def test_aliases_are_names_of_the_peers(library: str) -> None:
    real = names_of(library)
    assert {one.name for one in ALL if one.library == library} <= real


@pytest.mark.parametrize("library", ["albumentations", "audiomentations"])
def test_aliases_are_names_of_peers_that_may_be_absent(library: str) -> None:
    pytest.importorskip(library)
    assert {one.name for one in ALL if one.library == library} <= names_of(library)


# What ours has no like of, so that an addition to a peer is noticed.
WITHOUT = {
    "albumentations": {"FromFloat", "Lambda", "Morphological", "NoOp", "TimeReverse", "ToRGB"},
    "torchvision": {
        "ClampKeyPoints", "Compose", "ConvertBoundingBoxFormat", "Identity", "Lambda", "LinearTransformation", "RGB",
        "RandomApply", "RandomChoice", "RandomOrder", "SanitizeKeyPoints", "SetClampingMode", "ToPILImage",
        "ToPureTensor",
    },
    "audiomentations": {"Compose", "Lambda", "OneOf", "SomeOf"},
}  # fmt: skip


@pytest.mark.parametrize("library", WITHOUT)
def test_the_whole_catalogue_is_known(library: str) -> None:
    pytest.importorskip(library)
    assert names_of(library) - {one.name for one in ALL if one.library == library} == WITHOUT[library]


def test_every_alias_is_named_where_a_name_is_unknown() -> None:
    for one in ALL:
        if one.library in ADAPTED:  # the names are there, and the message says that their plugin is blocked
            continue
        with pytest.raises(augreg.UnknownAugmenterError) as caught:
            OURS.resolve(f"{one.library}.{one.name}")
        # Two of ours may be like one of theirs; what is the same hides what is only like it.
        meant = known_as(f"{one.library}.{one.name}", ALL, exact=True)
        assert f"Did you mean {meant[0].ours} (" in str(caught.value), one
        assert not one.same or one.ours in [found.ours for found in meant]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RandomHorizontalFlip", "image.hflip (torchvision's RandomHorizontalFlip)"),
        ("T.RandomHorizontalFlip", "image.hflip (torchvision's RandomHorizontalFlip)"),
        ("HorizontalFlip", "image.hflip (albumentations' HorizontalFlip)"),
        ("randomhorizontalflip", "image.hflip (torchvision's RandomHorizontalFlip)"),
        ("random_horizontal_flip", "image.hflip (torchvision's RandomHorizontalFlip)"),
        ("RandomHorizontalFlp", "image.hflip (torchvision's RandomHorizontalFlip)"),
        ("AddGaussianSNR", "audio.gaussian_snr (audiomentations' AddGaussianSNR)"),
        ("Normalize", "audio.peak_normalize (audiomentations' Normalize) or image.normalize (torchvision's Normalize)"),
        ("imgaug.Fliplr", "image.hflip (imgaug's Fliplr)"),
        ("RandomBrightnessContrast", "image.color_jitter (like albumentations' RandomBrightnessContrast)"),
        ("RandAugment", "policy.rand (torchvision's RandAugment)"),
    ],
)
def test_what_was_meant_is_said(written: str, meant: str) -> None:
    for ask in (registry.resolve, augreg.make, lambda name: augreg.Pipeline([name])):
        with pytest.raises(augreg.UnknownAugmenterError) as caught:
            ask(written)
        assert f"no augmenter named {written!r}. Did you mean {meant}?" in str(caught.value)
    result = CliRunner().invoke(app, ["show", written], prog_name="augreg")
    assert f"Did you mean {meant}?" in result.stderr


def test_what_others_have_classes_for_is_pointed_at() -> None:
    with pytest.raises(augreg.UnknownAugmenterError, match="Write the group {one_of"):
        augreg.make("A.OneOf")


@pytest.mark.parametrize("alias", ["hflip", "Torchvision.Flip", "torchvision.", "~~a.B"])
def test_malformed_aliases_are_refused(alias: str) -> None:
    with pytest.raises(augreg.ContractError, match="alias of 'acme.same'"):
        augreg.AugmenterSpec("acme.same", "acme:Same", ("text",), aliases=(alias,))


def test_a_name_of_ours_stands_once() -> None:
    first = Alias("t", "Flip", "image.hflip", True)
    found = known_as("flip", [first, Alias("k", "Flip", "image.hflip", True), Alias("a", "Flip", "image.x", False)])
    assert found == [first]


def listed(result) -> list[str]:
    """Return the names that a table lists, without those of adapters."""
    names = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    return [name for name in names if name.partition(".")[0] in ("image", "audio", "video", "text", "policy")]


def test_words_are_looked_for(cli) -> None:
    assert "image.gaussian_blur" in listed(cli("blur"))
    assert listed(cli("rain drops")) == listed(cli("rain", "drops")) == ["image.spatter"]
    assert listed(cli("RandomHorizontalFlip")) == ["image.hflip"]
    assert "[torchvision.RandomHorizontalFlip" in cli("RandomHorizontalFlip").stdout
    assert listed(cli("image")) == listed(cli("--modality", "image"))
    assert set(listed(cli("video", "blur"))) == {"video.temporal_blur"}
    assert json.loads(cli("snow", "--json").stdout)[0]["name"] == "image.snow"


def test_names_come_before_summaries(cli) -> None:
    found = listed(cli("noise"))
    places = ["noise" in name for name in found]
    assert places == sorted(places, reverse=True)
    assert any(places)
    assert not all(places)


def test_what_finds_nothing_says_what_is_near(cli) -> None:
    result = cli("blr")
    assert result.exit_code == 2
    assert "nothing has 'blr' in its name, summary, tags or aliases. Did you mean 'blur'?" in result.stderr
    assert "Modalities: image, audio, video, text" in result.stderr
    assert "image.rain" in cli("rain", "zzgrk").stderr


def test_policies_are_found(cli) -> None:
    result = cli("RandAugment")
    assert result.exit_code == 0
    assert "policy.rand" not in result.stdout  # a list of augmenters, such as torchvision's of that name
    assert "Policies that fit: policy.rand. Run: augreg show policy.rand" in result.stderr
    assert listed(cli("RandAugment", "--policies"))[0] == "policy.rand"


def test_the_tables_of_the_plugins_name_augmenters() -> None:
    for modality in ("image", "audio", "text", "video"):
        table = import_module(f"augreg_{modality}.aliases").ALIASES
        names = {spec.name for spec in augreg.list_augmenters()}
        assert {name if "." in name else f"{modality}.{name}" for name in table} <= names
        assert all(inspect.cleandoc(value) for value in table.values())


@pytest.mark.parametrize(
    "word", ["acme_haze", "acme-haze", "acme_haze.fade", "acme", "haze", "torch_peer", "TORCH_PEER.Fade"]
)
def test_names_whose_first_part_has_an_underscore_are_found(word: str) -> None:
    aliases_of_it = ("torch_peer.Fade",)
    spec = augreg.AugmenterSpec("acme_haze.fade", "acme:Fade", ("image",), summary="Fade.", aliases=aliases_of_it)
    assert [hit.spec for hit in search([spec], [word])] == [spec]
    assert search([spec], [f"{word}x"]) == []
