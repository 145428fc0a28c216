"""Copy-paste against a loop over pixels: pictures, boxes, masks, labels and points after occlusion."""

import numpy as np
import pytest
import torch
from augreg_image.mixing.pasting import CopyPaste
from image_testkit import batch_of, noise, run_with

from augreg import Boxes, Keypoints
from augreg.data.batch import Batch
from augreg.errors import SampleError

HEIGHT, WIDTH = 24, 31
DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]


def key(i):
    return f"{i:016x}"


def scene(seed, *, instances=True, form="xyxy", count=5):
    """Objects of random sizes, as discs in boxes with loose edges."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 0.7, (count, 2)) * [WIDTH, HEIGHT]
    high = np.minimum(low + rng.uniform(3, 14, (count, 2)), [WIDTH, HEIGHT])
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    middle, half = (low + high) / 2, (high - low) / 2
    masks = [((x - m[0]) / h[0]) ** 2 + ((y - m[1]) / h[1]) ** 2 < 1 for m, h in zip(middle, half, strict=True)]
    data = {"xyxy": [low, high], "xywh": [low, high - low], "cxcywh": [middle, high - low]}[form]
    names = [f"{seed}.{k}" for k in range(count)]
    boxes = Boxes(np.concatenate(data, axis=1), form, names, {"id": np.arange(count) + 100 * seed})
    points = Keypoints(rng.uniform(0, 1, (9, 2)) * [WIDTH, HEIGHT], visible=rng.random(9) < 0.8)
    return boxes, torch.from_numpy(np.stack(masks).astype(np.uint8) * 7) if instances else None, points


def edges(boxes):
    a, b = boxes.data[:, :2], boxes.data[:, 2:]
    return np.concatenate({"xyxy": (a, b), "xywh": (a, a + b), "cxcywh": (a - b / 2, a + b / 2)}[boxes.format], axis=1)


def regions(boxes, masks):
    """The set of pixels of every object."""
    if masks is not None:
        return [{tuple(p) for p in np.argwhere(mask.numpy())} for mask in masks]
    found = []
    for left, top, right, bottom in np.rint(edges(boxes)).astype(int).tolist():
        found.append({(r, c) for r in range(max(0, top), bottom) for c in range(max(0, left), right)})
    return found


def by_hand(mine, yours, picked, min_visibility):
    """Labels, edges, pixel sets and the covered pixels, one pixel at a time."""
    boxes, masks, _ = mine
    theirs, their_masks, _ = yours
    pasted = [regions(theirs, their_masks)[k] for k in picked]
    union = set().union(*pasted)
    labels, rows, sets = [], [], []
    for name, row, region in zip(boxes.labels, edges(boxes).tolist(), regions(boxes, masks), strict=True):
        left = region - union
        if region & union and (not left or len(left) < min_visibility * len(region)):
            continue
        if region & union and masks is not None:
            ys, xs = [p[0] for p in left], [p[1] for p in left]
            row = [max(row[0], min(xs)), max(row[1], min(ys)), min(row[2], max(xs) + 1), min(row[3], max(ys) + 1)]
        labels.append(name)
        rows.append(row)
        sets.append(left)
    labels += [theirs.labels[k] for k in picked]
    return labels, rows + edges(theirs)[picked].tolist(), sets + pasted, union


@pytest.mark.parametrize("instances", [True, False])
@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
@pytest.mark.parametrize("min_visibility", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_objects_cover_what_lies_under_them(instances, form, min_visibility, seed):
    mine, yours = (scene(s, instances=instances, form=form) for s in (seed, seed + 10))
    boxes, masks, points = ([a, b] for a, b in zip(mine, yours, strict=True))
    targets = {"boxes": boxes, "keypoints": points} | ({"masks": masks} if instances else {})
    batch = batch_of(noise(HEIGHT, WIDTH), noise(HEIGHT, WIDTH, seed=1), label=["a", "b"], **targets)
    dice = np.random.default_rng(seed).random((2, 64))
    out = run_with(CopyPaste(chance=0.5, min_visibility=min_visibility), batch, partner=[[key(1)], [key(1)]], dice=dice)
    picked = [k for k in range(5) if dice[0, k] < 0.5]
    labels, rows, sets, union = by_hand(mine, yours, picked, min_visibility)
    found = {name: out.info.target(name)[0] for name in ("boxes", "masks", "keypoints", "label")}
    assert found["label"] == "a"
    assert found["boxes"].labels == labels
    assert found["boxes"].columns["id"].tolist() == [int(n.split(".")[1]) + 100 * int(n.split(".")[0]) for n in labels]
    np.testing.assert_allclose(edges(found["boxes"]), rows, atol=1e-9)
    if instances:
        assert found["masks"].dtype == torch.uint8
        assert [{tuple(p) for p in np.argwhere(m.numpy())} for m in found["masks"]] == sets
        assert set(found["masks"].unique().tolist()) <= {0, 7}
    for row in range(HEIGHT):
        for column in range(WIDTH):
            source = batch.data[int((row, column) in union)]
            assert torch.equal(out.data[0][:, row, column], source[:, row, column])
    for point, before, after in zip(points[0].data, points[0].visible, found["keypoints"].visible, strict=True):
        assert after == (before and (int(point[1]), int(point[0])) not in union)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_alone_in_a_list_and_stacked_it_pastes_alike(dtype, channels, threads, monkeypatch):
    monkeypatch.setenv("AUGREG_THREADS", threads)
    rows = [noise(HEIGHT, WIDTH, channels, seed=s, dtype=dtype) for s in range(3)]
    scenes = [scene(s) for s in range(3)]
    batch = batch_of(*rows, boxes=[s[0] for s in scenes], masks=[s[1] for s in scenes])
    columns = {"partner": [[key(1)], [key(2)], [key(0)]], "dice": np.random.default_rng(0).random((3, 64))}
    listed = run_with(CopyPaste(), batch, **columns)
    stacked = run_with(CopyPaste(), Batch(torch.stack(rows), batch.info), **columns)
    one = run_with(
        CopyPaste(),
        batch.take(np.array([0, 1])),
        **{k: [*v[:1], [key(1)]] if k == "partner" else v[:2] for k, v in columns.items()},
    )
    assert torch.equal(one.data[0], listed.data[0])
    for i, (a, b) in enumerate(zip(listed.data, stacked.data, strict=True)):
        assert torch.equal(a, b)
        assert torch.equal(listed.info.target("masks")[i], stacked.info.target("masks")[i])
        np.testing.assert_array_equal(listed.info.target("boxes")[i].data, stacked.info.target("boxes")[i].data)
    assert any(not torch.equal(a, b) for a, b in zip(listed.data, rows, strict=True))


def test_a_picture_without_objects_takes_those_of_its_partner_with_their_masks():
    boxes, masks, _ = scene(4)
    batch = batch_of(noise(HEIGHT, WIDTH), noise(HEIGHT, WIDTH, seed=1), boxes=[None, boxes], masks=[None, masks])
    out = run_with(CopyPaste(chance=1.0), batch, partner=[[key(1)], [key(1)]], dice=np.zeros((2, 64)))
    assert out.info.target("boxes")[0].labels == boxes.labels
    assert torch.equal(out.info.target("masks")[0], masks)


def test_boxes_of_no_pixel_are_not_pasted():
    boxes = [Boxes([[1, 1, 4, 4]], labels=["mine"]), Boxes([[5, 5, 5, 9], [-9, -9, -1, -1]], labels=["flat", "far"])]
    batch = batch_of(noise(HEIGHT, WIDTH), noise(HEIGHT, WIDTH, seed=1), boxes=boxes)
    out = run_with(CopyPaste(chance=1.0), batch, partner=[[key(1)], [key(1)]], dice=np.zeros((2, 64)))
    assert out.info.target("boxes")[0] is boxes[0]
    assert out.data[0] is batch.data[0]


def test_rotated_boxes_stay_or_leave_whole():
    own = Boxes([[10, 10, 8, 4, 30], [25, 18, 3, 3, 0]], "cxcywhr", labels=["half", "far"])
    masks = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.bool)
    masks[0, 7:13, 6:14], masks[1, 17:19, 24:26] = True, True
    batch = batch_of(
        noise(HEIGHT, WIDTH),
        noise(HEIGHT, WIDTH, seed=1),
        boxes=[own, Boxes([[8, 0, 31, 16]], labels=["new"])],
        masks=[masks, (torch.ones(1, HEIGHT, WIDTH) > 0) & (torch.arange(WIDTH) >= 10)],
    )
    out = run_with(CopyPaste(chance=1.0), batch, partner=[[key(1)], [key(1)]], dice=np.zeros((2, 64)))
    found = out.info.target("boxes")[0]
    assert found.labels == ["half", "new"]
    np.testing.assert_array_equal(found.data[0], own.data[0])
    assert out.info.target("masks")[0].dtype == torch.bool
    assert int(out.info.target("masks")[0][0].sum()) == 24


def test_label_maps_need_label_maps():
    boxes, masks, _ = scene(5)
    maps = [torch.zeros(HEIGHT, WIDTH, dtype=torch.int64), torch.full((HEIGHT, WIDTH), 3)]
    pictures = noise(HEIGHT, WIDTH), noise(HEIGHT, WIDTH, seed=1)
    columns = {"partner": [[key(1)], [key(1)]], "dice": np.zeros((2, 64))}
    out = run_with(CopyPaste(chance=1.0), batch_of(*pictures, boxes=[None, boxes], masks=maps), **columns)
    changed = (out.data[0] != pictures[0]).any(dim=0)
    found = out.info.target("masks")[0]
    assert (found[changed] == 3).all()
    assert set(found.unique().tolist()) == {0, 3}
    with pytest.raises(SampleError, match="label maps"):
        run_with(CopyPaste(chance=1.0), batch_of(*pictures, boxes=[None, boxes], masks=[maps[0], masks]), **columns)
