"""The page of a search shows what search.json has: every trial, the best until then, and the comparison."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

import augreg
import augreg.learn
from augreg.learn.searching.page import history, page


class Rows(HTMLParser):
    """The cells of each table row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    out = tmp_path_factory.mktemp("search")
    operations = ["image.translate", "image.vflip"]
    options = {"method": "random", "model": "sklearn:GaussianNB", "trainings": 50, "seeds": 2, "operations": operations}
    return out, augreg.learn.search(augreg.learn.digits(150), report=out, **options)


def test_every_trial_and_finalist_stands_on_the_page(searched):
    out, found = searched
    text = (out / "search.html").read_text()
    said = json.loads((out / "search.json").read_text())
    read = Rows()
    read.feed(text)
    assert not {"script", "img", "link"} & {*read.tags}
    assert found.summary in text
    trials = [row for row in read.rows if row and row[0].isdigit()]
    assert len(trials) == len(said["trials"])
    base = next(one["scores"] for one in said["trials"] if one["steps"] == said["trials"][0]["steps"])
    for row, one in zip(trials, said["trials"], strict=True):
        scores = one["scores"]
        assert float(row[1]) == pytest.approx(100 * sum(scores.values()) / len(scores), abs=0.06)
        both = scores.keys() & base.keys()
        assert float(row[2]) == pytest.approx(100 * sum(scores[s] - base[s] for s in both) / len(both), abs=0.06)
        assert row[3] == str(len(scores))
    plot = text.split("<h2>Trials</h2>")[1].split("</svg>")[0]
    assert plot.count("<polyline") == 1  # the best so far; trials are points alone
    assert plot.count("<circle") == 2 * len(trials)
    heads = [row for row in read.rows if row and row[0] == "candidate"]
    assert len(heads) == bool(said["finalists"])
    assert "policy.trivial" in text.split("What is written")[1]


def test_the_best_so_far_never_falls():
    points = history([0.0, 0.3, -0.1, float("-inf"), 0.4, 0.2])
    assert [y for _, y, _ in points["best so far"]] == [0.0, 0.3, 0.3, 0.3, 0.4, 0.4]
    assert [x for x, _, _ in points["each trial"]] == [1.0, 2.0, 3.0, 5.0, 6.0]


def test_names_are_escaped(searched):
    from dataclasses import replace

    _, found = searched
    text = page(replace(found, data={**found.data, "name": "<b>x</b>"}, notes=("a <i>",)))
    assert "<b>x" not in text
    assert "a &lt;i&gt;" in text
    assert not re.search(r"<i>", text)
