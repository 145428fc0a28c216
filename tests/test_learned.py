"""Policies that learn: what they are told changes what they draw, at `set_epoch` only, and for all workers alike."""

import json
import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, gammaln
from torch.utils.data import DataLoader

import augreg
from augreg import Rng
from augreg.policies.adaptive import caps
from augreg.random.incomplete_beta import incomplete_beta, log_gamma
from augreg.random.keys import field_keys, hash_keys

OPS = ["text.keyboard", "text.word_swap"]
TEXT = "one two three four five six seven eight"
N = 24
CTA = {"text": [{"policy.cta": {"operations": OPS, "bins": 4, "decay": 0.5}}]}
ADAPTIVE = {"text": [{"policy.adaptive": {"policy": {"policy.trivial": {"operations": OPS, "level": 1}}}}]}


class Texts:
    def __init__(self, bound=None):
        self.bound = bound

    def __len__(self):
        return N

    def __getitem__(self, i):
        item = {"id": i, "caption": TEXT}
        return item if self.bound is None else self.bound(item)


def pipeline(steps):
    return augreg.Pipeline(steps, schema={"caption": "text"})


def right(pipe, epoch):
    return pipe([TEXT] * N, seed=7, epoch=epoch, keys=range(N))


def tell(learner):
    """Tell a learner something, of either kind."""
    if "losses" in str(learner.snapshot()):
        learner.observe(keys=range(0, N, 2), losses=[float(i) for i in range(0, N, 2)])
    else:
        learner.observe(operations=OPS * 3, bins=[0, 1, 2, 3, 3, 2], probabilities=[0.9, 0.1, 0.0, 0.2, 0.3, 0.4])


# CTAugment


def test_a_weight_is_a_running_mean_of_probabilities():
    learner = augreg.policies.learner(CTA)
    told = torch.tensor([0.2, 1.0, 0.4])
    learner.observe(operations=[0, "text.keyboard", 1], bins=[2, 2, None], probabilities=told)
    keyboard, swap = (row["weights"] for row in learner.table())
    assert keyboard == pytest.approx([1, 1, (1 / 2 + 0.2 / 2) / 2 + 1 / 2, 1])
    assert swap == pytest.approx([0.7] * 4)


def test_what_is_drawn_is_the_formula():
    rows = [[1.0, 0.9, 0.5, 0.85], [0.1, 0.2, 0.79, 0.7], [0.8, 0.8, 0.8, 0.8]]
    state = {"operations": ["a", "b", "c"], "weights": rows}
    policy = augreg.policies.CTA(n=2, bins=4, state=state)
    plan = policy.plan(Rng(7, np.arange(20000, dtype=np.uint64)), np.ones(3))
    bins = np.floor(plan.level * 4).astype(int)
    kept = np.where(np.array(rows) >= 0.8, rows, 0)
    for k, share in ((0, 1 / 2), (1, 0), (2, 1 / 2)):
        assert (plan.operation == k).mean() == pytest.approx(share, abs=0.01)
        found = [((plan.operation == k) & (bins == b)).mean() for b in range(4)]
        assert found == pytest.approx((share * kept[k] / max(kept[k].sum(), 1e-9)).tolist(), abs=0.01)
    inside = plan.level * 4 - bins
    assert np.histogram(inside, 10, (0, 1))[0] / inside.size == pytest.approx(0.1, abs=0.01)


