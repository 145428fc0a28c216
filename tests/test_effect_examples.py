"""The scripts of examples/effect on tiny data of their own: they read real formats, train, and say what differs."""

import gzip
import importlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import soundfile
import torch

FOLDER = Path(__file__).parent.parent / "examples" / "effect"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    threads = torch.get_num_threads()
    with torch.random.fork_rng():
        yield importlib.import_module
    torch.set_num_threads(threads)
    for name in ("fashion", "digits", "paired"):
        sys.modules.pop(name, None)


def write_mnist(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for part, n in (("train", 520), ("t10k", 30)):
        pictures, labels = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8), rng.integers(0, 10, n, dtype=np.uint8)
        for kind, array in (("images-idx3", pictures), ("labels-idx1", labels)):
            head = bytes([0, 0, 8, array.ndim]) + np.asarray(array.shape, dtype=">i4").tobytes()
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes()))


def write_digits(path: Path) -> None:
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for speaker in ("ann", "bob", "cem", "dee"):
            for i in range(10):
                made = io.BytesIO()
                soundfile.write(made, rng.standard_normal(2000 + 100 * i) * 0.1, 8000, format="WAV")
                archive.writestr(f"recordings/{i}_{speaker}_0.wav", made.getvalue())


def test_fashion_compares_its_arms(script, tmp_path, capsys) -> None:
    write_mnist(tmp_path)
    fashion = script("fashion")
    found = fashion.main(["--data", str(tmp_path), "--seeds", "2", "--steps", "2"])
    assert set(found) == set(fashion.ARMS)
    assert all(len(values) == 2 for values in found.values())
    shown = capsys.readouterr().out
    assert "difference" in shown
    assert all(name in shown for name in fashion.ARMS)


def test_digits_are_split_by_speakers(script, tmp_path) -> None:
    write_digits(tmp_path / "d.zip")
    digits = script("digits")
    recordings = digits.read(tmp_path / "d.zip")
    assert len(recordings) == 40
    known, unknown = digits.split(recordings, 1)
    assert {s for _, s, _ in known}.isdisjoint({s for _, s, _ in unknown})
    found = digits.main(["--data", str(tmp_path / "d.zip"), "--seeds", "1", "--steps", "2"])
    assert set(found) == set(digits.ARMS)


def test_runs_are_the_same_again(script, tmp_path) -> None:
    write_mnist(tmp_path)
    fashion = script("fashion")
    first, second = (fashion.main(["--data", str(tmp_path), "--seeds", "1", "--steps", "3"]) for _ in range(2))
    assert first == second


def test_differences_come_with_students_interval(script) -> None:
    paired = np.array([2.0, 3.0, 2.5, 4.0, 3.5])
    low, high = scipy.stats.t.interval(0.95, 4, paired.mean(), scipy.stats.sem(paired))
    row = script("paired").difference(paired)
    assert row.split() == ["+3.00", f"{low:+.2f}", f"{high:+.2f}", row.split()[3], "5/5"]


def test_what_is_missing_is_said(script, tmp_path) -> None:
    with pytest.raises(SystemExit, match="holds no train-images-idx3-ubyte.gz"):
        script("fashion").main(["--data", str(tmp_path)])
    with pytest.raises(SystemExit, match="neither a folder nor a zip"):
        script("digits").main(["--data", str(tmp_path / "none.zip")])
