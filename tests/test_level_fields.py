"""Strengths that records hold: as constant levels one by one, whatever stands beside them; all else is refused."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import DataLoader

import augreg
from augreg.jobs import Settings, run

FROM = {"field": "strength"}
N = 6
VALUES = [0.0, 0.2, 0.5, 1 / 3, 0.9, 1.0]
rng = np.random.default_rng(3)
PICTURES = [rng.integers(0, 256, (24, 32, 3), dtype=np.uint8) for _ in range(N)]
SOUNDS = [rng.uniform(-0.5, 0.5, (1, 800)).astype(np.float32) for _ in range(N)]
TEXT = "the quick brown fox jumps over the lazy dog and runs away"


def record(i):
    sound = augreg.Audio(torch.from_numpy(SOUNDS[i]), 8000)
    return {"image": Image.fromarray(PICTURES[i]), "sound": sound, "text": augreg.Text(f"{TEXT} {i}"), "id": f"k{i}"}


RECORDS = [{**record(i), "strength": value} for i, value in enumerate(VALUES)]


def plain(value):
    """Return what two results are compared by."""
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, augreg.Audio):
        return value.data.numpy().tobytes()
    if isinstance(value, augreg.Text):
        return value.data
    return np.asarray(value).tobytes()


def steps_at(level):
    rand = {"n": 2, "level": level, "operations": ["image.rotate", "image.shear", "image.brightness"]}
    words = {"policy.trivial": {"n": 2, "level": level, "operations": ["text.keyboard", "text.word_swap"]}}
    ramp = {"policy": {"policy.rand": {"n": 1, "level": 0.8, "operations": ["image.contrast"]}}, "level": level}
    return {
        "image": [
            {"image.rotate": {"level": level}},
            {"image.solarize": {"level": level, "p": 0.5}},
            {"one_of": [{"image.shear": {"level": level}}, "image.hflip"]},
            {"policy.rand": rand},
            {"policy.rand": {**rand, "spread": 0.0}},
            {"policy.curriculum": ramp},
        ],
        "audio": [{"audio.gain": {"level": level}}, "audio.gaussian_noise"],
        "text": [{"text.keyboard": {"level": level}}, words],
    }


PIPE = augreg.Pipeline(steps_at(FROM))


def expected(i, **options):
    """Return what a pipeline with the record's number as a constant makes of it."""
    return plain(augreg.Pipeline(steps_at(VALUES[i]))(RECORDS[i], seed=7, **options))


def test_a_batch_of_records_has_the_bits_of_constant_levels_one_by_one():
    found = PIPE(RECORDS, seed=7)
    assert [plain(each) for each in found] == [expected(i) for i in range(N)]
    assert [each["strength"] for each in found] == VALUES


def test_a_record_by_itself_and_bound():
    bound = PIPE.bind(seed=7)
    for i in range(N):
        assert plain(PIPE(RECORDS[i], seed=7)) == plain(bound(RECORDS[i])) == expected(i)


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, np.float32])
def test_columns(kind):
    columns = {name: [each[name] for each in RECORDS] for name in RECORDS[0]}
    columns["strength"] = kind(VALUES)
    found = PIPE(columns, seed=7)
    assert found["strength"] is columns["strength"]
    at = [float(value) for value in columns["strength"]]
    rows = [augreg.Pipeline(steps_at(v))({**r, "strength": v}, seed=7) for v, r in zip(at, RECORDS, strict=True)]
    for name in ("image", "sound", "text"):
        assert plain(list(found[name])) == [plain(row[name]) for row in rows]


def test_tables_keep_their_column():
    table = pytest.importorskip("pandas").DataFrame({"text": [TEXT] * N, "strength": VALUES, "id": range(N)})
    pipe = augreg.Pipeline({"text": [{"text.keyboard": {"level": FROM}}]}, schema={"text": "text"})
    found = pipe(table, seed=7)
    assert found["strength"].equals(table["strength"])
    for i, value in enumerate(VALUES):
        steps = [{"text.keyboard": {"level": value}}]
        assert found["text"][i] == augreg.Pipeline({"text": steps})(TEXT, seed=7, keys=i)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from(range(N)), min_size=1, max_size=N, unique=True))
