"""A step that moves a film in time and leaves its sound where it was is refused, unless the pipeline says otherwise."""

import pickle

import pytest
import torch

import augreg
from augreg import ConfigError


def film(frames: int = 12, fps: float = 10.0) -> augreg.Video:
    return augreg.Video(torch.arange(frames * 12, dtype=torch.uint8).reshape(frames, 3, 2, 2), fps=fps)


def sound(frames: int = 9600) -> augreg.Audio:
    return augreg.Audio(torch.linspace(-1, 1, frames)[None], 8000)


def moving(modality: str) -> list[str]:
    """Return the plain steps of ours that say that they move one modality in time."""
    specs = [s for s in augreg.list_augmenters() if s.modalities == (modality,) and s.name.startswith(f"{modality}.")]
    loaded = [(s.name, augreg.registry.default().load(s.id).declares) for s in specs]
    return [name for name, declares in loaded if "synchrony" in declares.alters]


NEEDED = {"audio.insert_in_background": {"files": "."}, "video.fit_length": {"frames": 5}}


def test_the_steps_that_move_time_are_these():
    assert {"speed", "reverse", "temporal_crop", "shift"} <= {name[6:] for name in moving("video")}
    assert {"speed", "reverse", "crop", "time_stretch", "tempo", "pad", "trim"} <= {
        name[6:] for name in moving("audio")
    }
    assert not {"video.frame_rate", "video.hflip", "audio.to_rate", "audio.gain"} & {*moving("video"), *moving("audio")}


@pytest.mark.parametrize("name", [*moving("video"), *moving("audio")])
def test_a_step_for_one_of_the_two_is_refused_whether_or_not_it_fires(name):
    if name == "audio.insert_in_background":
        pytest.skip("needs files")
    pipe = augreg.Pipeline([{name: {**NEEDED.get(name, {}), "p": 1e-9}}])
    record = {"film": film(), "track": sound(), "id": 1}
    with pytest.raises(ConfigError) as caught:
        augreg.augment(record, pipe, seed=1)
    message = str(caught.value)
    own, other = ("film", "track") if name.startswith("video") else ("track", "film")
    assert all(word in message for word in (name, repr(own), repr(other), f"separate: [{other}]"))


def test_the_message_names_the_joint_step_that_does_it_right():
    with pytest.raises(ConfigError, match=r"Move both with av\.speed under 'record'"):
        augreg.augment({"film": film(), "track": sound(), "id": 1}, ["video.speed"], seed=1)
    with pytest.raises(ConfigError, match=r"av\.reverse"):
        augreg.augment({"film": film(), "track": sound(), "id": 1}, [{"audio.reverse": {}}], seed=1)


@pytest.mark.parametrize("fields", [["track"], ["film"], ["film", "track"], "track"])
def test_what_is_said_to_be_separate_moves_alone(fields):
    pipe = augreg.Pipeline({"video": [{"video.speed": {"factor": 2.0}}], "separate": fields})
    record = {"film": film(), "track": sound(), "id": 1}
    out = augreg.augment(record, pipe, seed=1)
    assert len(out["film"].data) == 6
    assert out["track"] is record["track"]


def test_a_third_field_is_looked_at_though_one_is_separate():
    pipe = augreg.Pipeline({"video": ["video.speed"], "separate": ["music"]})
    augreg.augment({"film": film(), "music": sound(), "id": 1}, pipe, seed=1)
    with pytest.raises(ConfigError, match="'track'"):
        augreg.augment({"film": film(), "music": sound(), "track": sound(), "id": 1}, pipe, seed=1)


def test_records_with_one_of_them_and_samples_outside_records_go_through():
    pipe = augreg.Pipeline(["video.speed", "audio.speed", "image.hflip"])
    augreg.augment(
        [{"film": film(), "id": 1}, {"track": sound(), "id": 2}, {"film": None, "track": sound(), "id": 3}],
        pipe,
        seed=1,
    )
    augreg.augment([film(), sound()], pipe, seed=1, keys=[1, 2])
    augreg.augment({"noisy": sound(), "clean": sound(), "id": 1}, pipe, seed=1)


def test_every_kind_of_record_in_a_batch_is_looked_at():
    pipe = augreg.Pipeline(["video.reverse"])
    good = [{"film": film(), "id": i} for i in range(5)]
    with pytest.raises(ConfigError, match="record 5: video.reverse"):
        augreg.augment([*good, {"film": film(), "track": sound(), "id": 9}], pipe, seed=1)


def test_columns_bound_functions_and_steps_of_one_field():
    columns = {"film": [film(), film()], "track": [sound(), sound()], "id": [1, 2]}
    with pytest.raises(ConfigError, match="audio.shift moves 'track'"):
        augreg.augment(columns, ["audio.shift"], seed=1)
    with pytest.raises(ConfigError, match="video.reverse"):
        augreg.Pipeline(["video.reverse"]).bind(seed=1)({"film": film(), "track": sound(), "id": 1})
    schema = {"film": "video", "track": "audio", "other": "video"}
    pipe = augreg.Pipeline({"fields": {"film": ["video.speed"]}, "video": [], "audio": []}, schema=schema)
    with pytest.raises(ConfigError, match="video.speed moves 'film'"):
        augreg.augment({"film": film(), "track": sound(), "other": film(), "id": 1}, pipe, seed=1)


def test_joint_steps_and_steps_that_keep_the_time_go_through():
    pipe = augreg.Pipeline(
        {"record": ["av.speed", "av.offset"], "video": ["video.hflip", "video.frame_rate"], "audio": ["audio.gain"]}
    )
    augreg.augment({"film": film(), "track": sound(), "id": 1}, pipe, seed=1)
    never = augreg.Pipeline([{"video.speed": {"p": 0}}])
    augreg.augment({"film": film(), "track": sound(), "id": 1}, never, seed=1)


def test_separate_survives_files_and_pickles():
    pipe = augreg.Pipeline({"video": ["video.speed"], "separate": ["b", "a"]})
    assert pipe.to_dict()["separate"] == ["a", "b"]
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe
    assert pickle.loads(pickle.dumps(pipe)).separate == {"a", "b"}


def test_separate_is_checked():
    with pytest.raises(ConfigError, match="Did you mean 'music'"):
        augreg.Pipeline({"video": [], "separate": ["musik"]}, schema={"music": "audio"})
    with pytest.raises(ConfigError, match="expected a list of fields"):
        augreg.Pipeline({"video": [], "separate": {"a": 1}})
