"""Numbers that change from epoch to epoch: against their formulas, in steps, groups and policies."""

import json
import math
import pickle
from decimal import localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

import augreg
from augreg import Rng
from augreg.param.schedule import _at, in_order, read

FORMULAS = {
    "linear": lambda x: min(x, 1),
    "cosine": lambda x: (1 - math.cos(math.pi * min(x, 1))) / 2,
    "tanh": math.tanh,
}
EPOCHS = (0, 1, 2, 5, 9, 10, 11, 1000)
TEXTS = ["one two three four five"] * 400
UP = {"linear": [0, 1], "epochs": 10}


@given(
    st.sampled_from(sorted(FORMULAS)),
    st.floats(-1e3, 1e3),
    st.floats(-1e3, 1e3),
    st.integers(1, 100),
    st.integers(-5, 300),
)
def test_it_is_the_formula_with_exact_ends(form, start, end, epochs, epoch):
    schedule = read({form: [start, end], "epochs": epochs}, "p", None, None)
    share = max(epoch, 0) / epochs
    assert schedule.at(epoch) == pytest.approx(start + (end - start) * FORMULAS[form](share), rel=1e-12, abs=1e-9)
    assert schedule.at(0) == schedule.at(-7) == start
    assert form == "tanh" or schedule.at(epochs) == schedule.at(10**12) == end
    assert min(start, end) <= schedule.at(epoch) <= max(start, end)


def test_points_are_joined_by_straight_lines():
    schedule = read({"points": [[2, 0.0], [10, 0.5], [30, 1.0]]}, "p", 0, 1)
    found = [schedule.at(epoch) for epoch in range(40)]
    assert found == pytest.approx(np.interp(range(40), [2, 10, 30], [0.0, 0.5, 1.0]).tolist(), abs=1e-15)
    assert (found[0], found[10], found[30], found[39]) == (0.0, 0.5, 1.0, 1.0)


def test_the_bits_do_not_hang_on_the_callers_decimal_context():
    texts = [{form: [0.1, 0.7], "epochs": 37} for form in FORMULAS]
    right = [read(text, "p", 0, 1).at(epoch) for text in texts for epoch in range(90)]
    with localcontext() as context:
        context.prec = 3
        _at.cache_clear()
        assert [read(text, "p", 0, 1).at(epoch) for text in texts for epoch in range(90)] == right


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"linaer": [0, 1], "epochs": 3}, "no 'linaer'. Did you mean 'linear'"),
        ({"linear": [0, 1]}, "a schedule is"),
        ({"linear": [0, 1], "cosine": [0, 1], "epochs": 3}, "a schedule is"),
        ({"linear": [0, 1], "epochs": 0}, "epochs above 0"),
        ({"linear": [0, float("nan")], "epochs": 3}, "two numbers"),
        ({"linear": [0, 2], "epochs": 3}, "2 is not valid; give values of 0 to 1"),
        ({"points": []}, "epochs that grow"),
        ({"points": [[3, 0], [3, 1]]}, "epochs that grow"),
        ({"points": [[0, 1]], "epochs": 3}, "a schedule is"),
        ({}, "no schedule"),
    ],
)
def test_what_is_no_schedule_is_refused(written, message):
    for step in (
        {"text.keyboard": {"p": written}},
        {"one_of": {"steps": ["text.keyboard"], "p": written}},
        {"text.keyboard": {"level": written}},
        {"policy.rand": {"level": written, "operations": ["text.keyboard"]}},
        {"policy.trivial": {"p": written, "operations": ["text.keyboard"]}},
    ):
        with pytest.raises(augreg.ConfigError) as error:
            augreg.Pipeline({"text": [step]})
        assert message in str(error.value), step


def test_the_ends_of_a_pair_stay_in_order():
    low, high = read({"linear": [0, 0.5], "epochs": 10}, "", 0, 1), read({"linear": [0.2, 1], "epochs": 10}, "", 0, 1)
    assert in_order(low, high)
    assert not in_order(high, low)
    assert in_order(0.0, read({"cosine": [0, 1], "epochs": 4}, "", 0, 1))
    crossing = read({"points": [[0, 0.9], [5, 0.1], [10, 0.9]]}, "", 0, 1)
    assert not in_order(0.2, crossing)
    with pytest.raises(augreg.ConfigError, match="in every epoch"):
        augreg.policies.Trivial(level=[0.5, UP])
    with pytest.raises(augreg.ConfigError, match="is not a strength"):
        augreg.Step("text.keyboard", level=[0.5, UP])


@pytest.mark.parametrize("form", sorted(FORMULAS))
def test_p_of_a_step_is_that_of_the_epoch(form):
    ramp = {form: [0, 1], "epochs": 10}
    pipe = augreg.Pipeline({"text": [{"text.char_case": {"rate": 1, "p": ramp}}]})
    for epoch in EPOCHS:
        p = FORMULAS[form](epoch / 10)
        fixed = augreg.Pipeline(
            {"text": [{"text.char_case": {"rate": 1, "p": min(read(ramp, "", 0, 1).at(epoch), 1.0)}}]}
        )
        out = pipe(TEXTS, seed=7, epoch=epoch, keys=range(400))
        assert out == fixed(TEXTS, seed=7, epoch=epoch, keys=range(400))
        assert sum(a != b for a, b in zip(out, TEXTS, strict=True)) / 400 == pytest.approx(p, abs=0.08)


