"""`augreg evaluate --clean`, and the plot of samples as points: what was planted goes, and the test stays."""

from __future__ import annotations

import json
import pickle
import re
from collections import Counter

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.learn import Data, evaluate
from augreg.learn.arms import arms_of
from augreg.learn.cleaned import Cleaner
from augreg.learn.gates_seen import seen_of
from augreg.learn.projection import projection
from augreg.learn.splits import Splitter

DIGITS = load_digits()
WRONG, BLANK, TWIN, LEAK = range(400, 440), (450, 451), 460, 470


def spoiled(*, split: bool = True) -> Data:
    """500 digits, the first 150 the test: 40 have a wrong class, two are blank, one is there twice, one leaks."""
    pixels = (DIGITS.images[:500] / 16 * 255).round().astype(np.uint8)
    labels = DIGITS.target[:500].copy()
    labels[list(WRONG)] = (labels[list(WRONG)] + 5) % 10
    pixels[list(BLANK)] = 7
    pixels[TWIN], labels[TWIN] = pixels[200], labels[200]
    pixels[LEAK], labels[LEAK] = pixels[3], labels[3]
    samples = [augreg.Image(torch.from_numpy(one)[None]) for one in pixels]
    marks = [place < 150 for place in range(500)] if split else None
    return Data.of(samples, labels.tolist(), is_test=marks, name="spoiled digits")


def test_what_was_planted_is_left_out_of_the_training_and_the_test_stays():
    data = spoiled()
    plain = Splitter(data, leaks="drop")
    clean = Splitter(data, leaks="drop", cleaner=Cleaner.of(data))
    out = clean.left_out(0)
    codes = Counter(out.values())
    assert {place for place, code in out.items() if code == "W_BLANK"} == {*BLANK}
    assert out[TWIN] == "W_DUPLICATE"
    doubted = {place for place, code in out.items() if code == "W_CLASS"}
    assert len(doubted & {*WRONG}) >= 20
    assert len(doubted - {*WRONG}) <= 12
    for seed in range(3):
        (before, test), (after, same) = plain.of(seed), clean.of(seed)
        assert np.array_equal(test, same)
        assert {*after.tolist()} == {*before.tolist()} - out.keys()
    assert sum(codes.values()) == len(out)
    # What leaks is refused or dropped anyway; left to cleaning alone it is found, too.
    kept = np.flatnonzero(~data.is_test)
    assert Cleaner.of(data).out(kept, np.flatnonzero(data.is_test))[LEAK] == "W_LEAK"


def test_classes_are_judged_by_training_samples_alone():
    """Whatever labels the test has, the same is left out."""
    data = spoiled()
    other = np.array([data.examples.classes[label] for label in data.examples.labels])
    other[:150] = np.random.default_rng(0).permutation(other[:150])
    wrong = Data.of(data.examples.samples, other.tolist(), is_test=data.is_test)
    one, two = (Splitter(held, leaks="drop", cleaner=Cleaner.of(held)).left_out(0) for held in (data, wrong))
    assert one == two


def test_it_helps_where_labels_are_wrong_and_is_told():
    found = evaluate(spoiled(), model="sklearn:GaussianNB", seeds=2, leaks="drop", clean=True)
    dirty = evaluate(spoiled(), model="sklearn:GaussianNB", seeds=2, leaks="drop")
    assert found.effect("none").numbers["accuracy"].mean > dirty.effect("none").numbers["accuracy"].mean
    note = next(note for note in found.notes if "cleaning" in note)
    assert re.match(r"cleaning left \d+ samples out of the training of the first seed: 2 W_BLANK \(a picture", note)
    assert found.to_json()["cleaned"]["0"]["W_BLANK"] == 2
    assert "cleaned" not in dirty.to_json()
    table = dict(next(block for block in found.blocks if block.letter == "G").rows)
    assert table["left out of the training by cleaning: a picture or clip of one color, or nearly"] == "2"
    sizes = {result.train for result in found.results.values()}
    assert sizes == {350 - 1 - len(found.cleaned[0])}


def test_a_split_of_each_seeds_own_is_cleaned_seed_by_seed_and_workers_find_the_same(tmp_path):
    data = spoiled(split=False)
    cleaner = Cleaner.of(data)
    splitter = Splitter(data, 0.3, cleaner=cleaner)
    sides = [splitter.of(seed) for seed in range(2)]
    assert splitter.left_out(0) != splitter.left_out(1)
    again = pickle.loads(pickle.dumps(splitter))
    assert len(again.cleaner.known) == 2
    for seed, (train, test) in enumerate(sides):
        assert np.array_equal(again.of(seed)[0], train)
        assert not {*train.tolist()} & {*test.tolist()}
    names = {json.loads(path.read_text())["train"] for path in tmp_path.glob("trainings/*")}
    assert not names
    plain = evaluate(data, model="sklearn:GaussianNB", seeds=2, report=tmp_path)
    before = {path.name for path in (tmp_path / "trainings").glob("*.json")}
    evaluate(data, model="sklearn:GaussianNB", seeds=2, report=tmp_path, clean=True)
    after = {path.name for path in (tmp_path / "trainings").glob("*.json")}
    assert len(after) == 2 * len(before)  # a training of cleaned samples is another one
    assert plain.cleaned == {}