def test_subsets_and_orders_change_nothing(chosen):
    found = PIPE([RECORDS[i] for i in chosen], seed=7)
    assert [plain(each) for each in found] == [expected(i) for i in chosen]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
@settings(deadline=None, max_examples=30)
def test_any_strength_is_the_constant(values):
    pipe = augreg.Pipeline({"text": [{"text.keyboard": {"level": FROM}}]}, schema={"t": "text"})
    found = pipe([{"t": TEXT, "strength": v, "id": i} for i, v in enumerate(values)], seed=1)
    for i, v in enumerate(values):
        same = augreg.Pipeline({"text": [{"text.keyboard": {"level": v}}]})
        assert found[i]["t"] == same(TEXT, seed=1, keys=i)


@pytest.mark.parametrize("step", ["image.histogram_match", "image.fourier_style"])
def test_steps_that_look_at_partners(step):
    records = [{"image": Image.fromarray(PICTURES[i]), "strength": VALUES[i], "id": i} for i in range(N)]
    found = augreg.Pipeline([{step: {"level": FROM, "p": 0.7}}])(records, seed=5)
    for i, value in enumerate(VALUES):
        same = augreg.Pipeline([{step: {"level": value, "p": 0.7}}])(records, seed=5)
        assert plain(found[i]) == plain(same[i])


def test_tied_fields_share_the_strength_of_their_record():
    pipes = {
        level if isinstance(level, float) else "field": augreg.Pipeline(
            {
                "image": [{"image.rotate": {"level": level}}],
                "fields": {"left": [{"image.shear": {"level": level}}]},
                "tie": {"right": "left"},
            },
            schema={"left": "image", "right": "image"},
        )
        for level in (FROM, *VALUES)
    }
    records = [
        {"left": Image.fromarray(p), "right": Image.fromarray(p), "strength": v, "id": i}
        for i, (p, v) in enumerate(zip(PICTURES, VALUES, strict=True))
    ]
    found = pipes["field"](records, seed=7)
    for i, each in enumerate(found):
        assert plain(each) == plain(pipes["field"](records[i], seed=7)) == plain(pipes[VALUES[i]](records[i], seed=7))
        assert plain(each["left"]) == plain(each["right"])
    assert plain(found[4]["left"]) != plain(records[4]["left"])


def test_joint_steps():
    def made(level):
        return augreg.Pipeline({"record": [{"av.offset": {"level": level}}]})

    clip = torch.from_numpy(rng.integers(0, 256, (10, 3, 8, 8), dtype=np.uint8))
    records = [
        {
            "film": augreg.Video(clip, 10.0),
            "sound": augreg.Audio(torch.from_numpy(np.resize(SOUNDS[i], (1, 8000))), 8000),
            "strength": VALUES[i],
            "id": i,
        }
        for i in range(N)
    ]
    found = made(FROM)(records, seed=7)
    for i, each in enumerate(found):
        same = made(VALUES[i])(records[i], seed=7)
        assert torch.equal(each["sound"].data, same["sound"].data)
        assert torch.equal(each["film"].data, same["film"].data)
    assert not torch.equal(found[4]["sound"].data, records[4]["sound"].data)


@pytest.mark.parametrize("alone", [False, True])
def test_pairs_and_tuples(alone):
    def results(level, items):
        field = {"field": "1"} if level == "1" else level
        pipe = augreg.Pipeline([{"image.rotate": {"level": field}}])
        if alone:
            return [pipe.bind(seed=7)(item, key=i) for i, item in enumerate(items)]
        return pipe(items, seed=7, keys=range(N))

    pictures = list(map(Image.fromarray, PICTURES))
    pairs = results(FROM, [(p, {"strength": v, "boxes": []}) for p, v in zip(pictures, VALUES, strict=True)])
    rows = results("1", list(zip(pictures, VALUES, strict=True)))
    for i, value in enumerate(VALUES):
        same = augreg.Pipeline([{"image.rotate": {"level": value}}])(pictures[i], seed=7, keys=i)
        assert plain(pairs[i][0]) == plain(rows[i][0]) == plain(same)
        assert pairs[i][1]["strength"] == rows[i][1] == value


