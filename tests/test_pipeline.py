"""Pipelines: every way to write a step, groups and their frequencies, files, and errors with the nearest valid name."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import Brightness, Mirror, make_registry, pipeline

import augreg
from augreg.errors import AugregError
from augreg.pipeline import OneOf, Sequential, SomeOf, Step
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

FORMS = [
    ["toy.brightness"],
    [{"toy.brightness": {"factor": [0.5, 0.7], "p": 0.5}}],
    [{"toy.brightness": None}],
    [Step("toy.brightness", None, p=0.2, level=0.5, id="b")],
    [Brightness(factor=(0.5, 0.7))],
    [["toy.brightness", "toy.mirror"]],
    [{"one_of": ["toy.brightness", {"toy.mirror": {"p": 0.3}}]}],
    [{"one_of": {"steps": ["toy.brightness", "toy.mirror"], "weights": [3, 1], "p": 0.4, "id": "x"}}],
    [OneOf(["toy.brightness", Mirror()])],
    [{"some_of": {"steps": ["toy.brightness", "toy.mirror", "toy.square"], "n": [1, 2], "order": "random"}}],
    [SomeOf(["toy.brightness", "toy.mirror"], n=2)],
    [{"sequential": {"steps": ["toy.brightness", "toy.mirror"], "p": 0.5}}],
    [Sequential(["toy.brightness"], p=0.5)],
    [{"one_of": [["toy.brightness", "toy.mirror"], "toy.square"]}],
]


def masks(pipe, rng):
    return [fired.mask for fired in pipe.programs["image"].fires(rng)]


@pytest.mark.parametrize("steps", FORMS, ids=range(len(FORMS)))
def test_files_hold_the_pipeline(steps, tmp_path):
    pipe = pipeline({"image": steps, "text": ["toy.upper"]}, schema={"a": "image"})
    for name in ("p.yaml", "p.json"):
        pipe.save(tmp_path / name)
        again = augreg.Pipeline.load(tmp_path / name, registry=pipe.registry)
        assert again == pipe
        rng = Rng(3, hash_keys(range(50)))
        for a, b in zip(masks(pipe, rng), masks(again, rng), strict=True):
            assert np.array_equal(a, b)
    assert augreg.Pipeline.from_yaml(pipe.to_yaml(), registry=pipe.registry).to_yaml() == pipe.to_yaml()


def fired(steps, n=4000, seed=5):
    pipe = pipeline({"image": steps})
    masks = [fired.mask for fired in pipe.programs["image"].fires(Rng(seed, hash_keys(range(n))))]
    return {e.label: m for e, m in zip(pipe.programs["image"].executions, masks, strict=True)}


def near(mask, p):
    assert abs(mask.mean() - p) < 4 * np.sqrt(p * (1 - p) / len(mask)) + 1e-9


def test_p_and_the_declared_default():
    found = fired([{"toy.brightness": {"p": 0.3}}, "toy.mirror", {"toy.mirror": {"p": 0}}, {"toy.mirror": {"p": 1}}])
    near(found["toy.brightness"], 0.3)
    near(found["toy.mirror"], 0.5)
    assert not found["toy.mirror#2"].any()
    assert found["toy.mirror#3"].all()
    both = found["toy.brightness"] & found["toy.mirror"]
    near(both, 0.15)


def test_one_of_picks_exactly_one_with_the_weights():
    found = fired([{"one_of": {"steps": ["toy.brightness", "toy.mirror"], "weights": [3, 1], "p": 0.8}}])
    a, b = found["one_of/toy.brightness"], found["one_of/toy.mirror"]
    assert not (a & b).any()
    near(a, 0.6)
    near(b, 0.2)


def test_some_of_counts_and_orders():
    steps = ["toy.brightness", "toy.mirror", "toy.square"]
    given_order = fired([{"some_of": {"steps": steps, "n": 2}}])
    assert (sum(m.astype(int) for m in given_order.values()) == 2).all()
    for mask in given_order.values():
        near(mask, 2 / 3)
    shuffled = fired([{"some_of": {"steps": steps, "n": [1, 3], "order": "random"}}])
    total = sum(m.astype(int) for m in shuffled.values())
    assert set(total.tolist()) == {1, 2, 3}
    for mask in (m for label, m in shuffled.items() if label.startswith("[0]")):
        near(mask, 1 / 3)
    once = sum(m.astype(int) for label, m in shuffled.items() if label.endswith("toy.mirror"))
    assert once.max() == 1


def test_a_nested_sequence_is_chosen_as_a_whole():
    found = fired([{"one_of": [["toy.brightness", "toy.mirror"], "toy.square"]}])
    first, second = found["one_of/sequential/toy.brightness"], found["one_of/sequential/toy.mirror"]
    assert np.array_equal(first, second)
    assert np.array_equal(~first, found["one_of/toy.square"])


def test_inserting_a_step_changes_no_other_draw():
    x = augreg.Image(torch.full((3, 2, 2), 0.5))
    short = pipeline({"image": ["toy.brightness", {"toy.mirror": {"p": 0.5}}]})
    long = pipeline({"image": ["toy.linear", "toy.square", "toy.brightness", "toy.square", {"toy.mirror": {"p": 0.5}}]})
    masks = {}
    for name, pipe in (("short", short), ("long", long)):
        found = pipe.programs["image"]
        drawn = [fired.mask for fired in found.fires(Rng(1, hash_keys(range(100))))]
        masks[name] = {e.label: m for e, m in zip(found.executions, drawn, strict=True)}
    for label in ("toy.brightness", "toy.mirror"):
        assert np.array_equal(masks["short"][label], masks["long"][label])
    _, a = augreg.augment([x], short, seed=1, return_trace=True)
    only = pipeline({"image": ["toy.brightness"]})
    _, b = augreg.augment([x], only, seed=1, return_trace=True)
    assert a[0].steps[0] == b[0].steps[0]


def test_an_id_names_the_random_numbers():
    def drawn(steps):
        image = augreg.Image(torch.full((3, 2, 2), 0.5))
        _, trace = augreg.augment([image], pipeline({"image": steps}), seed=1, return_trace=True)
        return trace[0].steps[-1]["params"]["factor"]

    named = drawn([{"toy.brightness": {"id": "first"}}])
    assert named == drawn(["toy.brightness", {"toy.brightness": {"id": "first"}}])
    assert named != drawn(["toy.brightness"])


BAD = [
    ({"image": ["toy.brigthness"]}, "no augmenter named 'toy.brigthness'. Did you mean 'toy.brightness'?"),
    ({"imgae": []}, "no modality 'imgae'. Did you mean 'image'?"),
    ({"image": [{"toy.brightness": {"facter": 1}}]}, "no parameter 'facter'. Did you mean 'factor'?"),
    ({"image": [{"toy.brightness": {"factor": [2, 1]}}]}, "did you mean [1, 2]"),
    ({"image": [{"toy.brightness": {"factor": -1}}]}, "toy.brightness: factor"),
    ({"image": [{"toy.brightness": {"factor": "big"}}]}, "factor='big' is not valid: expected a pair"),
    ({"image": [{"toy.brightness": {"p": 2}}]}, "p=2 is not a probability"),
    ({"image": [{"toy.brightness": {"level": 2}}]}, "level=2 is not a strength"),
    ({"image": [{"toy.brightness": {}, "toy.mirror": {}}]}, "has 2 keys"),
    ({"image": [{"toy.brightness": 3}]}, "where its parameters belong"),
    ({"image": "toy.brightness"}, "must be a list of steps"),
    ({"image": [3]}, "is 3, which is no step"),
    ({"image": ["toy.gain"]}, "toy.gain takes audio, not image. Run: augreg list --modality image"),
    ({"image": [{"oneof": ["toy.mirror"]}]}, "no group of steps is named 'oneof'. Did you mean 'one_of'?"),
    ({"image": [{"SomeOf": {"steps": []}}]}, "no group of steps is named 'SomeOf'. Did you mean 'some_of'?"),
    ({"version": 2, "image": []}, "pipeline version 2 is unknown"),
    ({"schema": {"a": "image"}, "tie": {"b": "a"}}, "tie: the schema has no field 'b'"),
    ({"schema": {"a": "image", "depth": "image"}, "tie": {"a": "dept"}}, "no field 'dept'. Did you mean 'depth'?"),
    ({"image": [{"one_of": {"stpes": []}}]}, "no option 'stpes'. Did you mean 'steps'?"),
    ({"image": [{"one_of": []}]}, "one_of has no steps"),
    ({"image": [{"one_of": {"steps": ["toy.mirror"], "weights": [1, 2]}}]}, "do not fit 1 steps"),
    ({"image": [{"some_of": {"steps": ["toy.mirror"], "n": 2}}]}, "n=2 does not fit 1 steps"),
    ({"image": [{"some_of": {"steps": ["toy.mirror"], "order": "rnd"}}]}, "order='rnd'"),
    (5, "maps modalities to steps"),
    ({"image": 0}, "image must be a list of steps, not 0"),
    ({"image": [{5: {}}]}, "has the key 5, which is no name"),
    ({"image": [Brightness]}, "is the class Brightness, no step. Construct it: Brightness()"),
    ({"image": [{"toy.mirror": {"id": 5}}]}, "toy.mirror: id=5 is not a name"),
    ({"image": [{"one_of": {"steps": ["toy.mirror"], "id": 5}}]}, "one_of: id=5 is not a name"),
    ({"image": [{"toy.brightness": {"level": True}}]}, "level=True is not a strength"),
    ({"image": [{"toy.mirror": {"level": 0.5}}]}, "level=0.5 would do nothing"),
    ({"image": [{"toy.brightness": {"factor": float("inf")}}]}, "factor=inf is not valid"),
    ({"image": [{"toy.brightness": {"factor": {1, 2}}}]}, "factor={1, 2} is not valid"),
    ({"image": [{"one_of": {"steps": ["toy.mirror"], "weights": ["a"]}}]}, "weights=['a'] do not fit"),
    ({"image": [{"sequential": {"steps": [], "p": None}}]}, "sequential: p=None is not a probability"),
    ({"image": [{"one_of": {"steps": ["toy.mirror"], "weights": [10**400]}}]}, "do not fit 1 steps"),
    ({"image": [{"one_of": {"steps": ["toy.mirror"], "weights": 3}}]}, "weights=3 do not fit"),
    ({"image": [{"one_of": {"steps": ["toy.mirror"], "weights": [float("nan")]}}]}, "weights=[nan] do not fit"),
    ({"image": [{"some_of": {"steps": ["toy.mirror", "toy.mirror"], "n": [1.7, 2.2]}}]}, "n=[1.7, 2.2] is not valid"),
    ({"image": [{"some_of": {"steps": ["toy.mirror", "toy.mirror"], "n": "12"}}]}, "n='12' is not valid"),
]


WRONG_NODES = [
    (lambda: Step(5), "5 is no augmenter"),
    (lambda: Step(Brightness), "is no augmenter"),
    (lambda: Step("toy.mirror", "x"), "params='x' is not valid"),
    (lambda: Step(Brightness(), {"factor": 1}), "would do nothing"),
    (lambda: OneOf(5), "one_of must be a list of steps, not 5"),
    (lambda: SomeOf("toy.mirror"), "some_of must be a list of steps"),
    (lambda: Sequential(5), "sequential must be a list of steps"),
]


@pytest.mark.parametrize(("make", "message"), WRONG_NODES, ids=[m for _, m in WRONG_NODES])
def test_mistakes_in_nodes_are_named(make, message):
    with pytest.raises(AugregError) as caught:
        make()
    assert message in str(caught.value)


def test_files_that_are_none_are_named(tmp_path):
    pipe = pipeline({"image": ["toy.mirror"]})
    for action, message in (
        (lambda: augreg.Pipeline.load(tmp_path), "cannot be read"),
        (lambda: augreg.Pipeline.load(None), "None is no path"),
        (lambda: augreg.Pipeline.from_yaml(b"image: []"), "is a bytes, no text"),
        (lambda: pipe.save(tmp_path / "nowhere" / "p.yaml"), "cannot be written"),
    ):
        with pytest.raises(augreg.ConfigError) as caught:
            action()
        assert message in str(caught.value)
    pipe.save(tmp_path / "p.JSON")
    assert (tmp_path / "p.JSON").read_text().startswith("{")


@pytest.mark.parametrize(("steps", "message"), BAD, ids=[m for _, m in BAD])
def test_mistakes_are_named(steps, message):
    with pytest.raises(AugregError) as caught:
        pipeline(steps)
    assert message in str(caught.value)


YAML_TRAPS = [
    ("image: [!!python/object/apply:os.system [ls]]", "line 1, column 9: YAML tags (!name) are not allowed"),
    ("image: &a [toy.mirror]\ntext: *a", "aliases"),
    ("image: []\nimage: []", "'image' appears twice"),
    ("image: [toy.mirror", "not valid YAML, line 1, column 19: expected ',' or ']'"),
    ("image:\n\t- toy.mirror", "line 2, column 1: found character '\\t' that cannot start any token. Indent"),
    ("# nothing\n", "the pipeline is empty. Write modalities"),
    ("image: [os.system]", "no augmenter named 'os.system'"),
    ("version: 9\nimage: []", "version 9"),
    ("- a", "no augmenter named 'a'"),
    ("a", "maps modalities"),
    ("image: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ("image: [{toy.brightness: {factor: " + "9" * 5000 + "}}]", "holds a value that cannot be read"),
    ("image:\n  - toy.brightness:\n    p: 0.5", "2 keys"),
]


def test_steps_inside_themselves_are_refused():
    steps = ["toy.mirror"]
    steps.append(steps)
    with pytest.raises(augreg.ConfigError, match="nested too deeply"):
        pipeline({"image": steps})


@pytest.mark.parametrize(("text", "message"), YAML_TRAPS, ids=[m for _, m in YAML_TRAPS])
def test_yaml_traps(text, message):
    with pytest.raises(AugregError) as caught:
        augreg.Pipeline.from_yaml(text, registry=make_registry())
    assert message in str(caught.value)


def test_yaml_numbers_are_numbers():
    pipe = augreg.Pipeline.from_yaml("image: [toy.brightness: {factor: [1e-1, 1E0]}]", registry=make_registry())
    assert pipe.augmenters("image")[0].augmenter.factor == (0.1, 1.0)


def test_a_mapping_may_begin_as_a_file_does():
    mapping = {"version": 1, "schema": {"a": "image"}, "image": ["toy.mirror"]}
    written = dict(mapping)
    assert pipeline(mapping) == pipeline({"image": ["toy.mirror"]}, schema={"a": "image"})
    assert mapping == written
    with pytest.raises(augreg.ConfigError, match="schema twice"):
        pipeline(mapping, schema={"a": "image"})


def test_an_augmenter_of_another_modality_suggests_its_namesake():
    class Other(Mirror):
        """Mirror."""

    registry = make_registry()
    registry.register(Other, name="image.gain", modalities=("image",))
    with pytest.raises(AugregError, match=r"toy.gain takes audio, not image. Did you mean 'image.gain'\?"):
        augreg.Pipeline({"image": ["toy.gain"]}, registry=registry)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(augreg.ConfigError, match="no pipeline file"):
        augreg.Pipeline.load(tmp_path / "absent.yaml")


def test_pickles_with_the_default_registry(tmp_path):
    augreg.register(Brightness, name="tmp.brightness", modalities=("image",))
    try:
        pipe = augreg.Pipeline({"image": [{"tmp.brightness": {"p": 0.5}}]})
        assert pickle.loads(pickle.dumps(pipe)) == pipe
    finally:
        augreg.unregister("tmp.brightness")


def test_unregistered_classes_run_but_cannot_be_saved():
    class Private(Mirror):
        """Flip."""

    pipe = augreg.Pipeline({"image": [Private()]}, registry=make_registry())
    x = torch.arange(6.0).reshape(1, 1, 2, 3).repeat(50, 1, 1, 1)
    out = augreg.augment(x, pipe, modality="image", seed=4)
    flipped = [torch.equal(row, x[0].flip(-1)) for row in out]
    assert 10 < sum(flipped) < 40
    with pytest.raises(augreg.ConfigError, match="Private is not registered"):
        pipe.to_dict()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 5), st.integers(1, 30))
def test_masks_do_not_depend_on_the_batch(seed, epoch, n):
    steps = [{"toy.mirror": {"p": 0.4}}, {"some_of": {"steps": ["toy.mirror", "toy.square"], "n": 1, "p": 0.5}}]
    program = pipeline({"image": steps}).programs["image"]
    keys = hash_keys(range(n))
    whole = [f.mask for f in program.fires(Rng(seed, keys, epoch=epoch))]
    last = [f.mask for f in program.fires(Rng(seed, keys[-1:], epoch=epoch))]
    assert all(a[-1] == b[0] for a, b in zip(whole, last, strict=True))
