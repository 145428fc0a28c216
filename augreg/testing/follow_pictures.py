"""Rules: what is painted into a picture or a clip and the target that marks it end at the same place."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter
from augreg.data.samples import Sample
from augreg.data.targets import Boxes, Keypoints
from augreg.modalities.image import Image
from augreg.modalities.video import Video
from augreg.testing import forms, regions
from augreg.testing.check import require
from augreg.testing.once import made_once
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject, examples

N: Final = 10
PIXELS: Final = 1.5
"""How far a mark and its target may be apart, in pixels; times the enlargement."""
RADIUS: Final = 3.5
AGREE: Final = 0.8
"""The share of marks that must be where their targets say; borders that mirror the picture make false marks."""
HEIGHT, WIDTH = 66, 82

Seen = tuple[torch.Tensor, np.ndarray, Any, float]
"""The painted result (C, H, W), where the mark is, the target, and how much larger the mark became."""


@made_once
def _background(number: int) -> torch.Tensor:
    from augreg.modalities.made_up import natural, pixels

    view = 0.3 + 0.3 * natural(np.random.default_rng(500 + number), 3, HEIGHT, WIDTH)
    view[:, :3, :3], view[:, -3:, -3:] = 0.0, 1.0  # darkest and lightest stay so, whatever is painted
    return pixels(view)


def _place(number: int) -> tuple[float, float]:
    rng = np.random.default_rng(700 + number)
    return WIDTH * rng.uniform(0.3, 0.7), HEIGHT * rng.uniform(0.3, 0.7)


def _dot(number: int) -> tuple[np.ndarray, dict[str, Any]]:
    x, y = _place(number)
    return regions.disc((HEIGHT, WIDTH), x, y, RADIUS), {"keypoints": Keypoints([[x, y]])}


def _rectangle(number: int) -> tuple[np.ndarray, dict[str, Any]]:
    x, y = (round(v) for v in _place(number))
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[y - 8 : y + 7, x - 9 : x + 12] = True
    return mask, {"boxes": Boxes([[x - 9, y - 8, x + 12, y + 7]])}


def _labelled(number: int) -> tuple[np.ndarray, dict[str, Any]]:
    mask, _ = _rectangle(number)
    return mask, {"masks": torch.from_numpy(mask.astype(np.uint8) * 5)}


Mark = Callable[[int], tuple[np.ndarray, dict[str, Any]]]


def _pair(subject: Subject, number: int, mark: Mark) -> tuple[Any, Any]:
    """Return a sample without and with a mark, both with the target."""
    mask, targets = mark(number)
    plain = _background(number)
    painted = plain.clone()
    painted[:, torch.from_numpy(mask)] = 250
    if subject.modality.name == "image":
        pair: list[Sample] = [Image(data, **targets) for data in (plain, painted)]
    else:
        frames = 6
        spread: dict[str, Any] = {
            k: v.expand(frames, *v.shape).clone() if isinstance(v, torch.Tensor) else [v] * frames
            for k, v in targets.items()
        }
        pair = [Video(d.expand(frames, *d.shape).clone(), fps=10.0, **spread) for d in (plain, painted)]
    first, second = (subject.fit(s) for s in pair)
    return first, second


def _seen(subject: Subject, augmenter: Augmenter, mark: Mark, target: str) -> Iterator[Seen]:
    """Yield every mark that can still be found, with what its target became; clips frame by frame."""
    pairs = [_pair(subject, i, mark) for i in range(N)]
    pipe = subject.pipeline(augmenter)
    painted, trace = subject.run(pipe, [p for _, p in pairs], trace=True)
    stored = json.loads(json.dumps(trace.to_dicts()))
    plain = pipe.replay([p for p, _ in pairs], stored, device=subject.device)
    for i, (first, second) in enumerate(zip(plain, painted, strict=True)):
        entry = second.targets[target]
        size = float(mark(i)[0].sum())
        for a, b, marked in _frames(first.data, second.data, entry):
            full = forms.FULL.get(str(b.dtype).removeprefix("torch."), 1.0)
            found = regions.trace_of(a, b, full)
            if found is not None:
                yield b, found, marked, max(1.0, float(np.sqrt(found.sum() / size)))


def _frames(first: torch.Tensor, second: torch.Tensor, entry: Any) -> Iterator[tuple[torch.Tensor, torch.Tensor, Any]]:
    if first.ndim == 3:
        yield first, second, entry
        return
    if first.shape == second.shape:
        yield from zip(first[::2], second[::2], list(entry)[::2], strict=True)


def keypoints_follow(subject: Subject) -> None:
    """A painted dot and its keypoint end at the same place, within 1.5 pixels times the enlargement."""
    for name, augmenter in subject.each():
        apart = []
        for data, found, points, scale in _seen(subject, augmenter, _dot, "keypoints"):
            x, y = points.data[0]
            hidden = points.visible is not None and not points.visible[0]
            if hidden or not (0 <= x <= data.shape[-1] and 0 <= y <= data.shape[-2]):
                continue
            near = regions.touching(found, regions.disc(found.shape, x, y, 2.5 * RADIUS * scale))
            where = np.linalg.norm(regions.centre(near) - [x, y]) if near.any() else np.inf
            apart.append(float(where) / min(scale, 3.0))
        _judge(subject, name, "keypoints", np.array(apart), "the dot")


def boxes_follow(subject: Subject) -> None:
    """The box of a painted rectangle encloses it still, and not much more."""
    for name, augmenter in subject.each():
        apart, loose = [], []
        for data, found, boxes, scale in _seen(subject, augmenter, _rectangle, "boxes"):
            if not len(boxes):
                continue
            height, width = data.shape[-2:]
            box = np.clip(_corners(boxes), 0, [width, height, width, height])
            inside = np.zeros_like(found)
            x0, y0, x1, y1 = np.rint(box).astype(int)
            inside[y0:y1, x0:x1] = True
            near = regions.touching(found, inside)
            if not near.any():
                apart.append(np.inf)
                continue
            missing = (regions.extent(near) - box) * [-1, -1, 1, 1]
            apart.append(float(missing.max()) / min(scale, 3.0))
            loose.append(float((-missing).max()) / (box[2:] - box[:2]).max())
        _judge(subject, name, "boxes", np.array(apart), "the rectangle")
        tight = not loose or "boxes" not in subject.declares.targets or np.median(loose) <= 0.45
        require(bool(tight), f"{name}: boxes become much larger than what they enclose.")


def _corners(boxes: Boxes) -> np.ndarray:
    if boxes.format != "xyxy":
        require(False, f"boxes in xyxy come back as {boxes.format}.")
    found: np.ndarray = boxes.data[0]
    return found


def masks_follow(subject: Subject) -> None:
    """A painted region and its mask end at the same place, and masks gain no new labels."""
    for name, augmenter in subject.each():
        apart = []
        for _, found, masks, scale in _seen(subject, augmenter, _labelled, "masks"):
            require(masks.dtype == torch.uint8, f"{name}: a mask of uint8 comes back as {masks.dtype}.")
            same = tuple(masks.shape) == found.shape
            require(same, f"{name}: a mask comes back as {tuple(masks.shape)}, the picture as {found.shape}.")
            values = set(masks.unique().tolist())
            require(len(values - {0, 5}) <= 1, f"{name}: a mask of 0 and 5 comes back with {sorted(values)}.")
            mask = (masks == 5).cpu().numpy()
            if not mask.any() or mask.sum() < 20:
                continue
            near = regions.touching(found, mask)
            reach = int(np.ceil(2 * min(scale, 3.0)))
            outside = near & ~regions.grown(mask, reach)
            lost = mask & ~regions.grown(found, reach)
            wrong = outside.any() or (not subject.declares.leaves and lost.mean() > 0.5 * mask.mean())
            apart.append(np.inf if wrong or not near.any() else 0.0)
        _judge(subject, name, "masks", np.array(apart), "the region")


def _judge(subject: Subject, name: str, target: str, apart: np.ndarray, what: str) -> None:
    """Require that most marks are where their targets are."""
    moved = target in subject.declares.targets
    require(bool(len(apart)) or not moved, f"{name}: in none of {N} pictures could {what} and its target be found.")
    if len(apart) and (apart <= PIXELS).mean() < AGREE:
        worst = np.sort(apart)[len(apart) // 2]
        said = "moves" if moved else "leaves"
        shown = "far" if not np.isfinite(worst) else f"{worst:.1f} pixels"
        require(
            False,
            f"{name}: declares that it {said} {target}, but {what} is away from its target in "
            f"{int((apart > PIXELS).sum())} of {len(apart)} pictures (typically {shown}).",
        )


def timing_follows(subject: Subject) -> None:
    """Frame labels stay with their frames: the frame labelled k shows what frame k showed."""
    clip = subject.samples(1)[0]
    frames = clip.data.shape[0]
    clip = dataclasses.replace(clip, frame_labels=np.arange(frames))
    for name, augmenter in subject.each():
        result = subject.run(augmenter, [clip])[0]
        labels = np.asarray(result.frame_labels)
        require(len(labels) == len(result.data), f"{name}: {len(result.data)} frames have {len(labels)} labels.")
        if result.data.shape[1:] != clip.data.shape[1:]:
            continue
        cost = (result.data[:, None].float() - clip.data[None].float()).abs().mean(dim=(2, 3, 4))
        own = cost[torch.arange(len(labels)), torch.from_numpy(labels.astype(np.int64))]
        bad = int((own > cost.min(dim=1).values + 0.35 * cost.max()).sum())
        require(bad <= len(labels) // 4, f"{name}: {bad} of {len(labels)} frames look unlike the frame of their label.")


def _handles(target: str, *names: str) -> Callable[[Subject], bool]:
    def applies(subject: Subject) -> bool:
        d = subject.declares
        return subject.modality.name in names and d.supports(target) and d.labels != "mixes" and _colourful(subject)

    return applies


def _colourful(subject: Subject) -> bool:
    return forms.tensor_of(subject.fit(examples(subject.modality, 1)[0])) is not None


RULES: Final = (
    Rule(keypoints_follow, _handles("keypoints", "image", "video")),
    Rule(boxes_follow, _handles("boxes", "image", "video")),
    Rule(masks_follow, _handles("masks", "image", "video")),
    Rule(timing_follows, lambda s: s.modality.name == "video" and "frame_labels" in s.declares.targets),
)