class Records:
    def __len__(self):
        return N

    def __getitem__(self, i):
        return {"image": torch.from_numpy(PICTURES[i]).permute(2, 0, 1), "strength": VALUES[i]}


def test_workers():
    pipe = augreg.Pipeline({"image": [{"image.rotate": {"level": FROM}}]}, schema={"image": "image"})
    found = {}
    for workers in (0, 2):
        loader = DataLoader(augreg.Keyed(Records()), 2, num_workers=workers, collate_fn=augreg.collate(pipe, seed=7))
        found[workers] = torch.cat([batch["image"] for batch in loader])
    assert torch.equal(found[0], found[2])
    for i, value in enumerate(VALUES):
        same = augreg.Pipeline({"image": [{"image.rotate": {"level": value}}]}, schema={"image": "image"})
        assert torch.equal(found[0][i], same(Records()[i], seed=7, keys=[i])["image"])


def test_traces_say_the_level_and_replay_needs_no_field():
    found, traces = PIPE(RECORDS, seed=7, return_trace=True)
    bare = [{name: value for name, value in each.items() if name != "strength"} for each in RECORDS]
    again = PIPE.replay(bare, traces)
    for name in ("image", "sound", "text"):
        assert [plain(each[name]) for each in again] == [plain(each[name]) for each in found]
    for i, value in enumerate(VALUES):
        same = augreg.Pipeline(steps_at(value))(RECORDS[i], seed=7, return_trace=True)[1]
        assert {k: t.to_dict() for k, t in traces[i].items()} == {k: t.to_dict() for k, t in same[0].items()}


def test_views_read_it():
    pipe = augreg.Pipeline([{"image.rotate": {"level": FROM}}])
    records = [{name: each[name] for name in ("image", "strength", "id")} for each in RECORDS]
    views = pipe.views(2, seed=7)(records).samples
    assert plain(views[:N]) == plain(records)
    for i, value in enumerate(VALUES):
        same = augreg.Pipeline([{"image.rotate": {"level": value}}]).views(2, seed=7)([records[i]]).samples
        assert plain(views[N + i]) == plain(same[1])


def test_other_steps_draw_as_before():
    steps = ["image.hflip", {"image.gaussian_noise": {"p": 1}}]
    before = augreg.Pipeline({"image": steps})
    after = augreg.Pipeline({"image": [{"image.rotate": {"level": FROM, "p": 0}}, *steps]})
    assert plain(before(RECORDS, seed=7)) == plain(after(RECORDS, seed=7))


def test_files_and_pickles():
    assert augreg.Pipeline.from_yaml(PIPE.to_yaml()) == PIPE
    assert pickle.loads(pickle.dumps(PIPE)) == PIPE
    assert PIPE.to_dict()["image"][0] == {"image.rotate": {"level": FROM}}
    assert PIPE.level_fields["text"] == {"strength": "text.keyboard"}
    assert plain(pickle.loads(pickle.dumps(PIPE))(RECORDS[2], seed=7)) == expected(2)


def test_only_records_with_samples_that_need_it_must_hold_it():
    pipe = augreg.Pipeline({"text": [{"text.keyboard": {"level": FROM}}]})
    picture = Image.fromarray(PICTURES[0])
    assert pipe([{"image": picture, "id": 0}, {"text": augreg.Text(TEXT), "strength": 0.0, "id": 1}], seed=7)
    assert pipe([picture], seed=7, keys=[0])[0] is picture


BAD = [None, float("nan"), float("inf"), 1.5, -0.01, "0.5", True, [0.5], np.array([0.5]), torch.tensor(True), b"1", 1j]


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("alone", [False, True])
def test_what_is_no_strength_is_refused_by_the_key_of_its_record(bad, alone):
    records = [RECORDS[0], {**RECORDS[1], "strength": bad}]
    with pytest.raises(augreg.SampleError, match=r"record \d \(key 'k1'\): 'strength' is .* Give a number from 0 to 1"):
        PIPE(records[1] if alone else records, seed=7)


