"""The README and the examples tell the truth: their code runs as it stands, and the README stays short."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from sessions import can_run, run_session, sessions

import augreg
from augreg.jobs import Settings, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_example_prints_what_it_shows(tmp_path, monkeypatch):
    ((line, session),) = sessions(ROOT / "README.md")
    if not can_run(session):
        pytest.skip("torchvision is not installed")
    for i, name in enumerate(("cat", "dog", "cat", "dog")):
        (tmp_path / "photos" / name).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 256, (240 + i, 320, 3), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{i}.jpg")
    monkeypatch.chdir(tmp_path)
    assert not run_session(ROOT / "README.md", line, session, {})
    assert session.count(">>>") + session.count("...  ") <= 5


def test_the_code_of_the_readme_runs():
    first = re.search(r"```python\n(import numpy.*?)```", README, re.DOTALL)
    assert first is not None
    exec(compile(first[1], "README.md", "exec"), {})


def test_it_is_short_and_its_links_lead_somewhere():
    assert len(README.splitlines()) < 160
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_plugin_in_the_readme_is_the_example():
    code = re.search(r"```python\n# (augreg_vignette/plugin.py).*?\n(.*?)```", README, re.DOTALL)
    example = (ROOT / "examples/augreg-vignette/augreg_vignette/plugin.py").read_text(encoding="utf-8")
    for name in re.findall(r'"([^"]+)"', code[2]):
        assert name in example


EXAMPLES = ROOT / "examples"
ALL = """
import contextlib, io, json, runpy, sys, traceback
found = {}
for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            runpy.run_path(path, run_name="__main__")
            error = ""
        except BaseException:
            error = traceback.format_exc()
    found[path] = {"printed": printed.getvalue(), "error": error}
print(json.dumps(found))
"""


# Those that train for minutes as they stand are run, with few steps, by test_framework_examples.
ALONE = sorted(path for path in EXAMPLES.glob("*.py") if not path.stem.startswith("evaluate_"))


@pytest.fixture(scope="module")
def examples():
    """What every example printed, and its error; all in one fresh interpreter, which takes seconds to start."""
    paths = [str(path) for path in ALONE]
    done = subprocess.run(
        [sys.executable, "-c", ALL, *paths], capture_output=True, check=True, cwd=EXAMPLES, timeout=300, text=True
    )
    return {Path(path).stem: found for path, found in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", [path.stem for path in ALONE])
def test_examples_run(examples, name):
    assert not examples[name]["error"]


def test_an_example_prints_its_own_augmentation(examples):
    assert re.match(r"\['hello\.+', 'good night\.+'\]", examples["own_augmenter"]["printed"])


def test_flash_and_click_of_the_example_stay_together(examples):
    seen = re.findall(r"flash (\S+) to (\S+) s, click (\S+) s", examples["records"]["printed"])
    assert len(seen) >= 3
    assert all(float(begin) <= float(click) <= float(end) for begin, end, click in seen)


def test_the_pip_line_names_every_plugin():
    line = re.search(r"pip install \. (.*)", README)[1].split()
    # The catalogues of other libraries bring these libraries along, and are asked for by name.
    catalogues = {
        *("albumentations", "audiomentations", "kornia", "monai"),
        *("torch-audiomentations", "torchaudio", "torchvision"),
    }
    plugins = sorted({p.parent.name for p in ROOT.glob("plugins/*/pyproject.toml")} - catalogues)
    assert sorted(part.removeprefix("./plugins/") for part in line) == plugins


def test_the_documented_replay_of_a_manifest_gives_the_output(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a sentence that will be misspelt somewhere")
    monkeypatch.chdir(tmp_path)
    pipe = augreg.Pipeline({"text": [{"text.keyboard": {"rate": 0.3}}]})
    run(pipe, Settings(source=Path("in"), out=Path("out"), seed=3))
    page = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    found = {}
    exec(compile(re.search(r"```python\n(import json.*?)```", page, re.DOTALL)[1], "pipelines.md", "exec"), found)
    assert found["again"].data == Path("out", found["line"]["output"]).read_text() != Path("in/a.txt").read_text()


PAGES = sorted(path.name for path in ROOT.glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\((?!http)([^)#]+)\)", text))
    named = set(re.findall(r"`((?:augreg|plugins|tests|docs|examples|\.ci)/[\w./-]*\w/?)`", text))
    missing = [name for name in sorted(linked | named) if not (ROOT / name).exists()]
    assert not missing


def test_ci_runs_the_tests_by_the_command_of_the_readme():
    command = re.search(r"^\$ uv run pytest -n 2 (-m \"[^\"]*\")", README, re.MULTILINE)[1]
    assert f"short=({command})" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_distributions_say_what_they_are():
    for path in (
        ROOT / "pyproject.toml",
        *ROOT.glob("plugins/*/pyproject.toml"),
        *ROOT.glob("examples/*/pyproject.toml"),
    ):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        assert {"description", "readme", "license", "requires-python", "keywords", "classifiers"} <= set(project), path
        assert (path.parent / project["readme"]).exists()
