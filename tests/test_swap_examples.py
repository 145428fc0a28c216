"""examples/swap: training scripts as people have them, and with augreg: under ten lines, which the page shows."""

import difflib
import importlib
import io
import re
import runpy
import sys
import tarfile
from pathlib import Path

import PIL.Image
import pytest
import torch

ROOT = Path(__file__).parent.parent
SWAP = ROOT / "examples" / "swap"
NAMES = ("images", "sounds", "boxes", "shards")
NEEDS = {
    "images": ["torchvision"],
    "sounds": ["accelerate", "audiomentations", "datasets"],
    "boxes": ["albumentations"],
    "shards": ["torchvision", "webdataset"],
}

pytestmark = pytest.mark.filterwarnings("ignore")  # what hosts say of themselves, in the scripts of before, too


def changes(name):
    before, after = ((SWAP / which / f"{name}.py").read_text(encoding="utf-8") for which in ("before", "after"))
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.fixture(scope="module")
def made_up():
    sys.path.insert(0, str(ROOT / "examples" / "training"))
    yield importlib.import_module("made_up")
    sys.path.pop(0)
    sys.modules.pop("made_up", None)


def images(made_up, root):
    made_up.image_folder(root / "train", 8)
    made_up.image_folder(root / "val", 2)
    return root


def sounds(made_up, root):
    for split, n in (("train", 16), ("test", 4)):
        for label in range(2):
            folder = root / split / str(label)
            folder.mkdir(parents=True)
            for i in range(n):
                (folder / f"{i}.wav").write_bytes(made_up.wav(label, i))
    return root


def boxes(made_up, root):
    for kind in ("images", "labels"):
        (root / kind / "train").mkdir(parents=True)
    for i in range(16):
        canvas, (x1, y1, x2, y2) = made_up.rectangle(i)
        PIL.Image.fromarray(canvas).save(root / "images" / "train" / f"{i}.png")
        middle = [(x1 + x2) / 128, (y1 + y2) / 128, (x2 - x1) / 64, (y2 - y1) / 64]
        row = "" if i == 3 else " ".join(map(str, [0, *middle]))  # one picture has nothing in it
        (root / "labels" / "train" / f"{i}.txt").write_text(row)
    return root


def shards(made_up, root):
    for shard in range(2):
        with tarfile.open(root / f"train-{shard}.tar", "w") as tar:
            for i in range(16 * shard, 16 * shard + 16):
                png = io.BytesIO()
                PIL.Image.fromarray(made_up.picture(list(made_up.COLORS)[i % 3], i)).save(png, "png")
                for end, data in (("png", png.getvalue()), ("cls", str(i % 3).encode())):
                    entry = tarfile.TarInfo(f"{i:04d}.{end}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
    return f"{root}/train-{{0..1}}.tar"


MAKE = {"images": images, "sounds": sounds, "boxes": boxes, "shards": shards}


@pytest.fixture
def run(made_up, tmp_path, monkeypatch, capfd):
    """Return what runs a script on data of its kind and returns the losses that it prints."""
    monkeypatch.setenv("NO_ALBUMENTATIONS_UPDATE", "1")

    def losses(which, name, *options):
        for needed in NEEDS[name]:
            pytest.importorskip(needed)
        if name == "sounds":
            import datasets

            monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
        root = tmp_path / name
        if not root.exists():
            root.mkdir()
            MAKE[name](made_up, root)
        given = f"{root}/train-{{0..1}}.tar" if name == "shards" else str(root)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", given, *options])
        capfd.readouterr()
        with torch.random.fork_rng():
            runpy.run_path(str(SWAP / which / f"{name}.py"), run_name="__main__")
        return [float(found) for found in re.findall(r"\bloss'?:? '?(\d+\.\d+)", capfd.readouterr().out)]

    return losses


@pytest.mark.parametrize("name", NAMES)
def test_under_ten_lines_change_and_the_page_shows_them(name):
    found = changes(name)
    assert 1 <= sum(line.startswith("+") for line in found) < 10
    assert 1 <= sum(line.startswith("-") for line in found) < 10
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    shown = re.findall(rf"swap/after/{name}\.py.*?```diff\n(.*?)```", page, re.DOTALL)
    assert [text.splitlines() for text in shown] == [[line for line in found if line[1:].strip()]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["before", "after"])
def test_models_learn_before_and_after(run, which, name):
    found = run(which, name)
    assert len(found) >= 2
    assert found[-1] < found[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["images", "boxes"])
def test_losses_do_not_hang_on_the_workers(run, name):
    assert run("after", name) == run("after", name, "--workers", "2")