def test_it_finds_the_strengths_that_destroy_the_label():
    """Swapping words does no harm here; a typist who hits wrong keys more often than at half strength does."""
    pipe = augreg.Pipeline(
        {"text": [{"policy.cta": {"operations": ["text.word_swap", "text.keyboard"], "bins": 8, "decay": 0.8}}]}
    )
    learner = augreg.policies.learner(pipe)
    most = {"text.keyboard": 0.5, "text.word_swap": 1.0}
    for step in range(40):
        probe = learner.probe([TEXT] * 25, seed=step)
        weak = [
            b / 8 < most[["text.word_swap", "text.keyboard"][k]]
            for k, b in zip(probe.operations, probe.bins, strict=True)
        ]
        learner.observe(probe=probe, probabilities=[0.95 if w else 0.05 for w in weak])
    swap, keyboard = learner.table()
    assert (swap["keeps"], keyboard["keeps"]) == (1.0, 0.5)
    _, traces = learner.pipeline()([TEXT] * 500, seed=1, keys=range(500), return_trace=True)
    steps = [trace.steps[0] for trace in traces]
    assert max(s["level"] for s in steps if s["augmenter"] == "text.keyboard") < 0.5
    assert max(s["level"] for s in steps if s["augmenter"] == "text.word_swap") > 0.9


def test_a_probe_tells_what_it_did():
    pipe = augreg.Pipeline(
        {"text": ["text.char_case", {"policy.cta": {"operations": [*OPS, {"text.keyboard": {"level": [0.2, 0.6]}}]}}]}
    )
    learner = augreg.policies.learner(pipe)
    probes = [learner.probe([TEXT] * 600, seed=seed) for seed in range(10)]
    counts = np.zeros((3, 8))
    for probe in probes:
        np.add.at(counts, (probe.operations, probe.bins), 1)
    assert counts / 6000 == pytest.approx(1 / 24, abs=0.012)  # some five standard deviations
    again, other = (learner.probe([TEXT] * 600, 5, seed=seed) for seed in (3, 4))
    assert again.samples == probes[3].samples[:5] != other.samples


def test_a_probe_of_records_inside_groups_and_wrappers():
    inner = {
        "policy.curriculum": {"policy": {"policy.cta": {"operations": OPS}}, "share": {"linear": [0, 1], "epochs": 9}}
    }
    pipe = pipeline({"text": [{"sequential": {"steps": ["text.char_case", inner]}}]})
    learner = augreg.policies.learner(pipe)
    assert list(learner.snapshot()) == ["text/sequential/policy.curriculum"]
    probe = learner.probe([Texts()[i] for i in range(5)], seed=1)
    learner.observe(probe=probe, probabilities=[0.0] * 5)
    assert min(min(row["weights"]) for row in learner.table()) < 1
    assert "weights" in learner.pipeline().to_yaml()


def test_what_a_probe_cannot_tell_is_refused():
    learner = augreg.policies.learner(augreg.Pipeline(CTA, schema={"one": "text", "other": "text"}))
    with pytest.raises(augreg.ConfigError, match="record 0 has 2 samples that passed through"):
        learner.probe([{"id": 3, "one": TEXT, "other": TEXT}], seed=1)
    chosen = {"text": [{"one_of": {"steps": [*CTA["text"], "text.char_case"]}}]}
    with pytest.raises(augreg.ConfigError, match="a group chose another step"):
        augreg.policies.learner(chosen).probe([TEXT] * 20, seed=1)
    with pytest.raises(augreg.ConfigError, match="takes a list of samples, not a str"):
        learner.probe(TEXT)
    with pytest.raises(augreg.ConfigError, match="no step learns from bins|is not probed"):
        augreg.policies.learner(ADAPTIVE).probe([TEXT])


# SapAugment


@given(st.floats(0.01, 200), st.floats(0.01, 200))
@settings(max_examples=60)
def test_the_incomplete_beta_function_is_scipys(a, b):
    x = np.linspace(0, 1, 101)
    assert incomplete_beta(a, b, x) == pytest.approx(betainc(a, b, x), abs=1e-11)
    assert log_gamma(a) == pytest.approx(gammaln(a), rel=1e-13, abs=1e-13)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=40), st.floats(0.01, 0.99), st.floats(0.1, 100))
