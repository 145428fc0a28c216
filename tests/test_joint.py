"""Joint steps, per-field steps, ties and views: fields of one record stay consistent."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from pictures import photo
from toys import Brightness, Mirror, Upper, make_registry

import augreg
from augreg.contract.joint import JointBase
from augreg.data.params import Params


@dataclass(frozen=True, kw_only=True)
class Suffix(augreg.AugmenterBase):
    """Append given words."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))

    def apply(self, batch, params):
        return batch.replace([f"{t}{s}" for t, s in zip(batch.data, params["suffix"], strict=True)])


@dataclass(frozen=True, kw_only=True)
class Bright(Brightness):
    """Multiply by a given factor."""


@dataclass(frozen=True, kw_only=True)
class Caption(JointBase):
    """Change the brightness and write the factor under the picture; pictures called "fixed" stay."""

    scale: float = augreg.param.number(1.0, "largest change")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(joint=("image", "text"), reads=("text",))

    def members(self):
        return {"image": Bright(), "text": Suffix()}

    def draw_joint(self, info, rng, level=None):
        fixed = np.array([text.startswith("fixed") for text in info.roles["text"].data])
        factor = np.where(fixed, 1.0, rng.uniform("factor", 0.5, 1.0))
        words = [f" x{f:.6f}" for f in factor]
        return {"image": Params(len(info), {"factor": factor}), "text": Params(len(info), {"suffix": words})}


