"""Make the gallery page of policies: one picture, 8 x 8 draws of each, with what was drawn under each.

Run: uv run python docs/gallery_policies.py OUT [--photo photo.jpg]
Writes OUT/index.md and one PNG per policy. Without --photo the picture is drawn. The strength that was drawn stands
behind the name; "-" means that nothing was drawn.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gallery_image import drawn
from PIL import Image, ImageDraw, ImageFont

import augreg

POLICIES: dict[str, Any] = {
    "trivial": {"image": ["policy.trivial"]},
    "trivial, n=2": {"image": [{"policy.trivial": {"n": 2}}]},
    "rand": {"image": [{"policy.rand": {"n": 2, "level": 0.5}}]},
    "uniform": {"image": ["policy.uniform"]},
    "autoaugment-imagenet": "autoaugment-imagenet.yaml",
    "randaugment": "randaugment.yaml",
    "augmix": {"image": ["policy.augmix"]},
    "mix": {"image": [{"policy.mix": {"classes": 64}}]},
}
SIDE, WIDE, LINE, GAP = 8, 150, 13, 6
INK, PAPER = (31, 36, 48), (250, 249, 246)


def built(steps: Any) -> augreg.Pipeline:
    """Return the pipeline of a policy; presets go by the name of their file."""
    return augreg.Pipeline.load(steps) if isinstance(steps, str) else augreg.Pipeline(steps)


def said(trace: augreg.SampleTrace) -> list[str]:
    """Return one line for each operation of a trace."""
    steps = [(s["augmenter"].partition(".")[2], s.get("level")) for s in trace.steps]
    return [name if level is None else f"{name} {level:.2f}" for name, level in steps] or ["-"]


def sheet(pipe: augreg.Pipeline, photo: torch.Tensor, seed: int) -> Image.Image:
    """Return 8 x 8 draws with their names; where samples are mixed, every other one lies on its side."""
    n = SIDE * SIDE
    mixes = bool(pipe.mixing)
    rows = [photo.flip(-1) if mixes and i % 2 else photo for i in range(n)]
    samples = [augreg.Image(row, label=i) if mixes else augreg.Image(row) for i, row in enumerate(rows)]
    found, traces = pipe(samples, seed=seed, keys=list(range(n)), return_trace=True)
    lines = [said(trace) for trace in traces]
    tall = max(len(each) for each in lines) * LINE
    height = WIDE * photo.shape[1] // photo.shape[2]
    canvas = Image.new("RGB", (SIDE * (WIDE + GAP) + GAP, SIDE * (height + tall + GAP) + GAP), PAPER)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(11)
    for i, (sample, each) in enumerate(zip(found, lines, strict=True)):
        x, y = GAP + i % SIDE * (WIDE + GAP), GAP + i // SIDE * (height + tall + GAP)
        pixels = sample.data.permute(1, 2, 0).contiguous().numpy()
        canvas.paste(Image.fromarray(pixels).resize((WIDE, height), Image.Resampling.LANCZOS), (x, y))
        for j, text in enumerate(each):
            draw.text((x, y + height + j * LINE), text, INK, font)
    return canvas


def main(argv: list[str] | None = None) -> int:
    """Write the gallery."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photo", type=Path, help="a picture of your own")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    if args.photo:
        with Image.open(args.photo) as opened:
            opened.thumbnail((320, 320))
            pixels = torch.from_numpy(np.array(opened.convert("RGB")))
    else:
        pixels = torch.from_numpy(drawn())
    photo = pixels.permute(2, 0, 1).contiguous()
    args.out.mkdir(parents=True, exist_ok=True)
    page = ["# Policies", "", "Made by `docs/gallery_policies.py`: one picture, 64 keys."]
    for name, steps in POLICIES.items():
        file = f"{name.replace(', ', '-').replace('=', '')}.png"
        sheet(built(steps), photo, args.seed).save(args.out / file)
        page += ["", f"## {name}", "", f"`{steps}`", "", f"![{name}]({file})"]
    (args.out / "index.md").write_text("\n".join(page) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(POLICIES)} pictures and index.md in {args.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