STEPS = [
    {"text.char_case": {"rate": 1, "p": UP}},
    {"text.keyboard": {"level": [0, UP], "p": {"cosine": [0.2, 0.9], "epochs": 7}}},
    {"one_of": {"steps": ["text.keyboard", "text.word_swap"], "p": UP}},
    {"policy.rand": {"n": 1, "level": UP, "operations": ["text.keyboard", "text.word_swap"]}},
    {"policy.trivial": {"level": [0, UP], "p": UP, "operations": ["text.keyboard"]}},
    {"policy.uniform": {"p": UP, "operations": ["text.keyboard"]}},
    {
        "policy.curriculum": {
            "policy": {"policy.rand": {"n": 1, "level": UP, "operations": ["text.keyboard"]}},
            "share": UP,
        }
    },
]


@pytest.mark.parametrize("steps", [[step] for step in STEPS] + [STEPS], ids=[*(next(iter(s)) for s in STEPS), "all"])
def test_one_sample_gets_what_it_gets_in_a_batch(steps):
    pipe = augreg.Pipeline({"text": steps})
    bound = pipe.bind(seed=7)
    for epoch in (0, 3, 10):
        bound.set_epoch(epoch)
        batch = pipe(TEXTS[:60], seed=7, epoch=epoch, keys=range(60))
        assert [bound(text, key=i) for i, text in enumerate(TEXTS[:60])] == batch
    assert batch != TEXTS[:60]


@pytest.mark.parametrize("steps", [[step] for step in STEPS], ids=[next(iter(s)) for s in STEPS])
def test_files_and_pickles_say_the_schedule(steps):
    pipe = augreg.Pipeline({"text": steps})
    assert "linear" in pipe.to_yaml()
    read_back = augreg.Pipeline.from_yaml(pipe.to_yaml())
    assert read_back == pipe == pickle.loads(pickle.dumps(pipe))
    assert json.loads(json.dumps(pipe.to_dict())) == pipe.to_dict()
    assert read_back(TEXTS, seed=7, epoch=4, keys=range(400)) == pipe(TEXTS, seed=7, epoch=4, keys=range(400))


def test_a_policy_draws_with_the_numbers_of_the_epoch():
    rng = Rng(7, np.arange(50, dtype=np.uint64), epoch=3)
    ramp = augreg.policies.Trivial(level=[0, UP]).in_epoch(3)
    assert ramp == augreg.policies.Trivial(level=[0, 0.3])
    assert ramp.plan(rng, np.ones(4)).level.max() < 0.3


def test_a_curriculum_grows_in_share_and_strength():
    inner = augreg.policies.Rand(n=2, level=0.8, spread=0)
    policy = augreg.policies.Curriculum(policy=inner, share=UP, level={"tanh": [0, 1], "epochs": 5})
    for epoch in (0, 4, 10):
        rng = Rng(7, np.arange(1000, dtype=np.uint64), epoch=epoch)
        plan, plain = policy.in_epoch(epoch).plan(rng, np.ones(3)), inner.plan(rng, np.ones(3))
        on = plan.operation[:, 0] >= 0
        assert on.mean() == pytest.approx(epoch / 10, abs=0.05)
        assert (plan.operation[on] == plain.operation[on]).all()
        assert np.allclose(plan.level, 0.8 * math.tanh(epoch / 5))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"policy": "text.keyboard"}, "is no policy. Write its name"),
        ({"policy": {"policy.trivial": {"p": 0.5}}}, "without p and id"),
        ({"operations": ["text.keyboard"]}, "Move operations there"),
        ({"policy": {"policy.trivial": {"n": 0}}}, "n=0 is not valid"),
        ({"share": 2}, "share=2 is not valid"),
    ],
)
def test_a_curriculum_of_nothing_is_refused(params, message):
    with pytest.raises(augreg.ConfigError, match=message):
        augreg.Pipeline({"text": [{"policy.curriculum": params}]})


class Texts:
    def __len__(self):
        return 12

    def __getitem__(self, i):
        return {"id": i, "caption": TEXTS[0]}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_that_run_already_hear_the_epoch(method):
    pipe = augreg.Pipeline({"text": STEPS}, schema={"caption": "text"})
    collate = augreg.collate(pipe, seed=7)
    workers = {"num_workers": 2, "multiprocessing_context": method, "persistent_workers": True}
    loader = DataLoader(Texts(), 4, collate_fn=collate, **workers)
    for epoch in (0, 5, 10):
        collate.set_epoch(epoch)
        found = [text for batch in loader for text in batch["caption"]]
        assert found == pipe(TEXTS[:12], seed=7, epoch=epoch, keys=range(12))
