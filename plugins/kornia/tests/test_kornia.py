"""kornia's transforms: the index is true, results are kornia's own, targets follow, all by the key."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import augreg_kornia.plugin as plugin
import numpy as np
import pytest
import torch
from augreg_kornia import introspect

import augreg
from augreg import Boxes, ConfigError, Image, Keypoints, SampleError
from augreg.adapters import Index

INDEX = Index.beside(plugin.__file__)
peer = INDEX.import_peer()


def picture(number=0, size=(48, 64), channels=3):
    generator = torch.Generator().manual_seed(number)
    coarse = torch.rand(1, channels, 7, 9, generator=generator)
    return (torch.nn.functional.interpolate(coarse, size=size, mode="bilinear")[0] * 255).to(torch.uint8)


def run(sample, *steps, key=0, **options):
    return augreg.augment(sample, list(steps), seed=7, keys=key, **options)


def example(name):
    return dict((INDEX.transforms[name]["examples"] or [{}])[0])


def made(name, options):
    """kornia's transform, always applied."""
    tensors = introspect.facts.TENSORS.get(name, ())
    given = {k: torch.tensor(v) if k in tensors else tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    kind = getattr(peer, name)
    return kind(**given, **({"p": 1.0} if "p" in introspect.inspect.signature(kind.__init__).parameters else {}))


def by_kornia(transform, data, seed):
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        return transform(data[None])[0]


def seed_of(trace):
    return next(iter(trace)).steps[0]["params"].get("seed", 0)


HEAVY = ("RandomClahe", "RandomJPEG", "RandomPlasmaBrightness", "RandomPlasmaContrast", "RandomPlasmaShadow")
NAMES = [pytest.param(n, marks=[pytest.mark.slow] if n in HEAVY else []) for n in sorted(INDEX.transforms)]


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_that_of_kornia_with_the_same_seed(name):
    options, cut = example(name), INDEX.transforms[name]["declares"]["keeps_range"]
    given = picture() / 255
    state = torch.random.get_rng_state()
    out, trace = run(Image(given.clone()), {f"kornia.{name}": options}, return_trace=True)
    assert torch.equal(state, torch.random.get_rng_state())
    wanted = by_kornia(made(name, options), given, seed_of(trace))
    wanted = wanted.clamp(0, 1) if cut else wanted
    assert torch.equal(out.data, wanted)
    if cut:
        of_8_bits = run(Image(picture()), {f"kornia.{name}": options}).data
        assert torch.equal(of_8_bits, (wanted * 255).round().to(torch.uint8))


MOVING = {
    "RandomAffine": {"degrees": 20.0, "translate": [0.1, 0.1], "scale": [0.8, 1.2], "shear": [-10.0, 10.0]},
    "RandomAffine corners": {"degrees": 20.0, "align_corners": True},
    "RandomShear": {"shear": [-15.0, 15.0]},
    "RandomTranslate": {"translate_x": [-0.2, 0.2], "translate_y": [-0.2, 0.2]},
    "RandomRotation": {"degrees": 30.0},
    "RandomRotation middles": {"degrees": 30.0, "align_corners": False},
    "RandomRotation90": {"times": [1, 1]},
    "RandomPerspective": {"distortion_scale": 0.3},
    "RandomPerspective area": {"distortion_scale": 0.2, "sampling_method": "area_preserving"},
    "RandomHorizontalFlip": {},
    "RandomVerticalFlip": {},
    "CenterCrop": {"size": [37, 45]},
    "CenterCrop sampled": {"size": [37, 45], "cropping_mode": "resample"},
    "RandomCrop": {"size": [42, 58]},
    "RandomCrop padded": {"size": [42, 58], "padding": [3, 4, 5, 6]},
    "RandomCrop padded and sampled": {"size": [42, 58], "padding": [3, 4, 5, 6], "cropping_mode": "resample"},
    "RandomCrop needs": {"size": [55, 70], "pad_if_needed": True},
    "RandomResizedCrop": {"size": [32, 40], "scale": [0.8, 1.0]},
    "RandomResizedCrop middles": {"size": [32, 40], "scale": [0.8, 1.0], "align_corners": False},
    "RandomResizedCrop sampled": {"size": [32, 40], "scale": [0.8, 1.0], "cropping_mode": "resample"},
    "Resize": {"size": [32, 50]},
    "Resize middles": {"size": [32, 50], "align_corners": False},
    "Resize nearest": {"size": [96, 128], "resample": "nearest"},
    "LongestMaxSize": {"max_size": 50},
    "SmallestMaxSize": {"max_size": 40},
    "PadTo": {"size": [60, 80]},
}
CASES = [pytest.param(case, marks=[] if i % 5 == 0 else [pytest.mark.slow]) for i, case in enumerate(sorted(MOVING))]


@pytest.mark.parametrize("case", CASES)
def test_points_boxes_and_masks_are_where_kornia_brings_the_light(case):
    name, options = case.split()[0], MOVING[case]
    rows, columns = np.mgrid[0:48, 0:64] + 0.5
    for key, (x, y) in enumerate([(30.0, 22.5), (35.5, 26.0), (31.25, 25.0)]):
        light = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 12)
        data = torch.from_numpy(light.astype(np.float32))[None]
        masks = (data > 0.4).to(torch.uint8)
        sample = Image(data, keypoints=Keypoints([[x, y]]), masks=masks, boxes=Boxes([[x - 3, y - 3, x + 3, y + 3]]))
        out = run(sample, {f"kornia.{name}": options}, key=key)
        found = out.data[0].double().numpy()
        down, along = np.mgrid[0 : found.shape[0], 0 : found.shape[1]] + 0.5
        middle = np.array([(found * along).sum(), (found * down).sum()]) / found.sum()
        np.testing.assert_allclose(out.keypoints.data[0], middle, atol=0.25)
        box = out.boxes.data[0]
        np.testing.assert_allclose((box[:2] + box[2:]) / 2, middle, atol=0.35)
        marked = np.argwhere(out.masks[0].numpy() > 0)[:, ::-1] + 0.5
        np.testing.assert_allclose(marked.mean(axis=0), middle, atol=0.4)
        assert (found > 0.4).sum() == pytest.approx(len(marked), rel=0.2)


