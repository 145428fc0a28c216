"""`augreg.convert` on pictures: the same ones at the same parameters, drawn alike; what cannot be is refused."""

from __future__ import annotations

import json
import os
import warnings
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner
from PIL import Image, ImageFilter

import augreg
from augreg.cli.app import app
from augreg.conversion.peers import TABLES

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it asks the network for its newest version otherwise
A: Any = pytest.importorskip("albumentations")
T: Any = pytest.importorskip("torchvision.transforms.v2")
BILINEAR = T.InterpolationMode.BILINEAR


def photo(height: int = 60, width: int = 80) -> np.ndarray:
    """Return soft shapes with some grain, as photographs have them."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1)))
    return np.clip(soft * 0.9 + 8 + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)


PHOTO = photo()


def ours(found: Any) -> np.ndarray:
    data = found.pipeline(augreg.Image(PHOTO), seed=1, keys=["a"]).data
    return np.asarray(data if data.shape[-1] == 3 else np.moveaxis(np.asarray(data), 0, -1)).astype(float)


P = {"p": 1.0}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # albumentations advises Affine
    SHIFTED = A.ShiftScaleRotate((0.1, 0.1), (0.2, 0.2), (20, 20), **P)
EXACT = [
    A.HorizontalFlip(**P),
    A.VerticalFlip(**P),
    A.Transpose(**P),
    A.Rotate(limit=(20, 20), **P),
    A.Rotate(limit=(-33, -33), interpolation=2, border_mode=2, **P),
    A.Rotate(limit=(20, 20), border_mode=1, **P),
    A.Rotate(limit=(20, 20), fill=(255, 51, 0), **P),
    A.Affine(rotate=(20, 20), translate_percent=(0.1, 0.1), **P),
    A.Affine(shear={"x": (10, 10), "y": (0, 0)}, **P),
    A.Affine(shear={"x": (0, 0), "y": (10, 10)}, **P),
    A.MedianBlur(blur_limit=(5, 5), **P),
    A.ToSepia(**P),
    A.RGBShift((20, 20), (20, 20), (20, 20), **P),
    A.Solarize((0.3, 0.3), **P),
    A.Posterize((3, 3), **P),
    A.InvertImg(**P),
    A.CLAHE((2, 2), **P),
    A.RandomScale((0.25, 0.25), **P),
    A.Pad((1, 2, 3, 4), fill=51),
    A.PadIfNeeded(91, 120),
    A.RandomCrop(60, 80),
    A.CenterCrop(31, 50),
    A.CenterCrop(30, 51),
    A.Resize(120, 160),
    A.LongestMaxSize(160),
    A.SmallestMaxSize(120),
    A.RandomResizedCrop((120, 160), scale=(1, 1), ratio=(80 / 60, 80 / 60)),
]
CLOSE = [
    (A.Rotate(limit=(20, 20), interpolation=0, **P), 0.01),
    (A.Affine(scale=(1.2, 1.2), rotate=(10, 10), **P), 0.01),
    (SHIFTED, 0.01),
    (A.ColorJitter((1.2, 1.2), (1, 1), (1, 1), (0, 0), **P), 1.0),
    (A.ColorJitter((1, 1), (0.8, 0.8), (1, 1), (0, 0), **P), 1.0),
    (A.ColorJitter((1, 1), (1, 1), (1.3, 1.3), (0, 0), **P), 1.0),
    (A.ColorJitter((1, 1), (1, 1), (1, 1), (0.1, 0.1), **P), 1.0),
    (A.GaussianBlur(0, (1.5, 1.5), **P), 0.1),
    (A.Blur(blur_limit=(5, 5), **P), 0.1),
    (A.ToGray(**P), 0.1),
    (A.RandomGamma((80, 80), **P), 1.0),
    (A.HueSaturationValue((18, 18), (0, 0), (0, 0), **P), 1.0),
    (A.AutoContrast(method="pil", **P), 1.0),
    (A.RandomBrightnessContrast((0, 0), (0.2, 0.2), **P), 1.0),
    (A.Resize(30, 40), 2.0),  # which makes it smaller: the report says so
]
"""With the mean difference allowed, in gray levels of 255; a level at a pixel is rounding."""


@pytest.mark.parametrize("transform", EXACT, ids=lambda one: type(one).__name__)
def test_albumentations_gives_the_same_picture(transform: Any) -> None:
    found = augreg.convert(A.Compose([transform]))
    assert [line.how for line in found.lines] == ["native"]
    # 1e-3: one pixel in a thousand may lie on an edge that floats decide.
    assert np.abs(ours(found) - A.Compose([transform])(image=PHOTO)["image"]).mean() <= 1e-3


@pytest.mark.parametrize(("transform", "tolerance"), CLOSE, ids=lambda one: type(one).__name__)
def test_albumentations_gives_nearly_the_same_picture(transform: Any, tolerance: float) -> None:
    found = augreg.convert(A.Compose([transform]))
    assert [line.how for line in found.lines] == ["native"]
    theirs = A.Compose([transform])(image=PHOTO)["image"]
    assert np.abs(ours(found) - theirs).mean() <= tolerance


def same(*names: str, **options: Any) -> list[tuple[Any, float]]:
    return [(getattr(T, name)(**options), 0.0) for name in names]


TORCHVISION = [
    *same("RandomHorizontalFlip", "RandomVerticalFlip", "RandomInvert", "RandomEqualize", p=1.0),
    (T.RandomRotation((20, 20)), 0.01),
    (T.RandomRotation((20, 20), interpolation=BILINEAR), 1.0),  # slanted edges: the report says so
    (T.RandomRotation((20, 20), interpolation=BILINEAR, expand=True), 1.0),
    (T.RandomAffine((20, 20)), 0.01),
    (T.RandomAffine((0, 0), scale=(1.2, 1.2), interpolation=BILINEAR), 0.01),
    (T.RandomAffine((0, 0), shear=(10, 10), interpolation=BILINEAR), 1.0),
    (T.Resize((30, 40)), 0.0),
    (T.Resize((33, 61), interpolation=T.InterpolationMode.BICUBIC), 1.0),
    (T.Resize(30), 0.0),
    (T.RandomResizedCrop(32, scale=(1, 1), ratio=(80 / 60, 80 / 60)), 0.0),
    (T.CenterCrop((31, 50)), 0.0),
    (T.CenterCrop((90, 100)), 0.0),
    (T.RandomCrop((64, 84), padding=2, fill=51), 0.0),
    (T.Pad([1, 2, 3, 4], padding_mode="symmetric"), 0.0),
    (T.Pad([1, 2, 3, 4], padding_mode="edge"), 0.0),
    (T.ColorJitter((1.2, 1.2), None, None, None), 1.0),
    (T.ColorJitter(None, (0.8, 0.8), None, None), 1.0),
    (T.ColorJitter(None, None, (1.3, 1.3), None), 1.0),
    (T.ColorJitter(None, None, None, (0.1, 0.1)), 0.1),
    (T.GaussianBlur(23, (3.0, 3.0)), 0.5),
    (T.RandomGrayscale(p=1.0), 1.0),
    (T.RandomPosterize(3, p=1.0), 0.0),
    (T.RandomSolarize(100, p=1.0), 0.0),
    (T.RandomAdjustSharpness(2, p=1.0), 0.3),
    (T.RandomAutocontrast(p=1.0), 1.0),
    (T.JPEG(50), 0.0),
]


@pytest.mark.parametrize(("transform", "tolerance"), TORCHVISION, ids=lambda one: type(one).__name__)
def test_torchvision_gives_the_same_picture(transform: Any, tolerance: float) -> None:
    found = augreg.convert(transform)
    assert [line.how for line in found.lines] == ["native"]
    theirs = transform(torch.from_numpy(np.moveaxis(PHOTO, -1, 0).copy()))
    assert np.abs(ours(found) - np.moveaxis(theirs.numpy(), 0, -1)).mean() <= tolerance


def test_a_real_pipeline_of_albumentations_at_fixed_parameters() -> None:
    steps = [A.HorizontalFlip(**P), A.Rotate(limit=(20, 20), **P), A.GaussianBlur(0, (1.0, 1.0), **P)]
    color = A.ColorJitter((1.1, 1.1), (1, 1), (1, 1), (0, 0), **P)
    pipeline = A.Compose([*steps, color, A.CenterCrop(40, 40), A.Normalize(), A.ToTensorV2()])
    found = augreg.convert(pipeline)
    theirs = pipeline(image=PHOTO)["image"]
    result = found.pipeline(Image.fromarray(PHOTO), seed=1, keys=["a"])
    assert (result.dtype, tuple(result.shape)) == (torch.float32, (3, 40, 40))
    # In standard deviations of the data; a gray level is 0.017 of one.
    assert (result - theirs).abs().mean() < 0.02


def test_rectangles_cover_as_much() -> None:
    transform = A.Compose([A.CoarseDropout((1, 1), (0.5, 0.5), (0.25, 0.25), fill=51, **P)])
    theirs = transform(image=PHOTO)["image"]
    assert (ours(augreg.convert(transform)) == 51).all(-1).sum() == (theirs == 51).all(-1).sum() == 30 * 20


def test_tensors_and_normalization_of_torchvision() -> None:
    steps = T.Compose([T.ToImage(), T.ToDtype(torch.float32, scale=True), T.Normalize([0.5] * 3, [0.25] * 3)])
    picture = Image.fromarray(PHOTO)
    result = augreg.convert(steps).pipeline(picture, seed=1, keys=["a"])
    torch.testing.assert_close(result, torch.as_tensor(steps(picture)))


def drawn(found: Any, parameter: str, n: int = 400) -> np.ndarray:
    """Return what our step drew for n pictures."""
    small = [augreg.Image(PHOTO[:8, :8]) for _ in range(n)]
    keys = [str(i) for i in range(n)]
    _, trace = augreg.augment(small, found.pipeline, seed=3, keys=keys, return_trace=True)
    return np.array([one.steps[-1]["params"][parameter] for one in trace], dtype=float)


@pytest.mark.parametrize(
    ("transform", "theirs", "ours", "same"),
    [
        (A.Solarize((0.1, 0.9), **P), "threshold", "threshold", True),
        (A.ColorJitter((0.5, 1.5), (1, 1), (1, 1), (0, 0), **P), "brightness", "brightness", True),
        (A.Posterize((2, 6), **P), "num_bits", "bits", True),
        (A.RandomGamma((50, 200), **P), "gamma", "gamma", False),
    ],
    ids=lambda one: type(one).__name__,
)
def test_parameters_are_drawn_alike_or_the_report_says_how_not(
    transform: Any, theirs: str, ours: str, same: bool
) -> None:
    from scipy.stats import ks_2samp

    found = augreg.convert(A.Compose([transform]))
    data = {"image": PHOTO, "shape": PHOTO.shape}
    both = [{**transform.get_params_dependent_on_data(data, data), **transform.get_params()} for _ in range(400)]
    reference = np.array([one[theirs] for one in both], dtype=float)
    assert bool(ks_2samp(reference, drawn(found, ours)).pvalue > 0.001) is same
    assert any("drawn evenly" in text for text in found.lines[0].differs) is not same


def test_probabilities_and_groups() -> None:
    blur, median = A.GaussianBlur(0, (1, 1), p=0.2), A.MedianBlur(p=0.6)
    groups = [
        A.OneOf([blur, median], p=0.3),
        A.SomeOf([median, A.InvertImg()], n=2),
        A.RandomOrder([A.InvertImg()], n=1),
    ]
    found = augreg.convert(A.Compose([*groups, A.Sequential([A.InvertImg(p=0.1)], p=0.4), A.NoOp()])).pipeline.to_dict()
    one_of, some_of, order, sequential = (step for step in found["image"])
    assert one_of["one_of"]["weights"] == [0.2, 0.6]
    assert [next(iter(step.values()))["p"] for step in one_of["one_of"]["steps"]] == [1.0, 1.0]
    assert one_of["one_of"]["p"] == 0.3
    assert some_of["some_of"]["n"] == 2
    assert [next(iter(step.values()))["p"] for step in some_of["some_of"]["steps"]] == [0.6, 0.5]
    assert order["some_of"]["order"] == "random"
    assert sequential == {"sequential": {"steps": [{"image.invert": {"p": 0.1}}], "p": 0.4}}


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        (A.RandomFog(), "RandomFog has no equal in augreg: nothing does the same"),
        (A.GaussianBlur((3, 7)), "a blur_limit cuts the Gaussian off"),
        (A.CoarseDropout((1, 1), (8, 8), (8, 8)), "counts pixels; here it is a share of the side"),
        (A.Affine(scale=(0.5, 1.5)), "draws another scale for each side"),
        (A.Affine(translate_px=(1, 5)), "counts pixels; here shifts are shares"),
        (A.Affine(rotate=5, shear=5), "comes in another order here"),
        (A.Rotate(border_mode=4), "border_mode=4 is none of"),
        (A.Resize(8, 8, interpolation=3), "interpolation=3 is none of"),
        (A.AutoContrast(method="cdf"), "method='cdf' has no counterpart"),
        (A.HueSaturationValue(), "is added to the channel"),
        (A.CoarseDropout(fill="random"), "fill='random' has no counterpart"),
        (T.Resize((8, 8), antialias=False), "antialias=False picks single pixels"),
        (T.GaussianBlur(3, (2.0, 2.0)), "cuts the Gaussian of sigma 2 off. Say at least 13"),
        (T.RandomErasing(value="random"), "value='random' fills with noise"),
        (T.Pad(2, padding_mode="reflect"), "padding_mode='reflect'"),
        (T.ElasticTransform(), "ElasticTransform has no equal"),
        (T.TrivialAugmentWide(), "the size of the pictures must be said"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_differs_too_much_goes_through_the_adapter_or_is_refused(transform: Any, why: str) -> None:
    library = type(transform).__module__.partition(".")[0]
    registry = augreg.Registry(block=[f"augreg-{library}"])
    with pytest.raises(augreg.ConfigError, match=why) as caught:
        augreg.convert(transform, registry=registry)
    cures = ("Run: pip install augreg-", f"augreg-{library} would bring it, and is blocked", "Write")
    assert any(cure in str(caught.value) for cure in cures)


def test_all_refusals_come_at_once() -> None:
    registry = augreg.Registry(block=["augreg-albumentations"])
    with pytest.raises(augreg.ConfigError) as caught:
        augreg.convert(A.Compose([A.RandomFog(), A.InvertImg(), A.Morphological()]), registry=registry)
    first, second = str(caught.value).splitlines()
    assert "augreg-albumentations would bring it, and is blocked" in first
    assert "Mend that, or write image.fog in its place" in first
    assert "albumentations.Morphological" in second


FOG = """
import augreg

