"""`augreg.learn.evaluate` and `augreg evaluate`: the same numbers always, harm that is flagged, errors that help."""

from __future__ import annotations

import doctest
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import augreg.learn
from augreg.cli.app import app
from augreg.errors import AugregError, ConfigError
from augreg.learn import tables
from augreg.learn.demo import PIPELINE, SPOILERS
from augreg.learn.examples import Arm, Augmented
from augreg.learn.network import Network, linear, small_cnn
from augreg.learn.probes import Probes
from augreg.learn.splits import Splitter
from augreg.learn.tasks import make_task
from augreg.learn.trainings import Setup

pytest.importorskip("sklearn")


class Nearest:
    """A task of one's own: the class of the nearest mean picture."""

    repeats = False

    def fit(self, train, augment, seed):
        looks = [train] if augment is None else [augment(train, epoch) for epoch in range(3)]
        x = np.concatenate([[np.asarray(s.data, float).ravel() for s in look.samples] for look in looks])
        y = np.concatenate([look.labels for look in looks])
        return np.stack([x[y == code].mean(0) for code in range(len(train.classes))])

    def score(self, fitted, test):
        x = np.stack([np.asarray(s.data, float).ravel() for s in test.samples])
        return {"predicted": ((x[:, None] - fitted) ** 2).sum(2).argmin(1), "norm": float(np.linalg.norm(fitted))}


class Broken(Nearest):
    """Knows nothing."""

    def score(self, fitted, test):
        return {"predicted": np.zeros(len(test), int)}


class Diverged(Nearest):
    """Scores of what is no number."""

    def score(self, fitted, test):
        return {"loss": float("nan")}


@pytest.fixture(scope="module")
def digits() -> augreg.learn.Data:
    return augreg.learn.digits(500)


def plain(outcome: augreg.learn.Outcome) -> dict:
    """An outcome without the times."""
    found = outcome.to_json()
    for arm in found["arms"]:
        arm.pop("seconds")
    del found["blocks"]["J"]
    return found


def test_upside_down_digits_are_flagged_by_operation_and_class() -> None:
    found = augreg.learn.evaluate(
        augreg.learn.digits(), operations=SPOILERS, model="sklearn:SVC", train_size=100, seeds=10
    )
    assert found.control == "repeat"
    assert {one.arm.kind for one in found.harmful} == {"operation"}
    assert len(found.harmful) == 2
    assert any(one.harmed for one in found.harmful)
    assert "image.vflip hurts: -" in found.summary
    assert found.judged["image.vflip"].kept.mean < 0.7


def test_differences_are_those_of_paired_seeds(digits) -> None:
    found = augreg.learn.evaluate(digits, PIPELINE, model=Nearest(), seeds=3)
    assert [arm.name for arm in found.arms] == ["none", "trivial", "pipeline", "image.translate", "image.rotate"]
    effect = found.effect("pipeline")
    main = {key: result.main for key, result in found.results.items()}
    assert effect.to_none.values == pytest.approx([main["pipeline", s] - main["none", s] for s in range(3)])
    assert effect.to_none == effect.to_control
    assert list(effect.numbers) == ["accuracy", "macro_f1", "macro_recall", "norm"]
    row = np.array(found.confusion("none"))
    assert row.sum() == 3 * found.data["test"]


def good_and_bad() -> augreg.learn.Data:
    said = [f"{'good' if n % 2 else 'bad'} thing {n}" for n in range(40)]
    return augreg.learn.Data.of([augreg.Text(text) for text in said], [str(n % 2) for n in range(40)])


def test_workers_and_a_stop_change_nothing(tmp_path, monkeypatch) -> None:
    data, model = good_and_bad(), Network(linear, steps=12, rate=5e-2)

    def run(out: str, workers: int = 1):
        return plain(augreg.learn.evaluate(data, model=model, seeds=2, workers=workers, report=tmp_path / out))

    once = run("one")
    assert run("two", workers=2) == once
    kept = sorted((tmp_path / "two" / "trainings").iterdir())
    assert [path.name for path in kept] == [path.name for path in sorted((tmp_path / "one" / "trainings").iterdir())]
    for path in kept[::2]:
        path.unlink()
    (tmp_path / "two" / "trainings" / ".abc.1").write_text('{"torn')  # what a kill leaves behind
    done = []
    train = Setup.train
    monkeypatch.setattr(Setup, "train", lambda self, arm, seed: (done.append(arm), train(self, arm, seed))[1])
    assert run("two") == once
    assert len(done) == len(kept[::2])
    assert json.loads((tmp_path / "two" / "report.json").read_text())["summary"] == once["summary"]


