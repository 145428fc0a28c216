"""`pipe.bind`: one function for samples, records, columns and lists; what it cannot tell or key is refused."""

import copy
import pickle

import numpy as np
import pytest
import torch
from pictures import photo
from torch.utils.data import DataLoader, Dataset, default_collate

import augreg
from augreg.loaders.repeats import Repeat

PIPE = augreg.Pipeline({"image": ["image.hflip", {"image.brightness": {"p": 1}}], "text": ["text.keyboard"]})
SENTENCE = "the quick brown fox jumps over lazy dogs"


def arrays(thing):
    """The pictures of a result as arrays, for comparing."""
    if isinstance(thing, (list, tuple)):
        return [arrays(part) for part in thing]
    if isinstance(thing, dict):
        return {name: arrays(value) for name, value in thing.items()}
    return np.asarray(thing).tolist() if hasattr(thing, "size") else thing


def same(one, other):
    assert arrays(one) == arrays(other)


def test_a_sample_gets_what_augment_gives_its_key():
    bound = PIPE.bind(seed=7)
    for key in (3, "cat.jpg"):
        same(bound(photo(), key=key), augreg.augment([photo()], PIPE, seed=7, keys=[key])[0])
        assert bound(SENTENCE, key=key) == augreg.augment([SENTENCE], PIPE, seed=7, keys=[key])[0]


def test_pairs_come_back_as_pairs():
    bound = PIPE.bind(seed=7)
    expected = augreg.augment([(photo(), 5)], PIPE, seed=7, keys=[3])[0]
    for given in (bound(photo(), 5, key=3), bound((photo(), 5), key=3)):
        assert type(given) is tuple
        same(given, expected)
    image, target = bound(photo(), {"id": 3, "boxes": "none"})
    assert target == {"id": 3, "boxes": "none"}
    same(image, augreg.augment([(photo(), {"id": 3})], PIPE, seed=7)[0][0])
    assert bound(photo(), None, key=1)[1] is None


def test_a_waveform_with_its_rate_is_one_sample():
    pipe = augreg.Pipeline({"audio": ["audio.gain"]})
    wave = torch.linspace(-0.5, 0.5, 100)[None]
    expected, rate = augreg.augment([(wave, 8000)], pipe, seed=7, keys=[2])[0]
    for out in (pipe.bind(seed=7)((wave, 8000), key=2), pipe.bind(seed=7, form="sample")(wave, 8000, key=2)):
        assert torch.equal(out[0], expected)
        assert out[1] == rate
    cell = {"array": wave[0].numpy(), "sampling_rate": 8000, "path": "a.wav"}
    by_path = pipe.bind(seed=7, key="path")(cell)
    assert np.array_equal(by_path["array"], pipe.bind(seed=7)(cell, key="a.wav")["array"])


RECORD = {"id": 4, "image": photo(), "y": 1}
COLUMNS = {"id": [4, 9], "image": [photo(), photo(seed=1)], "y": [1, 2]}
ROWS = [{name: column[i] for name, column in COLUMNS.items()} for i in range(2)]


@pytest.mark.parametrize("form", [None, "record"])
def test_a_record(form):
    same(PIPE.bind(seed=7, form=form)(RECORD), augreg.augment([RECORD], PIPE, seed=7)[0])


@pytest.mark.parametrize("form", [None, "columns"])
@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, tuple])
def test_columns(form, kind):
    columns = {**COLUMNS, "id": kind(COLUMNS["id"])}
    out = PIPE.bind(seed=7, form=form)(columns)
    same(out["image"], [row["image"] for row in augreg.augment(ROWS, PIPE, seed=7)])
    assert out["y"] == [1, 2]


@pytest.mark.parametrize("form", [None, "list"])
def test_a_list_and_a_collate_function(form):
    same(PIPE.bind(seed=7, form=form)(ROWS), augreg.augment(ROWS, PIPE, seed=7))
    same(PIPE.bind(seed=7, form=form)([photo()], key=[4]), augreg.augment([photo()], PIPE, seed=7, keys=[4]))
    pipe = augreg.Pipeline({"image": ["image.hflip"]}, schema={"x": "image"})
    data = [{"id": i, "x": torch.rand(3, 4, 4)} for i in range(4)]
    (batch,) = DataLoader(data, 4, collate_fn=pipe.bind(seed=7, form=form, then=default_collate))
    assert torch.equal(batch["x"], torch.stack([r["x"] for r in augreg.augment(data, pipe, seed=7)]))