@augreg.hookimpl
def augreg_augmenters():
    return [augreg.AugmenterSpec("albumentations.RandomFog", "augreg_image.weather:Fog", ("image",))]
"""


def test_an_adapter_takes_what_has_no_equal() -> None:
    from types import ModuleType

    registry = augreg.Registry(block=["augreg-albumentations"])
    plugin = ModuleType("fog")
    exec(FOG, vars(plugin))
    registry.register(plugin, "fog")
    fog = {"__class_fullname__": "RandomFog", "p": 0.3, "strength": [0.3, 0.3]}
    found = augreg.convert({"__version__": "2.0.8", "transform": fog}, registry=registry)
    assert (
        str(found.lines[0]) == "albumentations.RandomFog -> albumentations.RandomFog (adapter): nothing does the same"
    )
    assert found.pipeline.to_dict()["image"] == [{"albumentations.RandomFog": {"strength": [0.3, 0.3], "p": 0.3}}]


def test_boxes_are_filtered_as_they_were() -> None:
    params = A.BboxParams("pascal_voc", label_fields=["labels"], min_visibility=0.25)
    found = augreg.convert(A.Compose([A.Rotate(limit=(5, 5)), A.InvertImg()], bbox_params=params))
    rotate, invert = found.pipeline.to_dict()["image"]
    assert rotate["image.rotate"]["min_visibility"] == 0.25
    assert "min_visibility" not in invert["image.invert"]
    assert "xyxy in pixels" in str(found)


def test_every_rule_has_a_name_of_the_library() -> None:
    assert set(TABLES["albumentations"]) <= set(dir(A))
    assert set(TABLES["torchvision"]) <= set(dir(T))


@pytest.fixture
def cli(tmp_path):
    def run(text: str, name: str, *more: str):
        (tmp_path / name).write_text(text)
        return CliRunner().invoke(app, ["convert", str(tmp_path / name), *more], prog_name="augreg")

    return run


def test_files_of_albumentations(cli, tmp_path) -> None:
    pipeline = A.Compose([A.HorizontalFlip(), A.RandomGamma()])
    result = cli(json.dumps(pipeline.to_dict()), "a.json", "-o", str(tmp_path / "p.yaml"))
    assert (result.exit_code, result.stdout) == (0, "")
    report = "albumentations.RandomGamma -> image.gamma: gamma: drawn evenly in its logarithm, there evenly"
    assert report in result.stderr
    written = (tmp_path / "p.yaml").read_text()
    assert f"# {report}\n" in written
    assert augreg.Pipeline.load(tmp_path / "p.yaml") == augreg.convert(pipeline).pipeline
    A.save(pipeline, tmp_path / "b.yaml", data_format="yaml")
    again = cli((tmp_path / "b.yaml").read_text(), "c.yaml")
    assert yaml.safe_load(again.stdout) == yaml.safe_load(written)


def test_mmdetection_is_read_and_not_run(cli, tmp_path) -> None:
    source = f"""