def test_a_missing_field_is_refused_and_the_nearest_named():
    with pytest.raises(augreg.SampleError, match=r"record 1 .*'k1'.* no field 'strength'.* Did you mean 'strenght'"):
        PIPE([RECORDS[0], {**record(1), "strenght": 0.5}], seed=7)
    columns = {"image": [each["image"] for each in RECORDS], "strength": 0.5, "id": list(range(N))}
    with pytest.raises(augreg.SampleError, match="in a dict of columns, one for each row"):
        PIPE(columns, seed=7)


@pytest.mark.parametrize("kind", ["one", "list", "stack", "bound", "mixed"])
def test_samples_without_records_are_refused(kind):
    picture = Image.fromarray(PICTURES[0])
    pipe = augreg.Pipeline([{"image.rotate": {"level": FROM}}])
    calls = {
        "one": lambda: pipe(picture, seed=7, keys=1),
        "list": lambda: pipe([picture] * 3, seed=7, keys=range(3)),
        "stack": lambda: pipe(np.stack(PICTURES), seed=7, keys=range(N), modality="image", layout="NHWC"),
        "bound": lambda: pipe.bind(seed=7)(picture, key=1),
        "mixed": lambda: pipe([augreg.Text("a"), picture], seed=7, keys=range(2)),
    }
    with pytest.raises(augreg.SampleError, match=r"image.rotate takes its strength from the field 'strength'.*records"):
        calls[kind]()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_jobs_take_strengths_from_columns(form, tmp_path):
    (tmp_path / "in").mkdir()
    strengths = [0.0, 0.25, 1.0]
    rows = [f'{{"file_name": "{i}.png", "strength": {level}}}' for i, level in enumerate(strengths)]
    if form == "csv":
        rows = ["file_name,strength", *(f"{i}.png,{level}" for i, level in enumerate(strengths))]
    (tmp_path / "in" / f"metadata.{form}").write_text("\n".join(rows) + "\n")
    for i in range(3):
        Image.fromarray(PICTURES[0]).save(tmp_path / "in" / f"{i}.png")
    pipe = augreg.Pipeline([{"image.rotate": {"level": FROM}}])
    done = run(pipe, Settings(source=tmp_path / "in", out=tmp_path / "out", seed=7))
    assert done.tally.errors == []
    for i, level in enumerate(strengths):
        alone = augreg.Pipeline([{"image.rotate": {"level": level}}])
        wanted = alone([Image.fromarray(PICTURES[0])], seed=7, keys=[f"{i}.png"])[0]
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / f"{i}__a0.png")), np.asarray(wanted))
    written = (tmp_path / "out" / "metadata.jsonl").read_text()
    assert '"strength": "0.25"' in written if form == "csv" else '"strength": 0.25' in written