@settings(max_examples=60)
def test_caps_are_those_of_the_paper(losses, a, s):
    ranks = [sum(o < x for o in losses) + (1 + sum(o == x for o in losses)) / 2 for x in losses]
    expected = 1 - betainc(s * (1 - a), s * a, np.array(ranks) / len(losses))
    assert caps(np.array(losses), a, s) == pytest.approx(expected, abs=1e-10)


def test_strengths_are_capped_by_the_loss_of_each_sample():
    inner = augreg.policies.Trivial(level=1.0)
    learned = {f"{k:016x}": loss for k, loss in zip(hash_keys(["a", "b", 3, 4]).tolist(), [4.0, 1, 3, 2], strict=True)}
    policy = augreg.policies.Adaptive(policy=inner, state={"losses": learned}, a=0.4, s=5)
    plan = policy.plan(Rng(7, hash_keys(["a", "b", "3", 4, "new"])), np.ones(3))
    expected = [1 - betainc(3, 2, rank / 4) for rank in (4, 1, 3, 2)]
    assert plan.level[:, 0] == pytest.approx([*expected, 0.6], abs=1e-12)
    plain = inner.plan(Rng(7, hash_keys(["a", "b", "3", 4, "new"])), np.ones(3))
    assert (plan.operation == plain.operation).all()
    told = augreg.policies.Adaptive(policy=inner, state={"losses": learned}, unseen=0.25)
    assert told.plan(Rng(7, hash_keys(["new"])), np.ones(3)).level.tolist() == [[0.25]]


def test_fields_of_a_record_have_losses_of_their_own():
    learner = augreg.policies.learner(ADAPTIVE)
    learner.observe(keys=["a"], losses=[0.5], field="left")
    (found,) = learner.snapshot()["text/policy.adaptive"]["losses"]
    assert int(found, 16) == int(field_keys(hash_keys(["a"]), "left")[0])


# What both have in common


@pytest.mark.parametrize("steps", [CTA, ADAPTIVE])
def test_a_state_is_part_of_file_pickle_and_trace(steps):
    pipe = augreg.Pipeline(steps)
    learner = augreg.policies.learner(pipe)
    before = json.dumps(learner.snapshot())
    assert learner.pipeline()([TEXT] * N, seed=7, keys=range(N)) == right(pipe, 0)
    snapshot = learner.snapshot()
    tell(learner)
    assert json.dumps(snapshot) == before
    knows = learner.pipeline()
    assert knows != pipe
    assert right(knows, 0) != right(pipe, 0)
    for same in (augreg.Pipeline.from_yaml(knows.to_yaml()), pickle.loads(pickle.dumps(knows))):
        assert same == knows
        assert right(same, 3) == right(knows, 3)
    states = set()
    for each in (pipe, knows):
        out, traces = each([TEXT] * N, seed=7, keys=range(N), return_trace=True)
        plain = json.loads(json.dumps(traces.to_dicts()))
        states |= {step["state"] for trace in plain for step in trace["steps"]}
        assert pipe.replay([TEXT] * N, plain) == out  # without what it had learned
    assert len(states) == 2


@pytest.mark.parametrize("steps", [CTA, ADAPTIVE])
def test_results_hang_on_no_batch(steps):
    learner = augreg.policies.learner(steps)
    tell(learner)
    pipe = learner.pipeline()
    whole = right(pipe, 2)
    assert [pipe(TEXT, seed=7, epoch=2, keys=[i]) for i in range(N)] == whole
    turned = pipe([TEXT] * N, seed=7, epoch=2, keys=range(N)[::-1])
    assert turned[::-1] == whole


