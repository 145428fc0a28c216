"""Execution: fusion against a loop over samples, p, groups, independence of the batch, devices, wrappers."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import Affine, make_registry, pipeline

import augreg
from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

STEP = st.sampled_from(["A", "B", "square"])


def images(n, seed=0):
    rs = np.random.default_rng(seed)
    return [torch.from_numpy(rs.normal(size=(1, 2, 3))) for _ in range(n)]


def run(steps, data, *, seed=1, keys=None, **options):
    return augreg.augment([augreg.Image(x) for x in data], pipeline({"image": steps}), seed=seed, keys=keys, **options)


def by_hand(steps, x, key, seed=1):
    """Apply the steps to one sample, one by one, with numbers drawn straight from the keyed generator."""
    used: dict[str, int] = {}
    for name, options in steps:
        used[name] = used.get(name, 0) + 1
        path = name if used[name] == 1 else f"{name}#{used[name]}"
        rng = Rng(seed, hash_keys([key])).at(path)
        if not rng.bernoulli("p", options.get("p", 1.0))[0]:
            continue
        x = x * x if name == "toy.square" else x * rng.uniform("a", 0.5, 2.0)[0] + rng.uniform("b", -1.0, 1.0)[0]
    return x


def as_steps(kinds):
    for kind, p in kinds:
        if kind == "square":
            yield "toy.square", {"p": p}
        else:
            yield "toy.linear", {"family": kind, "p": p}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(STEP, st.sampled_from([0.3, 0.5, 1.0])), min_size=1, max_size=6), st.integers(1, 7))
def test_fused_equals_the_loop_over_samples(kinds, n):
    steps = list(as_steps(kinds))
    data = images(n)
    out = run([{name: options} for name, options in steps], data)
    for i, (x, y) in enumerate(zip(data, out, strict=True)):
        torch.testing.assert_close(y.data, by_hand(steps, x, i), rtol=1e-12, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(STEP, st.sampled_from([0.3, 0.5, 1.0])), min_size=1, max_size=6))
def test_a_sample_does_not_depend_on_its_batch(kinds):
    steps = [{name: options} for name, options in as_steps(kinds)]
    data, keys = images(6), [f"k{i}" for i in range(6)]
    whole = run(steps, data, keys=keys)
    for order in ([5, 3, 0, 1, 2, 4], [2], [4, 1]):
        part = run(steps, [data[i] for i in order], keys=[keys[i] for i in order])
        for i, y in zip(order, part, strict=True):
            assert torch.equal(y.data, whole[i].data)


def test_steps_of_one_family_run_once():
    Affine.runs.clear()
    run([{"toy.linear": {"p": 0.5}}] * 4 + ["toy.linear"], images(8))
    assert Affine.runs == [8]
    Affine.runs.clear()
    run([{"toy.linear": {"p": 0.5}}] * 4 + ["toy.linear"], images(8), fuse=False)
    assert sum(Affine.runs) > 8
    assert max(Affine.runs) == 8


def test_fuse_off_gives_the_same():
    steps = [{"toy.linear": {"p": 0.5}}, "toy.square", "toy.linear", {"toy.linear": {"family": "B"}}, "toy.linear"]
    for a, b in zip(run(steps, images(9)), run(steps, images(9), fuse=False), strict=True):
        torch.testing.assert_close(a.data, b.data, rtol=1e-12, atol=1e-12)


def test_replay_repeats_bit_for_bit_through_json():
    steps = [
        {"toy.linear": {"p": 0.5}},
        {
            "some_of": {
                "steps": ["toy.square", "toy.linear", {"toy.linear": {"family": "B"}}],
                "n": 2,
                "order": "random",
            }
        },
        {"one_of": {"steps": ["toy.linear", "toy.square"], "p": 0.7}},
    ]
    pipe = pipeline({"image": steps})
    data = [augreg.Image(x) for x in images(20)]
    out, trace = augreg.augment(data, pipe, seed=3, return_trace=True)
    again = pipe.replay(data, json.loads(json.dumps(trace.to_dicts())))
    assert all(torch.equal(a.data, b.data) for a, b in zip(out, again, strict=True))
    one = pipe.replay([data[7]], [trace[7]])
    assert torch.equal(one[0].data, out[7].data)


def test_mixing_sees_the_batch_and_only_firing_samples_change():
    data = images(40)
    out = run([{"toy.blend": {"p": 0.5}}], data)
    changed = [i for i, (x, y) in enumerate(zip(data, out, strict=True)) if not torch.equal(x, y.data)]
    assert 8 < len(changed) < 32
    for i in changed:
        assert torch.equal(out[i].data, (data[i] + data[(i + 1) % 40]) / 2)


def test_the_input_is_not_modified_and_an_untouched_sample_is_the_same_object():
    data = [augreg.Image(x) for x in images(30)]
    before = [x.data.clone() for x in data]
    out = augreg.augment(data, pipeline({"image": [{"toy.linear": {"p": 0.5}}]}), seed=0)
    assert all(torch.equal(x.data, b) for x, b in zip(data, before, strict=True))
    same = [a is b for a, b in zip(data, out, strict=True)]
    assert 5 < sum(same) < 25
    assert augreg.augment(data[0], pipeline({"image": [{"toy.linear": {"p": 0.0}}]})) is data[0]


def test_execute_wrappers_see_every_group():
    seen = []

    class Watch:
        @augreg.hookimpl(wrapper=True)
        def augreg_execute(self, step, batch, run):
            result = yield
            seen.append((step, len(batch)))
            return result

    registry = make_registry()
    registry.register(Watch(), name="watch")
    pipe = augreg.Pipeline({"image": ["toy.linear", "toy.linear", "toy.square"]}, registry=registry)
    augreg.augment([augreg.Image(x) for x in images(3)], pipe, seed=0)
    assert seen == [("toy.linear+toy.linear#2", 3), ("toy.square", 3)]


def test_an_error_says_which_step_and_whose():
    class Broken(augreg.AugmenterBase):
        """Fail."""

        declares = augreg.Declaration(leaves=augreg.EVERY, values="any")

        def apply(self, batch, params):
            raise RuntimeError("kernel is on fire")

    registry = make_registry()
    registry.register(Broken, name="toy.broken", modalities=("image",))
    pipe = augreg.Pipeline({"image": ["toy.broken"]}, registry=registry)
    with pytest.raises(RuntimeError, match="on fire") as caught:
        augreg.augment([augreg.Image(x) for x in images(2)], pipe)
    assert any("toy.broken" in note and "batch of 2 on cpu" in note for note in caught.value.__notes__)


def test_memory_errors_halve_the_group(monkeypatch):
    from toys import Square

    plain = Square.apply

    def small(self, batch, params):
        if len(batch) > 3:
            raise torch.cuda.OutOfMemoryError("too much")
        return plain(self, batch, params)

    monkeypatch.setattr(Square, "apply", small)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    out = run(["toy.square"], images(10))
    assert all(torch.equal(y.data, x * x) for x, y in zip(images(10), out, strict=True))


def test_a_fixed_level_sets_the_parameter():
    pipe = pipeline({"image": [{"toy.brightness": {"level": 0.5}}]})
    x = torch.full((3, 2, 2), 0.25, dtype=torch.float32)
    assert torch.allclose(augreg.augment(x, pipe, modality="image"), x * 1.5)


def test_mixtures_replay_with_the_samples_that_did_not_fire():
    steps, data, keys = [{"toy.blend": {"p": 0.5}}], images(8), list("abcdefgh")
    out, trace = run(steps, data, keys=keys, return_trace=True)
    fired = [bool(t.steps) for t in trace]
    assert 0 < sum(fired) < 8
    again = pipeline({"image": steps}).replay([augreg.Image(x) for x in data], json.loads(json.dumps(trace.to_dicts())))
    assert all(torch.equal(a.data, b.data) for a, b in zip(out, again, strict=True))


BAD_TRACES = [
    (None, "traces=None is no list of traces"),
    ("ab", "traces='ab' is no list of traces"),
    ([None], "there is no trace for sample 0"),
    ([{"steps": ["x"]}], "'x' where a step belongs"),
    ([{"steps": [{"step": "toy.brightness"}]}], "where a step belongs"),
    ([{"steps": [{"step": "toy.brightness", "params": {}}]}], "'factor' is missing"),
]


@pytest.mark.parametrize(("traces", "message"), BAD_TRACES, ids=[m for _, m in BAD_TRACES])
def test_wrong_traces_are_named(traces, message):
    if isinstance(traces, list) and traces[0]:
        traces = [{"key": "a", "modality": "image", "seed": 1, **traces[0]}]
    with pytest.raises(augreg.ConfigError, match=message):
        pipeline({"image": ["toy.brightness"]}).replay([augreg.Image(torch.zeros(3, 4, 4))], traces)


def test_the_trace_says_which_steps_fell_back_to_the_cpu(monkeypatch):
    from augreg.engine import augment as engine

    # Stands for a device for which the toys have no kernel: nothing is ever put there.
    monkeypatch.setattr(engine, "resolve_device", lambda device: torch.device("meta"))
    data = [augreg.Image(x) for x in images(3)]
    pipe = pipeline({"image": ["toy.square"]})
    out, trace = augreg.augment(data, pipe, seed=0, device="auto", return_trace=True)
    assert torch.equal(out[1].data, data[1].data ** 2)
    assert trace[1].to_dict()["steps"][0]["device"] == "cpu"
    again = pipe.replay(data, trace.to_dicts())
    assert torch.equal(again[1].data, out[1].data)


@dataclass(frozen=True, kw_only=True)
class Halve(augreg.AugmenterBase):
    """Halves sounds that come as a list, and counts the ways in which they came."""

    lists: ClassVar[bool] = True
    came: ClassVar[list[type]] = []
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=("label",))

    def apply(self, batch, params):
        self.came.append(type(batch.data))
        assert [tuple(row.shape) for row in batch.rows()] == [tuple(shape) for shape in batch.info.shapes]
        return batch.replace(batch.stack() / 2)


def test_sounds_come_as_a_list_to_those_who_take_one_and_stacked_once_they_are():
    registry = augreg.Registry(discover=False)
    registry.register(Halve, name="test.halve", modalities=("audio",))
    pipe = augreg.Pipeline({"audio": ["test.halve", "test.halve"]}, registry=registry)
    sounds = [(torch.full((1, n), 1.0), 8000) for n in (30, 29, 31)]
    Halve.came.clear()
    out = augreg.augment(sounds, pipe, seed=1)
    assert Halve.came == [list, torch.Tensor]
    assert all(torch.equal(new, old / 4) and rate == 8000 for (new, rate), (old, _) in zip(out, sounds, strict=True))
    stack = torch.ones(3, 1, 30)
    Halve.came.clear()
    assert torch.equal(augreg.augment(stack, pipe, seed=1, modality="audio", sample_rate=8000), stack / 4)
    assert Halve.came == [torch.Tensor, torch.Tensor]


def test_new_data_of_padded_sounds_keeps_their_lengths_however_wide_the_padding_is():
    whole = make_batch("audio", [torch.ones(1, n) for n in (30, 20, 40)])
    some = whole.take(np.asarray([0, 1]))
    assert some.stack().shape[-1] == 40
    assert some.replace(some.stack() * 2).lengths.tolist() == [30, 20]
    listed = augreg.Batch([torch.ones(1, n) for n in (30, 20)], some.info)
    assert listed.replace(listed.stack() * 2).lengths.tolist() == [30, 20]
    assert listed.replace(some.stack()).lengths.tolist() == [40, 40]
