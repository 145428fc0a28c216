"""torchvision's transforms: the index is true, results are torchvision's own, targets follow, all by the key."""

from concurrent.futures import ThreadPoolExecutor

import augreg_torchvision.plugin as plugin
import numpy as np
import pytest
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

import augreg
from augreg import Boxes, ConfigError, Image, Keypoints, SampleError
from augreg.adapters import Index, TorchDraws

INDEX = Index.beside(plugin.__file__)


def picture(number=0, size=(48, 64)):
    generator = torch.Generator().manual_seed(number)
    coarse = torch.rand(1, 3, 7, 9, generator=generator)
    return (torch.nn.functional.interpolate(coarse, size=size, mode="bilinear")[0] * 255).to(torch.uint8)


def run(sample, *steps, key=0, **options):
    return augreg.augment(sample, list(steps), seed=7, keys=key, **options)


@pytest.mark.parametrize("name", sorted(INDEX.transforms))
def test_a_result_is_that_of_torchvision_with_the_same_seed(name):
    entry = INDEX.transforms[name]
    options = dict(entry["examples"][0]) if entry["examples"] else {}
    given = picture() if "uint8" in entry["declares"]["dtypes"] else picture() / 255
    moves = bool(entry["declares"]["targets"])
    masks = torch.zeros((48, 64), dtype=torch.uint8)
    masks[10:30, 10:40] = 1
    sample = Image(given, masks=masks, boxes=Boxes([[10, 10, 40, 30]])) if moves else Image(given)
    out, trace = run(sample, {f"torchvision.{name}": options}, return_trace=True)
    kind = getattr(v2, name)
    made = kind(**options, **({"p": 1.0} if "p" in kind.__init__.__code__.co_varnames else {}))
    data = {"image": tv_tensors.Image(given.clone())}
    if moves:
        box = torch.tensor([[10.0, 10, 40, 30]], dtype=torch.float64)
        data |= {"boxes": tv_tensors.BoundingBoxes(box, format="XYXY", canvas_size=(48, 64))}
        data |= {"masks": tv_tensors.Mask(masks.clone())}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(next(iter(trace)).steps[0]["params"].get("seed", 0))
        wanted = made(data)
    assert torch.equal(out.data, wanted["image"].as_subclass(torch.Tensor))
    if moves:
        assert torch.equal(out.masks, wanted["masks"].as_subclass(torch.Tensor))


def test_boxes_go_through_our_steps_and_theirs():
    steps = [{"image.rotate": {"degrees": [10, 10]}}, "torchvision.GaussianNoise", "torchvision.RandomHorizontalFlip"]
    boxes = Boxes([[10, 10, 30, 25], [40, 5, 60, 20]], labels=["cat", "dog"], columns={"id": [4, 9]})
    out = run(Image(picture(), boxes=boxes), *steps)
    turned = run(Image(picture(), boxes=boxes), steps[0])
    assert out.boxes.labels == ["cat", "dog"]
    assert out.boxes.columns == {"id": [4, 9]}
    np.testing.assert_allclose(out.boxes.data, (turned.boxes.data * [-1, 1, -1, 1] + [64, 0, 64, 0])[:, [2, 1, 0, 3]])


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_boxes_of_which_nothing_is_left_are_gone_with_their_labels(form):
    rows = {"xyxy": [[0, 0, 5, 5], [20, 15, 40, 30]], "xywh": [[0, 0, 5, 5], [20, 15, 20, 15]]}
    rows["cxcywh"] = [[2.5, 2.5, 5, 5], [30, 22.5, 20, 15]]
    out = run(Image(picture(), boxes=Boxes(rows[form], form, labels=[5, 6])), {"torchvision.CenterCrop": {"size": 20}})
    assert out.boxes.labels == [6]
    wanted = {"xyxy": [0, 1, 18, 16], "xywh": [0, 1, 18, 15], "cxcywh": [9, 8.5, 18, 15]}
    np.testing.assert_allclose(out.boxes.data, [wanted[form]])


def test_turned_boxes_are_refused_and_policies_refuse_every_target():
    turned = Image(picture(), boxes=Boxes([[20, 20, 10, 5, 30]], "cxcywhr"))
    with pytest.raises(SampleError, match="upright boxes only, and these are cxcywhr"):
        run(turned, "torchvision.RandomHorizontalFlip")
    with pytest.raises(augreg.UnsupportedError, match="boxes"):
        run(Image(picture(), boxes=Boxes([[1, 1, 9, 9]])), "torchvision.TrivialAugmentWide")


def test_points_change_places_where_the_picture_is_mirrored():
    eyes = Keypoints([[10, 20], [30, 20]], visible=[True, False], swap=[(0, 1)])
    flipped = run(Image(picture(), keypoints=eyes), "torchvision.RandomHorizontalFlip").keypoints
    np.testing.assert_allclose(flipped.data, [[34, 20], [54, 20]])
    assert flipped.visible.tolist() == [False, True]


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int16, torch.int32, torch.int64])
@pytest.mark.parametrize("count", [0, 2])
def test_masks_keep_dtype_and_values(dtype, count):
    masks = torch.arange(count * 48 * 64).reshape(count, 48, 64).remainder(2 if dtype is torch.bool else 100).to(dtype)
    out = run(Image(picture(), masks=masks), "torchvision.RandomVerticalFlip")
    assert out.masks.dtype is dtype
    assert torch.equal(out.masks, masks.flip(1))


def test_the_global_generator_is_not_touched_and_threads_do_not_disturb_each_other():
    pipe = augreg.Pipeline({"image": ["torchvision.GaussianNoise", {"torchvision.RandomAffine": {"degrees": 30}}]})
    before = torch.random.get_rng_state()
    wanted = [augreg.augment(Image(picture(i)), pipe, seed=1, keys=i).data for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: augreg.augment(Image(picture(i)), pipe, seed=1, keys=i).data, [*range(8)] * 3))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(f, wanted[i % 8]) for i, f in enumerate(found))
    assert not torch.equal(wanted[0], picture(0))


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.rand(5),
        lambda: torch.randn_like(torch.zeros(5)),
        lambda: torch.randint(0, 99, (5,)),
        lambda: torch.randperm(9),
        lambda: torch.empty(5).uniform_(-1, 1),
        lambda: torch.empty(5).normal_(),
        lambda: torch.multinomial(torch.ones(9), 3),
        lambda: torch.ones(9).multinomial(3),
        lambda: torch.bernoulli(torch.full((9,), 0.5)),
        lambda: torch._sample_dirichlet(torch.ones(4)),
    ],
)
def test_draws_of_torch_are_those_after_manual_seed(draw):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        wanted = [draw(), draw()]
    with TorchDraws(5):
        found = [draw(), draw()]
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_parameters_are_texts_and_checked():
    assert augreg.make("torchvision.AutoAugment", policy="cifar10").policy == "cifar10"
    with pytest.raises(ConfigError, match="expected one of 'imagenet'"):
        augreg.make("torchvision.AutoAugment", policy="mnist")
    with pytest.raises(ConfigError, match="torchvision refuses these parameters: .*sigma"):
        augreg.make("torchvision.GaussianBlur", kernel_size=3, sigma=-1)
    with pytest.raises(SampleError, match="as many channels"):
        run(Image(picture()[:1] / 255), {"torchvision.Normalize": {"mean": [0.5] * 3, "std": [0.5] * 3}})