import pathlib
pathlib.Path({str(tmp_path / "ran")!r}).touch()
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(1333, 800), keep_ratio=True),
    dict(type='RandomFlip', prob=[0.3, 0.2], direction=['horizontal', 'vertical']),
    dict(type='RandomChoice', transforms=[[dict(type='RandomCrop', crop_size=(8, 8))],
                                          [dict(type='Pad', size=(9, 7))]]),
]
"""
    result = cli(source, "config.py")
    assert not (tmp_path / "ran").exists()
    resize, flip, choice = yaml.safe_load(result.stdout)["image"]
    assert resize == {"image.smallest_side": {"size": 800, "max_size": 1333, "p": 1.0}} or resize == {
        "image.smallest_side": {"max_size": 1333, "size": [800, 800], "p": 1.0}
    }
    assert flip["one_of"]["weights"] == [0.3, 0.2]
    assert flip["one_of"]["p"] == 0.5
    assert choice["one_of"]["steps"][1]["image.pad"]["size"] == [7, 9]
    assert "mmdet.LoadImageFromFile is left out" in result.stderr
    refused = cli("scale = (3, 4)\ntrain_pipeline = [dict(type='Resize', scale=scale)]\n", "other.py")
    assert "other.py, line 2: scale is no literal, and files are not run. Write its value." in refused.stderr


def test_ultralytics_turns_colors_as_it_does() -> None:
    # Its RandomHSV: hue + r h, saturation (1 + r s), value (1 + r v), with r from -1 to 1.
    settings = {"hsv_h": 0.015, "hsv_s": 0.7, "hsv_v": 0.4, "fliplr": 0.5, "mosaic": 0.3, "scale": 0.5, "imgsz": 640}
    found = augreg.convert(settings)
    steps = {name: body for step in found.pipeline.to_dict()["image"] for name, body in step.items()}
    assert steps["image.hsv"] == {"hue": [-0.015, 0.015], "saturation": [0.3, 1.7], "value": [0.6, 1.4], "p": 1.0}
    assert steps["image.hflip"]["p"] == 0.5
    assert steps["image.affine"]["scale"] == [0.5, 1.5]
    assert "image.letterbox: {size: 640, p: 1}" in str(found)
    with pytest.raises(augreg.ConfigError, match="Say for which task: detect or classify"):
        augreg.convert({**settings, "erasing": 0.4})
    assert "erasing is left out" in str(augreg.convert({**settings, "erasing": 0.4, "task": "detect"}))
    assert "image.erasing" in str(augreg.convert({**settings, "erasing": 0.4, "task": "classify"}))
    with pytest.raises(augreg.ConfigError, match="shear=2 comes in another order here. Set shear: 0"):
        augreg.convert({**settings, "shear": 2.0})


@pytest.mark.parametrize("source", ["nothing", 3, {"a": 1}, [1], np.zeros(3)])
def test_what_is_no_pipeline_is_refused(source: Any) -> None:
    with pytest.raises(augreg.ConfigError, match="no string of timm|is nothing that can be read"):
        augreg.convert(source)


def test_other_faults() -> None:
    with pytest.raises(augreg.ConfigError, match=r"written by albumentations 1\.4\.0"):
        augreg.convert({"__version__": "1.4.0", "transform": {"__class_fullname__": "HorizontalFlip"}})
    assert str(augreg.convert("rand-m9-mstd0.5-inc1")) == "timm.rand-m9-mstd0.5-inc1 -> policy.rand"
    assert str(augreg.convert(T.RandAugment())) == "torchvision.RandAugment -> policy.rand"
    result = CliRunner().invoke(app, ["convert", "gone.json"], prog_name="augreg")
    assert (
        result.stderr == "augreg: gone.json: there is no such file, and no string of timm begins so. Check the path.\n"
    )