def test_a_task_that_was_edited_is_trained_again(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    body = "class Mine:\n    repeats = False\n    def fit(self, train, augment, seed): return None\n"
    names = []
    for said in ("test.labels", "test.labels + 0"):
        module = tmp_path / "edited_task.py"
        module.write_text(f"{body}    def score(self, fitted, test): return {{'predicted': {said}}}\n")
        setup = Setup(Splitter(good_and_bad()), "edited_task:Mine", Probes(), "edited_task:Mine")
        names += [setup.name(Arm("none", "none"), 0), setup.name(Arm("none", "none"), 0)]
    assert names[0] == names[1] != names[2] == names[3]


@pytest.mark.parametrize("model", ["sklearn:GaussianNB", None])
def test_a_training_hangs_on_its_seed_alone(digits, model) -> None:
    few = augreg.learn.Data.of(digits.examples.samples[:60], digits.examples.labels[:60].tolist())
    task = Network(small_cnn, steps=4) if model is None else model
    task = make_task(task, "image") if isinstance(task, str) else task
    train, test = few.examples.take(range(40)), few.examples.take(range(40, 60))

    def chances(seed: int) -> np.ndarray:
        augment = Augmented({"image": ["image.vflip"]}, seed)
        return task.score(task.fit(train, augment, seed), test)["probabilities"]

    torch.manual_seed(5)
    state = torch.get_rng_state()
    one = chances(1)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(6)
    assert np.array_equal(chances(1), one)


def test_the_network_learns_digits(digits) -> None:
    task, whole = Network(small_cnn, steps=60), digits.examples
    train, test = whole.take(range(300)), whole.take(range(300, 500))
    found = task.score(task.fit(train, None, 0), test)
    assert (found["probabilities"].argmax(1) == test.labels).mean() > 0.8


def test_texts_are_learned_from_words() -> None:
    data = good_and_bad()
    for model in (Network(linear, steps=50, rate=5e-2), "sklearn:LogisticRegression"):
        found = augreg.learn.evaluate(data, {"text": ["text.keyboard"]}, model=model, seeds=2)
        assert found.effect("none").numbers["accuracy"].mean > 0.9


def test_sounds_are_learned_from_spectrograms() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(4000) / 8000
    waves = [np.sin(2 * np.pi * (400 + 800 * (n % 2)) * time) + 0.1 * rng.normal(size=4000) for n in range(24)]
    samples = [
        augreg.Audio(torch.tensor(wave[: 4000 - 50 * n], dtype=torch.float32)[None], 8000)
        for n, wave in enumerate(waves)
    ]
    data = augreg.learn.Data.of(samples, ["low", "high"] * 12)
    found = augreg.learn.evaluate(data, {"audio": ["audio.gain"]}, model=Network(small_cnn, steps=15), seeds=2)
    assert found.effect("none").numbers["accuracy"].mean > 0.9


def test_mixed_labels_are_learned_by_networks_and_refused_by_estimators(digits) -> None:
    mixed = Augmented({"image": [{"image.mixup": {"p": 1.0}}]}, 0)(digits.examples.take(range(20)), 0)
    assert mixed.shares.sum(1) == pytest.approx(np.ones(20))
    assert (mixed.shares.max(1) < 1).any()
    with pytest.raises(AugregError, match="pipeline, seed 0: sklearn:GaussianNB takes one class for each sample"):
        augreg.learn.evaluate(digits, {"image": ["image.mixup"]}, model="sklearn:GaussianNB", seeds=2)


def test_what_the_budget_does_not_afford_reads_not_measured(digits) -> None:
    found = augreg.learn.evaluate(digits, PIPELINE, model=Nearest(), seeds=3, budget=1e-9)
    assert [effect.verdict for effect in found.effects].count("not measured") >= 3
    assert "not measured" in found.summary
    assert any("not measured" in cell for row in tables.rows(found) for cell in row)
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"model": Broken()}, "cannot overfit 10 samples: .* 10%"),
        ({"model": Diverged()}, "loss=nan, which is no finite number"),
        ({"model": "sklearn:SCV"}, "Did you mean 'SVC'"),
        ({"model": "smal-cnn"}, "Did you mean 'small-cnn'"),
        ({"model": "linear"}, "is for text, and the data is image"),
        ({"model": "no_such_module:Task"}, "cannot be imported"),
        ({"model": "math:pi"}, "has no method fit"),
        ({"task": "image-clasification"}, "Did you mean 'image-classification'"),
        ({"task": "text-classification"}, "is for text, and the data is image"),
        ({"pipeline": {"text": ["text.keyboard"]}}, "no steps for image"),
        ({"seeds": 1}, "seeds is 1"),
        ({"budget": 0}, "budget is 0"),
        ({"test_share": 1.5}, "test_share is 1.5"),
        ({"operations": "image.no_such"}, "image.no_such"),
    ],
)
def test_errors_say_what_to_do(digits, arguments: dict, said: str) -> None:
    with pytest.raises(AugregError, match=said):
        augreg.learn.evaluate(digits, **arguments)


def test_a_share_of_the_test_is_refused_where_there_is_a_test() -> None:
    data = augreg.learn.Data.of(
        [augreg.Text(f"{n}") for n in range(8)], ["a", "b"] * 4, is_test=[n > 3 for n in range(8)]
    )
    with pytest.raises(ConfigError, match=r"test_share=0.5 would do nothing"):
        augreg.learn.evaluate(data, test_share=0.5)


