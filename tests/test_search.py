"""`augreg.learn.search` and `augreg search`: what is there is found, what is not is not written, no test is read."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

import augreg
import augreg.learn
from augreg.cli.app import app
from augreg.errors import AugregError, ConfigError
from augreg.learn.intervals import interval
from augreg.learn.network import Network, linear
from augreg.learn.searching.crossed import crossed
from augreg.learn.searching.found import MARK
from augreg.learn.searching.parts import parts_of
from augreg.learn.searching.space import Space
from augreg.learn.trainings import Setup

OPERATIONS = ["text.keyboard", "text.word_swap", "text.aeda", "text.word_duplicate"]
FEW = {"trainings": 80, "seeds": 3, "operations": OPERATIONS}


def drawn(*what: object) -> float:
    """A number in 0..1 that hangs on what is given alone."""
    return zlib.crc32(repr(what).encode()) / 2**32


class Planted:
    """Errs more often the more of the samples that it learned from have punctuation, which `text.aeda` puts in."""

    repeats = False
    harm = 0.9

    def fit(self, train, augment, seed):
        made = train if augment is None else augment(train, 0)
        share = sum(any(mark in sample.data for mark in ".,;?!:") for sample in made.samples) / len(train)
        return 0.05 + self.harm * share, seed

    def score(self, fitted, test):
        chance, seed = fitted
        wrong = [drawn(sample.data, seed) < chance for sample in test.samples]
        return {"predicted": np.where(wrong, 1 - test.labels, test.labels)}


class Harmless(Planted):
    """Does not mind."""

    harm = 0.0


def texts(count: int = 160, groups: int = 0, test: int = 0) -> augreg.learn.Data:
    said = [f"the {'good' if n % 2 else 'bad'} thing is number {n} here" for n in range(count)]
    return augreg.learn.Data.of(
        [augreg.Text(text) for text in said],
        [str(n % 2) for n in range(count)],
        groups=[str(n // 2 % groups) for n in range(count)] if groups else None,
        is_test=[n >= count - test for n in range(count)] if test else None,
        name="texts",
    )


@pytest.mark.parametrize("method", ["random", "optuna"])
def test_what_is_planted_is_found_and_holds_on_an_untouched_test(method) -> None:
    if method == "optuna":
        pytest.importorskip("optuna")
    found = augreg.learn.search(texts(), method=method, model=Planted(), **FEW)
    assert found.outcome == "better"
    assert "beats trivial: +" in found.summary
    operations = found.pipeline.to_dict()["text"][0]["policy.trivial"]
    assert "text.aeda" not in operations["operations"] or operations.get("p", 1) < 1
    best = found.best
    # Trivial draws one of four: a fourth has punctuation, and errs by 0.9 of that.
    assert 0.1 < best.to_trivial.mean < 0.35
    scores = {name: [] for name in ("new", "old")}
    fresh = texts(400).examples.take(range(160, 400))
    for name, pipe in (("new", found.pipeline), ("old", augreg.Pipeline.from_dict(found.base))):
        task = Planted()
        for seed in range(90, 95):
            fitted = task.fit(fresh, augreg.learn.examples.Augmented(pipe.to_dict(), seed), seed)
            scores[name].append(np.mean(task.score(fitted, fresh)["predicted"] == fresh.labels))
    assert interval(np.subtract(scores["new"], scores["old"]).tolist(), range(5)).above


def test_where_nothing_matters_trivial_is_written() -> None:
    found = augreg.learn.search(texts(), method="random", model=Harmless(), **FEW)
    assert found.outcome == "nothing better tried"
    assert found.best is None
    assert found.pipeline == augreg.Pipeline({"text": [{"policy.trivial": {"operations": OPERATIONS}}]})
    assert found.summary.startswith("Trivial: it was the best of")


class Unreadable:
    """A sample of the test."""

    modality = "text"

    @property
    def data(self):
        raise AssertionError("the test was read")


def test_samples_of_the_test_are_never_read(tmp_path) -> None:
    whole = texts(160, groups=20, test=40)
    labels = [whole.examples.classes[label] for label in whole.examples.labels]
    samples = [Unreadable() if test else one for one, test in zip(whole.examples.samples, whole.is_test, strict=True)]
    garbage = augreg.learn.Data.of(
        samples, labels, groups=whole.groups, is_test=whole.is_test.tolist(), name=whole.name
    )
    for method in ("random", "cta"):
        options = {"method": method, "model": Planted(), **FEW}
        one = augreg.learn.search(whole, report=tmp_path / f"{method}1", **options)
        two = augreg.learn.search(garbage, report=tmp_path / f"{method}2", **options)
        assert one.text == two.text
        reports = [(tmp_path / f"{method}{n}" / "search.json").read_bytes() for n in (1, 2)]
        assert reports[0] == reports[1]


def test_parts_share_no_group_and_trials_none_of_those_held_back() -> None:
    parts = parts_of(texts(200, groups=20), 0.2, 0.3, 0)
    marks, groups = parts.whole.is_test, np.array(parts.whole.groups)
    assert not set(groups[marks]) & set(groups[~marks])
    assert set(parts.trials.groups) == set(groups[~marks])
    assert not set(parts.tests) & set(parts.whole.examples.keys)
    assert len(parts.tests) + len(parts.whole.examples) == 200
    assert parts.held == marks.sum()
    other = parts_of(texts(200, groups=20), None, 0.3, 0)
    assert "no test was held back" in other.notes[0]


@pytest.mark.slow
def test_workers_and_a_stop_change_nothing(tmp_path, monkeypatch) -> None:
    optuna = pytest.importorskip("optuna")
    options = {"model": Network(linear, steps=4, rate=5e-2), "trainings": 50, "seeds": 2, "operations": OPERATIONS[:2]}

    def run(out: str, workers: int = 1) -> dict:
        return augreg.learn.search(texts(40), report=tmp_path / out, workers=workers, **options).to_json()

    once = run("one")
    assert run("two", workers=2) == once
    kept = sorted((tmp_path / "two" / "trainings").iterdir())
    assert [path.name for path in kept] == [path.name for path in sorted((tmp_path / "one" / "trainings").iterdir())]
    for path in kept[::4]:
        path.unlink()
    done = []
    train = Setup.train
    monkeypatch.setattr(Setup, "train", lambda self, arm, seed: (done.append(arm), train(self, arm, seed))[1])
    assert run("two") == once
    assert len(done) == len(kept[::4])
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "two" / "study.log"))
    study = optuna.load_study(study_name=None, storage=optuna.storages.JournalStorage(backend))
    assert len(study.trials) >= len(once["trials"])


def test_a_stop_writes_trivial_and_says_so(tmp_path, monkeypatch) -> None:
    train, left = Setup.train, [30]

    def stopped(self, arm, seed):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return train(self, arm, seed)

    monkeypatch.setattr(Setup, "train", stopped)
    options = {"method": "random", "model": Planted(), **FEW}
    found = augreg.learn.search(texts(), report=tmp_path, **options)
    assert found.outcome == "interrupted"
    assert found.best is None
    assert "interrupted before anything was confirmed" in found.summary
    assert found.unconfirmed.candidate.steps != found.base
    assert found.pipeline.to_dict() == found.base
    monkeypatch.setattr(Setup, "train", train)
    again = augreg.learn.search(texts(), report=tmp_path, **options)
    assert again.text == augreg.learn.search(texts(), **options).text
    assert again.outcome == "better"


def test_what_the_budget_does_not_afford_is_not_confirmed() -> None:
    found = augreg.learn.search(texts(), method="random", model=Planted(), operations=OPERATIONS, budget=1e-9)
    assert found.outcome == "not confirmed"
    assert "budget did not last" in found.summary
    assert found.pipeline.to_dict() == found.base


@pytest.mark.parametrize(("lasting", "outcomes"), [(2, {"better"}), (20, {"better", "not better"})])
def test_however_long_trainings_last_it_ends_in_time_and_something_is_confirmed(monkeypatch, lasting, outcomes) -> None:
    train, now = Setup.train, [1_000.0]

    def slow(self, arm, seed):
        now[0] += lasting
        return replace(train(self, arm, seed), seconds=float(lasting))

    monkeypatch.setattr(Setup, "train", slow)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    found = augreg.learn.search(texts(), model=Planted(), operations=OPERATIONS, budget=600)
    assert now[0] <= 1_600
    assert found.outcome in outcomes
    assert len(found.trials) * 3 * lasting >= 150  # a quarter of the time at least is spent on trials


def test_the_file_is_a_pipeline_with_its_evidence(tmp_path) -> None:
    found = augreg.learn.search(texts(), method="random", model=Planted(), **FEW)
    path = tmp_path / "policy.yaml"
    found.save(path)
    found.save(path)  # its own file it writes anew
    assert augreg.Pipeline.load(path) == found.pipeline
    assert augreg.Pipeline.load(path)("one two three four", seed=1, keys=0)
    lines = path.read_text().splitlines()
    assert lines[0].startswith(f"{MARK}The policy beats trivial")
    said = yaml.safe_load("\n".join(line[2:] for line in lines[1:] if line.startswith("# ")))
    assert said["written"] == "policy"
    assert said["effect against trivial"] == pytest.approx(100 * found.best.to_trivial.mean, abs=1e-3)
    assert said["interval"][0] > 0
    assert len(said["seeds"]) == 3
    assert said["digest of training samples"] == found.data["digest"]
    assert said["versions"]["augreg"] == augreg.__version__
    own = tmp_path / "own.yaml"
    own.write_text("text: [text.keyboard]\n")
    with pytest.raises(ConfigError, match="no search wrote it"):
        found.save(own)
    with pytest.raises(ConfigError, match="is no YAML file"):
        found.save(tmp_path / "policy.json")


def test_settings_of_the_trainer_are_searched_and_trivial_gets_the_same() -> None:
    model = Network(linear, steps=4, batch=16, rate=5e-2)
    options = {"trainings": 110, "seeds": 2, "operations": OPERATIONS, "tune": ["lr", "batch_size"]}
    found = augreg.learn.search(texts(40), method="random", model=model, **options)
    settings = [one.candidate.settings for one in found.trials]
    assert settings[0] == {"lr": 5e-2, "batch_size": 16}
    assert {one["batch_size"] for one in settings} == {8, 16, 32}
    for one in found.finalists:
        assert set(one.candidate.settings) == {"lr", "batch_size"}


class Reads(Planted):
    """Recognizes what has no punctuation, whatever it has learned."""

    def score(self, fitted, test):
        wrong = [any(mark in sample.data for mark in ".,;?!:") for sample in test.samples]
        return {"predicted": np.where(wrong, 1 - test.labels, test.labels)}


def test_cta_leaves_out_what_is_not_recognized() -> None:
    found = augreg.learn.search(texts(), method="cta", model=Reads(), **FEW)
    assert len(found.trials) >= 2
    for one in found.trials[1:]:
        operations = one.candidate.steps["text"][0]["policy.trivial"]["operations"]
        held = {name if isinstance(name, str) else next(iter(name)): name for name in operations}
        assert {"text.keyboard", "text.word_swap", "text.word_duplicate"} <= set(held)
        assert "text.aeda" not in held or held["text.aeda"]["text.aeda"]["level"][1] < 1


def test_the_interval_holds_for_other_seeds_and_other_samples() -> None:
    rng, inside, narrow = np.random.default_rng(0), 0, 0
    for _ in range(300):
        # What is peculiar to a sample is the same for all seeds, and 0 on average.
        rows = np.sign(
            (rng.normal(size=40) * 0.5 + rng.normal(size=(5, 1)) * 0.1 + rng.normal(size=(5, 40)) * 0.5).round()
        )
        one = crossed(rows, [[place] for place in range(40)], range(5), 0.95)
        two = interval(rows.mean(1).tolist(), range(5))
        inside += abs(one.mean) <= one.half
        narrow += abs(two.mean) <= two.half
    assert inside >= 0.92 * 300
    assert narrow < 0.9 * 300  # over the seeds alone it would be wrong more often than it says


def test_the_interval_is_wider_where_samples_belong_together() -> None:
    rng = np.random.default_rng(1)
    rows = np.tile(np.repeat(rng.integers(-1, 2, 8), 5), (4, 1)).astype(float)
    alone = crossed(rows, [[place] for place in range(40)], range(4), 0.95)
    together = crossed(rows, [list(range(start, start + 5)) for start in range(0, 40, 5)], range(4), 0.95)
    assert together.half > 1.2 * alone.half
    assert together.mean == alone.mean == pytest.approx(rows.mean())
    assert crossed(rows, [list(range(40))], range(4), 0.95).half is None


def test_operations_are_taken_as_policies_take_them() -> None:
    steps = ["image.hflip", {"image.rotate": {"degrees": 12, "p": 0.5}}, {"image.shear": {"axis": "y"}}]
    space = Space.of(steps, "image", (), None)
    assert list(space.operations) == [
        {"image.hflip": {"level": "own"}},
        {"image.rotate": {"degrees": 12, "level": "own"}},
        {"image.shear": {"axis": "y"}},
    ]
    assert "(p) is left to the policy" in space.notes[0]
    assert space.candidate(space.start) == type(space.base)(space.base.steps, {}, space.start)
    off = {**space.start, **{f"use {name}": False for name in space.switches}}
    assert space.candidate(off).steps is None
    default = Space.of((), "image", (), None)
    assert len(default.operations) == 14
    assert set(default.switches) == {"geometry", "color", "sharpen", "tone", "blur", "noise", "dropout"}
    assert default.base.steps == augreg.Pipeline({"image": ["policy.trivial"]}).to_dict()
    assert Space.of((), "audio", (), None).start["n"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"method": "optunna"}, "Did you mean 'optuna'"),
        ({"seeds": 1}, "seeds is 1"),
        ({"workers": 0}, "workers is 0"),
        ({"budget": -1}, "budget is -1"),
        ({"trainings": 10}, "trainings is 10; 4 trials"),
        ({"operations": ["text.keyboard"]}, "operations are only text.keyboard"),
        ({"operations": ["policy.trivial", "text.aeda"]}, "'policy.trivial', which is no augmenter"),
        ({"operations": ["text.keybord", "text.aeda"]}, "text.keyboard"),
        ({"tune": ["lr"]}, "Planted is none"),
        ({"tune": ["rate"]}, "tune names 'rate'"),
        ({"held_share": 1.0}, "is 1.0"),
        ({"train_size": 1000}, "train_size is 1000"),
        ({"task": "image-classification"}, "is for image, and the data is text"),
    ],
)
def test_errors_say_what_to_do(arguments, said) -> None:
    with pytest.raises(AugregError, match=said):
        augreg.learn.search(texts(60), model=Planted(), **{"method": "random", **arguments})


def test_a_class_of_too_few_samples_is_named() -> None:
    data = augreg.learn.Data.of([augreg.Text(f"{n}") for n in range(12)], ["a"] * 11 + ["b"])
    with pytest.raises(ConfigError, match="class 'b' of the training part of data has 1 samples"):
        augreg.learn.search(data, method="random", model=Planted())
    with pytest.raises(ConfigError, match=r"test_share=0.5 would do nothing"):
        augreg.learn.search(texts(60, test=20), model=Planted(), test_share=0.5)


def test_the_command_writes_a_policy_and_does_not_open_the_test(tmp_path, monkeypatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    digits = augreg.learn.digits(160).examples
    for place, (sample, label) in enumerate(zip(digits.samples, digits.labels, strict=True)):
        folder = tmp_path / "in" / ("test" if place % 4 == 3 else "train") / str(label % 2)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{place}.png"
        if place % 4 == 3:
            path.write_bytes(b"no picture")
        else:
            augreg.media.write(sample, path)
    common = ["search", "--data", "in", "--model", "sklearn:GaussianNB", "--method", "random", "--seeds", "2"]
    few = ["--operations", "image.translate,image.vflip", "--trainings", "50", "--report", "out"]
    told = CliRunner().invoke(app, [*common, *few])
    assert told.exit_code == 0, told.output
    assert "120 training samples" in told.output
    assert "no test was held back" not in told.output
    found = json.loads((tmp_path / "out" / "search.json").read_text())
    assert augreg.Pipeline.load("policy.yaml").to_dict() == found["pipeline"]
    assert found["summary"] in told.output
    printed = CliRunner().invoke(app, [*common, *few, "--json"])
    assert json.loads(printed.stdout) == found
    Path("mine.yaml").write_text("image: [image.hflip]\n")
    refused = CliRunner().invoke(app, [*common, *few, "--out", "mine.yaml"])
    assert refused.exit_code == 2
    assert "no search wrote it" in refused.output
    stopped = CliRunner().invoke(app, [*common, "--budget", "0.000001s"])
    assert stopped.exit_code == 1
    assert "budget did not last" in stopped.output
