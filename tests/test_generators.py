"""Generators are plugins: named, listed, checked, and what they make is written by the job's writers and replays."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner
from digit_sampler import install
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import augreg
from augreg import media
from augreg.cli.app import app
from augreg.errors import ConfigError, ContractError
from augreg.jobs import Settings, forget, replay, verify
from augreg.learn import grow, grow_files
from augreg.registry import Registry
from augreg.testing import ConformanceError, checks

DIGITS = load_digits()
TRAIN = 30


def bytes_of(path: Path) -> dict[str, bytes]:
    found = (p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix not in (".json", ".jsonl"))
    return {str(p.relative_to(path)): p.read_bytes() for p in found}


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Zeros and ones: 30 of each in train/, 5 in test/."""
    root = tmp_path / "in"
    for name in range(2):
        for number, place in enumerate(np.flatnonzero(DIGITS.target == name)[: TRAIN + 5]):
            path = root / ("train" if number < TRAIN else "test") / str(name) / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            PIL.Image.fromarray((DIGITS.images[place] / 16 * 255).round().astype(np.uint8)).save(path)
    return root


@pytest.fixture
def plugin(site, monkeypatch):
    """The distribution acme-gan beside what is installed."""
    install(site)
    known = Registry()
    monkeypatch.setattr(augreg.registry.process, "_default", known)
    return known


def job(source: Path, out: Path, **changes) -> Settings:
    return Settings(source=source, out=out, seed=5, engine="inline", **changes)


def lines(out: Path, outcome: str = "generated") -> list[dict]:
    found = (json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines())
    return [line for line in found if line["outcome"] == outcome]


def test_what_a_keyed_generator_made_is_written_replays_verifies_and_forgets(plugin, digits, tmp_path) -> None:
    out = tmp_path / "more"
    found = grow_files(None, job(digits, out), per_class=40, generator="acme.vae")
    assert found.shortage == {}
    assert found.facts["acceptance"] == {"acme.vae": {"made": 120, "passed": found.facts["candidates"]["passed"]}}
    made = lines(out)
    assert Counter(line["expand"]["class"] for line in made) == {"0": 10, "1": 10}
    assert len({line["sha256"] for line in made}) == 20
    said = made[0]["generator"]
    assert {name: said[name] for name in ("name", "plugin", "version", "keyed", "count")} == {
        "name": "acme.vae", "plugin": "acme-gan", "version": "1.0", "keyed": True, "count": 30
    }  # fmt: skip
    for line in made:
        assert line["output"].startswith(f"train/{line['expand']['class']}/")
        assert "__g" in line["output"]
        again = replay(out, line, digits, tmp_path / "again.png")
        assert again.same
        assert again.notes == ()
    assert verify(out, digits).faults == []
    # An independent judge: trained on other digits it knows what the generator made for what it is.
    rest = np.isin(DIGITS.target, (0, 1)) & (np.arange(len(DIGITS.target)) >= 500)
    judge = LogisticRegression(max_iter=2000).fit(DIGITS.data[rest] / 16, DIGITS.target[rest])
    pictures = [np.asarray(media.load(out / line["output"]).sample.data).ravel() / 255 for line in made]
    assert judge.score(np.stack(pictures), [int(line["expand"]["class"]) for line in made]) >= 0.9
    # Of one that it learned from all that it made of its class goes, and nothing else.
    gone = forget(out, ["train/0/000.png"])
    assert (gone.inputs, gone.outputs, gone.twins) == (1, 11, [])
    assert Counter(line["expand"]["class"] for line in lines(out)) == {"1": 10}
    assert verify(out, digits).faults == []
    assert replay(out, lines(out)[0], digits, tmp_path / "again.png").same
    forget(out, ["test/1/030.png"])  # which it was not given
    assert len(lines(out)) == 10


