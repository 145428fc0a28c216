"""Object detection in `augreg evaluate`: boxes follow, what is learned is found, labels are read, errors help."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import augreg
import augreg.learn
from augreg.cli.app import app
from augreg.errors import AugregError, ConfigError
from augreg.learn.arms import arms_of
from augreg.learn.detection.heatmap import boxes, targets
from augreg.learn.detection.network import Heatmap
from augreg.learn.examples import Augmented
from augreg.learn.metrics import measured
from augreg.learn.splits import Splitter
from augreg.learn.tasks import make_task

KINDS = ("round", "square")


def scene(rng: np.random.Generator, number: int, side: int = 64) -> augreg.Image:
    """One or two things on a dark ground: a disc is round, a filled square is square."""
    canvas, held, labels = np.full((side, side), 20 + number % 7, np.uint8), [], []
    for half in rng.permutation(2)[: rng.integers(1, 3)]:
        size = int(rng.integers(14, 24))
        x, y = rng.integers(0, side // 2 - size), rng.integers(0, side - size)
        x += half * side // 2
        kind = int(rng.integers(2))
        ys, xs = np.mgrid[:size, :size] + 0.5 - size / 2
        inside = (xs**2 + ys**2 < (size / 2) ** 2) | (kind == 1)
        canvas[y : y + size, x : x + size][inside] = 230
        held.append([x, y, x + size, y + size])
        labels.append(KINDS[kind])
    return augreg.Image(torch.from_numpy(canvas)[None], boxes=augreg.Boxes(held, labels=labels))


def scenes(count: int) -> augreg.learn.Data:
    rng = np.random.default_rng(5)
    return augreg.learn.Data.of([scene(rng, number) for number in range(count)], name="shapes")


class Bright:
    """Finds the box around what is bright: no training at all, and right on shapes that stand alone."""

    repeats = False

    def fit(self, train, augment, seed):
        return train if augment is None else augment(train, 0)

    def score(self, fitted, test):
        found = []
        for sample in test.samples:
            rows, columns = (np.flatnonzero((np.asarray(sample.data[0]) > 128).any(axis)) for axis in (1, 0))
            box = [[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]] if len(rows) else np.zeros((0, 4))
            found.append({"boxes": box, "scores": np.ones(len(box)), "labels": np.zeros(len(box), int)})
        return {"detections": found}


def alone(count: int) -> augreg.learn.Data:
    """One bright block each."""
    rng, samples = np.random.default_rng(1), []
    for number in range(count):
        data = torch.full((1, 48, 64), number % 50, dtype=torch.uint8)
        x, y, wide, high = rng.integers(8, 20, 4)
        data[:, y : y + high, x : x + wide] = 255
        samples.append(augreg.Image(data, boxes=augreg.Boxes([[x, y, wide, high]], "xywh", labels=["block"])))
    return augreg.learn.Data.of(samples)


@pytest.mark.parametrize(
    "steps",
    [
        [{"image.hflip": {"p": 1.0}}],
        [{"image.vflip": {"p": 0.5}}, {"image.translate": {"x": 0.1, "y": 0.1, "p": 1.0}}],
        [{"image.zoom": {"scale": [0.7, 1.3], "p": 1.0}}],
        [{"image.crop": {"size": [44, 60], "p": 1.0}}],
        None,
    ],
)
def test_boxes_follow_what_tasks_are_given(steps) -> None:
    """The box around what was painted into a box, in the augmented picture, is the box that the task gets."""
    data = alone(24)
    if steps is None:  # what the arm trivial does to boxes
        (arm,) = [arm for arm in arms_of(None, (), "image", repeats=False, boxed=True) if arm.kind == "trivial"]
        given = dict(arm.steps)
        names = [next(iter(one)) for one in given["image"][0]["policy.trivial"]["operations"]]
        assert not {"image.rotate", "image.shear"} & {*names}
        assert {"image.translate", "image.zoom", "image.brightness"} <= {*names}
        given["image"][0]["policy.trivial"]["operations"] = ["image.translate", "image.zoom"]
        steps = given["image"]
    seen = Augmented({"image": steps}, 3)(data.examples, 2)
    again = Augmented({"image": steps}, 3)(data.examples, 2)
    assert seen.boxed
    assert seen.shares is None
    for sample, same in zip(seen.samples, again.samples, strict=True):
        assert np.array_equal(sample.boxes.data, same.boxes.data)
    measured_boxes = Bright().score(None, seen)["detections"]
    for sample, found in zip(seen.samples, measured_boxes, strict=True):
        assert sample.boxes.format == "xyxy"
        np.testing.assert_allclose(sample.boxes.data, np.asarray(found["boxes"], float), atol=1.01)
    moved = [
        not np.allclose(a.boxes.data, b.boxes.data) for a, b in zip(seen.samples, data.examples.samples, strict=True)
    ]
    assert any(moved)


def test_mixed_pictures_bring_the_boxes_of_both() -> None:
    data = alone(8)
    seen = Augmented({"image": [{"image.mixup": {"p": 1.0}}]}, 0)(data.examples, 0)
    assert sorted({len(sample.boxes) for sample in seen.samples}) in ([2], [1, 2])
    for sample in seen.samples:
        assert np.asarray(sample.boxes.labels).tolist() == [0] * len(sample.boxes)


def test_what_the_network_learns_is_read_back_as_the_same_boxes() -> None:
    data = scenes(12).examples
    scales = np.full(len(data), 0.75)
    wanted = targets(data.samples, scales, 2, 48)
    said = torch.full((len(data), 6, 12, 12), -9.0)
    said[:, :2] = torch.logit(wanted.heat, 1e-4)
    number, row, column = wanted.places.T
    said[number, 2:, row, column] = wanted.rest
    for sample, found in zip(data.samples, boxes(said, scales, [(64, 64)] * len(data)), strict=True):
        sure = found["scores"] > 0.9
        order, real = np.lexsort(found["boxes"][sure].T), np.lexsort(sample.boxes.data.T)
        np.testing.assert_allclose(found["boxes"][sure][order], sample.boxes.data[real], atol=0.05)
        assert found["labels"][sure][order].tolist() == np.asarray(sample.boxes.labels)[real].tolist()


@pytest.fixture(scope="module")
def tiny() -> Heatmap:
    return Heatmap(steps=60, batch=8, width=8, rate=1e-2)


def test_a_heatmap_learns_ten_pictures_by_heart_and_finds_shapes_in_others(tiny) -> None:
    data = scenes(48).examples
    few = data.take(range(10))
    known = measured(tiny.score(tiny.fit(few, None, 0), few), few, "tiny")
    assert known.numbers["map50"] > 0.9
    train, test = data.take(range(36)), data.take(range(36, 48))
    found = measured(tiny.score(tiny.fit(train, None, 0), test), test, "tiny")
    assert found.numbers["map50"] > 0.6


def test_a_training_hangs_on_its_seed_alone() -> None:
    task, data = Heatmap(steps=3, batch=4, width=4), scenes(6).examples
    augment = Augmented({"image": ["image.hflip"]}, 1)
    torch.manual_seed(1)
    one = task.score(task.fit(data, augment, 1), data)["detections"]
    torch.manual_seed(2)
    other = task.score(task.fit(data, augment, 1), data)["detections"]
    for first, second in zip(one, other, strict=True):
        for name in first:
            assert np.array_equal(first[name], second[name])


def test_arms_are_compared_by_map_and_classes_by_their_precision(tmp_path) -> None:
    pipeline = {"image": [{"image.hflip": {"p": 1.0}}]}
    found = augreg.learn.evaluate(
        alone(24),
        pipeline,
        task="object-detection",
        model=Bright(),
        seeds=2,
        operations=["image.vflip"],
        report=tmp_path,
    )
    assert found.metric == "map"
    assert list(found.effect("none").numbers) == ["map", "map50", "recall"]
    assert found.effect("none").numbers["map"].mean == pytest.approx(1.0)
    assert found.judged["image.vflip"].kept.mean == pytest.approx(1.0)
    assert [*found.effect("pipeline").classes] == ["block"]
    assert found.confusion("none") is None
    assert "Average precision of each class" in (tmp_path / "report.html").read_text()
    json.dumps(found.to_json(), allow_nan=False)


def test_a_class_of_one_picture_is_named() -> None:
    held = [*alone(6).examples.samples]
    held[0] = held[0].changed(boxes=augreg.Boxes([[0, 0, 4, 4]], labels=["odd"]))
    named = [one.changed(boxes=augreg.Boxes(one.boxes.data, labels=["block"])) for one in held[1:]]
    with pytest.raises(ConfigError, match="class 'odd' of data has 1 samples"):
        Splitter(augreg.learn.Data.of([held[0], *named])).check()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"task": "image-classification"}, "is for image, and the data is boxes"),
        ({"model": "small-cnn"}, "is for image, audio, video, and the data is boxes. .*heatmap"),
        ({"model": "sklearn:SVC"}, "tells classes, and the data has boxes"),
        ({"model": "torchvision:fasterrcnn"}, "no detector 'fasterrcnn'.*fasterrcnn_mobilenet_v3_large_320_fpn"),
        ({"model": "torchvision:fcos_resnet50_fpn@no.pt"}, "'no.pt' are not there"),
    ],
)
def test_errors_say_what_to_do(arguments: dict, said: str) -> None:
    with pytest.raises(AugregError, match=said):
        augreg.learn.evaluate(alone(8), **arguments)


def test_detection_of_data_with_classes_is_refused() -> None:
    plain = [augreg.Image(torch.zeros(1, 8, 8)) for _ in range(4)]
    with pytest.raises(ConfigError, match="is for pictures with boxes, and the data has classes"):
        augreg.learn.evaluate(augreg.learn.Data.of(plain, ["a", "b"] * 2), task="object-detection")


def test_detectors_of_torchvision_are_trained_and_take_weights(tmp_path, monkeypatch) -> None:
    pytest.importorskip("torchvision")
    monkeypatch.chdir(tmp_path)
    data, name = alone(2).examples, "ssdlite320_mobilenet_v3_large"
    task = make_task(f"torchvision:{name}", "image", boxed=True)
    few = type(task)(name, steps=1, batch=2)
    monkeypatch.setattr("augreg.learn.vision.LOOKS", 1)
    fitted = few.fit(data, None, 0)
    found = few.score(fitted, data)["detections"]
    assert all(set(np.unique(one["labels"])) <= {0} for one in found)
    torch.save(fitted.state_dict(), "w.pt")
    again = type(task)(name, "w.pt")._build(1)
    for one, other in zip(fitted.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    torch.save({"no": torch.zeros(1)}, "other.pt")
    with pytest.raises(ConfigError, match="none of the weights in 'other.pt' fits"):
        type(task)(name, "other.pt")._build(1)


def write_pictures(root: Path, data: augreg.learn.Data, places: list[str]) -> None:
    for sample, place in zip(data.examples.samples, places, strict=True):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        augreg.media.write(augreg.Image(sample.data), root / place)


def test_coco_yolo_and_voc_say_the_same(tmp_path) -> None:
    data = alone(6)
    held = [one.boxes.data[0] for one in data.examples.samples]
    coco, yolo, voc = (tmp_path / name for name in ("coco", "yolo", "voc"))
    write_pictures(coco, data, [f"{'test' if n > 3 else 'train'}/{n}.png" for n in range(6)])
    images = [
        {"id": n, "file_name": f"{'test' if n > 3 else 'train'}/{n}.png", "width": 64, "height": 48} for n in range(6)
    ]
    rows = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": [*box[:2], *(box[2:] - box[:2])], "iscrowd": 0}
        for n, box in enumerate(held)
    ]
    rows.append({"id": 9, "image_id": 0, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 1})
    whole = {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "block"}]}
    (coco / "instances.json").write_text(json.dumps(whole))
    write_pictures(yolo, data, [f"images/{'val' if n > 3 else 'train'}/{n}.png" for n in range(6)])
    for n, (x1, y1, x2, y2) in enumerate(held):
        path = yolo / "labels" / ("val" if n > 3 else "train") / f"{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"0 {(x1 + x2) / 128} {(y1 + y2) / 96} {(x2 - x1) / 64} {(y2 - y1) / 48}\n")
    (yolo / "data.yaml").write_text("names: [block]\n")
    write_pictures(voc, data, [f"{n}.png" for n in range(6)])
    for n, box in enumerate(held):
        x1, y1, x2, y2 = map(int, box)
        (voc / f"{n}.xml").write_text(
            f"<annotation><filename>{n}.png</filename><size><width>64</width><height>48</height><depth>1</depth></size>"
            f"<object><name>block</name><bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin><xmax>{x2}</xmax>"
            f"<ymax>{y2}</ymax></bndbox></object></annotation>"
        )
    for root in (coco, yolo, voc):
        found = augreg.learn.read(root, labels="auto")
        assert found.examples.classes == ("block",)
        by_key = {
            Path(key).stem: one.boxes for key, one in zip(found.examples.keys, found.examples.samples, strict=True)
        }
        for n, box in enumerate(held):
            np.testing.assert_allclose(by_key[str(n)].data[0], box, atol=1e-6)
        assert (found.is_test is None) == (root == voc)
        assert found.is_test is None or found.is_test.sum() == 2
    first = augreg.learn.read(coco, labels="coco:instances.json").examples.samples
    assert sum(np.sum(one.boxes.columns["crowd"]) for one in first) == 1
    with pytest.raises(ConfigError, match="labels='masks' is no form with boxes"):
        augreg.learn.read(coco, labels="masks")
    with pytest.raises(ConfigError, match="class_from='label' would do nothing"):
        augreg.learn.read(coco, labels="auto", class_from="label")
    (voc / "3.xml").write_text("<annotation><filename>3.png</filename><object></object></annotation>")
    with pytest.raises(ConfigError, match="1 of 6 pictures or labels of voc cannot be read, the first is '3.png'"):
        augreg.learn.read(voc, labels="voc")
    (voc / "3.xml").unlink()
    assert "1 pictures without labels were left aside" in augreg.learn.read(voc, labels="voc").notes


def test_a_folder_without_labels_is_refused(tmp_path) -> None:
    write_pictures(tmp_path / "bare", alone(2), ["a.png", "b.png"])
    with pytest.raises(ConfigError, match="no labels were found in bare"):
        augreg.learn.read(tmp_path / "bare", labels="auto")


def test_the_command_reads_labels_for_detection(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = alone(12)
    write_pictures(tmp_path / "in", data, [f"{n}.png" for n in range(12)])
    rows = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": [x, y, right - x, bottom - y]}
        for n, one in enumerate(data.examples.samples)
        for x, y, right, bottom in one.boxes.data.tolist()
    ]
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in range(12)]
    whole = {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "block"}]}
    (tmp_path / "in" / "instances.json").write_text(json.dumps(whole))
    Path("bright.py").write_text(
        "import numpy as np\nclass Bright:\n    repeats = False\n    def fit(self, train, augment, seed): return None\n"
        "    def score(self, fitted, test):\n"
        "        return {'detections': [{'boxes': s.boxes.data, 'scores': np.ones(len(s.boxes)),\n"
        "                                'labels': s.boxes.labels} for s in test.samples]}\n"
    )
    common = ["evaluate", "--data", "in", "--task", "object-detection", "--model", "bright:Bright", "--seeds", "2"]
    told = CliRunner().invoke(app, [*common, "--quiet"])
    assert told.exit_code == 0, told.output
    assert "; map, ±" in told.output
    assert "Note: labels: coco, instances.json" in told.output
