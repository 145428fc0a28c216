"""Weights learned by gradient: the gradient, what comes of it twice, harm that is found, errors that help."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import augreg.learn
from augreg.errors import AugregError, ConfigError
from augreg.learn.examples import Examples
from augreg.learn.weighing.drawing import Drawer, operation_of
from augreg.learn.weighing.network import BOUND, Weigher
from augreg.learn.weighing.steps import influence
from augreg.learn.weighing.weights import Weighed, Weight, Weights, averaged, weighed

learn_weights = augreg.learn.learn_weights


def bars(n: int, first: int = 0) -> Examples:
    """Pictures with a bright upper or lower half: upside down they are of the other class."""
    rng = np.random.default_rng([7, first])
    pictures = rng.integers(0, 90, (n, 1, 28, 28))
    for place in range(n):
        half = slice(0, 14) if place % 2 else slice(14, 28)
        pictures[place, :, half] += 120
    samples = [augreg.Image(torch.from_numpy(picture.astype(np.uint8))) for picture in pictures]
    return Examples(samples, np.arange(n) % 2, ("low", "high"), tuple(str(first + place) for place in range(n)))


def tiny(seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    x, y, held_x, held_y = draw(5, 3), torch.tensor([0, 1, 1, 0, 1]), draw(4, 3), torch.tensor([1, 0, 1, 1])
    parameters = {"first": draw(4, 3), "second": draw(2, 4)}

    def scores(at, inputs):
        return torch.tanh(inputs @ at["first"].T) @ at["second"].T

    def loss(at, one, target):
        return F.cross_entropy(scores(at, one[None]), target[None])

    def losses(at):
        return F.cross_entropy(scores(at, x), y, reduction="none")

    def held(at):
        return F.cross_entropy(scores(at, held_x), held_y)

    return loss, losses, held, parameters, (x, y)


def after_a_step(losses, held, parameters, weights, rate) -> float:
    """The held loss after a step along gradients of length 1, each by autograd alone."""
    moved = {name: value.clone() for name, value in parameters.items()}
    for place, weight in enumerate(weights):
        at = {name: value.clone().requires_grad_() for name, value in parameters.items()}
        losses(at)[place].backward()
        length = torch.sqrt(sum((value.grad**2).sum() for value in at.values()))
        for name, value in at.items():
            moved[name] -= rate * weight * value.grad / length
    return float(held(moved))


def length_of(held, parameters) -> float:
    at = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    held(at).backward()
    return float(torch.sqrt(sum((value.grad**2).sum() for value in at.values())))


def test_the_influence_of_a_sample_is_that_of_finite_differences() -> None:
    loss, losses, held, parameters, samples = tiny()
    found = influence(loss, held, parameters, samples)
    assert ((found >= -1) & (found <= 1)).all()
    for place in range(len(found)):
        weights = torch.zeros(len(found), dtype=torch.float64)
        weights[place] = 1.0
        ends = [after_a_step(losses, held, parameters, weights, sign * 1e-5) for sign in (1, -1)]
        expected = (ends[0] - ends[1]) / 2e-5 / length_of(held, parameters)
        assert float(found[place]) == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_the_gradient_of_the_weigher_is_that_of_finite_differences() -> None:
    loss, losses, held, parameters, samples = tiny(1)
    torch.manual_seed(0)
    weigher = Weigher(2).double()
    torch.nn.init.normal_(weigher._outer.weight)
    told = (
        torch.tensor([0, 1, 1, 0, 1]),
        torch.linspace(0, 1, 5).double(),
        torch.rand(5).double(),
        torch.rand(5).double(),
    )
    (influence(loss, held, parameters, samples).detach() * weigher(*told)).sum().backward()
    rate, length = 1e-4, length_of(held, parameters)
    for parameter in weigher.parameters():
        flat = parameter.data.view(-1)
        for place in range(0, len(flat), 17):
            slopes = []
            for sign in (1, -1):
                flat[place] += sign * 1e-5
                weights = weigher(*told).detach()
                ends = [after_a_step(losses, held, parameters, weights, one * rate) for one in (1, -1)]
                slopes.append((ends[0] - ends[1]) / (2 * rate * length))
                flat[place] -= sign * 1e-5
            expected = (slopes[0] - slopes[1]) / 2e-5
            assert float(parameter.grad.view(-1)[place]) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_of_softmax_regression_it_is_the_known_formula() -> None:
    # The gradient of a sample's loss is (p - y) x^T: its product with G is (p - y)^T G x, its length |p - y| |x|.
    rng = torch.Generator().manual_seed(3)
    x, held_x, matrix = (torch.randn(n, 4, generator=rng, dtype=torch.float64) for n in (6, 5, 3))
    y, held_y = torch.arange(6) % 3, torch.arange(5) % 3
    found = influence(
        lambda at, one, target: F.cross_entropy(at["w"] @ one, target),
        lambda at: F.cross_entropy(held_x @ at["w"].T, held_y),
        {"w": matrix},
        (x, y),
    )
    wrong = (x @ matrix.T).softmax(1) - F.one_hot(y, 3)
    toward = ((held_x @ matrix.T).softmax(1) - F.one_hot(held_y, 3)).T @ held_x / 5
    lengths = wrong.norm(dim=1) * x.norm(dim=1) * toward.norm()
    assert torch.allclose(found, -((wrong @ toward) * x).sum(1) / lengths)


def test_a_sample_that_is_known_pulls_nowhere() -> None:
    found = influence(
        lambda at, one: (at["w"] * one * 0).sum(),
        lambda at: (at["w"] ** 2).sum(),
        {"w": torch.ones(3, dtype=torch.float64)},
        (torch.ones(2, 3, dtype=torch.float64),),
    )
    assert found.tolist() == [0.0, 0.0]


def test_no_weight_runs_away() -> None:
    weigher = Weigher(2)
    torch.nn.init.constant_(weigher._outer.bias, 0.0)
    torch.nn.init.normal_(weigher._outer.weight, std=1e4)
    found = weigher(torch.arange(64) % 2, torch.zeros(64), torch.rand(64), torch.rand(64)).detach()
    assert float(found.mean()) == pytest.approx(1.0, rel=1e-5)
    assert float(found.max() / found.min()) <= np.exp(2 * BOUND) * 1.001


@pytest.fixture(scope="module")
def found() -> Weights:
    return learn_weights(bars(24), bars(16, 100), ["image.gaussian_noise", "image.vflip"], seed=0, steps=100, bins=2)


def test_an_operation_that_swaps_the_classes_weighs_less(found) -> None:
    noise, flip = found.operations
    assert flip.whole.mean < 0.5 * noise.whole.mean
    assert [len(noise.bins), len(flip.bins)] == [2, 0]
    assert sum(one.n for one in noise.bins) == noise.whole.n
    drawn = found.policy()["image"][0]["policy.trivial"]["operations"]
    assert [next(iter(entry)) for entry in drawn] == ["image.gaussian_noise"]
    augreg.Pipeline(found.policy())
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["operations"][1]["operation"] == {
        "image.vflip": {"level": "own"}
    }


@pytest.mark.slow
def test_the_same_arguments_give_the_same_weights(found) -> None:
    torch.manual_seed(99)
    state, threads, told = torch.get_rng_state(), torch.get_num_threads(), []
    given = (bars(24), bars(16, 100), ["image.gaussian_noise", "image.vflip"])
    again = learn_weights(*given, seed=0, steps=100, bins=2, tell=lambda *said: told.append(said))
    assert again == found
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert told == [(done, 100) for done in range(1, 101)]
    assert learn_weights(*given, seed=1, steps=50).operations != found.operations


def test_words_are_weighed_too() -> None:
    def texts(first: int) -> Examples:
        said = [f"{'good' if n % 2 else 'bad'} thing number {n}" for n in range(first, first + 20)]
        return augreg.learn.Data.of([augreg.Text(one) for one in said], ["bad", "good"] * 10).examples

    weights = learn_weights(texts(0), texts(100), ["text.keyboard", "text.word_swap"], seed=0, steps=50)
    total = sum(one.whole.n for one in weights.operations)
    assert sum(one.whole.mean * one.whole.n for one in weights.operations) / total == pytest.approx(1, abs=1e-5)


def test_operation_and_level_of_each_sample_are_those_that_were_applied() -> None:
    train = bars(40)
    steps = [{"image.brightness": {"level": [0.5, 1.0], "p": 0.2}}, {"image.rotate": {"degrees": [90, 90]}}]
    known = [operation_of(step) for step in steps]
    drawn = Drawer(known, "image", 3)(train, 0)
    assert sorted(np.bincount(drawn.operation)) == [20, 20]
    for place, (before, after) in enumerate(zip(train.samples, drawn.examples.samples, strict=True)):
        if drawn.operation[place] == 1:
            assert np.isnan(drawn.level[place])
            assert torch.equal(after.data, torch.rot90(before.data, 1, (1, 2)))
        else:
            assert 0 <= drawn.level[place] <= 1
            assert not torch.equal(after.data, before.data)
    assert np.array_equal(drawn.examples.labels, train.labels)
    other = Drawer(known, "image", 3)(train, 1)
    assert not np.array_equal(other.operation, drawn.operation)


def test_means_are_those_of_numpy_and_the_policy_follows_them() -> None:
    operations = [operation_of({"image.brightness": {"level": [0.0, 0.8]}}), operation_of("image.hflip")]
    drawn = np.array([0, 0, 0, 0, 1, 1])
    levels = np.array([0.1, 0.3, 0.6, 1.0, np.nan, np.nan])
    weights = np.array([1.0, 2.0, 0.6, 0.2, 1.2, 1.0])
    first, second = weighed(operations, drawn, levels, weights, 4)
    assert first.whole == Weight(pytest.approx(0.95), 4)
    assert [one.mean for one in first.bins] == [1.0, 2.0, 0.6, 0.2]
    weights = Weights("image", 0, 400, (first, second))
    drawn = weights.policy()["image"][0]["policy.trivial"]["operations"]
    assert drawn == [
        {"image.brightness": {"level": [0.0, 0.6], "weight": 1.2}},
        {"image.hflip": {"level": "own", "weight": 1.1}},
    ]
    assert len(weights.policy(1.0)["image"][0]["policy.trivial"]["operations"]) == 1
    assert Weighed(operations[1], Weight(None, 0), ()).kept(0.0) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"operations": ["image.hflip"]}, "Give two or more"),
        ({"operations": ["image.hflip", "policy.trivial"]}, "'policy.trivial' is no operation"),
        ({"operations": ["image.hflip", {"one_of": ["image.vflip"]}]}, "is no operation"),
        ({"operations": ["image.hflip", "image.vflop"]}, "image.vflip"),
        ({"operations": ["image.hflip", {"image.rotate": {"level": 0.5}}]}, "level=0.5"),
        ({"operations": ["image.hflip", "text.keyboard"]}, "text.keyboard"),
        ({"steps": 10}, "steps is 10; give 50 or more"),
        ({"bins": 0}, "bins is 0"),
        ({"held": bars(0)}, "held has no samples"),
        ({"held": bars(4)}, "4 samples are in train and in held"),
    ],
)
def test_errors_say_what_to_do(arguments, said) -> None:
    given = {"train": bars(8), "held": bars(4, 50), "operations": ["image.hflip", "image.vflip"], "seed": 0}
    with pytest.raises(AugregError, match=said):
        learn_weights(**{**given, **arguments})


def test_samples_that_are_not_finite_are_named() -> None:
    broken = [augreg.Image(torch.full((1, 28, 28), float("nan")))]
    train = Examples(broken * 4, np.arange(4) % 2, ("low", "high"), ("a", "b", "c", "d"))
    with pytest.raises(ConfigError, match="training diverged: the loss is nan"):
        learn_weights(train, bars(4), ["image.hflip", "image.vflip"], seed=0, steps=50)


def test_weights_of_several_splits_are_pooled_by_their_samples() -> None:
    operation = operation_of("image.rotate")

    def one(mean: float, n: int, bins: list[tuple[float | None, int]]) -> Weights:
        held = tuple(Weight(mean, n) for mean, n in bins)
        return Weights("image", 0, 100, (Weighed(operation, Weight(mean, n), held),))

    found = averaged([one(1.0, 30, [(0.5, 10), (None, 0)]), one(2.0, 10, [(1.5, 30), (3.0, 4)])])
    (weighed_,) = found.operations
    assert (weighed_.whole.mean, weighed_.whole.n) == (1.25, 40)
    assert [(bin_.mean, bin_.n) for bin_ in weighed_.bins] == [(1.25, 40), (3.0, 4)]
    assert found.keeps(1.0)
    assert not found.keeps(1.3)
