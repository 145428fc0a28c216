"""albumentations' transforms: the index is true, results are albumentations' own, targets follow."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import albumentations as peer
import augreg_albumentations.plugin as plugin
import numpy as np
import pytest
import torch

import augreg
from augreg import Boxes, ConfigError, Image, Keypoints, SampleError
from augreg.adapters import Index

INDEX = Index.beside(plugin.__file__)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:albumentations.*")


def picture(number=0, size=(48, 64)):
    generator = torch.Generator().manual_seed(number)
    coarse = torch.rand(1, 3, 7, 9, generator=generator)
    return (torch.nn.functional.interpolate(coarse, size=size, mode="bilinear")[0] * 255).to(torch.uint8)


def run(sample, *steps, key=0, **options):
    return augreg.augment(sample, list(steps), seed=7, keys=key, **options)


@pytest.mark.parametrize("name", sorted(INDEX.transforms))
def test_a_result_is_that_of_albumentations_with_the_same_seed(name):
    entry = INDEX.transforms[name]
    options = dict(entry["examples"][0]) if entry["examples"] else {}
    dtype = entry["declares"]["dtypes"][0]
    given = picture()[: (entry["declares"]["channels"] or [3])[-1] if 3 not in entry["declares"]["channels"] else 3]
    given = given if dtype == "uint8" else given / 255
    masks = torch.zeros((48, 64), dtype=torch.uint8)
    masks[10:30, 10:40] = 1
    moves = bool(entry["declares"]["targets"])
    sample = Image(given, masks=masks, boxes=Boxes([[10, 10, 40, 30]])) if moves else Image(given)
    out, trace = run(sample, {f"albumentations.{name}": options}, return_trace=True)
    made = getattr(peer, name)(**options, p=1.0)
    made.set_random_seed(next(iter(trace)).steps[0]["params"].get("seed", 0))
    data = {"image": given.permute(1, 2, 0).numpy().copy()}
    if moves:
        data |= {"mask": masks.numpy().copy(), "bboxes": np.array([[10 / 64, 10 / 48, 40 / 64, 30 / 48]])}
    wanted = made(**data)
    found = np.moveaxis(out.data.numpy(), 0, -1)
    np.testing.assert_array_equal(found, wanted["image"].reshape(found.shape))
    if moves:
        np.testing.assert_array_equal(out.masks.numpy(), wanted["mask"])


def test_boxes_go_through_our_steps_and_theirs():
    steps = [{"image.rotate": {"degrees": [10, 10]}}, "albumentations.RandomFog", "albumentations.HorizontalFlip"]
    boxes = Boxes([[10, 10, 30, 25], [40, 5, 60, 20]], labels=["cat", "dog"], columns={"id": [4, 9]})
    out = run(Image(picture(), boxes=boxes), *steps)
    turned = run(Image(picture(), boxes=boxes), steps[0])
    assert out.boxes.labels == ["cat", "dog"]
    assert out.boxes.columns == {"id": [4, 9]}
    np.testing.assert_allclose(out.boxes.data, (turned.boxes.data * [-1, 1, -1, 1] + [64, 0, 64, 0])[:, [2, 1, 0, 3]])


def test_boxes_of_which_nothing_is_left_are_gone_with_their_labels():
    crop = {"albumentations.Crop": {"x_min": 0, "y_min": 0, "x_max": 20, "y_max": 48}}
    boxes = Boxes([[30, 0, 50, 20], [10, 10, 40, 30], [0, 0, 20, 4]], labels=[5, 6, 7])
    out = run(Image(picture(), boxes=boxes), crop)
    assert out.boxes.labels == [6, 7]
    np.testing.assert_allclose(out.boxes.data, [[10, 10, 20, 30], [0, 0, 20, 4]], atol=1e-5)


@pytest.mark.parametrize(
    ("form", "row", "wanted"), [("xywh", [10, 5, 20, 6], [34, 5, 20, 6]), ("cxcywh", [20, 8, 20, 6], [44, 8, 20, 6])]
)
def test_upright_boxes_of_every_format_move(form, row, wanted):
    out = run(Image(picture(), boxes=Boxes([row], form)), "albumentations.HorizontalFlip")
    assert out.boxes.format == form
    np.testing.assert_allclose(out.boxes.data, [wanted], atol=1e-4)


def test_turned_boxes_are_refused():
    sample = Image(picture(), boxes=Boxes([[20, 20, 10, 5, 30]], "cxcywhr"))
    with pytest.raises(SampleError, match="upright boxes only, and these are cxcywhr"):
        run(sample, "albumentations.HorizontalFlip")


def test_points_change_places_where_the_picture_is_mirrored():
    eyes = Keypoints([[10, 20], [30, 20]], visible=[True, False], swap=[(0, 1)])
    flipped = run(Image(picture(), keypoints=eyes), "albumentations.HorizontalFlip").keypoints
    np.testing.assert_allclose(flipped.data, [[34, 20], [54, 20]])
    assert flipped.visible.tolist() == [False, True]
    turned = run(Image(picture(), keypoints=eyes), {"albumentations.Rotate": {"limit": [180, 180]}}).keypoints
    np.testing.assert_allclose(turned.data, [[54, 28], [34, 28]], atol=1e-3)
    assert turned.visible.tolist() == [True, False]


def test_points_outside_are_hidden_and_keep_their_order():
    crop = {"albumentations.Crop": {"x_min": 20, "y_min": 0, "x_max": 40, "y_max": 48}}
    out = run(Image(picture(), keypoints=Keypoints([[5, 5], [30, 10]], labels=["a", "b"])), crop).keypoints
    np.testing.assert_allclose(out.data, [[-15, 5], [10, 10]])
    assert out.visible.tolist() == [False, True]
    assert out.labels == ["a", "b"]


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int16, torch.int32, torch.int64])
def test_masks_keep_dtype_and_values(dtype):
    masks = torch.arange(2 * 48 * 64).reshape(2, 48, 64).remainder(2 if dtype is torch.bool else 200).to(dtype)
    out = run(Image(picture(), masks=masks), "albumentations.VerticalFlip")
    assert torch.equal(out.masks, masks.flip(1))


def test_masks_whose_values_no_float_holds_are_refused():
    masks = torch.full((48, 64), 2**24 + 1)
    with pytest.raises(SampleError, match="16777216"):
        run(Image(picture(), masks=masks), "albumentations.VerticalFlip")


def test_threads_and_instances_do_not_disturb_each_other():
    steps = [{"albumentations.GaussNoise": {}}, {"albumentations.ElasticTransform": {"alpha": 30, "sigma": 5}}]
    pipe = augreg.Pipeline({"image": steps})
    wanted = [augreg.augment(Image(picture(i)), pipe, seed=1, keys=i).data for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda i: augreg.augment(Image(picture(i % 8)), pipe, seed=1, keys=i % 8).data, range(24))
        )
    assert all(torch.equal(f, wanted[i % 8]) for i, f in enumerate(found))


def test_opencvs_generator_has_no_say():
    cv2 = pytest.importorskip("cv2")
    for name in ("AdditiveNoise", "Spatter", "GaussNoise", "Superpixels"):
        results = []
        for seed in (1, 2):
            cv2.setRNGSeed(seed)
            results.append(run(Image(picture()), f"albumentations.{name}").data)
        assert torch.equal(*results), name


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("RandomFog", {"fog_coef_range": [0.3, 2]}, "must be >= 0 and <= 1"),
        ("RandomFog", {"fog_coef_rang": [0.3, 1]}, "Did you mean 'fog_coef_range'"),
        ("RandomFog", {"p": 0.5}, "has no parameter 'p'"),
        ("Rotate", {"interpolation": 9}, "expected one of 0, 1, 2, 3, 4"),
        ("Crop", {}, "needs x_max, y_max"),
        ("Affine", {"translate_px": 3, "translate_percent": 0.1}, "translate"),
    ],
)
def test_what_albumentations_refuses_is_refused_when_it_is_made(name, options, said):
    with pytest.raises(ConfigError, match=said):
        augreg.make(f"albumentations.{name}", **options)


def test_a_parameter_may_be_a_mapping_and_the_step_pickles():
    step = augreg.make("albumentations.Affine", translate_px={"x": [3, 3], "y": [0, 0]}, rotate=0)
    out = run(Image(picture()), step)
    assert torch.equal(out.data[:, :, 3:], picture()[:, :, :-3])
    assert pickle.loads(pickle.dumps(step)) == step
    lower = augreg.make("albumentations.Downscale", interpolation_pair={"downscale": 3, "upscale": 1})
    assert not torch.equal(run(Image(picture()), lower).data, run(Image(picture()), "albumentations.Downscale").data)


def test_the_license_of_what_is_installed_is_named(monkeypatch):
    assert f"albumentations {INDEX.peer['version']}, license MIT" in INDEX.license()

    def version(name):
        if name != "albumentationsx":
            raise PackageNotFoundError(name)
        return "2.5.1"

    from importlib.metadata import PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", version)
    assert INDEX.license() == "albumentationsx 2.5.1, license AGPL-3.0-only or commercial"


def test_importing_does_not_ask_the_network():
    code = "import augreg_albumentations.transforms, os; print(os.environ['NO_ALBUMENTATIONS_UPDATE'])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "1"
