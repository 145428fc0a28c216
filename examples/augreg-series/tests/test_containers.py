"""What people hold series in: lists with other samples, records, columns, stacks, data loaders."""

import dataclasses
import pickle
from typing import ClassVar

import numpy as np
import pytest
import torch
from augreg_series import Crop, Scale, Series
from torch.utils.data import DataLoader

import augreg

CROP = {"series": ["series.crop"]}
SCHEMA = {"x": "series"}
PICTURE = torch.zeros(3, 8, 8, dtype=torch.uint8)


def rows(*lengths, channels=2):
    return [np.random.default_rng(n).normal(size=(channels, n)).astype(np.float32) for n in lengths]


def test_in_a_list_with_samples_of_other_kinds():
    samples = ["a text", Series(rows(5)[0]), augreg.Image(PICTURE), (torch.zeros(1, 400), 16000), Series(rows(9)[0])]
    out = augreg.augment(samples, {"series": [Scale(factor=2.0)]}, seed=1)
    assert [out[i] is samples[i] for i in range(5)] == [True, False, True, True, False]
    assert [out[i].data.shape for i in (1, 4)] == [(2, 5), (2, 9)]


@pytest.mark.parametrize("mask", [np.ones, torch.ones], ids=["array", "tensor"])
def test_a_mask_field_of_a_record_follows_its_series(mask):
    kind = bool if mask is np.ones else torch.bool
    records = [{"x": x, "mask": mask(x.shape[1], dtype=kind), "y": 3, "id": i} for i, x in enumerate(rows(30, 41))]
    for options in ({"schema": SCHEMA}, {"modality": "series"}):
        for before, after in zip(records, augreg.augment(records, CROP, seed=2, **options), strict=True):
            assert type(after["mask"]) is type(before["mask"])
            assert after["mask"].shape == after["x"].shape[1:] < before["mask"].shape
            assert after["y"] == 3


def test_other_booleans_of_a_record_are_no_mask():
    flags = np.array([True, False])
    (out,) = augreg.augment([{"x": Series(rows(30)[0]), "flags": flags, "id": 1}], CROP, seed=2)
    assert out["flags"] is flags


def test_a_mask_that_would_go_stale_is_refused():
    record = {"x": rows(5)[0], "mask": [1, 0, 1, 1, 1], "id": 1}
    with pytest.raises(augreg.SampleError, match=r"wrap it: an array of booleans.*augreg_series.Series\(data, mask="):
        augreg.augment([record], CROP, seed=1, modality="series")
    record["mask"] = np.ones(4, dtype=bool)
    with pytest.raises(augreg.SampleError, match="'mask' is for a sample of 4, but 'x' has 5"):
        augreg.augment([record], CROP, seed=1, schema=SCHEMA)


def test_beside_a_picture_with_masks_of_its_own():
    picture = augreg.Image(PICTURE, masks=torch.ones(8, 8, dtype=torch.uint8))
    record = {"image": picture, "x": Series(rows(30)[0]), "mask": np.ones(30, dtype=bool), "id": 1}
    (out,) = augreg.augment([record], CROP, seed=2)
    assert out["image"] is picture
    assert out["mask"].shape == out["x"].data.shape[1:]


def test_columns_and_stacks():
    ragged = {"x": rows(5, 9), "mask": [np.ones(5, bool), np.ones(9, bool)], "id": [1, 2]}
    out = augreg.augment(ragged, CROP, seed=1, schema=SCHEMA)
    assert [x.shape[1] for x in out["x"]] == [m.shape[0] for m in out["mask"]]
    even = {"x": torch.randn(3, 2, 9), "id": [1, 2, 3]}
    assert augreg.augment(even, {"series": [Scale()]}, seed=1, schema=SCHEMA)["x"].shape == (3, 2, 9)
    assert augreg.augment(torch.randn(3, 2, 9), {"series": [Scale()]}, seed=1, modality="series").shape == (3, 2, 9)
    for stack in (torch.randn(3, 2, 90), np.random.default_rng(0).normal(size=(3, 2, 90))):
        cropped = augreg.augment(stack, CROP, seed=1, modality="series")
        assert len({one.shape for one in cropped}) == 3  # what cannot be stacked is a list
        assert all(type(one) is type(stack) for one in cropped)