def test_batches_of_keyed_go_through_too():
    keyed = augreg.Keyed([photo(seed=i) for i in range(3)])
    bound = PIPE.bind(seed=7)
    expected = augreg.augment([photo(seed=i) for i in range(3)], PIPE, seed=7, keys=range(3))
    same(bound(keyed.__getitems__([0, 1, 2])), expected)
    same(bound(keyed.__getitems__([1])[0]), expected[1])


@pytest.mark.parametrize("key", ["name", lambda record: record["name"]])
def test_the_key_is_where_the_user_says(key):
    records = [{"name": "a", "id": 1, "image": photo()}, {"name": "b", "id": 1, "image": photo()}]
    pipe = augreg.Pipeline({"image": PIPE.branches["image"]})  # with text steps, 'name' might be text
    bound = pipe.bind(seed=7, key=key, form=None if isinstance(key, str) else "record")
    expected = augreg.augment(records, pipe, seed=7, keys=["a", "b"])
    same([bound(record) for record in records], expected)
    same(pipe.bind(seed=7, key=key)(records), expected)
    columns = {name: [record[name] for record in records] for name in records[0]}
    same(pipe.bind(seed=7, key=key, form="columns")(columns)["image"], [record["image"] for record in expected])
    same(bound(records[0], key="b"), augreg.augment([records[0]], pipe, seed=7, keys=["b"])[0])


def test_the_second_argument_of_a_mapping_is_its_key():
    bound = PIPE.bind(seed=7)
    plain = {"image": photo()}
    same(bound(plain, 4), bound(plain, key=4))
    same(bound({"image": [photo(), photo()]}, [4, 5]), bound({"image": [photo(), photo()]}, key=[4, 5]))
    with pytest.raises(augreg.ConfigError, match="given twice, as 4 and as key=5"):
        bound(plain, 4, key=5)


def test_lists_are_refused_where_both_readings_are_possible():
    tagged = {"tokens": ["EU", "rejects"], "tags": [3, 0]}
    with pytest.raises(augreg.ConfigError, match=r"'tokens', 'tags' hold lists.*form='record' or form='columns'"):
        PIPE.bind(schema={"tokens": "text"})(tagged)
    with pytest.raises(augreg.ConfigError, match="Say form='record' or form='columns'"):
        PIPE.bind()({"image": [photo()]})
    schema = {"tokens": "text"}
    columns = PIPE.bind(seed=7, schema=schema)({**tagged, "id": [1, 2]})
    assert len(columns["tokens"]) == 2


FAULTS = {
    "no key of a sample": (lambda: PIPE.bind(seed=7)(photo()), r"this Image has none.*bound\(sample, key=index\)"),
    "no key of a pair": (lambda: PIPE.bind(seed=7)(photo(), 3), "needs a key"),
    "no key of a record": (lambda: PIPE.bind(seed=7)({"image": photo()}), r"dataset.add_column\('id', range"),
    "no key of columns": (lambda: PIPE.bind(seed=7)({"image": [photo()]}), "with_indices=True"),
    "no key, columns said": (lambda: PIPE.bind(seed=7, form="columns")({"image": [photo()]}), "with_indices=True"),
    "no key in a list": (lambda: PIPE.bind(seed=7)([photo()]), "every item needs a key"),
    "another field": (lambda: PIPE.bind(seed=7, key="idx")(RECORD), "key='idx'.*no such field. Did you mean 'id'"),
    "no fields": (lambda: PIPE.bind(seed=7, key="id")(photo()), "a Image has no fields. Pass the key with the call"),
    "one key for columns": (lambda: PIPE.bind(form="columns")(COLUMNS, 3), "key=3 is one key for columns"),
    "keys for a record": (lambda: PIPE.bind(form="record")(RECORD, [3]), r"key=\[3\] is a list"),
    "form": (lambda: PIPE.bind(form="recrod"), "form='recrod' is unknown. Did you mean 'record'"),
    "record expected": (lambda: PIPE.bind(form="record")(photo()), "wants a mapping of fields, and got a Image"),
    "list expected": (lambda: PIPE.bind(form="list")(RECORD), "wants a list, and got a dict"),
    "option": (lambda: PIPE.bind(shema={}), "bind has no option 'shema'. Did you mean 'schema'"),
    "own option": (
        lambda: PIPE.bind(sed=7),
        "bind has no option 'sed'. Did you mean 'seed'.*seed, schema, key, ",
    ),
    "key option": (lambda: PIPE.bind(key=3), "key=3 is no name of a field and no function"),
    "seed": (lambda: PIPE.bind(seed="a"), "seed='a' is not an integer"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_told_with_what_to_do(fault):
    call, message = FAULTS[fault]
    with pytest.raises(augreg.ConfigError, match=message):
        call()


def test_a_key_that_is_none_is_refused():
    with pytest.raises(augreg.SampleError, match="key None is a NoneType"):
        PIPE.bind(seed=7, key="id")({"id": [1, None], "image": [photo(), photo()]})
    with pytest.raises(augreg.ConfigError, match="its 'id' holds a NoneType; keys are strings or integers"):
        PIPE.bind(seed=7, form="columns")({"id": [1, None], "image": [photo(), photo()]})


def test_no_seed_draws_from_torchs_generator():
    bound = PIPE.bind()

    def run(seed):
        torch.manual_seed(seed)
        return [bound(SENTENCE) for _ in range(5)]

    assert run(1) == run(1) != run(2)
    assert len(set(run(1))) == 5


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda bound: pickle.loads(pickle.dumps(bound))])
def test_copies_are_equal_and_use_leaves_no_trace_in_them(twin):
    bound = PIPE.bind(seed=7, schema={"image": "image"}, key="id")
    fresh = pickle.dumps(bound.__getstate__() | {"_epoch": 0})
    bound.set_epoch(2)
    same(twin(bound)(RECORD), bound(RECORD))
    assert twin(bound).state_dict() == {"epoch": 2, "seed": 7}
    assert pickle.dumps(bound.__getstate__() | {"_epoch": 0}) == fresh


