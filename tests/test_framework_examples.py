"""Models of other frameworks take part in `augreg.learn.evaluate`, by two methods."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parent.parent / "examples"
NEEDS = {"evaluate_keras": "keras", "evaluate_lightning": "lightning"}

pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("ignore")  # what a framework warns of is not ours to mend


@pytest.fixture(params=NEEDS)
def script(request, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip(NEEDS[request.param])
    monkeypatch.syspath_prepend(str(FOLDER))
    with torch.random.fork_rng():
        yield importlib.import_module(request.param)
    sys.modules.pop(request.param, None)


def test_it_learns_and_is_compared(script, capsys) -> None:
    found = script.main(["--seeds", "2", "--steps", "40", "--samples", "200"])
    assert [effect.arm.name for effect in found.effects] == ["none", "trivial", "pipeline"]
    assert all(effect.numbers["accuracy"].mean > 0.5 for effect in found.effects)
    assert found.summary in capsys.readouterr().out
    arms = {effect.arm.name: effect.numbers["accuracy"].values for effect in found.effects}
    assert arms["none"] != arms["pipeline"]  # the augmented samples arrived
