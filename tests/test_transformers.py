"""`augreg.transformers`: a Trainer whose training rows are augmented by epochs, resumed, and what is refused."""

from __future__ import annotations

import pytest
import torch

import augreg
from augreg.errors import ConfigError

transformers = pytest.importorskip("transformers")
datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore")

N, SEED = 12, 7
WORDS = ["ada", "went", "from", "london", "to", "paris", "and", "back", "again", "with", "her", "friend", "charles"]
STEPS = [{"text.word_swap": {"rate": 0.4, "p": 1}}, {"text.word_delete": {"rate": 0.2, "p": 1}}]
PIPE = augreg.Pipeline(STEPS, schema={"tokens": "text"})


def rows(numbers):
    made = []
    for i in numbers:
        words = [WORDS[(i * 5 + j * 7) % len(WORDS)] for j in range(6)]
        made.append({"id": f"r{i}", "tokens": words, "ner_tags": [int(w in ("ada", "charles")) for w in words]})
    return made


TRAIN, VALID = rows(range(N)), rows(range(100, 104))


class Net(torch.nn.Module):
    """A model by the names of whose arguments a Trainer takes columns away."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, input_ids=None, labels=None):
        return {"loss": self.layer(torch.ones(1, 1)).sum(), "logits": input_ids.float()}


class Prepare:
    """Makes columns of numbers of columns of words, and keeps what it got."""

    def __init__(self):
        self.seen = []

    def __call__(self, columns):
        self.seen.append(columns)
        padded = [(tags + [-100] * 8)[:8] for tags in columns["ner_tags"]]
        ids = [([WORDS.index(word) for word in words] + [0] * 8)[:8] for words in columns["tokens"]]
        return {"input_ids": ids, "labels": padded}


def train(folder, prepare, data=None, resume=None, callbacks=None, **options):
    collator = augreg.transformers.Collator(PIPE, prepare=prepare, then=transformers.default_data_collator, seed=SEED)
    args = transformers.TrainingArguments(
        str(folder),
        **{
            "num_train_epochs": 2,
            "per_device_train_batch_size": 4,
            "remove_unused_columns": False,
            "save_strategy": "no",
            "eval_strategy": "epoch",
            "logging_strategy": "no",
            "report_to": "none",
            "disable_tqdm": True,
            "use_cpu": True,
            **options,
        },
    )
    data = augreg.Keyed(datasets.Dataset.from_list(TRAIN)) if data is None else data
    valid = datasets.Dataset.from_list(VALID)
    callbacks = [augreg.transformers.Epochs(collator)] if callbacks is None else callbacks
    transformers.Trainer(Net(), args, collator, data, valid, callbacks=callbacks).train(resume_from_checkpoint=resume)


def epochs_of(seen):
    """Return of which epoch each batch is, "-" for evaluation, whose rows must be as they were."""
    found = []
    for columns in seen:
        made = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if made[0]["id"] in {row["id"] for row in VALID}:
            assert made == [row for row in VALID if row["id"] in {each["id"] for each in made}]
            found.append("-")
            continue
        rights = [{row["id"]: row for row in PIPE(TRAIN, seed=SEED, epoch=epoch)} for epoch in range(3)]
        found += [epoch for epoch, right in enumerate(rights) if all(right[row["id"]] == row for row in made)]
    return found


def test_training_is_augmented_by_epochs_and_evaluation_is_not(tmp_path):
    prepare = Prepare()
    train(tmp_path, prepare)
    assert epochs_of(prepare.seen) == [0, 0, 0, "-", 1, 1, 1, "-"]


@pytest.mark.parametrize(("step", "left"), [(2, [0, "-", 1, 1, 1, "-"]), (4, [1, 1, "-"])])
def test_a_run_goes_on_within_an_epoch(tmp_path, step, left):
    train(tmp_path, Prepare(), save_strategy="steps", save_steps=2)
    prepare = Prepare()
    train(tmp_path, prepare, resume=tmp_path / f"checkpoint-{step}")
    assert epochs_of(prepare.seen) == left


def test_running_workers_hear_of_epochs(tmp_path):
    batches = []
    prepare = Prepare()
    collator = augreg.transformers.Collator(PIPE, prepare=prepare, then=transformers.default_data_collator, seed=SEED)
    keyed = augreg.Keyed(TRAIN)
    loader = torch.utils.data.DataLoader(keyed, 4, collate_fn=collator, num_workers=1, persistent_workers=True)
    callback = augreg.transformers.Epochs(collator)
    for epoch in range(2):
        callback.on_epoch_begin(None, transformers.TrainerState(epoch=epoch), None)
        batches.append([batch["input_ids"].tolist() for batch in loader])
    for epoch, found in enumerate(batches):
        made = PIPE(TRAIN, seed=SEED, epoch=epoch)
        right = Prepare()({name: [row[name] for row in made] for name in made[0]})["input_ids"]
        assert [ids for batch in found for ids in batch] == right


def test_answers_of_squad_move_with_their_context():
    context = "Ada was born in London in 1815 and went there to school"
    row = {"question": "where?", "context": context, "answers": {"text": ["London", "1815"], "answer_start": [16, 26]}}
    schema = {"context": "text", "answers": "answers of context"}
    pipe = augreg.Pipeline([{"text.word_delete": {"rate": 0.3, "p": 1}}, "text.word_swap"], schema=schema)
    collator = augreg.transformers.Collator(pipe, then=list, seed=SEED)
    made = collator(augreg.Keyed([row] * 20).__getitems__(range(20)))
    counts = {len(each["answers"]["text"]) for each in made}
    assert {1, 2} <= counts
    for each in made:
        for text, start in zip(each["answers"]["text"], each["answers"]["answer_start"], strict=True):
            assert each["context"][start:].startswith(text)
            assert text in ("London", "1815")
    assert row["answers"] == {"text": ["London", "1815"], "answer_start": [16, 26]}


def test_prepare_may_return_more_rows_and_keys_are_left_out_without_it():
    collator = augreg.transformers.Collator(
        PIPE, prepare=lambda columns: {"n": [1] * 2 * len(columns["id"])}, then=list, seed=SEED
    )
    assert collator(augreg.Keyed(TRAIN).__getitems__([0, 1])) == [{"n": 1}] * 4
    plain = augreg.transformers.Collator(PIPE, then=list, seed=SEED)
    assert sorted(plain(augreg.Keyed(TRAIN).__getitems__([0]))[0]) == ["ner_tags", "tokens"]
    uneven = augreg.transformers.Collator(PIPE, prepare=lambda _: {"a": [1], "b": []}, then=list, seed=SEED)
    with pytest.raises(ConfigError, match="different lengths"):
        uneven(augreg.Keyed(TRAIN).__getitems__([0]))


def test_an_unmarked_training_set_is_refused(tmp_path):
    data = datasets.Dataset.from_list(TRAIN)
    with pytest.raises(ConfigError, match=r"training set is a Dataset.*augreg.Keyed\(train\)"):
        train(tmp_path, Prepare(), data=data)
    with pytest.raises(ConfigError, match=r"no training rows.*augreg.Keyed\(train\).*Epochs\(collator\)"):
        train(tmp_path, Prepare(), data=data, callbacks=[])


def test_columns_that_the_trainer_took_away_are_told():
    collator = augreg.transformers.Collator(PIPE, then=list, seed=SEED)
    with pytest.raises(ConfigError, match="no field 'tokens'.*remove_unused_columns=False"):
        collator(augreg.Keyed([{"ner_tags": [1]}]).__getitems__([0]))


def test_wrong_parts_and_options_are_told():
    with pytest.raises(ConfigError, match="a dict has no set_epoch"):
        augreg.transformers.Epochs({})
    with pytest.raises(ConfigError, match="tells nobody"):
        augreg.transformers.Epochs()
    with pytest.raises(ConfigError, match="Collator has no option 'shema'. Did you mean 'schema'"):
        augreg.transformers.Collator(PIPE, shema={})
    with pytest.raises(ConfigError, match="views"):
        augreg.transformers.Collator(PIPE, views=2)
