"""`augreg stats` measures what formulas say, and `image.normalize` takes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image as Pillow
from planted import picture, sound, write_picture, write_sound, write_text

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import stats


def steps(**given: object) -> augreg.Pipeline:
    return augreg.Pipeline({"image": [{"image.normalize": given}]})


def test_mean_and_deviation_are_those_of_all_pixels_together(tmp_path: Path) -> None:
    pixels = []
    for seed in range(5):
        image = picture(seed).resize((20 + seed, 30))
        write_picture(tmp_path / f"{seed}.png", image)
        pixels.append(np.asarray(image).reshape(-1, 3) / 255.0)
    found = stats(tmp_path)["image"]
    together = np.concatenate(pixels)
    np.testing.assert_allclose(found["mean"], together.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found["std"], together.std(0), rtol=1e-10)
    assert found["width"] == {"min": 20, "max": 24, "mean": 22.0}
    assert found["count"] == 5


def test_deep_pictures_count_as_shares_of_white(tmp_path: Path) -> None:
    deep = np.array([[0, 65_535], [13_107, 52_428]], np.uint16)
    Pillow.fromarray(deep).save(tmp_path / "a.png")
    found = stats(tmp_path)["image"]
    np.testing.assert_allclose((found["mean"], found["std"]), ([0.5], [(deep / 65_535).std()]))


def test_sounds_and_texts_are_measured(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", 0.5 * np.sign(np.sin(np.arange(4_000) + 0.5)))
    write_sound(tmp_path / "b.wav", np.zeros(16_000), 16_000)
    write_text(tmp_path / "a.txt", ["two", "words"])
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    found = stats(tmp_path)
    assert found["audio"]["rates"] == {"8000": 1, "16000": 1}
    assert found["audio"]["seconds"] == {"min": 0.5, "max": 1.0, "mean": 0.75}
    assert found["audio"]["loudness_db"]["mean"] == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert found["text"]["words"]["mean"] == 2.0
    assert found["refused"] == {"E_ENCODING": 1}


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    for seed in range(20):
        write_picture(tmp_path / f"{seed}.png", picture(seed))
        write_sound(tmp_path / f"{seed}.wav", sound(seed))
    assert stats(tmp_path, workers=1) == stats(tmp_path, workers=5)


def test_normalize_reads_what_the_command_wrote(tmp_path: Path) -> None:
    for seed in range(3):
        write_picture(tmp_path / "in" / f"{seed}.png", picture(seed))
    done = CliRunner().invoke(app, ["stats", str(tmp_path / "in"), "--out", str(tmp_path / "stats.json")])
    assert done.exit_code == 0, done.output
    pipe = steps(stats=str(tmp_path / "stats.json"))
    images = [np.asarray(picture(seed)) for seed in range(3)]
    out = augreg.augment(images, pipe, seed=0, keys=[0, 1, 2], modality="image")
    together = np.concatenate([np.asarray(one).reshape(-1, 3) for one in out])
    np.testing.assert_allclose(together.mean(0), 0.0, atol=1e-4)
    np.testing.assert_allclose(together.std(0), 1.0, atol=1e-4)
    known = json.loads((tmp_path / "stats.json").read_text())["image"]
    by_hand = augreg.augment(
        images, steps(mean=known["mean"], std=known["std"]), seed=0, keys=[0, 1, 2], modality="image"
    )
    assert all(np.array_equal(a, b) for a, b in zip(out, by_hand, strict=True))
    again = augreg.Pipeline.from_dict(pipe.to_dict())
    assert np.array_equal(augreg.augment(images[0], again, seed=0, keys=0, modality="image"), out[0])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "says nothing of pictures"),
        ('{"image": {"mean": [0.5]}}', "no std"),
        ('{"image": {"mean": ["a"], "std": [1]}}', "no mean"),
        ('{"image": {"mean": [0.5], "std": [NaN]}}', "no std"),
        ('{"image": {"mean": [0.5], "std": [0.0]}}', "numbers above 0"),
        ('{"image": {"channels": {"1": {}, "3": {}}}}', "of 1 and of 3 channels"),
    ],
)
def test_what_is_no_file_of_statistics_is_refused(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "stats.json"
    path.write_text(written)
    with pytest.raises(ConfigError, match=said):
        steps(stats=str(path))


def test_a_file_and_numbers_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "stats.json"
    path.write_text('{"image": {"mean": [0.5], "std": [0.25]}}')
    with pytest.raises(ConfigError, match="exclude each other"):
        steps(stats=str(path), std=[0.5])
    with pytest.raises(ConfigError, match="cannot be read"):
        steps(stats=str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="a device"):
        steps(stats="/dev/zero")
    half = augreg.augment(torch.full((1, 2, 2), 0.75), steps(stats=str(path)), seed=0, keys=0, modality="image")
    assert (half == 1.0).all()