def test_boxes_go_through_our_steps_and_theirs():
    steps = [{"image.rotate": {"degrees": [10, 10]}}, "kornia.RandomGaussianNoise", "kornia.RandomHorizontalFlip"]
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
    out = run(Image(picture(), boxes=Boxes(rows[form], form, labels=[5, 6])), {"kornia.CenterCrop": {"size": 20}})
    assert out.boxes.labels == [6]
    wanted = {"xyxy": [0, 1, 18, 16], "xywh": [0, 1, 18, 15], "cxcywh": [9, 8.5, 18, 15]}
    np.testing.assert_allclose(out.boxes.data, [wanted[form]], atol=1e-6)


def test_what_cannot_follow_is_refused():
    turned = Image(picture(), boxes=Boxes([[20, 20, 10, 5, 30]], "cxcywhr"))
    with pytest.raises(SampleError, match="upright boxes only, and these are cxcywhr"):
        run(turned, "kornia.RandomHorizontalFlip")
    for name in ("RandomThinPlateSpline", "RandomElasticTransform"):
        with pytest.raises(augreg.UnsupportedError, match="boxes"):
            run(Image(picture(), boxes=Boxes([[1, 1, 9, 9]])), {f"kornia.{name}": example(name)})
    with pytest.raises(SampleError, match="cuts out 30 x 60 pixels, and this picture has 64 x 48"):
        run(Image(picture()), {"kornia.RandomCrop": {"size": [60, 30]}})


def test_points_change_places_where_the_picture_is_mirrored():
    eyes = Keypoints([[10, 20], [30, 20]], visible=[True, False], swap=[(0, 1)])
    flipped = run(Image(picture(), keypoints=eyes), "kornia.RandomHorizontalFlip").keypoints
    np.testing.assert_allclose(flipped.data, [[34, 20], [54, 20]])
    assert flipped.visible.tolist() == [False, True]
    turned = run(Image(picture(), keypoints=eyes), {"kornia.RandomRotation": {"degrees": [20.0, 20.0]}}).keypoints
    assert turned.visible.tolist() == [True, False]


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int16, torch.int32, torch.int64])
@pytest.mark.parametrize("count", [0, 2])
def test_masks_keep_dtype_and_values(dtype, count):
    masks = torch.arange(count * 48 * 64).reshape(count, 48, 64).remainder(2 if dtype is torch.bool else 100).to(dtype)
    out = run(Image(picture(), masks=masks), "kornia.RandomVerticalFlip")
    assert out.masks.dtype is dtype
    assert torch.equal(out.masks, masks.flip(1))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("RandomElasticTransform", {"alpha": [0.4, 0.4], "kernel_size": [13, 13], "sigma": [4.0, 4.0]}),
        ("RandomAffine", {"degrees": 30.0, "padding_mode": "fill", "fill_value": 0.7}),
        ("RandomCrop", {"size": [60, 80], "pad_if_needed": True, "fill": 0.7}),
        ("PadTo", {"size": [60, 80], "pad_value": 0.7}),
        ("Resize", {"size": [30, 40], "antialias": True}),
    ],
)
def test_labels_of_masks_are_not_blended_and_what_comes_in_anew_shows_nothing(name, options):
    masks = torch.zeros(48, 64, dtype=torch.int32)
    masks[10:40, 10:40] = 1000
    out = run(Image(picture() / 255, masks=masks), {f"kornia.{name}": options})
    assert out.masks.unique().tolist() == [0, 1000]
    assert out.masks.shape == out.data.shape[-2:]