def test_train_size_counts_what_is_left():
    data = spoiled()
    splitter = Splitter(data, train_size=100, leaks="drop", cleaner=Cleaner.of(data))
    train, _ = splitter.of(0)
    assert len(train) == 100
    assert not {*train.tolist()} & splitter.left_out(0).keys()


def test_what_cannot_be_cleaned_is_refused():
    clip = augreg.Video(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), fps=2)
    with pytest.raises(ConfigError, match="is video. Leave clean out"):
        Cleaner.of(Data.of([clip, clip], ["a", "b"]))
    boxed = augreg.Image(torch.zeros(1, 9, 9), boxes=augreg.Boxes([[1, 1, 5, 5]], labels=["cat"]))
    with pytest.raises(ConfigError, match="pictures with boxes"):
        Cleaner.of(Data.of([boxed, boxed]))
    texts = [augreg.Text(text) for text in ("one word here", "two words there", "?", "!", "three more words", "four")]
    data = Data.of(texts, ["a", "a", "b", "b", "a", "b"], is_test=[False, False, False, False, True, True])
    with pytest.raises(ConfigError, match=r"no training sample of class 'b' of data \(2 W_NO_WORDS"):
        Splitter(data, cleaner=Cleaner.of(data)).of(0)


def test_the_plot_has_the_principal_components(tmp_path):
    data = spoiled()
    pipe = {"image": [{"image.vflip": {"p": 1.0}}]}
    splitter = Splitter(data, leaks="drop")
    found = projection(splitter, arms_of(pipe, (), "image", repeats=True, example=data.examples.samples[0]))
    train = data.examples.take(splitter.of(0)[0][:200])
    rows = np.stack([seen_of(sample, "s", 0).features for sample in train.samples]).astype(float)
    reference = PCA(2).fit(rows)
    assert np.allclose(np.abs(found.points[:200]), np.abs(reference.transform(rows)), atol=1e-3)
    assert found.explained == pytest.approx(reference.explained_variance_ratio_, abs=1e-4)
    turned = [augreg.Image(sample.data.flip(-2)) for sample in train.samples]
    moved = np.stack([seen_of(sample, "s", 0).features for sample in turned]).astype(float)
    assert np.allclose(np.abs(found.points[200:]), np.abs(reference.transform(moved)), atol=1e-3)
    assert found.classes[:200] == found.classes[200:]
    assert (found.arm, found.plain) == ("pipeline", 200)


def test_the_page_shows_points_by_class_and_says_why_there_are_none(tmp_path):
    texts = [augreg.Text(f"{word} {number} things") for word in ("good", "bad") for number in range(12)]
    data = Data.of(texts, ["up"] * 12 + ["down"] * 12)
    found = evaluate(data, {"text": ["text.keyboard"]}, model="sklearn:MultinomialNB", seeds=2, report=tmp_path)
    page = (tmp_path / "report.html").read_text()
    plot = page.split("two components of their features")[1].split("</svg>")[0]
    assert plot.count('fill="none"') == found.projection.plain
    assert plot.count('opacity="0.7"') == found.projection.plain
    said = json.loads((tmp_path / "report.json").read_text())["projection"]
    assert said["augmented_by"] == "pipeline"
    assert sum(point["augmented"] for point in said["points"]) == found.projection.plain
    clips = [augreg.Video(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), fps=2) for _ in range(8)]
    films = Data.of([clip.changed(data=clip.data + n) for n, clip in enumerate(clips)], ["a", "b"] * 4)
    assert "not judged" in projection(Splitter(films), []).why


def test_the_command_line_says_what_was_left_out(tmp_path):
    rows = [f"{'good' if n % 2 else 'bad'} word {n} here,{'up' if n % 2 else 'down'}" for n in range(40)]
    rows[4] = "?,down"
    path = tmp_path / "said.csv"
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    command = [
        "evaluate",
        "--data",
        str(path),
        "--model",
        "sklearn:MultinomialNB",
        "--seeds",
        "2",
        "--clean",
        "--quiet",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "Note: cleaning left" in done.stdout
