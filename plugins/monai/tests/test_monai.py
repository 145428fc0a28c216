"""MONAI's transforms: the index is true, results are MONAI's own, masks follow, all by the key."""

import pickle
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import augreg
from augreg import Boxes, ConfigError, Image
from augreg.adapters import Index

pytest.importorskip("augreg_monai", reason="not installed for the short form, as MONAI takes long to import")

import augreg_monai.plugin as plugin
from augreg_monai import introspect

INDEX = Index.beside(plugin.__file__)
peer = introspect.peer


def scan(number=0, size=(48, 64), channels=1):
    """A picture of measured values, in no range that is known."""
    generator = torch.Generator().manual_seed(number)
    coarse = torch.rand(1, channels, 7, 9, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=size, mode="bilinear")[0] * 900 - 300


def run(sample, *steps, key=0, **options):
    return augreg.augment(sample, list(steps), seed=7, keys=key, **options)


def example(name):
    return dict((INDEX.transforms[name]["examples"] or [{}])[0])


def by_monai(name, options, data, seed, **called):
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    kind = getattr(peer, name)
    always = {} if name in ("RandSpatialCrop", "RandScaleCrop") else {"prob": 1.0}
    done = kind(**given, **always).set_random_state(seed=seed)(data.clone(), **called)
    return done.as_tensor() if hasattr(done, "as_tensor") else done


def usual(name):
    return {"upsample_mode": "bilinear"} if name == "RandSimulateLowResolution" else {}


def states():
    """All random state that a process has, and that which transforms of MONAI share."""
    shared = peer.Randomizable.R.get_state()[1].tolist()
    return random.getstate(), np.random.get_state()[1].tolist(), torch.random.get_rng_state().tolist(), shared  # noqa: NPY002


def seed_of(trace):
    return next(iter(trace)).steps[0]["params"].get("seed", 0)


@pytest.mark.parametrize("name", sorted(INDEX.transforms))
def test_a_result_is_that_of_monai_with_the_same_seed_and_nothing_else_is_drawn(name):
    options, given = example(name), scan(channels=3)
    augreg.make(f"monai.{name}", **options)
    before = states()
    out, trace = run(Image(given.clone()), {f"monai.{name}": options}, return_trace=True)
    assert states() == before
    wanted = by_monai(name, {**usual(name), **options}, given, seed_of(trace))
    assert type(out.data) is torch.Tensor
    assert torch.equal(out.data, wanted)


@pytest.mark.parametrize("name", sorted(introspect.facts.MOVES))
def test_masks_move_with_the_picture_and_labels_are_not_blended(name):
    data = torch.zeros(1, 48, 64)
    data[:, 12:34, 18:44] = 1000.0
    # By areas, edges get the tone in the middle, which is on neither side.
    options = example(name) | ({"mode": "bilinear"} if name == "RandZoom" else {})
    for key in range(3):
        out = run(Image(data, masks=data.to(torch.int32)), {f"monai.{name}": options}, key=key)
        assert out.masks.dtype is torch.int32
        assert set(out.masks.unique().tolist()) <= {0, 1000}
        assert out.masks.shape == out.data.shape
        apart = ((out.data > 500) != (out.masks > 500)).sum()
        assert apart <= 0.05 * (out.masks > 500).sum()


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64])
@pytest.mark.parametrize("count", [0, 2])
def test_masks_keep_dtype_and_values(dtype, count):
    masks = torch.arange(count * 48 * 64).reshape(count, 48, 64).remainder(2 if dtype is torch.bool else 100).to(dtype)
    out = run(Image(scan(), masks=masks), {"monai.RandFlip": {"spatial_axis": 0}})
    assert out.masks.dtype is dtype
    assert torch.equal(out.masks, masks.flip(1))


def test_boxes_are_refused_where_pictures_move_and_true_where_they_do_not():
    boxes = Boxes([[1, 1, 9, 9]])
    with pytest.raises(augreg.UnsupportedError, match="boxes"):
        run(Image(scan(), boxes=boxes), "monai.RandAxisFlip")
    out = run(Image(scan(), boxes=boxes), "monai.RandGaussianNoise")
    np.testing.assert_array_equal(out.boxes.data, boxes.data)


def test_pictures_of_8_bits_are_refused():
    with pytest.raises(augreg.UnsupportedError, match="uint8"):
        run(Image(torch.zeros(3, 48, 64, dtype=torch.uint8)), "monai.RandAxisFlip")


def test_it_goes_with_our_steps():
    pipe = augreg.Pipeline(
        {"image": ["image.hflip", {"monai.RandBiasField": {"p": 0.5}}, {"monai.RandRotate": {"range_x": 0.2}}]}
    )
    whole = [augreg.augment(Image(scan(i)), pipe, seed=1, keys=i).data for i in range(4)]
    found = augreg.augment([Image(scan(i)) for i in range(4)], pipe, seed=1, keys=list(range(4)))
    assert all(torch.equal(a, b.data) for a, b in zip(whole, found, strict=True))


def test_threads_do_not_disturb_each_other():
    pipe = augreg.Pipeline({"image": ["monai.RandGaussianNoise", {"monai.Rand2DElastic": example("Rand2DElastic")}]})
    wanted = [augreg.augment(Image(scan(i)), pipe, seed=1, keys=i).data for i in range(6)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: augreg.augment(Image(scan(i)), pipe, seed=1, keys=i).data, [*range(6)] * 2))
    assert all(torch.equal(f, wanted[i % 6]) for i, f in enumerate(found))


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("RandRotate", {"range": 0.3}, "Did you mean 'range_x'"),
        ("RandGaussianNoise", {"prob": 0.5}, "has no parameter 'prob'"),
        ("RandZoom", {"mode": "bicubic"}, "one of 'nearest'"),
        ("RandScaleIntensity", {}, "needs factors|factors"),
        ("RandHistogramShift", {"num_control_points": 1}, "monai refuses these parameters: num_control_points"),
        ("RandShiftIntensity", {"offsets": [1.0, 2.0, 3.0]}, "monai refuses these parameters: offsets"),
    ],
)
def test_bad_parameters_are_refused_when_a_step_is_made(name, options, said):
    with pytest.raises(ConfigError, match=said):
        augreg.make(f"monai.{name}", **options)


def test_a_step_pickles():
    step = augreg.make("monai.RandAffine", rotate_range=0.2)
    assert pickle.loads(pickle.dumps(step)) == step
