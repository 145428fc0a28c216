"""Trainings of evaluate and search on Ray are those of this process, number by number."""

from __future__ import annotations

import json
import pickle
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

import augreg.learn
from augreg.cli.app import app
from augreg.errors import ConfigError, UnsupportedError
from augreg.jobs.engines.ray_task import versions
from augreg.learn import on_ray
from augreg.learn.examples import Arm
from augreg.learn.probes import Probes
from augreg.learn.splits import Splitter
from augreg.learn.trainings import Result, Setup

# Not imported here: augreg says how Ray is to start before it imports it.
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray: uv pip install 'ray[data]'")
MODEL = "sklearn:GaussianNB"
PIPELINE = {"image": [{"image.translate": {"x": 0.1, "y": 0.1}}]}


def setup() -> Setup:
    return Setup(Splitter(augreg.learn.digits(150)), MODEL, Probes(), MODEL)


def asked(function, *arguments) -> dict:
    """What a task answers, without Ray."""
    message = pickle.dumps((function, arguments))
    return json.loads(on_ray.answer(pickle.dumps(setup()), json.dumps(versions()), message))


def raised(held, kind):
    raise kind("a text")


def test_a_task_answers_with_what_the_training_gives_here() -> None:
    arm = Arm("none", "none")
    found = Result.from_json(asked(Setup.train, arm, 3)["result"])
    here = setup().train(arm, 3)
    assert found.measured == here.measured
    assert (found.train, found.test) == (here.train, here.test)


def test_errors_and_other_versions_are_answers() -> None:
    failed = asked(raised, UnsupportedError)
    assert failed["at"] == "failed"
    assert isinstance(on_ray._error(failed["error"]), UnsupportedError)
    assert str(on_ray._error(asked(raised, ConfigError)["error"])) == "a text"
    assert "RuntimeError: a text" in str(on_ray._error(asked(raised, RuntimeError)["error"]))
    other = json.loads(on_ray.answer(b"", json.dumps({"augreg": "0.0.1"}), b""))
    assert 'this machine {"augreg": "0.0.1"}. Install the same there.' in other["error"]["text"]


def test_what_is_asked_wrong_is_refused_before_anything_is_trained(monkeypatch) -> None:
    data = augreg.learn.digits(150)
    with pytest.raises(ConfigError, match=r"engine='rai' is unknown. Did you mean 'ray'\?"):
        augreg.learn.evaluate(data, engine="rai")
    with pytest.raises(ConfigError, match="only engine='ray' uses it"):
        augreg.learn.search(data, ray_address="auto")
    monkeypatch.setattr(on_ray, "find_spec", lambda name: None)
    for call in (augreg.learn.evaluate, augreg.learn.search):
        with pytest.raises(ConfigError, match=r"pip install 'augreg\[ray\]'"):
            call(data, engine="ray")


@needs_ray
def test_evaluate_on_ray_finds_the_same(tmp_path: Path) -> None:
    shown: list[int] = []
    options = {"model": MODEL, "seeds": 3}
    here = augreg.learn.evaluate(augreg.learn.digits(150), PIPELINE, **options).to_json()
    there = augreg.learn.evaluate(
        *(augreg.learn.digits(150), PIPELINE),
        **options,
        engine="ray",
        workers=2,
        report=tmp_path,
        progress=lambda done, wanted: shown.append(done),
    ).to_json()
    assert shown == list(range(13))
    for name in ("summary", "metric", "classes", "data"):
        assert here[name] == there[name]
    for one, two in zip(here["arms"], there["arms"], strict=True):
        assert {**one, "seconds": 0} == {**two, "seconds": 0}
    # Nothing is left to do: no cluster is opened for that.
    again = augreg.learn.evaluate(augreg.learn.digits(150), PIPELINE, **options, engine="ray", report=tmp_path)
    assert again.to_json()["summary"] == here["summary"]


@needs_ray
def test_search_on_ray_finds_the_same(tmp_path: Path, monkeypatch) -> None:
    options = {"method": "random", "model": MODEL, "trainings": 50, "seeds": 2}
    options["operations"] = ["image.translate", "image.vflip"]
    here = augreg.learn.search(augreg.learn.digits(150), **options)
    there = augreg.learn.search(augreg.learn.digits(150), **options, engine="ray", workers=2)
    assert here.text == there.text
    monkeypatch.chdir(tmp_path)
    digits = augreg.learn.digits(60).examples
    for place, (sample, label) in enumerate(zip(digits.samples, digits.labels, strict=True)):
        path = tmp_path / "in" / str(label % 2) / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        augreg.media.write(sample, path)
    ray = ["--engine", "ray", "--workers", "2", "--quiet"]
    done = CliRunner().invoke(app, ["evaluate", "--data", "in", "--model", MODEL, "--seeds", "2", *ray])
    assert done.exit_code == 0, done.output
    assert "trivial" in done.stdout


@needs_ray
def test_a_training_that_fails_on_ray_fails_as_here() -> None:
    """Tasks are sent by name, so that what they call has to be importable there: here what Python has."""
    unknown = Arm("pipeline", "pipeline", {"version": 1, "image": [{"image.nothing": {}}]})
    pool = on_ray.RayPool({"setup": setup(), "unknown": unknown}, 1, None)
    try:
        assert pool.width == 1
        with pytest.raises(Exception, match="no augmenter named 'image.nothing'"):
            pool.submit(partial(eval, "setup.train(unknown, 0)")).result(120)
        with pytest.raises(ConfigError, match=r"a training did not end: its process ended\. What was done is kept"):
            pool.submit(partial(eval, "__import__('os')._exit(1)")).result(120)
    finally:
        pool.close()
