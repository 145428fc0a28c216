"""`augreg clean --judge-labels` finds wrong classes of real digits, planted by hand, and says where it cannot judge."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from planted import picture, write_picture, write_sound, write_text

from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Report, clean, stats
from augreg.jobs.cleaning.confident import doubtful, joint_counts, margins

datasets = pytest.importorskip("sklearn.datasets")

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

ALIKE = ("W_NEAR", "W_LEAK", "W_DUPLICATE")
"""Digits are all alike; looking for copies takes long, and is tested elsewhere."""


def doubts(report: Report) -> set[str]:
    return {fault.path for fault in report.faults if fault.code == "W_CLASS"}


def write_digits(root: Path, wrong: float, seed: int) -> tuple[set[str], list[tuple[str, str]]]:
    """Write 1,797 digits of 43 people (Alpaydin and Kaynak 1998), some in a wrong folder; return these, and all."""
    pixels, classes = datasets.load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    planted = set(rng.choice(len(classes), round(wrong * len(classes)), replace=False).tolist())
    bad, rows = set(), []
    for number, (values, own) in enumerate(zip(pixels, classes.tolist(), strict=True)):
        given = (own + int(rng.integers(1, 10))) % 10 if number in planted else own
        path = f"{NAMES[given]}/{number}.png"
        write_picture(root / path, Pillow.fromarray((values.reshape(8, 8) * 255 / 16).astype(np.uint8)))
        rows.append((path, NAMES[given]))
        if number in planted:
            bad.add(path)
    return bad, rows


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_three_percent_wrong_digits_are_found(tmp_path: Path, seed: int) -> None:
    bad, rows = write_digits(tmp_path, 0.03, seed)
    report = clean(tmp_path, judge_labels=True, skip=ALIKE)
    found = doubts(report)
    assert len(bad & found) >= 0.95 * len(bad)
    assert len(found - bad) <= 0.01 * (len(rows) - len(bad))
    assert all(0.5 < fault.confidence <= 1.0 for fault in report.faults)
    assert any(note.startswith("classes of 1797 x image were judged: 9") for note in report.notes)
    assert sum(report.classes[""].values()) == 1797
    assert doubts(clean(tmp_path, skip=ALIKE)) == set()


def test_right_digits_by_a_column_raise_no_alarm(tmp_path: Path) -> None:
    _, rows = write_digits(tmp_path, 0.0, 0)
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file_name", "digit"), *rows])
    report = clean(tmp_path / "list.csv", class_from="digit", judge_labels=True, skip=ALIKE)
    assert len(doubts(report)) <= 0.01 * len(rows)
    assert report.classes[""].keys() == set(NAMES)
    with pytest.raises(ConfigError, match="class_from is 'digits', and there is no such column. Did you mean 'digit'"):
        clean(tmp_path / "list.csv", class_from="digits")
    with pytest.raises(ConfigError, match="carry no columns"):
        clean(tmp_path, class_from="digits")


def tinted(seed: int) -> Pillow.Image:
    image = picture(seed)
    return Pillow.blend(image, Pillow.new("RGB", image.size, (200, 20, 20) if seed % 2 else (20, 20, 200)), 0.8)


def test_a_column_of_a_table_says_the_class(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cells = []
    for seed in range(80):
        held = io.BytesIO()
        tinted(seed).save(held, "PNG")
        cells.append({"bytes": held.getvalue(), "path": None})
    kinds = [{2: 1, 4: 1, 6: 1, 9: None}.get(seed, seed % 2) for seed in range(80)]
    cell = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(cells, cell), "kind": kinds}), tmp_path / "a.parquet")
    report = clean(tmp_path / "a.parquet", class_from="kind", judge_labels=True, skip=ALIKE)
    found = doubts(report)
    assert len(found) >= 2
    assert found <= {f"a/{seed}#image" for seed in (2, 4, 6)}
    assert report.classes[""] == {"0": 37, "1": 42}
    assert stats(tmp_path / "a.parquet")["image"]["count"] == 80


def test_where_nothing_tells_the_class_nothing_is_said(tmp_path: Path) -> None:
    for seed in range(60):
        write_picture(tmp_path / "abc"[seed % 3] / f"{seed}.png", picture(seed))
    report = clean(tmp_path, judge_labels=True)
    assert doubts(report) == set()
    (note,) = (note for note in report.notes if "judged" in note)
    assert note.startswith("classes of image cannot be judged: what they look like tells too little of their class")


def test_small_classes_are_left_out(tmp_path: Path) -> None:
    for seed in range(12):
        write_picture(tmp_path / "many" / f"{seed}.png", picture(seed))
    write_picture(tmp_path / "few" / "1.png", picture(99))
    report = clean(tmp_path, judge_labels=True)
    assert any("fewer than 2 classes have 10 samples; 1 classes are too small" in note for note in report.notes)


def test_texts_and_sounds_are_judged(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    subjects = {"sea": "ship harbor wave captain sail tide anchor", "kitchen": "pan oven salt butter knife soup flour"}
    time = np.arange(4_000) / 8_000
    for number in range(80):
        name = ("sea", "kitchen")[number % 2]
        words = [*rng.choice(subjects[name].split(), 12), *rng.choice(["the", "of", "was", "and", "when"], 20)]
        rng.shuffle(words)
        tone = np.sin(2 * np.pi * rng.uniform(*((200, 400), (900, 1_600))[number % 2]) * time)
        noisy = 0.3 * tone + rng.normal(0, 0.02, len(time))
        given = ("kitchen", "sea")[number % 2] if number < 4 else name
        write_text(tmp_path / given / f"text{number}.txt", [str(word) for word in words])
        write_sound(tmp_path / given / f"sound{number}.wav", noisy)
    report = clean(tmp_path, judge_labels=True)
    numbers = sorted(Path(path).stem for path in doubts(report))
    assert numbers == sorted(f"{kind}{number}" for kind in ("text", "sound") for number in range(4))


def test_the_command_reports_them(tmp_path: Path) -> None:
    for seed in range(100):
        write_picture(tmp_path / ("red" if seed % 2 else "blue") / f"{seed}.png", tinted(seed))
    for seed in (1, 3, 5):
        (tmp_path / "red" / f"{seed}.png").rename(tmp_path / "blue" / f"{seed}.png")
    done = CliRunner().invoke(
        app, ["clean", str(tmp_path), "--judge-labels", "--json", str(tmp_path / "r.json"), "--all"]
    )
    assert done.exit_code == 1, done.output
    faults = [one for one in json.loads((tmp_path / "r.json").read_text())["faults"] if one["code"] == "W_CLASS"]
    assert 2 <= len(faults) <= 3
    assert {fault["path"] for fault in faults} <= {"blue/1.png", "blue/3.png", "blue/5.png"}
    assert all(fault["reason"].startswith("its class is 'blue', and it looks like 'red' (") for fault in faults)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(10, 60))
def test_counts_are_those_of_a_loop(seed: int, classes: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, count)])
    chances = rng.dirichlet(np.ones(classes) * 0.5, len(labels))
    found = joint_counts(chances, labels)
    means = [np.mean([p[j] for p, label in zip(chances, labels, strict=True) if label == j]) for j in range(classes)]
    wanted = np.zeros((classes, classes))
    for p, label in zip(chances, labels, strict=True):
        confident = [j for j in range(classes) if p[j] >= means[j]]
        if confident:
            wanted[label, max(confident, key=lambda j: p[j])] += 1
    for j in range(classes):
        if wanted[j].sum():
            wanted[j] *= np.sum(labels == j) / wanted[j].sum()
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    doubted = doubtful(chances, labels)
    assert all(chances[n].argmax() != labels[n] for n in doubted)
    assert list(margins(chances, labels)[doubted]) == sorted(margins(chances, labels)[doubted], reverse=True)
