"""A photo and a map of its pixels, tied: whatever moves the one moves the other, and their sizes may differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Image
from augreg.intake.container import Container

HEIGHT, WIDTH = 48, 64
Y, X = np.mgrid[:HEIGHT, :WIDTH]
INDEX = (Y * WIDTH + X + 1).astype(np.uint16)
"""Every pixel holds its place, counted from 1; 0 is what lies beyond."""
PHOTO = np.stack([X * 3, Y * 3, np.full_like(X, 200)], axis=2).astype(np.uint8)
"""Red and green are the column and the row, so that it can be compared with the map after any step."""
SCHEMA = {"photo": "image", "depth": "image"}
MOVING = [
    {"image.rotate": {"degrees": [-30, 30], "p": 0.7}},
    {"image.resized_crop": {"size": 32, "scale": [0.4, 1.0]}},
    "image.hflip",
    {"image.grid_distortion": {"p": 0.5}},
]
BLUR = {"image.gaussian_blur": {"p": 1.0}}
NEAREST = {"degrees": [-30, 30], "p": 0.7, "interpolation": "nearest", "fill": 0.0}


def record(key, depth=INDEX, options=None):
    options = {"interpolation": "nearest", "fill": 0} if options is None else options
    return {"photo": Image(PHOTO), "depth": Image(depth, options=options), "key": key}


def tied(steps, schema=SCHEMA):
    return augreg.Pipeline({**steps, "tie": {"depth": "photo"}}, schema=schema)


def agreement(out):
    """The share of pixels at which photo and map show one place."""
    places, photo = np.asarray(out["depth"].data).astype(int), np.asarray(out["photo"].data).astype(int)
    inside = places > 0
    assert inside.any()
    place = places[inside] - 1
    apart = np.abs(np.stack([place % WIDTH * 3, place // WIDTH * 3], axis=1) - photo[inside][:, :2])
    return (apart <= 5).mean()


@pytest.mark.parametrize(
    "steps",
    [
        {"fields": {"photo": MOVING}},
        {"fields": {"photo": [BLUR, *MOVING], "depth": []}},
        {"image": MOVING},
        {"image": [*MOVING, BLUR]},
        {"image": [MOVING[0]], "fields": {"photo": [{"one_of": [MOVING[2], BLUR, {"image.vflip": {}}]}]}},
        {"fields": {"photo": [{"some_of": {"steps": [*MOVING, BLUR], "n": [1, 3], "order": "random"}}]}},
        {"fields": {"depth": [{"image.rotate": NEAREST}, *MOVING[1:]], "photo": [MOVING[0], BLUR, *MOVING[1:]]}},
    ],
)
def test_one_geometry_for_both(steps):
    pipe, records = tied(steps), [record(key) for key in range(8)]
    found, trace = pipe(records, seed=3, return_trace=True)
    again = pipe.replay(records, trace)
    for given_, out, replayed in zip(records, found, again, strict=True):
        assert agreement(out) > 0.85
        assert set(np.unique(out["depth"].data)) <= {0, *np.unique(INDEX)}
        alone = pipe(given_, seed=3)
        for field in SCHEMA:
            assert np.array_equal(alone[field].data, out[field].data)
            assert np.array_equal(replayed[field].data, out[field].data)


def test_a_field_has_value_steps_of_its_own_beside_what_it_follows():
    pipe = tied({"fields": {"photo": [{"image.hflip": {"p": 1.0}}], "depth": [{"image.brightness": {"p": 1.0}}]}})
    out = pipe(record(1, options={}), seed=0)
    assert np.array_equal(out["photo"].data, PHOTO[:, ::-1])
    moved = np.asarray(out["depth"].data)
    assert not np.array_equal(moved, INDEX[:, ::-1])
    assert np.corrcoef(moved.ravel().astype(float), INDEX[:, ::-1].ravel().astype(float))[0, 1] > 0.9


def test_colors_of_the_photo_are_not_for_what_is_read_at_the_nearest_pixel():
    pipe = tied({"image": [{"image.invert": {"p": 1.0}}, {"image.hflip": {"p": 1.0}}]})
    for out in (pipe(record(1), seed=0), pipe([record(1), record(2)], seed=0)[0]):
        assert np.array_equal(out["depth"].data, INDEX[:, ::-1])
        assert np.array_equal(out["photo"].data, 255 - PHOTO[:, ::-1])
    like_colors = pipe(record(1, options={}), seed=0)
    assert np.array_equal(like_colors["depth"].data, 65535 - INDEX[:, ::-1])


def test_a_pair_that_is_read_alike_has_all_steps_in_common():
    pipe = tied({"image": [{"image.invert": {"p": 1.0}}]})
    nearest = {"interpolation": "nearest"}
    out = pipe({"photo": Image(PHOTO, options=nearest), "depth": Image(PHOTO, options=nearest), "key": 1}, seed=0)
    assert np.array_equal(out["photo"].data, out["depth"].data)
    assert np.array_equal(out["photo"].data, 255 - PHOTO)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"photo": [MOVING[0]], "depth": [{"image.rotate": {"degrees": [-10, 10], "p": 0.7}}]}, "degrees=.*degrees="),
        ({"photo": [MOVING[0]], "depth": [{"image.rotate": {**NEAREST, "p": 0.5}}]}, "p=0.5.*p=0.7"),
        ({"photo": [BLUR], "depth": [MOVING[0]]}, "'photo' has no such step"),
        ({"depth": [MOVING[0]]}, "'photo' has no such step"),
        ({"photo": MOVING, "depth": MOVING[:2]}, "'depth' has no such step where 'photo' has image.hflip"),
    ],
)
def test_steps_that_would_part_them_are_refused(fields, words):
    with pytest.raises(augreg.ConfigError, match=words):
        tied({"fields": fields})


def test_a_tie_of_the_call_is_as_one_of_the_pipeline(monkeypatch):
    steps = {"fields": {"photo": MOVING}, "image": [BLUR]}
    records = [record(key) for key in range(4)]
    known = tied(steps)(records, seed=1)
    free = augreg.Pipeline(steps, schema=SCHEMA)
    monkeypatch.setattr(Container, "tie", {"depth": "photo"})
    found, alone = free(records, seed=1), free(records[0], seed=1)
    for field in SCHEMA:
        assert all(np.array_equal(a[field].data, b[field].data) for a, b in zip(found, known, strict=True))
        assert np.array_equal(alone[field].data, known[0][field].data)


SAME = [
    {"image.hflip": {"p": 1.0}},
    {"image.rotate": {"degrees": [20, 30], "p": 1.0}},
    {"image.affine": {"p": 1.0}},
    {"image.perspective": {"p": 1.0}},
    {"image.resize": {"size": [40, 52]}},
    {"image.resized_crop": {"size": 40, "scale": [0.5, 1.0]}},
]


@pytest.mark.parametrize("step", SAME, ids=str)
def test_a_map_of_half_the_size_shows_the_same_places(step):
    half = INDEX[::2, ::2].copy()
    pipe = tied({"image": [step, {"image.resize": {"size": [96, 128], "interpolation": "bilinear"}}]})
    for out in (pipe(record(1, half), seed=2), pipe([record(1, half), record(2, half)], seed=2)[0]):
        places, photo = np.asarray(out["depth"].data).astype(int), np.asarray(out["photo"].data).astype(int)
        inside = places > 0
        place = places[inside] - 1
        apart = np.abs(np.stack([place % WIDTH * 3, place // WIDTH * 3], axis=1) - photo[inside][:, :2])
        assert (apart <= 3 * 4).mean() > 0.85


@pytest.mark.parametrize(
    "step",
    [{"image.center_crop": {"size": 20}}, {"image.pad": {"padding": 4}}, {"image.elastic": {"p": 1.0}}],
    ids=str,
)
@pytest.mark.parametrize("branch", ["image", "fields"])
def test_pixels_mean_something_else_at_another_size(step, branch):
    half = INDEX[::2, ::2].copy()
    pipe = tied({"image": [step]} if branch == "image" else {"fields": {"photo": [step]}})
    for records in (record(1, half), [record(1, half), record(2, half)]):
        with pytest.raises(augreg.SampleError, match="different sizes"):
            pipe(records, seed=2)
    pipe(record(1), seed=2)


def test_what_mixes_samples_would_mix_a_pair_with_itself():
    pipe = tied({"image": [{"image.cutmix": {"p": 1.0}}]})
    alike = [{"photo": Image(PHOTO), "depth": Image(PHOTO), "key": key} for key in range(3)]
    with pytest.raises(augreg.SampleError, match="image.cutmix mixes samples of one kind, and two tied fields"):
        pipe(alike, seed=0)
    for out in pipe([record(key) for key in range(3)], seed=0):
        assert agreement(out) == 1.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.permutations([*MOVING, {"image.affine": {"p": 0.5}}, BLUR]))
def test_any_order_of_steps_keeps_them_together(seed, order):
    out = tied({"fields": {"photo": [*order]}})(record(seed), seed=seed)
    if (np.asarray(out["depth"].data) > 0).mean() > 0.2:
        assert agreement(out) > 0.75
