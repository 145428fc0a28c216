"""Every adapter: its index is true, listing imports no peer, and what is missing says what to do."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import augreg
from augreg.adapters import Index, differences

PLUGINS = Path(__file__).parents[1] / "plugins"
NAMES = sorted(path.parents[1].name for path in PLUGINS.glob("*/augreg_*/index.json"))
MADE = {
    "albumentations": ("Blur", {"blur_limit": 5}),
    "audiomentations": ("BitCrush", {"min_bit_depth": 4}),
    "kornia": ("RandomJPEG", {"jpeg_quality": 77.0}),
    "monai": ("RandGaussianNoise", {"std": 0.123}),
    "torch-audiomentations": ("Gain", {"min_gain_in_db": -4}),
    "torchaudio": ("overdrive", {"gain": 7}),
    "torchvision": ("JPEG", {"quality": 77}),
}
"""Parameters that no other test gives, so that no object of the peer is there yet."""


def part(name, module):
    """A module of an adapter; MONAI's is not installed for the short form, as MONAI takes long to import."""
    return pytest.importorskip(f"augreg_{name.replace('-', '_')}.{module}", reason=f"augreg-{name} is not installed")


@pytest.fixture(params=NAMES)
def name(request):
    part(request.param, "plugin")
    return request.param


@pytest.fixture
def index(name):
    return Index.beside(part(name, "plugin").__file__)


@pytest.fixture
def introspect(name, index):
    found = part(name, "introspect")
    if found.PEER["version"] != index.peer["version"]:
        pytest.skip(f"the index was made from {name} {index.peer['version']}")
    return found


def test_every_adapter_is_looked_at():
    assert sorted(MADE) == NAMES


def test_the_parameters_of_the_index_are_those_of_the_installed_peer(index, introspect):
    installed = introspect.transforms()
    # Some that are left out are there only where other libraries are.
    assert {*index.transforms} <= set(installed) <= {*index.transforms, *index.left_out}
    known = {name: {"parameters": entry["parameters"]} for name, entry in index.transforms.items()}
    found = {name: {"parameters": introspect.parameters_of(name, installed[name])} for name in known}
    assert differences(known, json.loads(json.dumps(found))) == []


@pytest.mark.slow
def test_everything_that_the_index_says_is_measured_again_on_the_installed_peer(index, introspect):
    assert differences(index.transforms, json.loads(json.dumps(introspect.entries()))) == []


def test_listing_imports_no_peer_and_needs_no_other_plugin(name, index):
    code = (
        f"import sys, augreg; print(len(augreg.list_augmenters(plugin='augreg-{name}')), "
        f"bool({{{index.peer['module'].split('.')[0]!r}, 'torch', 'numpy'}} & set(sys.modules)))"
    )
    # Spectrograms are a kind that augreg-audio brings.
    environment = {**os.environ, "AUGREG_PLUGINS": f"augreg-{name},augreg-audio"}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout.split() == [str(len(index.transforms)), "False"]


def test_what_is_left_out_says_why(name, index):
    transforms = part(name, "transforms")
    for left, reason in index.left_out.items():
        with pytest.raises(AttributeError, match=re.escape(reason)):
            getattr(transforms, left)
    first = next(iter(index.transforms))
    with pytest.raises(AttributeError, match=f"Did you mean '{first}'"):
        getattr(transforms, first + "x")


def test_without_the_peer_it_is_listed_and_making_says_what_to_install(name, index, monkeypatch):
    kind, parameters = MADE[name]
    monkeypatch.setitem(sys.modules, index.peer["module"], None)
    assert len(augreg.list_augmenters(plugin=f"augreg-{name}")) == len(index.transforms)
    with pytest.raises(augreg.ConfigError, match=re.escape(f"pip install '{index.peer['install']}'")):
        augreg.make(f"{index.peer['name']}.{kind}", **parameters)


def test_the_license_of_the_peer_is_named(index):
    assert f"{index.peer['distribution']} {index.peer['version']}, license {index.peer['license']}" in index.license()


def test_the_page_about_moving_in_says_how_many_there_are():
    page = (PLUGINS.parent / "docs" / "migration.md").read_text("utf-8")
    indices = {path.parents[1].name: Index.beside(str(path)) for path in PLUGINS.glob("*/augreg_*/index.json")}
    said = dict(re.findall(r"^\| augreg-(\S+) \| (\d+) \|", page, re.MULTILINE))
    assert said == {name: str(len(index.transforms)) for name, index in indices.items()}


def test_the_plugin_lies_beside_its_index(name):
    module = importlib.import_module(f"augreg_{name.replace('-', '_')}.plugin")
    assert Path(module.__file__).with_name("index.json").is_file()


def test_who_asks_for_what_is_left_out_is_told_why(name, index):
    there = augreg.Registry()
    for left, why in index.left_out.items():
        full = f"{index.peer['name']}.{left}"
        with pytest.raises(augreg.UnknownAugmenterError, match=re.escape(f"no augmenter named '{full}'.")) as told:
            there.resolve(full)
        assert f"augreg-{name} leaves {full} out: {why}." in str(told.value)


def test_what_is_left_out_and_has_a_like_says_both():
    pytest.importorskip("augreg_torchaudio")
    with pytest.raises(augreg.UnknownAugmenterError, match=r"hears no voice.*Did you mean audio\.trim \(like"):
        augreg.make("torchaudio.Vad")