def test_an_elastic_mask_moves_with_the_picture():
    data = picture() / 255
    step = {"kornia.RandomElasticTransform": {**example("RandomElasticTransform"), "resample": "nearest"}}
    out = run(Image(data, masks=(data[0] * 255).to(torch.uint8)), step)
    assert torch.equal(out.masks, (out.data[0] * 255).to(torch.uint8))
    assert not torch.equal(out.data, data)


def test_the_global_generator_is_not_touched_and_threads_do_not_disturb_each_other():
    pipe = augreg.Pipeline({"image": ["kornia.RandomGaussianNoise", {"kornia.RandomAffine": {"degrees": 30.0}}]})
    before = torch.random.get_rng_state()
    wanted = [augreg.augment(Image(picture(i)), pipe, seed=1, keys=i).data for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: augreg.augment(Image(picture(i)), pipe, seed=1, keys=i).data, [*range(8)] * 3))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(f, wanted[i % 8]) for i, f in enumerate(found))
    assert not torch.equal(wanted[0], picture(0))


def test_nothing_hangs_on_autocast():
    step = {"kornia.RandomGaussianBlur": {"kernel_size": 5, "sigma": [1.0, 2.0]}}
    wanted = run(Image(picture() / 255), step).data
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(run(Image(picture() / 255), step).data, wanted)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("RandomAffine", {"degree": 3}, "Did you mean 'degrees'"),
        ("RandomRotation", {"degrees": 10.0, "resample": "bilinar"}, "one of 'nearest'"),
        ("RandomGaussianNoise", {"p": 0.5}, "has no parameter 'p'"),
        ("RandomRotation", {"degrees": [0.0, 400.0]}, "kornia refuses these parameters: .*400"),
        ("RandomCrop", {"size": 30}, r"size must be 2 whole numbers, such as \[3, 5\]; not 30"),
        ("RandomBrightness", {"brightness": [0.5]}, r"brightness must be 2 numbers.*not \(0.5,\)"),
        ("RandomGaussianBlur", {"kernel_size": 4, "sigma": [1.0, 2.0]}, "kernel_size must be odd.*not 4"),
        ("RandomHue", {"hue": [-2.0, 2.0]}, "kornia refuses these parameters"),
    ],
)
def test_bad_parameters_are_refused_when_a_step_is_made(name, options, said):
    with pytest.raises(ConfigError, match=said):
        augreg.make(f"kornia.{name}", **options)


def test_what_fits_no_picture_is_refused():
    with pytest.raises(SampleError, match="as many channels|kornia.Normalize cannot take"):
        run(Image(picture()[:1] / 255), {"kornia.Normalize": {"mean": [0.5] * 3, "std": [0.5] * 3}})
    with pytest.raises(augreg.UnsupportedError, match="uint8"):
        run(Image(picture()), {"kornia.Normalize": {"mean": 0.5, "std": 0.5}})


def test_a_step_pickles():
    step = augreg.make("kornia.RandomFisheye", **example("RandomFisheye"))
    assert pickle.loads(pickle.dumps(step)) == step


def test_what_our_augmenters_say_that_kornia_calls_them_is_what_it_calls_them():
    named = {one.removeprefix("~") for spec in augreg.list_augmenters() for one in spec.aliases}
    named = {one.removeprefix("kornia.") for one in named if one.startswith("kornia.")}
    assert len(named) > 50
    assert {one for one in named if not one.endswith("3D")} <= {*INDEX.transforms, *INDEX.left_out}


@pytest.mark.slow
def test_an_automatic_augmentation_is_converted():
    found = augreg.convert(peer.auto.AutoAugment("imagenet"))
    augreg.augment(Image(picture()), found.pipeline, seed=1, keys=0)