def test_jobs_say_at_once_that_they_have_no_such_field(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(PICTURES[0]).save(tmp_path / "in" / "a.png")
    pipe = augreg.Pipeline([{"image.rotate": {"level": FROM}}])
    with pytest.raises(augreg.ConfigError, match="image.rotate.*'strength'.*from a column of the input"):
        run(pipe, Settings(source=tmp_path / "in", out=tmp_path / "out", seed=7))
    assert not (tmp_path / "out" / "run.json").exists()


def test_fields_that_steps_may_change_are_refused():
    steps = {"image": [{"image.rotate": {"level": FROM}}]}
    with pytest.raises(augreg.ConfigError, match=r"'strength': 'label of image'. Say 'extra'"):
        augreg.Pipeline(steps, schema={"image": "image", "strength": "label of image"})
    with pytest.raises(augreg.ConfigError, match="Say 'extra'"):
        augreg.Pipeline(steps)(RECORDS, seed=7, schema={"image": "image", "strength": "text"})
    for extra in ({"strength": "extra"}, {"extra": ["strength"]}):
        pipe = augreg.Pipeline(steps, schema={"image": "image", **extra})
        assert pipe(RECORDS, seed=7)[1]["strength"] == VALUES[1]
    mixing = augreg.Pipeline([{"image.rotate": {"level": {"field": "label"}}}, "image.mixup"])
    with pytest.raises(augreg.SampleError, match="steps may change 'label'"):
        mixing([{"image": Image.fromarray(p), "label": 1, "id": i} for i, p in enumerate(PICTURES)], seed=7)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"image.rotate": {"level": {"field": 3}}}, "the name of one field"),
        ({"image.rotate": {"level": {"field": "a", "p": 1}}}, "the name of one field"),
        ({"image.rotate": {"level": {"feild": "a"}}}, "Did you mean 'field'"),
        ({"image.rotate": {"level": [0, FROM]}}, "is not a strength"),
        ({"image.rotate": {"degrees": FROM}}, "a number for all samples"),
        ({"image.hflip": {"level": FROM}}, "has no strength"),
        ({"policy.rand": {"level": {"feild": "a"}}}, "Did you mean 'field'"),
        ({"policy.rand": {"p": FROM}}, "a number for all samples"),
        ({"policy.trivial": {"level": [0, FROM]}}, "a number for all samples"),
        ({"policy.trivial": {"level": FROM, "bins": 31}}, "bins=31 would do nothing"),
        ({"policy.augmix": {"alpha": FROM}}, "a number for all samples"),
        ({"policy.curriculum": {"share": FROM}}, "a number for all samples"),
    ],
)
def test_what_is_no_field_is_refused_when_the_pipeline_is_built(step, message):
    with pytest.raises(augreg.ConfigError, match=message):
        augreg.Pipeline({"image": [step]})


def test_policies_of_plugins_ask_their_generator():
    numbers = augreg.Rng(7, np.arange(4, dtype=np.uint64)).with_fields({"strength": np.array([0.1, 0.2, 0.3, 0.4])})
    assert numbers.at("a").take([2, 0]).at("b").field("strength").tolist() == [0.3, 0.1]
    assert numbers.take(np.array([False, True, False, True])).field("strength").tolist() == [0.2, 0.4]
    with pytest.raises(augreg.ContractError, match="'other'"):
        numbers.field("other")


def sub_and_augmix(level, other):
    first = [["image.shear", 0.7, level], ["image.equalize", 0.5, None]]
    second = [["image.rotate", 1, other], ["image.shear", 0.5, [0.1, 0.4]]]
    chains = {"operations": ["image.rotate", "image.posterize"], "level": level}
    sub = {"policies": [first, second, [["image.solarize", 1, 0.3]]]}
    return augreg.Pipeline({"image": [{"policy.augmix": chains}, {"policy.sub": sub}]})


def test_chains_and_sub_policies_take_them_too():
    records = [{**each, "other": 1 - each["strength"]} for each in RECORDS]
    pipe = sub_and_augmix(FROM, {"field": "other"})
    again = augreg.Pipeline.from_yaml(pipe.to_yaml())
    assert again == pipe
    bound, (found, trace) = pipe.bind(seed=7), pipe(records, seed=7, return_trace=True)
    replayed = pipe.replay(RECORDS, trace)
    for i, each in enumerate(records):
        right = plain(sub_and_augmix(each["strength"], each["other"])(each, seed=7)["image"])
        for made in (found[i], bound(each), again(each, seed=7), replayed[i]):
            assert plain(made["image"]) == right
    assert len({str(plain(sub_and_augmix(v, v)(records, seed=7))) for v in VALUES}) == N  # they are heeded


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ({"feild": "x"}, r"policies\[1\]\[0\]: level=\{'feild': 'x'\} is not valid. Did you mean 'field'\?"),
        ({"field": 3}, r"policies\[1\]\[0\]: level=\{'field': 3\} is not valid; give the name of one field"),
        ({"linear": [0, 1], "epochs": 3}, r"policies\[1\]\[0\]: level=.* is not a strength; give a number from 0 to 1"),
    ],
)
def test_what_is_no_field_in_a_sub_policy_is_refused(level, message):
    with pytest.raises(augreg.ConfigError, match=message):
        sub_and_augmix(0.3, level)