@pytest.mark.parametrize(("steps", "method"), [(CTA, "spawn"), (ADAPTIVE, "fork"), (ADAPTIVE, "spawn")])
def test_all_workers_hear_at_set_epoch_and_not_before(steps, method):
    pipe = pipeline(steps)
    options = {"num_workers": 2, "persistent_workers": True, "multiprocessing_context": method}
    bound = pipe.bind(seed=7)
    binding = DataLoader(Texts(bound), 5, collate_fn=list, **options)
    loader = augreg.loader(Texts(), pipe, seed=7, batch_size=5, auto_epoch=False, **options)
    for told in (bound, loader):
        told.set_epoch(0)
    passes = {
        "bound": (bound, lambda: [item["caption"] for batch in binding for item in batch]),
        "loader": (loader, lambda: [text for batch in loader for text in batch["caption"]]),
    }
    for name, (told, passed) in passes.items():
        first = passed()
        assert first == right(pipe, 0), name
        tell(told.learner)
        assert passed() == first, name  # the same epoch, with what was known when it began
        told.set_epoch(0)
        assert passed() == first, name
        told.set_epoch(1)
        assert passed() == right(told.learner.pipeline(), 1) != right(pipe, 1), name


@pytest.mark.parametrize("steps", [CTA, ADAPTIVE])
def test_a_checkpoint_holds_what_was_known_and_what_was_learned_since(steps):
    pipe = pipeline(steps)
    bound = pipe.bind(seed=7)
    bound.set_epoch(3)
    tell(bound.learner)
    bound.set_epoch(4)
    tell(bound.learner)
    again = pipe.bind(seed=7)
    again.load_state_dict(json.loads(json.dumps(bound.state_dict())))
    for each in (4, 5):
        for one in (bound, again):
            one.set_epoch(each)
        found = [bound(Texts()[i]) for i in range(N)]
        assert [again(Texts()[i]) for i in range(N)] == found
    assert again.state_dict() == bound.state_dict()


@pytest.mark.parametrize("steps", [CTA, ADAPTIVE])
def test_a_pass_that_was_broken_off_comes_again_as_it_was(steps):
    pipe = pipeline(steps)
    loader = augreg.loader(Texts(), pipe, seed=7, batch_size=5)
    list(loader)
    tell(loader.learner)
    begun = iter(loader)
    first = next(begun)["caption"]
    tell(loader.learner)
    again = augreg.loader(Texts(), pipe, seed=7, batch_size=5)
    again.load_state_dict(json.loads(json.dumps(loader.state_dict())))
    assert (next(iter(again))["caption"], again.epoch) == (first, 1)


def test_the_next_pass_knows_what_the_last_one_taught():
    pipe = pipeline(ADAPTIVE)
    loader = augreg.loader(Texts(), pipe, seed=7, batch_size=N)
    for epoch in range(3):
        knows = loader.learner.pipeline()
        (batch,) = loader
        assert batch["caption"] == right(knows, epoch)
        tell(loader.learner)


def test_without_learned_policies_a_state_is_what_it_was():
    bound = augreg.Pipeline({"text": OPS}).bind(seed=7)
    assert bound.state_dict() == {"epoch": 0, "seed": 7}
    with pytest.raises(augreg.ConfigError, match=r"none of the policies .* learns"):
        _ = bound.learner


TWO = {
    "text": [
        {"policy.cta": {"operations": OPS}},
        {"policy.adaptive": {"id": "second"}},
        {"policy.cta": {"operations": OPS}},
    ]
}
TWO["text"][1]["policy.adaptive"]["policy"] = {"policy.trivial": {"operations": OPS}}