def test_the_same_result_in_every_container():
    x = torch.from_numpy(rows(40)[0])
    bare = augreg.augment([x], CROP, seed=5, modality="series", keys=["k"])[0]
    alone = augreg.augment(x, CROP, seed=5, modality="series", keys=["k"])
    stacked = augreg.augment(torch.stack([x, x]), CROP, seed=5, modality="series", keys=["k", "l"])[0]
    wrapped = augreg.augment([Series(x, key="k"), Series(rows(7, channels=5)[0])], CROP, seed=5)[0].data
    for other in (alone, stacked, wrapped):
        assert torch.equal(bare, other)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Halve(augreg.JointBase):
    """Keep the first half of the series of a record."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(joint=("series",), joint_optional=("image",))

    def members(self):
        return {"series": Crop()}

    def draw_joint(self, info, rng, level=None):
        n, lengths = len(info), info.roles["series"].lengths
        return {"series": augreg.Params(n, share=np.full(n, 0.5), start=np.zeros(n, np.int64), length=lengths // 2)}


def test_joint_steps_see_true_lengths():
    records = [{"image": augreg.Image(PICTURE), "x": Series(x), "id": i} for i, x in enumerate(rows(6, 10))]
    out = augreg.augment(records, {"record": [Halve()]}, seed=1)
    assert [record["x"].data.shape for record in out] == [(2, 3), (2, 5)]


def test_fields_tied_and_not():
    records = [{"a": Series(x), "b": Series(x), "id": i} for i, x in enumerate(rows(40, 50, 60))]
    tied = augreg.augment(records, {**CROP, "tie": {"b": "a"}}, seed=1)
    assert all(np.array_equal(r["a"].data, r["b"].data) for r in tied)
    fields = {"fields": {"a": ["series.crop"]}, "schema": {"a": "series", "b": "series"}}
    apart = augreg.augment(records, fields, seed=1)
    assert all(r["b"] is old["b"] and r["a"].data.shape[1] < 60 for r, old in zip(apart, records, strict=True))


def test_views_and_nothing():
    first, second = augreg.augment(rows(50, 60), CROP, seed=1, modality="series", views=2, device="cpu")
    assert [x.shape for x in first] != [x.shape for x in second]
    assert augreg.augment([], CROP, seed=1, modality="series") == []
    assert augreg.augment(torch.zeros(0, 2, 9), CROP, seed=1, modality="series").shape == (0, 2, 9)


def test_dtypes_strides_and_dimensions():
    wide = np.random.default_rng(0).normal(size=(20, 8)).T[::2, ::-1]
    out = augreg.augment(wide, {"series": [Scale(factor=2.0)]}, seed=1, keys=0, modality="series")
    assert np.array_equal(out, 2 * wide)
    assert out.dtype == np.float64
    assert augreg.augment(np.zeros(9, np.float32), CROP, seed=1, keys=0, modality="series").ndim == 1
    assert augreg.augment([Series([1.0, 2.0])], {"series": [Scale(factor=2.0)]}, seed=1)[0].data == [2.0, 4.0]
    for wrong in (np.zeros((2, 4), int), np.zeros((2, 4), np.float16), np.zeros((2, 3, 4, 5), np.float32), "a.csv"):
        with pytest.raises(augreg.SampleError):
            augreg.augment([Series(wrong)], CROP, seed=1)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"mask": [True] * 4}, r"mask has shape \(4,\)"),
        ({"mask": [1.0] * 5}, "give booleans"),
        ({"timestamps": [0.0] * 4}, r"one per moment, \(5,\)"),
        ({"timestamps": [0.0, 2.0, 1.0, 3.0, 4.0]}, "not ascending"),
        ({"rate": 0}, "rate=0 is not a positive number"),
    ],
)
def test_what_does_not_belong_to_a_series_is_refused(facts, message):
    with pytest.raises(augreg.SampleError, match=message):
        augreg.augment([Series(rows(5)[0], **facts)], CROP, seed=1)


def test_bare_arrays_without_a_modality_name_series_among_the_readings():
    with pytest.raises(augreg.UnknownModalityError, match="or a series.*'series'"):
        augreg.augment([rows(5)[0]], CROP, seed=1)


# ---------------------------------------------------------------- data loaders


def loaded(items, steps, **options):
    collate = augreg.collate({"series": steps}, seed=1, **options)
    return next(iter(DataLoader(items, batch_size=len(items), collate_fn=collate)))


def test_collate_stacks_what_is_of_one_length_and_leaves_a_list_of_the_rest():
    even = [{"x": x, "y": i, "id": i} for i, x in enumerate(rows(9) * 4)]
    batch = loaded(even, ["series.scale"], schema=SCHEMA)
    assert batch["x"].shape == (4, 2, 9)
    assert batch["y"].tolist() == [0, 1, 2, 3]
    ragged = [{"x": x, "id": i} for i, x in enumerate(rows(9, 10, 11))]
    assert [x.shape for x in loaded(ragged, ["series.scale"], schema=SCHEMA)["x"]] == [(2, 9), (2, 10), (2, 11)]
    series = loaded([Series(x, key=i) for i, x in enumerate(rows(9, 10))], ["series.scale"])
    assert [type(one) for one in series] == [Series, Series]


class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return {"x": rows(20 + i)[0], "mask": np.ones(20 + i, bool), "id": i}


@pytest.mark.slow
def test_spawned_workers_give_what_the_main_process_gives():
    pipe = pickle.loads(pickle.dumps(augreg.Pipeline({"series": ["series.crop", "series.scale"], "schema": SCHEMA})))
    collate = augreg.collate(pipe, seed=1)
    here = list(DataLoader(Data(), batch_size=4, collate_fn=collate))
    there = list(DataLoader(Data(), batch_size=4, collate_fn=collate, num_workers=2, multiprocessing_context="spawn"))
    for a, b in zip(here, there, strict=True):
        assert all(np.array_equal(x, y) for name in ("x", "mask") for x, y in zip(a[name], b[name], strict=True))


@pytest.mark.parametrize("held", [lambda x: x, lambda x: [x]], ids=["one", "list"])
def test_axes_in_another_order_are_named(held):
    (x,) = rows(9)
    keys = {"seed": 1, "keys": [1], "modality": "series"}
    plain = augreg.augment([x], {"series": ["series.scale"]}, **keys)[0]
    out = augreg.augment(held(x.T), {"series": ["series.scale"]}, layout="TC", **keys)
    assert np.array_equal((out[0] if isinstance(out, list) else out).T, plain)


def test_a_padded_stack_with_its_lengths():
    short, long = rows(5, 9, channels=1)
    stack = np.zeros((2, 9), dtype=np.float32)
    stack[0, :5], stack[1] = short, long
    keys = {"seed": 1, "keys": [1, 2], "modality": "series"}
    out, lengths = augreg.augment(stack, CROP, layout="BT", lengths=[5, 9], **keys)
    alone = augreg.augment([short, long], CROP, **keys)
    assert lengths == [row.shape[1] for row in alone]
    for row, n, right in zip(out, lengths, alone, strict=True):
        assert np.array_equal(row[:n], right[0])
        assert not row[n:].any()
