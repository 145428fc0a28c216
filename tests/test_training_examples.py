"""The scripts of examples/training: five public training scripts in small, each with at most ten lines of augreg's."""

import importlib
import math
import re
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import PIL.Image
import pytest
import torch

FOLDER = Path(__file__).parent.parent / "examples" / "training"
SCRIPTS = ("classification", "detection", "timm_train", "audio_classification", "token_classification")
NEEDS = {"timm_train": ["timm"], "audio_classification": ["accelerate"], "token_classification": ["accelerate"]}

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),  # timm's reader leaves closing to Python
]


@pytest.fixture(autouse=True)
def _state(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    with torch.random.fork_rng():
        yield
    for name in (*SCRIPTS, "made_up"):
        sys.modules.pop(name, None)


def script(name):
    for needed in NEEDS.get(name, []):
        pytest.importorskip(needed)
    return importlib.import_module(name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_at_most_ten_lines_are_augregs(name):
    lines = (FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()
    marked = [line for line in lines if re.search(r"\S  # augreg\b", line)]
    unmarked = [line for line in lines if re.search(r"\baugreg\.\w|\bbound\b", line) and line not in marked]
    assert 1 <= len(marked) <= 10
    assert unmarked == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_run_and_learn(name, capsys):
    first, last = script(name).main([])
    assert math.isfinite(first)
    assert 0 < last < first
    assert capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_losses_hang_on_the_seed_and_not_on_the_workers(name):
    main = script(name).main
    assert main(["--workers", "2"]) == main([]) != main(["--seed", "8"])


@pytest.mark.parametrize("options", [["--mixup"], ["--world-size", "2", "--rank", "1"]])
def test_classification_has_options(options):
    first, last = script("classification").main(options)
    assert 0 < last < first


def labeled_pictures(n):
    made_up = importlib.import_module("made_up")
    return [(PIL.Image.fromarray(made_up.picture("red", i)), i) for i in range(n)]


class Labeled(list):
    """A data set that has classes, as ImageFolder has."""

    classes = ("a", "b")


def options(**more):
    chosen = {"seed": 7, "batch_size": 4, "workers": 0, "mixup": False, "rank": 0, "world_size": 1}
    return SimpleNamespace(**chosen | {"aug_repeats": 3, "aug_splits": 2} | more)


def test_classification_draws_anew_in_each_epoch():
    data = Labeled(labeled_pictures(8))
    loader = script("classification").training_loader(data, range(8), options())
    passes = [torch.cat([images for images, _ in loader]) for _ in range(2)]
    assert not any(torch.equal(a, b) for a, b in zip(*passes, strict=True))
    loader.set_epoch(0)
    assert torch.equal(torch.cat([images for images, _ in loader]), passes[0])


def test_ranks_of_classification_see_disjoint_shares_in_an_order_that_the_sampler_is_told():
    module, data = script("classification"), Labeled(labeled_pictures(16))
    samplers = [torch.utils.data.DistributedSampler(data, 2, rank) for rank in range(2)]
    loaders = [module.training_loader(data, sampler, options()) for sampler in samplers]
    orders = []
    for epoch in (3, 4):  # as after a checkpoint
        for sampler in samplers:
            sampler.set_epoch(epoch)
        shares = [[int(label) for _, labels in loader for label in labels] for loader in loaders]
        assert sorted(shares[0] + shares[1]) == list(range(16))
        assert [loader.epoch for loader in loaders] == [epoch, epoch]
        orders.append(shares)
    assert orders[0] != orders[1]


def occurrences(loader, n):
    """Return the pictures of each index."""
    found = {i: [] for i in range(n)}
    for images, targets in loader:
        for image, target in zip(images, targets, strict=True):
            found[int(target)].append(image.numpy().tobytes())
    return found


@pytest.mark.parametrize("ranks", [1, 2])
def test_every_repeat_and_every_split_differs(ranks):
    module, data = script("timm_train"), labeled_pictures(24)
    shares = [
        occurrences(module.training_loader(data, options(rank=rank, world_size=ranks)), 24) for rank in range(ranks)
    ]
    together = {i: [picture for share in shares for picture in share[i]] for i in range(24)}
    assert Counter(map(len, together.values())) == {6: 8, 0: 16}  # an epoch of 24: 8 pictures, 3 times, in 2 splits
    assert all(len(set(pictures)) == len(pictures) for pictures in together.values())


def test_epochs_of_timm_differ():
    loader = script("timm_train").training_loader(labeled_pictures(4), options(aug_repeats=1))
    passes = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        passes.append(occurrences(loader, 4))
    assert not set(passes[0][0]) & set(passes[1][0])


def painted(image):
    """Return the edges of the bright rectangle in a picture."""
    gray = image.mean(0)
    ys, xs = torch.nonzero(gray > (gray.max() + gray.min()) / 2, as_tuple=True)
    return torch.stack([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]).float()


@pytest.mark.parametrize("plain", [False, True])
def test_boxes_and_masks_follow_the_painted_rectangle(plain):
    module = script("detection")
    data = module.Rectangles(range(24), module.get_transform(True, options()), plain)
    kept = 0
    for image, target in (data[i] for i in range(24)):
        assert image.shape == (3, 64, 64)
        assert {len(target[name]) for name in ("boxes", "labels", "masks", "area", "iscrowd")} in ({0}, {1})
        for box, mask in zip(target["boxes"].as_subclass(torch.Tensor), target["masks"], strict=True):
            assert torch.all((box >= 0) & (box <= 64))
            assert (box - painted(image)).abs().max() <= 1.5  # a crop is enlarged up to three times, which blurs edges
            assert (box - painted(mask[None].float())).abs().max() <= 1.5
            kept += 1
    assert kept > 20


def test_detection_draws_anew_in_each_epoch():
    module = script("detection")
    data = module.Rectangles(range(8), module.get_transform(True, options()))
    epochs = []
    for epoch in (0, 1, 0):
        data.transforms.set_epoch(epoch)
        epochs.append([data[i][0] for i in range(8)])
    assert not any(torch.equal(a, b) for a, b in zip(epochs[0], epochs[1], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(epochs[0], epochs[2], strict=True))


@pytest.fixture
def seen(monkeypatch):
    """Return what a Trainer's model is given, per epoch."""
    transformers = pytest.importorskip("transformers")
    inputs = {}

    class Seeing(transformers.Trainer):
        def training_step(self, model, batch, *rest):
            inputs.setdefault(int(self.state.epoch or 0), []).append(batch)
            return super().training_step(model, batch, *rest)

    monkeypatch.setattr(transformers, "Trainer", Seeing)
    return inputs


def test_epochs_of_a_trainer_hear_other_sounds(seen):
    script("audio_classification").main([])
    sounds = [
        {row.numpy().tobytes() for batch in seen[epoch] for row in batch["input_values"]} for epoch in sorted(seen)
    ]
    assert [len(sounds[0]), len(sounds[1])] == [64, 64]
    assert not sounds[0] & sounds[1]


def test_labels_stay_with_their_words_in_every_epoch(seen):
    module = script("token_classification")
    module.main([])
    vocabulary = module.make_tokenizer().get_vocab()
    people = {vocabulary[name.lower()] for name in module.made_up.NAMES}
    rows = []
    for epoch in sorted(seen):
        pairs = [zip(batch["input_ids"], batch["labels"], strict=True) for batch in seen[epoch]]
        rows.append([row for pair in pairs for row in pair])
    texts = [Counter(tuple(ids[ids > 0].tolist()) for ids, _ in found) for found in rows]
    assert texts[0] != texts[1]
    whole = 0
    for ids, labels in rows[0] + rows[1]:
        assert int((labels == 1).sum()) == 1  # each sentence has one person, misspelt or not
        for at in np.flatnonzero(np.isin(ids, list(people))):
            assert labels[at] == 1
            whole += 1
    assert whole > 50