def test_a_deep_copy_hears_of_the_epoch():
    bound = PIPE.bind(seed=7)  # Hugging Face's rename_column and others copy a data set with its transform
    twin = copy.deepcopy(bound)
    bound.set_epoch(2)
    assert twin.epoch == 2


@pytest.mark.parametrize("one", [torch.tensor(3), torch.tensor([3]), np.array([3]), np.int64(3)])
def test_an_image_id_that_goes_to_the_device_is_a_key(one):
    bound = PIPE.bind(seed=7, key="image_id")
    picture, target = bound(photo(), {"image_id": one})
    same(picture, bound(photo(), {"image_id": 3})[0])
    assert target["image_id"] is one
    with pytest.raises(augreg.SampleError, match="keys are strings or integers"):
        bound(photo(), {"image_id": torch.tensor([3, 4])})


@pytest.mark.parametrize("given", [{"label": [0, 1]}, {"id": [1, 2], "label": [0, 1]}, {"id": 1, "label": 0}, {}])
@pytest.mark.parametrize("seed", [7, None])
def test_fields_that_a_trainer_took_away_are_named(given, seed):
    bound = augreg.Pipeline(["audio.gain"], schema={"audio": "audio"}).bind(seed=seed)
    with pytest.raises(
        augreg.SampleError, match="no field 'audio', which the schema names.*remove_unused_columns=False"
    ):
        bound(given)


def test_a_state_restores_the_epoch_and_refuses_another_seed():
    bound = PIPE.bind(seed=7)
    bound.set_epoch(3)
    again = PIPE.bind(seed=7)
    again.load_state_dict(bound.state_dict())
    assert again.epoch == 3
    for wrong, message in (({"epoch": 1, "seed": 8}, "saved with seed=8"), ({"epoch": 1}, "is no state of bind")):
        with pytest.raises(augreg.ConfigError, match=message):
            again.load_state_dict(wrong)
    collate = augreg.collate(PIPE, seed=7)
    collate.load_state_dict({"epoch": 5, "seed": 7})
    assert collate.state_dict() == {"epoch": 5, "seed": 7}


def test_counted_indices_bring_their_copy():
    bound = PIPE.bind(seed=7)
    for copy_number in (0, 1, 2):
        expected = augreg.augment([SENTENCE], PIPE, seed=7, copy=copy_number, keys=[3])[0]
        assert bound(SENTENCE, key=Repeat(3, copy_number)) == expected
        pair = bound(photo(), 1, key=Repeat(3, copy_number))
        same(pair, augreg.augment([(photo(), 1)], PIPE, seed=7, copy=copy_number, keys=[3])[0])


def test_a_copy_of_ones_own_and_counted_indices_are_refused_together():
    with pytest.raises(augreg.ConfigError, match="copy=1 and repeated items do not go together"):
        PIPE.bind(seed=7, copy=1)(SENTENCE, key=Repeat(3, 0))