@dataclass(frozen=True, kw_only=True)
class Either(JointBase):
    """Darken pictures, or mark captions, never both."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(joint_optional=("image", "text"))

    def members(self):
        return {"image": Bright(), "text": Suffix()}

    def draw_joint(self, info, rng, level=None):
        n = len(info)
        dark = rng.bernoulli("which", 0.5)
        return {
            "image": augreg.PartialParams.where(dark, Params(n, {"factor": np.full(n, 0.5)})),
            "text": augreg.PartialParams.where(~dark, Params(n, {"suffix": ["!"] * n})),
        }


def registry():
    found = make_registry()
    found.register(Either, name="both.either", modalities=("image", "text"))
    found.register(Caption, name="both.caption", modalities=("image", "text"))
    return found


def pipe(steps, **options):
    return augreg.Pipeline(steps, registry=registry(), **options)


SCHEMA = {"image": "image", "caption": "text"}


def records(n=6):
    return [{"image": torch.full((3, 2, 2), 0.5), "caption": f"c{i}", "id": f"r{i}"} for i in range(n)]


def factor_of(record):
    return float(record["image"][0, 0, 0]) / 0.5


def test_both_fields_get_one_draw():
    out = augreg.augment(records(), pipe({"record": ["both.caption"]}, schema=SCHEMA), seed=3)
    for i, record in enumerate(out):
        assert record["caption"] == f"c{i} x{factor_of(record):.6f}"
    assert len({r["caption"].split()[1] for r in out}) == 6


def test_joint_steps_come_first_and_see_the_original_caption():
    steps = {"record": ["both.caption"], "text": ["toy.upper"], "image": ["toy.brightness"]}
    out = augreg.augment(records(), pipe(steps, schema=SCHEMA), seed=3)
    assert all(r["caption"].startswith(f"C{i} X0.") for i, r in enumerate(out))


def test_p_hangs_on_the_record():
    p = pipe({"record": [{"both.caption": {"p": 0.5}}]}, schema=SCHEMA)
    out = augreg.augment(records(60), p, seed=3)
    fired = ["x" in r["caption"] for r in out]
    assert 15 < sum(fired) < 45
    assert all((factor_of(r) < 1) == f for r, f in zip(out, fired, strict=True))
    alone = [augreg.augment(r, p, seed=3)["caption"] for r in records(60)]
    assert alone == [r["caption"] for r in out]


def test_the_draw_may_read_a_field():
    given = [{"image": torch.full((3, 2, 2), 0.5), "caption": "fixed"}]
    out = augreg.augment(given, pipe({"record": ["both.caption"]}, schema=SCHEMA), seed=3)
    assert out[0]["caption"] == "fixed x1.000000"
    assert torch.equal(out[0]["image"], given[0]["image"])


def test_a_share_of_the_records_may_get_parameters():
    p = pipe({"record": ["both.either"]}, schema=SCHEMA)
    out, trace = augreg.augment(records(40), p, seed=3, return_trace=True)
    marked = [r["caption"].endswith("!") for r in out]
    assert 10 < sum(marked) < 30
    assert [factor_of(r) == 1.0 for r in out] == marked
    assert [len(t["caption"].steps) == 1 for t in trace] == marked
    again = p.replay(records(40), trace)
    assert [r["caption"] for r in again] == [r["caption"] for r in out]
    with pytest.raises(augreg.ContractError, match="2 rows of parameters for 1 records"):
        augreg.PartialParams(np.array([0]), Params(2))


def test_traces_replay_and_files():
    steps = {
        "record": [{"both.caption": {"p": 0.6}}],
        "image": ["toy.brightness"],
        "fields": {"caption": ["toy.upper"]},
    }
    p = pipe(steps, schema=SCHEMA)
    out, trace = augreg.augment(records(), p, seed=3, return_trace=True)
    again = p.replay(records(), json.loads(json.dumps(trace.to_dicts())))
    for a, b in zip(out, again, strict=True):
        assert a["caption"] == b["caption"]
        assert torch.equal(a["image"], b["image"])
    assert augreg.Pipeline.from_yaml(p.to_yaml(), registry=p.registry) == p


def test_mistakes_are_named():
    with pytest.raises(
        augreg.UnsupportedError, match="both.caption works on image and text of one record; put it under"
    ):
        pipe({"image": ["both.caption"]})
    with pytest.raises(augreg.UnsupportedError, match="toy.mirror is no joint step"):
        pipe({"record": ["toy.mirror"]})
    with pytest.raises(augreg.SampleError, match="needs image and text, but record 0 has only image"):
        augreg.augment([{"image": photo()}], pipe({"record": ["both.caption"]}))
    two = {"a": photo(), "b": photo(), "caption": augreg.Text("x")}
    with pytest.raises(augreg.SampleError, match="several image fields \\('a', 'b'\\)"):
        augreg.augment([two], pipe({"record": ["both.caption"]}))
    named = pipe({"record": [{"both.caption": {"fields": {"image": "b"}}}]})
    out = augreg.augment([two], named, seed=1)
    assert out[0]["a"] is two["a"]
    assert out[0]["b"] is not two["b"]


def test_fields_have_steps_of_their_own():
    p = pipe({"fields": {"caption": ["toy.upper"]}}, schema={"caption": "text", "question": "text"})
    assert augreg.augment({"caption": "a", "question": "b"}, p) == {"caption": "A", "question": "b"}
    with pytest.raises(augreg.ConfigError, match="the schema does not say what 'capton' is. Did you mean 'caption'"):
        pipe({"fields": {"capton": ["toy.upper"]}}, schema={"caption": "text"})
    with pytest.raises(augreg.UnsupportedError, match="toy.mirror takes image, not text"):
        pipe({"fields": {"caption": ["toy.mirror"]}}, schema={"caption": "text"})


def test_tied_fields_draw_together():
    one = torch.full((3, 2, 2), 0.5)
    given = [{"left": one, "right": one, "other": one, "id": i} for i in range(8)]
    schema = dict.fromkeys(("left", "right", "other"), "image")
    p = pipe({"image": [{"toy.brightness": {"p": 0.7}}], "tie": {"right": "left"}}, schema=schema)
    for record in augreg.augment(given, p, seed=1):
        assert torch.equal(record["left"], record["right"])
    differ = [not torch.equal(r["left"], r["other"]) for r in augreg.augment(given, p, seed=1)]
    assert sum(differ) > 3
    with pytest.raises(augreg.ConfigError, match="which is tied itself"):
        pipe({"tie": {"a": "b", "b": "c"}})


def test_views_are_independent_and_repeatable():
    p = pipe({"image": ["toy.brightness"]})
    x = torch.full((4, 3, 2, 2), 0.5)
    a, b = augreg.augment(x, p, modality="image", seed=1, views=2)
    assert a.shape == b.shape == x.shape
    assert not torch.equal(a, b)
    outs, traces = augreg.augment(x, p, modality="image", seed=1, views=3, return_trace=True)
    assert torch.equal(outs[2], p.replay(x, traces[2], modality="image"))
    assert torch.equal(augreg.augment(x, p, modality="image", seed=1, views=2)[1], b)
    with pytest.raises(augreg.ConfigError, match="views=0"):
        augreg.augment(x, p, modality="image", views=0)


def test_pickles():
    for cls, name, modalities in ((Caption, "tmp.caption", ("image", "text")), (Upper, "tmp.upper", ("text",))):
        augreg.register(cls, name=name, modalities=modalities)
    try:
        p = augreg.Pipeline(
            {"record": ["tmp.caption"], "fields": {"caption": ["tmp.upper"]}, "tie": {"depth": "image"}},
            schema={**SCHEMA, "depth": "image"},
        )
        assert pickle.loads(pickle.dumps(p)) == p
    finally:
        augreg.unregister("tmp.caption")
        augreg.unregister("tmp.upper")


def test_samples_that_are_no_records_are_left_alone():
    out = augreg.augment(["words", photo()], pipe({"record": ["both.caption"], "text": ["toy.upper"]}), seed=0)
    assert out[0] == "WORDS"
    assert isinstance(Mirror(), augreg.Augmenter)
