"""The gallery page of policies: one sheet for each, of 64 draws."""

import importlib
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

DOCS = Path(__file__).parent.parent / "docs"


def test_every_policy_has_a_sheet_of_different_pictures(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    gallery = importlib.import_module("gallery_policies")
    try:
        assert gallery.main([str(tmp_path)]) == 0
    finally:
        for name in ("gallery_policies", "gallery_image"):
            sys.modules.pop(name, None)
    page = (tmp_path / "index.md").read_text(encoding="utf-8")
    sheets = sorted(tmp_path.glob("*.png"))
    assert len(sheets) == len(gallery.POLICIES)
    assert all(f"({sheet.name})" in page for sheet in sheets)
    for sheet in sheets:
        pixels = np.asarray(PIL.Image.open(sheet))
        tiles = {pixels[y : y + 60, x : x + 150].tobytes() for x in range(6, 1200, 156) for y in (6,)}
        assert len(tiles) >= 3, sheet.name  # eight draws side by side


@pytest.mark.parametrize("name", ["trivialaugment", "randaugment", "autoaugment-imagenet", "augmix"])
def test_presets_draw_the_same_wherever_they_are_loaded(name, tmp_path, monkeypatch) -> None:
    import torch

    import augreg

    pictures = [torch.randint(0, 256, (3, 20, 20), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))] * 8
    here = augreg.Pipeline.load(f"{name}.yaml")
    here.save(tmp_path / "mine.yaml")
    monkeypatch.chdir(tmp_path)
    again = augreg.Pipeline.load("mine.yaml")
    first, second = (p(pictures, seed=1, keys=list(range(8)), modality="image") for p in (here, again))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
