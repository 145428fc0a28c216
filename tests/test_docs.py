"""The pages tell the truth: their code runs, prints what they show, and passes the conformance kit."""

import importlib
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sessions import can_run, run_session, sessions

import augreg
from augreg.registry import Registry
from augreg.testing.collect import checks

DOCS = Path(__file__).parent.parent / "docs"


def blocks(page, language):
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def block(page, language, word):
    (found,) = [code for code in blocks(page, language) if word in code]
    return found


@pytest.fixture
def documented(tmp_path, monkeypatch):
    """Return what imports the code of a block as a module."""

    def load(name, code):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    yield load
    for name in ("documented_step", "documented_points"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "text", [*blocks("pipelines.md", "yaml"), *blocks("learned-policies.md", "yaml")], ids=lambda text: text.split()[0]
)
def test_documented_pipelines_load_and_survive_a_round_trip(text):
    pipe = augreg.Pipeline.from_yaml(text)
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe


def conforms(plugin, spec):
    registry = Registry(discover=False)
    registry.register(plugin, "acme-documented")
    found = [
        check
        for check in checks("acme-documented", registry=registry)
        # These four look at an installed distribution.
        if check.id not in ("discovered", "listing_imports_nothing", "runs_in_spawned_workers", "memory_is_declared")
    ]
    assert len([check for check in found if check.id.startswith(spec)]) > 15
    for check in found:
        check()


def test_the_documented_step_moves_its_boxes(documented):
    step = documented("documented_step", block("plugins.md", "python", "class RightHalf(")).RightHalf

    class Plugin:
        @augreg.hookimpl
        def augreg_augmenters(self):
            summary = "Keep the right half of a picture."
            return [augreg.AugmenterSpec("acme.half", "documented_step:RightHalf", ("image",), summary=summary)]

    conforms(Plugin(), "acme.half")
    boxes = augreg.Boxes([[1, 2, 3, 4], [6, 1, 9, 3], [4, 0, 7, 8]], labels=["left", "right", "both"])
    sample = augreg.Image(torch.arange(80, dtype=torch.uint8).reshape(1, 8, 10), boxes=boxes)
    (half,) = augreg.augment([sample], {"image": [step()]}, seed=1)
    assert torch.equal(half.data, sample.data[..., 5:])
    assert half.boxes.labels == ["right", "both"]
    assert np.array_equal(half.boxes.data, [[1, 1, 4, 3], [0, 0, 2, 8]])
    with pytest.raises(augreg.UnsupportedError, match="masks"):
        augreg.augment([sample.changed(masks=torch.zeros(8, 10, dtype=torch.uint8))], {"image": [step()]}, seed=1)


def test_the_documented_way_back_leads_back(documented):
    step = documented("documented_step", block("plugins.md", "python", "class RightHalf(")).RightHalf
    names = {"np": np, "PlaneMap": augreg.modalities.PlaneMap, "RightHalf": step}
    exec(block("plugins.md", "python", "class RightHalfAndBack"), names)
    views = augreg.Pipeline({"image": [names["RightHalfAndBack"]()]}).views(2, seed=0, modality="image")
    picture = torch.rand(3, 8, 11)
    made = views([picture], keys=[0])
    (_, (scores, seen)) = made.back(masks=[view[:1] for view in made.samples])
    assert torch.equal(scores[..., 5:], picture[:1, :, 5:])
    assert seen.sum(dim=1).tolist() == [6] * 8


def test_the_sessions_on_plugins_run_as_they_are_written():
    page, names = DOCS / "plugins.md", {"__name__": "page"}
    found = sessions(page)
    assert len(found) == 1
    assert not "".join(run_session(page, line, session, names) for line, session in found)


