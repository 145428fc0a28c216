"""What is drawn of outputs has the boxes and events that their written labels say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from painted import BOXES, SIZE, paint
from timed_labels import RATE, painted

import augreg
from augreg.jobs import Settings, inspect, run

FLIP = {"image": [{"image.hflip": {"p": 1.0}}], "audio": [{"audio.reverse": {"p": 1.0}}]}


def drawn(source: Path, out: Path, **more: Any) -> list[Any]:
    run(augreg.Pipeline(FLIP), Settings(source=source, out=out, seed=1, **more))
    found = inspect(out, source, draw=lambda pair: pair.after)
    return [sample for samples in found.drawn.values() for sample in samples]


@pytest.mark.parametrize("to", ["yolo", "coco", "voc"])
def test_boxes_of_pictures(to: str, tmp_path: Path) -> None:
    paint(tmp_path / "in", ["0.png", "1.png"])
    rows = [[x + w / 2, y + h / 2, w, h] for x, y, w, h in BOXES.values()]
    lines = [" ".join(str(value / SIZE[i % 2]) for i, value in enumerate(row)) for row in rows]
    text = "".join(f"{number} {line}\n" for number, line in enumerate(lines))
    (tmp_path / "in" / "0.txt").write_text(text)
    first, second = sorted(drawn(tmp_path / "in", tmp_path / "out", labels_to=to), key=lambda one: one.boxes is None)
    assert second.boxes is None, "it has no labels"
    mirrored = [[SIZE[0] - x - w, y, w, h] for x, y, w, h in BOXES.values()]
    assert np.allclose(first.boxes.data, mirrored, atol=1e-6)
    assert list(first.boxes.labels) == ["0", "1", "2"]


def test_events_of_sounds(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", painted([(0.5, 1.0)], 2.0)[0], RATE)
    (tmp_path / "in" / "a.txt").write_text("0.5\t1.0\ttone\n")
    (sound,) = drawn(tmp_path / "in", tmp_path / "out")
    assert sound.events.data.tolist() == [[1.0, 1.5]]
    assert list(sound.events.labels) == ["tone"]


def test_labels_that_were_changed_are_left_out(tmp_path: Path) -> None:
    paint(tmp_path / "in", ["0.png"])
    (tmp_path / "in" / "0.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    drawn(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out" / "0__a0.txt").write_text("nothing of the kind")
    (sample,) = (one for many in inspect(tmp_path / "out", draw=lambda pair: pair.after).drawn.values() for one in many)
    assert sample.boxes is None