def test_the_same_seed_makes_the_same_set_and_a_stopped_job_goes_on(plugin, digits, tmp_path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    grow_files(None, job(digits, first), per_class=34, generator="acme.vae")
    stops = iter([False, False, True, True, True, True])
    settings = {"shard_size": 20}
    stopped = grow_files(
        None, job(digits, second, **settings), per_class=34, generator="acme.vae", stop=lambda: next(stops, True)
    )
    assert stopped.summary.stopped
    held = list((second / ".augreg" / "generated").iterdir())
    assert len(held) == 8
    # Not even the generator is asked again: what it made lies in the job's state.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "load_generator", lambda *_: lambda *_: [])
        grow_files(None, job(digits, second, resume=True, **settings), per_class=34, generator="acme.vae")
    assert bytes_of(first) == bytes_of(second)
    assert not (second / ".augreg" / "generated").exists()
    lost = second / lines(second)[0]["output"]
    lost.unlink()
    grow_files(None, job(digits, second, resume=True, **settings), per_class=34, generator="acme.vae")
    assert bytes_of(first) == bytes_of(second)
    with pytest.raises(ConfigError, match="its generator was 'acme.vae' and is None now"):
        grow_files(augreg.Pipeline({"image": ["image.translate"]}), job(digits, second, resume=True), per_class=34)


def test_beside_a_pipeline_both_make_candidates_and_copies_are_what_they_were(plugin, digits, tmp_path) -> None:
    pipe = augreg.Pipeline({"image": [{"image.translate": {"x": 0.1, "y": 0.1}}]})
    out = tmp_path / "both"
    found = grow_files(pipe, job(digits, out), per_class=45, generator="acme.vae")
    assert {"acme.vae", "image.translate"} == set(found.facts["acceptance"])
    assert lines(out)
    assert lines(out, "ok")
    assert verify(out, digits).faults == []
    for line in (lines(out)[0], lines(out, "ok")[0], lines(out, "original")[0]):
        assert replay(out, line, digits, tmp_path / "again.png").same


def test_what_is_not_keyed_is_written_and_its_replay_refused(plugin, digits, tmp_path) -> None:
    out = tmp_path / "free"
    grow_files(None, job(digits, out), per_class=33, generator="acme.free")
    made = lines(out)
    assert len(made) == 6
    with pytest.raises(ConfigError, match=f"acme.free is not keyed: .* SHA-256 is {made[0]['sha256']}"):
        replay(out, made[0], digits, tmp_path / "again.png")
    assert verify(out, digits).faults == []
    (out / made[0]["output"]).write_bytes(b"")
    with pytest.raises(ConfigError, match="acme.free is not keyed"):
        grow_files(None, job(digits, out, resume=True), per_class=33, generator="acme.free")


def test_replay_refuses_other_sources(plugin, digits, tmp_path) -> None:
    out = tmp_path / "more"
    grow_files(None, job(digits, out), per_class=32, generator="acme.vae")
    other = digits / "train" / "0" / "003.png"
    PIL.Image.fromarray(np.zeros((8, 8), np.uint8)).save(other)
    line = next(line for line in lines(out) if line["expand"]["class"] == "0")
    with pytest.raises(ConfigError, match=r"train/0/003.png is not what was read then"):
        replay(out, line, digits, tmp_path / "again.png")
    other.unlink()
    with pytest.raises(ConfigError, match=r"no input 'train/0/003.png' any more, which acme.vae was given"):
        replay(out, line, digits, tmp_path / "again.png")


def test_what_cannot_be_is_refused(plugin, digits, tmp_path) -> None:
    def grown(name, pipe=None, **more):
        return grow_files(pipe, job(digits, tmp_path / "no"), per_class=32, generator=name, **more)

    with pytest.raises(ConfigError, match=r"no generator named 'acme.vea'. Did you mean 'acme.vae'\?"):
        grown("acme.vea")
    with pytest.raises(ConfigError, match="acme.words makes text, and the samples are image"):
        grown("acme.words")
    with pytest.raises(ConfigError, match="acme.broken failed on 30 samples of class '0': RuntimeError: out of memory"):
        grown("acme.broken")
    with pytest.raises(ConfigError, match="Leave --no-originals"):
        grown("acme.vae", originals=False)
    with pytest.raises(ConfigError, match="neither a pipeline nor a generator"):
        grown(None)
    assert not (tmp_path / "no").exists()
    found = grown("acme.nothing", rounds=2)
    assert (found.facts["candidates"]["valid"], found.shortage) == (120, {"0": 2, "1": 2})


def test_in_memory_a_generator_has_its_name_or_is_a_callable(plugin) -> None:
    texts = ["the cat sat on a red mat", "my dog ran after your car", "cats sleep all day long", "dogs bark at night"]
    plain = {"gates": ("valid", "changed", "new"), "per_class": 4}
    found = grow(texts, ["cat", "dog"] * 2, None, generator="acme.words", **plain)
    assert found.acceptance["acme.words"]["passed"] >= 4
    given = [augreg.Text(text) for text in texts]
    same = grow(given, ["cat", "dog"] * 2, None, generator=plugin.load_generator("acme.words"), **plain)
    assert same.samples == found.samples
    assert set(same.acceptance) == {"generator"}
    assert found.calls.keys() == {number for _, number in found.chosen}
    with pytest.raises(ConfigError, match="generator is a int"):
        grow(texts, ["cat", "dog"] * 2, None, generator=3, **plain)
    with pytest.raises(ConfigError, match="generator returned a NoneType for class 'cat'. Return a list"):
        grow(texts, ["cat", "dog"] * 2, None, generator=lambda *_: None, **plain)


def test_the_kit_finds_what_is_wrong(plugin) -> None:
    found = {check.id: check for check in checks("acme-gan")}
    for name in ("acme.vae-image", "acme.words-text"):
        for rule in ("makes_samples", "leaves_its_samples", "is_keyed"):
            found[f"{name}-{rule}"]()
    assert "acme.free-image-is_keyed" not in found
    with pytest.raises(ConformanceError, match="acme.nothing made what is no sample: sample 0 is empty or not finite"):
        found["acme.nothing-image-makes_samples"]()
    with pytest.raises(ConformanceError, match=r"acme.broken fails where it should not: RuntimeError: out of memory"):
        found["acme.broken-image-makes_samples"]()


@pytest.mark.parametrize(
    ("made", "rule", "message"),
    [
        (lambda samples, count, seed: samples * 2, "makes_samples", "made 16 samples, and 8 were asked for"),
        (lambda samples, count, seed: [], "makes_samples", "made 0 samples"),
        (lambda samples, count, seed: samples[:1] * 8, "makes_samples", "that are all the same"),
        (lambda samples, count, seed: ["a text"] * 8, "makes_samples", "made text, and it is offered for image"),
        (lambda samples, count, seed: [s.data.mul_(2) for s in samples], "leaves_its_samples", "Work on copies"),
        (lambda samples, count, seed: samples, "is_keyed", "the same samples with another seed"),
        (
            lambda samples, count, seed: [np.random.randint(0, 255, (9, 9), np.uint8) for _ in samples],  # noqa: NPY002
            "is_keyed",
            "says that it is keyed, and makes other samples",
        ),
    ],
)
def test_planted_faults_are_found(made, rule, message, monkeypatch) -> None:
    class Offers:
        @augreg.hookimpl
        def augreg_generators(self):
            return [augreg.GeneratorSpec("acme.made", "acme_made:made", ("image",), keyed=True)]

    known = Registry()
    known.register(Offers(), "acme-made")
    monkeypatch.setattr(known, "load_generator", lambda name: made)
    found = {check.id: check for check in checks("acme-made", registry=known)}
    with pytest.raises(ConformanceError, match=message):
        found[f"acme.made-image-{rule}"]()


def test_names_and_targets_are_checked(site) -> None:
    with pytest.raises(ContractError, match="name of a generator 'gan'"):
        augreg.GeneratorSpec("gan", "a:b", ("image",))
    with pytest.raises(ContractError, match="states no modality"):
        augreg.GeneratorSpec("acme.gan", "a:b", ())
    site.install("acme-odd", {"acme_odd.py": """
        import augreg

        class Gan: ...

        @augreg.hookimpl
        def augreg_generators():
            return [augreg.GeneratorSpec("acme.gan", "acme_odd:Gan", ("image",))]
    """})  # fmt: skip
    known = Registry(allow=["acme-odd"])
    with pytest.raises(ContractError, match=r"generator 'acme.gan' \(acme_odd:Gan\) is a class"):
        known.load_generator("acme.gan")
    site.install("acme-other", {"acme_other.py": """
        import augreg

        @augreg.hookimpl
        def augreg_generators():
            return [augreg.GeneratorSpec("acme.gan", "acme_other:gan", ("imgae",))]
    """})  # fmt: skip
    records = {record.plugin: record for record in Registry(allow=["acme-other"]).records}
    assert "is for modality 'imgae', which nobody offers. Did you mean 'image'?" in records["acme-other"].reason


def test_the_command_line_lists_shows_and_uses_them(plugin, digits, tmp_path) -> None:
    def cli(*arguments: str):
        return CliRunner().invoke(app, list(arguments), prog_name="augreg", env={**os.environ, "COLUMNS": "120"})

    shown = cli("list", "--generators").stdout.splitlines()
    assert [line.split()[0] for line in shown[1:] if line[0] != " "] == [
        "acme.broken", "acme.free", "acme.nothing", "acme.vae", "acme.words"
    ]  # fmt: skip
    assert [entry["name"] for entry in json.loads(cli("list", "text", "--generators", "--json").stdout)] == [
        "acme.words"
    ]
    both = cli("list", "--generators", "--policies")
    assert "two lists" in both.stderr or "two lists" in str(both.exception)
    assert "augreg replay makes it again" in cli("show", "acme.vae").stdout
    assert json.loads(cli("show", "acme.free", "--json").stdout)["keyed"] is False
    plugins = {one["plugin"]: one for one in json.loads(cli("plugins", "--json").stdout)}
    assert "acme.vae" in plugins["acme-gan"]["generators"]
    out = tmp_path / "more"
    done = cli("expand", "--data", str(digits), "--out", str(out), "--generator", "acme.vae", "--per-class", "33",
               "--seed", "2")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "6 new samples beside 60" in done.stdout
    assert "acme.vae" in done.stdout
    assert "Give --pipeline" in cli("expand", "--data", str(digits), "--out", str(out), "--size", "9").stderr
