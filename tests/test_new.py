"""`augreg new`: what it writes is installed by uv, and passes its own tests as it is written."""

from __future__ import annotations

import os
import shutil
import site as sites
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from augreg.cli.app import app
from augreg.cli.scaffold import KINDS, MODALITIES

KINDS_OF = [
    *(("augmenter", modality) for modality in MODALITIES),
    *(("reader", modality) for modality in MODALITIES),
    *(("adapter", modality) for modality in MODALITIES),
    *(("policy", modality) for modality in MODALITIES),
    ("joint", "image"),
    ("modality", "points"),
]
FAST = ("augmenter", "text")


def new(*arguments, code=0):
    done = CliRunner().invoke(app, ["new", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def clean(**more):
    """The environment without what this process says about plugins and paths."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("AUGREG_", "PYTEST_", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    return {**kept, "OMP_NUM_THREADS": "1", **more}


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a new environment that sees what is installed here."""
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    home = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run(["uv", "venv", "-q", "--python", sys.executable, home], check=True, env=clean())
    packages = next(home.glob("lib/python*/site-packages"))
    lines = [f"import site; site.addsitedir({folder!r})" for folder in sites.getsitepackages()]
    (packages / "parent.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home / "bin" / "python"


@pytest.mark.parametrize(
    ("kind", "modality"),
    [pytest.param(*found, marks=[] if found == FAST else pytest.mark.slow, id="-".join(found)) for found in KINDS_OF],
)
def test_what_is_written_passes_its_own_tests(python, tmp_path, kind, modality):
    name = f"acme-{kind}-{modality}"
    new(name, "--kind", kind, "--modality", modality, "--to", tmp_path)
    folder = tmp_path / name
    install = ["uv", "pip", "install", "-q", "--offline", "--python", python, "--no-build-isolation", "--no-deps", "-e"]
    subprocess.run([*install, folder], check=True, env=clean(), capture_output=True)
    short = ["-m", "not slow"] if (kind, modality) == FAST else []
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *short],
        cwd=folder,
        env=clean(AUGREG_PLUGINS=name),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize(("kind", "modality"), KINDS_OF, ids=["-".join(found) for found in KINDS_OF])
def test_what_is_written_is_in_good_style(tmp_path, kind, modality):
    new("acme-haze", "--kind", kind, "--modality", modality, "--to", tmp_path)
    folder = tmp_path / "acme-haze"
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--select", "B,D1,E,F,I,PT,RUF,UP,W", "--ignore", "D103,D104"], ["format", "--check"]):
        isolated = [*ruff, *command, "--isolated", "--no-cache", "--line-length", "120", "."]
        done = subprocess.run(isolated, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    assert not [path for path in folder.rglob("*") if path.is_file() and "$" in path.read_text().replace("\n$ ", "")]
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "augreg-plugin" in project["keywords"]
    assert project["entry-points"]["augreg"] == {"acme_haze": "acme_haze.plugin"}
    assert project["license"] == "MIT"
    assert "Copyright (c) 20" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_every_kind_is_tried():
    assert {kind for kind, _ in KINDS_OF} == set(KINDS)


def test_it_says_what_it_wrote_and_what_comes_next(tmp_path):
    said = new("acme-haze", "--modality", "image", "--to", tmp_path).stdout
    assert "acme_haze/augmenters.py" in said
    assert "Its license is MIT, as you chose none" in said
    assert "uv pip install -e . pytest" in said
    said = new("acme-fog", "--modality", "image", "--to", tmp_path, "--license", "Apache-2.0", "--author", "Ada").stdout
    assert "Put the text of Apache-2.0 into the file LICENSE" in said
    text = (Path(tmp_path) / "acme-fog" / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("SPDX-License-Identifier: Apache-2.0\nCopyright (c) 20")
    assert "Ada" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-haze", "--modality", "image"], "No such option|no option"),
        (["my plugin", "--modality", "image"], "no name of a distribution.*Write 'my-plugin'"),
        (["haze_", "--modality", "image"], "no name of a distribution.*Write 'haze'"),
        (["My_Plugin", "--modality", "image"], "Write 'my-plugin'"),
        (["3d", "--modality", "image"], "begins with a letter, such as 'acme-3d'"),
        (["class", "--modality", "image"], "begins with a letter"),
        (["numpy", "--modality", "image"], "numpy .* is installed. Choose another name"),
        (["augreg-image", "--modality", "image"], "augreg-image .* is installed"),
        (["json", "--modality", "image"], "needs a package 'json', and there is one"),
        (["acme-haze"], "Add --modality, one of: image, audio, video, text"),
        (["acme-haze", "--modality", "imag"], "Did you mean 'image'"),
        (["acme-haze", "--modality", "image", "--kind", "augment"], "Did you mean 'augmenter'"),
        (["acme-haze", "--modality", "image", "--license", "mit"], "--license 'mit' is not known"),
        (["acme-haze", "--modality", "image", "--kind", "modality"], "there is a modality 'image'"),
        (["acme-haze", "--modality", "audio", "--kind", "joint"], "pictures and their captions"),
        (["image", "--modality", "image"], "in which augreg-image offers augmenters"),
    ],
)
def test_bad_names_are_refused_with_what_to_do(tmp_path, arguments, says):
    import re

    done = new(*arguments, "--to", tmp_path, code=2)
    assert re.search(says, done.stderr), done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "acme-haze").mkdir()
    done = new("acme-haze", "--modality", "image", "--to", tmp_path, code=2)
    assert "acme-haze is there already. Remove it, or say where else" in done.stderr