def test_the_documented_modality_conforms(documented):
    module = documented("documented_points", block("plugins.md", "python", "class PointsModality"))

    class Plugin:
        @augreg.hookimpl
        def augreg_modalities(self):
            return [augreg.ModalitySpec("points", "documented_points:PointsModality")]

        @augreg.hookimpl
        def augreg_augmenters(self):
            summary = "Move every point by a random amount."
            return [augreg.AugmenterSpec("acme.jitter", "documented_points:Jitter", ("points",), summary=summary)]

    conforms(Plugin(), "acme.jitter")
    registry = Registry(discover=False)
    registry.register(Plugin(), "acme-documented")
    pipe = augreg.Pipeline({"points": ["acme.jitter"]}, registry=registry)
    cloud = np.zeros((6, 3), dtype=np.float32)
    (moved,) = augreg.augment([module.Points(cloud, key="a")], pipe, seed=1)
    assert isinstance(moved.data, np.ndarray)
    assert 0.002 < moved.data.std() < 0.2
    assert not cloud.any()
    with pytest.raises(augreg.SampleError, match=r"shape \(3, 6\); give \(n, 3\)"):
        augreg.augment([module.Points(cloud.T)], pipe, seed=1)


def test_the_page_of_learned_policies_prints_what_it_shows():
    page, names = DOCS / "learned-policies.md", {"__name__": "page"}
    found = sessions(page)
    assert len(found) == 3
    assert not "".join(run_session(page, line, session, names) for line, session in found)


SESSIONS = ("data.md", "integrations.md", "loaders.md")


@pytest.fixture(scope="module", params=SESSIONS)
def told(request):
    """What the sessions of a page, run in their order, printed that the page does not show; and their names."""
    page, names, differs = DOCS / request.param, {"__name__": "page"}, {}
    found = sessions(page)
    if not can_run(found[0][1]):  # what the others begin with
        pytest.skip("the page needs a library that is not installed")
    for line, session in found:
        if can_run(session):
            differs[line] = run_session(page, line, session, names)
    return page, names, differs


def test_sessions_of_a_page_print_what_it_shows(told):
    _, _, differs = told
    assert len(differs) > 8
    assert not "".join(differs.values())


def test_the_sessions_on_pipelines_run_as_they_are_written():
    page, names = DOCS / "pipelines.md", {"__name__": "page"}
    assert not "".join(run_session(page, line, session, names) for line, session in sessions(page))


def test_the_jobs_on_annotations_run_as_they_are_written():
    page, names = DOCS / "annotations.md", {"__name__": "page"}
    found = sessions(page)
    assert len(found) == 13
    assert not "".join(run_session(page, line, session, names) for line, session in found)


def test_the_page_on_views_shows_what_happens():
    page, names = DOCS / "views.md", {"__name__": "page"}
    found = sessions(page)
    assert len(found) == 5
    assert not "".join(run_session(page, line, session, names) for line, session in found)


def test_the_page_of_policies_that_mix_runs_as_it_is_written():
    page, names = DOCS / "mixing-policies.md", {"__name__": "page"}
    found = sessions(page)
    assert len(found) == 4
    assert not "".join(run_session(page, line, session, names) for line, session in found)


@pytest.mark.parametrize(
    "wrong", [">>> 1 + 1\n3\n", ">>> 1 / 0\n", ">>> int('a')\nTraceback (most recent call last):\nValueError: b\n"]
)
def test_a_page_that_shows_something_else_is_found(tmp_path, wrong):
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n```pycon\n>>> x = 1\n```\n\n```pycon\n>>> x\n1\n{wrong}```\n", encoding="utf-8")
    names = {}
    (_, first), (line, second) = sessions(page)
    assert not run_session(page, 4, first, names)
    assert f"page.md, line {line}" in run_session(page, line, second, names)


def test_what_the_first_table_says_to_write_runs(told):
    page, names, _ = told
    _, _, table = page.read_text(encoding="utf-8").partition("\n|---")
    rows = [row.split(" | ") for row in table.partition("\n\n")[0].splitlines()[1:]]
    written = [code for row in rows for code in re.findall(r"`(.+?)`", row[1])]
    assert len(written) > 5
    for code in written:
        assert eval(code, dict(names)) is not None


@pytest.mark.parametrize("name", ["quickstart", "records", "own_augmenter", "sklearn_search"])
def test_examples_run(name, capsys):
    try:
        runpy.run_path(str(DOCS.parent / "examples" / f"{name}.py"), run_name="__main__")
    finally:
        if name == "own_augmenter":
            augreg.unregister("my.whisper")
    assert capsys.readouterr().out