@pytest.mark.parametrize(
    ("steps", "told", "message"),
    [
        (CTA, {"operations": [0], "bins": [0], "probabilities": [1.5]}, "probability of the true class"),
        (CTA, {"operations": [0], "bins": [0], "probabilities": [math.nan]}, "probability of the true class"),
        (CTA, {"operations": [0], "bins": [4], "probabilities": [0.5]}, "whole numbers from 0 to 3"),
        (CTA, {"operations": ["text.keybord"], "bins": [0], "probabilities": [0.5]}, "Did you mean 'text.keyboard'"),
        (CTA, {"operations": [0], "bins": [0, 1], "probabilities": [0.5]}, "1 operations, 2 bins, 1 probabilities"),
        (CTA, {"operations": [0], "bins": [0], "probabilities": torch.ones(1, 3)}, "one value per sample"),
        (CTA, {"operations": [0], "bins": [0]}, "needs probabilities="),
        (CTA, {"losses": [0.5], "keys": [1]}, "observes no 'losses'"),
        (ADAPTIVE, {"keys": [1, 2], "losses": [0.5]}, "2 keys and 1 losses"),
        (ADAPTIVE, {"keys": [1], "losses": [math.inf]}, "finite numbers"),
        (ADAPTIVE, {"keys": [1], "loss": [1.0]}, "Did you mean 'losses'"),
        (ADAPTIVE, {"of": "text/policy.adaptiv", "keys": [1], "losses": [1.0]}, "Did you mean"),
        (TWO, {"operations": [0], "bins": [0], "probabilities": [0.5]}, "several steps learn from"),
    ],
)
def test_wrong_observations_are_refused_and_change_nothing(steps, told, message):
    learner = augreg.policies.learner(steps)
    before = json.dumps(learner.snapshot())
    with pytest.raises(augreg.ConfigError) as error:
        learner.observe(**told)
    assert message in str(error.value)
    assert json.dumps(learner.snapshot()) == before


def test_the_right_one_of_several_learns():
    learner = augreg.policies.learner(TWO)
    learner.observe(keys=["a"], losses=[1.0])
    learner.observe(of="text/policy.cta#2", operations=[0], bins=[0], probabilities=[0.0])
    first, adaptive, second = learner.snapshot().values()
    assert len(adaptive["losses"]) == 1
    assert min(map(min, first["weights"])) == 1 > min(map(min, second["weights"]))


@pytest.mark.parametrize(
    ("policy", "params", "message"),
    [
        ("cta", {"operations": OPS, "state": {"operations": OPS[:1], "weights": [[1.0] * 8]}}, "was learned over"),
        ("cta", {"operations": OPS, "state": {"operations": OPS, "weights": [[1.0] * 4] * 2}}, "holds no 8 weights"),
        ("cta", {"operations": OPS, "state": 3}, "none of policy.cta"),
        ("adaptive", {"state": {"losses": {"a": 1.0}}}, "no losses by hashed keys"),
        ("adaptive", {"samples": 1, "state": {"losses": {"0" * 16: 1.0, "1" * 16: 1.0}}}, "Say samples: 2"),
        ("adaptive", {"policy": {"policy.cta": {"operations": OPS}}}, "learns, too"),
    ],
)
def test_wrong_states_are_refused(policy, params, message):
    params = params if policy == "cta" else {"policy": {"policy.trivial": {"operations": OPS}}, **params}
    with pytest.raises(augreg.ConfigError) as error:
        augreg.Pipeline({"text": [{f"policy.{policy}": params}]})
    assert message in str(error.value)


def test_states_go_to_steps_that_learn():
    pipe = augreg.Pipeline(CTA)
    with pytest.raises(
        augreg.ConfigError, match="no step 'text/policy.ct' that learns. Did you mean 'text/policy.cta'"
    ):
        pipe.with_states({"text/policy.ct": {}})
    bound = pipe.bind(seed=7)
    other = augreg.Pipeline(ADAPTIVE).bind(seed=7)
    for state in ({"epoch": 0, "seed": 7}, other.state_dict(), {**bound.state_dict(), "policies": None}):
        with pytest.raises(augreg.ConfigError):
            bound.load_state_dict(state)


def test_a_worker_does_not_learn():
    bound = pipeline(CTA).bind(seed=7)

    class Learns(Texts):
        def __getitem__(self, i):
            bound.learner.observe(operations=[0], bins=[0], probabilities=[1.0])

    with pytest.raises(augreg.ConfigError, match="Observe in the process that trains"):
        list(DataLoader(Learns(), num_workers=1))