def test_a_training_that_diverges_is_named() -> None:
    samples = [augreg.Image(torch.full((1, 8, 8), float("nan"))) for _ in range(8)]
    data = augreg.learn.Data.of(samples, ["a", "b"] * 4)
    task = Network(small_cnn, steps=2)
    with pytest.raises(ConfigError, match="training diverged: the loss is nan at step 0"):
        task.fit(data.examples, None, 0)


def write_folder(root: Path, digits: augreg.learn.Data, splits: tuple[str, ...]) -> None:
    for place in range(160):
        folder = root / splits[place % len(splits)] / str(digits.examples.labels[place] % 2)
        folder.mkdir(parents=True, exist_ok=True)
        augreg.media.write(digits.examples.samples[place], folder / f"s{place // 8}_{place}.png")


def test_folders_with_and_without_a_split_are_read(digits, tmp_path) -> None:
    write_folder(tmp_path / "split", digits, ("train", "train", "test", "val"))
    found = augreg.learn.read(tmp_path / "split", groups=r"(s\d+)_")
    assert found.examples.classes == ("0", "1")
    assert found.is_test.sum() == 40
    assert found.notes == ("40 samples of val were left aside",)
    write_folder(tmp_path / "bare", digits, (".",))
    bare = augreg.learn.read(tmp_path / "bare", groups=r"(s\d+)_")
    assert bare.is_test is None
    assert len(set(bare.groups)) == 20
    assert bare.examples.samples[0].data.shape == (1, 28, 28)


def test_lists_of_texts_and_of_files_are_read(digits, tmp_path) -> None:
    rows = [f"it is {n},{'up' if n % 2 else 'down'},{'test' if n > 7 else 'train'},{n // 2}" for n in range(10)]
    (tmp_path / "said.csv").write_text("text,label,split,who\n" + "\n".join(rows) + "\n")
    data = augreg.learn.read(tmp_path / "said.csv", groups="who")
    assert data.is_test.tolist() == [False] * 8 + [True] * 2
    assert data.groups[:3] == ("0", "0", "1")
    with pytest.raises(ConfigError, match="class_from is 'labels', and no column is called so. Did you mean 'label'"):
        augreg.learn.read(tmp_path / "said.csv", class_from="labels")
    with pytest.raises(ConfigError, match="groups is 'whose', .*Columns: label, split, text, who"):
        augreg.learn.read(tmp_path / "said.csv", groups="whose")
    augreg.media.write(digits.examples.samples[0], tmp_path / "a.png")
    augreg.media.write(digits.examples.samples[1], tmp_path / "b.png")
    (tmp_path / "files.jsonl").write_text('{"path": "a.png", "label": "x"}\n{"path": "b.png", "label": "y"}\n')
    assert augreg.learn.read(tmp_path / "files.jsonl").examples.classes == ("x", "y")
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match="1 of 2 files cannot be read, the first is 'b.png'"):
        augreg.learn.read(tmp_path / "files.jsonl")


class Page(HTMLParser):
    """Collects tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_data(self, data):
        self.said += data


def test_the_command_reports_as_table_json_and_page(digits, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "in", digits, (".",))
    (tmp_path / "p.yaml").write_text("version: 1\nimage:\n- image.translate\n")
    common = ["evaluate", "--data", "in", "--pipeline", "p.yaml", "--model", "sklearn:GaussianNB", "--seeds", "2"]
    told = CliRunner().invoke(app, [*common, "--report", "out", "--operations", "image.vflip"])
    assert told.exit_code == 0, told.output
    assert [line.split()[0] for line in told.output.splitlines() if line.startswith(("none", "p ", "image.vflip "))]
    page = Page()
    page.feed((tmp_path / "out" / "report.html").read_text())
    assert "script" not in page.tags
    assert "svg" in page.tags
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert found["summary"] in page.said
    printed = CliRunner().invoke(app, [*common, "--report", "out", "--operations", "image.vflip", "--json"])
    assert json.loads(printed.stdout) == found


def test_the_command_refuses_what_it_does_not_understand(tmp_path) -> None:
    for arguments, said in (
        (["--budget", "soon"], "'soon' is no time"),
        (["--groups", "x"], "Give --data"),
        (["--data", str(tmp_path / "no")], "no'"),
    ):
        told = CliRunner().invoke(app, ["evaluate", *arguments])
        assert told.exit_code == 2
        assert said in told.output


def test_the_package_is_light(fresh) -> None:
    done = fresh("import sys, augreg.learn; dir(augreg.learn); print('torch' in sys.modules, 'sklearn' in sys.modules)")
    assert done.stdout == "False False\n", done.stderr


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in augreg.learn.__all__
        if name not in ("Augment", "Task", "Outcome", "Examples", "GATES", "Expanded")
    ],
)
def test_docstrings_show_what_is(name, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestFinder(recurse=False).find(getattr(augreg.learn, name), name, globs={})
    runner = doctest.DocTestRunner()
    for one in found:
        assert one.examples
        runner.run(one)
    assert not runner.summarize(verbose=False).failed