def test_views_come_back_as_a_tuple():
    bound = PIPE.bind(seed=7, views=2)
    expected = augreg.augment([RECORD], PIPE, seed=7, views=2)
    same(bound(RECORD), [view[0] for view in expected])
    assert len(bound(SENTENCE, key=1)) == 2


class Sentences(Dataset):
    def __init__(self, bound):
        self.bound = bound

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return self.bound(SENTENCE, key=i)


def test_epochs_reach_running_workers():
    bound = PIPE.bind(seed=7)
    loader = DataLoader(Sentences(bound), 3, num_workers=2, persistent_workers=True)
    for epoch in (0, 1, 0):
        bound.set_epoch(epoch)
        expected = [augreg.augment([SENTENCE], PIPE, seed=7, epoch=epoch, keys=[i])[0] for i in range(6)]
        assert [text for batch in loader for text in batch] == expected


TWICE = {
    "two of PIL": ((photo(), photo(seed=1)), {}),
    "tensors": ((torch.zeros(3, 4, 4), torch.zeros(1, 4, 4)), {"modality": "image"}),
    "vectors": ((torch.zeros(9), torch.zeros(4)), {"modality": "audio", "sample_rate": 8000}),
}


@pytest.mark.parametrize("case", TWICE)
def test_two_samples_of_one_modality_in_an_item_are_not_augmented_apart_in_silence(case):
    pair, options = TWICE[case]
    keyed = augreg.Keyed([pair]).__getitems__([0])
    for call in (
        lambda: PIPE.bind(seed=7, **options)(*pair, key=1),
        lambda: PIPE.bind(**options)([pair]),
        lambda: augreg.collate(PIPE, seed=7, **options)(keyed),
    ):
        for _ in range(2):  # what was seen once is not let through afterwards
            with pytest.raises(
                augreg.SampleError, match="0 and 1 of a tuple are both of .*nothing says whether the second"
            ):
                call()


def test_a_schema_says_that_two_samples_are_meant():
    bound = PIPE.bind(seed=7, schema={"0": "image", "1": "image"})
    first, second = bound(photo(), photo(), key=1)
    assert arrays(first) != arrays(second)


@pytest.mark.parametrize("form", [None, "columns"])
def test_tables_of_pandas_and_arrow(form):
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    columns = {"name": ["a", "b"], "caption": [SENTENCE, SENTENCE]}
    pipe = augreg.Pipeline({"text": ["text.keyboard"]}, schema={"caption": "text"})
    right = augreg.augment(columns["caption"], pipe, seed=7, keys=["a", "b"])
    bound = pipe.bind(seed=7, key="name", form=form)
    assert list(bound(pandas.DataFrame(columns))["caption"]) == right
    assert bound(pyarrow.table(columns))["caption"] == right
    for kind in (np.array, pandas.Series, pyarrow.array):  # as Ray and `datasets` hand columns over
        assert list(bound({name: kind(column) for name, column in columns.items()})["caption"]) == right
    with pytest.raises(augreg.ConfigError, match="none is 'id' or 'key'"):
        pipe.bind(seed=7, form=form)(pandas.DataFrame(columns))


@pytest.mark.parametrize("how", ["pipe", "augment", "bind", "views"])
def test_a_compiled_function_may_augment(how):
    """Dynamo traced into the kernels, whose arrays have negative strides, and failed."""
    pipe = augreg.Pipeline(["image.hflip", {"image.rotate": {"degrees": 20}}, "image.to_tensor"])
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32), np.uint8))
    is_said = {"modality": "image", "layout": "NCHW"}
    bound, views = pipe.bind(seed=7, **is_said), pipe.views(2, seed=7, back=False, **is_said)
    calls = {
        "pipe": lambda x: pipe(x, seed=7, keys=[0, 1, 2, 3], **is_said),
        "augment": lambda x: augreg.augment(x, pipe, seed=7, keys=[0, 1, 2, 3], **is_said),
        "bind": lambda x: bound(x, key=[0, 1, 2, 3]),
        "views": lambda x: torch.stack(list(views(x, keys=[0, 1, 2, 3]).samples)),
    }
    net = torch.nn.Linear(32, 2)

    def scores(x):
        return net(calls[how](x * 1))

    expected = scores(images)
    assert torch.equal(torch.compile(scores, backend="eager")(images), expected)
