"""Pipelines on files: what is decoded on demand gives the bits that decoding everything first gives."""

import itertools
import json
import tracemalloc

import numpy as np
import pytest
import torch
from films import KINDS, film
from torch.utils.data import DataLoader, Dataset

import augreg
from augreg import media
from augreg.jobs import Settings, run
from augreg.media.clipfile import ClipFile
from augreg.media.pictures import Converter

CHAINS = {
    "subsample": [{"video.subsample": {"frames": 4, "mode": "random"}}],
    "crop, speed": [{"video.temporal_crop": {"fraction": 0.4}}, {"video.speed": {"factor": [0.5, 2.0]}}],
    "time behind space": [
        "video.hflip",
        {"video.resized_crop": {"size": 24}},
        {"video.subsample": {"frames": 5, "mode": "jitter"}},
        {"video.color_jitter": {"p": 0.5}},
    ],
    "time behind a barrier": [{"video.temporal_crop": {"frames": 9}}, "video.temporal_blur", "video.reverse"],
    "blank frames": [{"video.temporal_crop": {"frames": 6}}, {"video.fit_length": {"frames": 12, "fill": "blank"}}],
    "sometimes": [{"video.temporal_crop": {"fraction": 0.3, "p": 0.5}}, {"video.reverse": {"p": 0.5}}],
    "repeated": [{"video.temporal_crop": {"frames": 8}}, "video.duplicate", "video.clip_shuffle", "video.freeze"],
    "no time": [{"image.rotate": {"degrees": 10}}],
    "per frame": [{"video.subsample": {"frames": 6}}, {"image.brightness": {"temporal": "per_frame"}}],
    "drawn from the data": [{"video.frame_rate": {"fps": 10}}, "video.noise"],
    "cut out": [{"image.crop": {"size": [21, 19]}}],
    "cut out beyond the edge": [{"image.crop": {"size": [60, 33], "border": "reflect"}}],
    "cut out and mirrored": [{"video.subsample": {"frames": 7}}, {"image.crop": {"size": 17}}, "video.hflip"],
    "a part scaled": [{"video.resized_crop": {"size": [20, 31], "scale": [0.1, 0.4]}}],
    "a part turned": [{"image.rotate": {"degrees": [20, 40]}}, {"image.center_crop": {"size": 20, "p": 0.7}}],
    "colors of a part": [
        {"video.color_jitter": {"p": 0.5}},
        {"image.crop": {"size": 25}},
        {"image.gamma": {"p": 0.5}},
    ],
    "frames shown twice, cut out": ["video.duplicate", {"image.crop": {"size": [9, 40]}}, "video.reverse"],
}


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    for number, arguments in enumerate(KINDS.values()):
        film(folder / f"{number}.mp4", **arguments)
    return {kind: folder / f"{number}.mp4" for number, kind in enumerate(KINDS)}


@pytest.fixture(scope="module")
def decoded(films):
    return {kind: media.read(path) for kind, path in films.items()}


def same(a, b):
    assert torch.equal(a.data, b.data)
    assert a.fps == b.fps
    np.testing.assert_array_equal(a.timestamps, b.timestamps)


@pytest.mark.parametrize("fuse", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CHAINS)
def test_a_pipeline_gives_what_it_gives_on_decoded_files(films, decoded, name, fuse):
    pipe = augreg.Pipeline({"video": CHAINS[name]})
    keys, whole = list(films), list(decoded.values())
    opened = [augreg.Video.open(path) for path in films.values()]
    mixed = [a if i % 2 else b for i, (a, b) in enumerate(zip(opened, whole, strict=True))]
    expected, trace = augreg.augment(whole, pipe, seed=4, keys=keys, fuse=fuse, return_trace=True)
    for given in (opened, mixed):
        found = augreg.augment(given, pipe, seed=4, keys=keys, fuse=fuse)
        for before, a, b, clip in zip(given, found, expected, whole, strict=True):
            if b is clip:  # no step fired
                assert a is before
            else:
                same(a, b)
    again = pipe.replay([augreg.Video.open(path) for path in films.values()], trace, fuse=fuse)
    for a, b, clip in zip(again, expected, whole, strict=True):
        if b is not clip:
            same(a, b)


def test_frames_that_are_not_kept_are_not_decoded(films):
    clips = [augreg.Video.open(path) for path in films.values()]
    pipe = augreg.Pipeline({"video": CHAINS["time behind space"]})
    augreg.augment(clips, pipe, seed=1)
    assert [clip.data.decoded for clip in clips] == [5] * len(clips)


@pytest.mark.parametrize("fuse", [True, False])
def test_what_a_crop_leaves_out_is_not_converted(films, fuse, monkeypatch):
    sizes = []
    convert = Converter._rgb
    monkeypatch.setattr(Converter, "_rgb", lambda self, f: sizes.append((f.height, f.width)) or convert(self, f))
    clip = augreg.Video.open(films["B-frames"])
    steps = [{"video.temporal_crop": {"frames": 3}}, {"image.crop": {"size": [8, 20]}}]
    if not fuse:  # then the crop would run behind a step that has read the frames
        steps = steps[1:]
    augreg.augment([augreg.Video.open(films["B-frames"])], {"video": steps}, seed=6, keys=["k"], fuse=fuse)
    sizes.clear()  # the first time converting windows is tried out on noise
    (out,) = augreg.augment([clip], {"video": steps}, seed=6, keys=["k"], fuse=fuse)
    assert out.data.shape[2:] == (8, 20)
    assert clip.data.decoded == len(out.data) == len(sizes)
    assert {height for height, _ in sizes} <= {8, 16}


@pytest.mark.parametrize("fuse", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_clip_is_never_in_memory_as_a_whole(tmp_path, fuse):
    film(tmp_path / "long.mp4", 200, height=144, width=176)
    clip = augreg.Video.open(tmp_path / "long.mp4")
    steps = [{"video.resized_crop": {"size": 32}}]
    augreg.augment([clip], {"video": steps}, seed=6, keys=["k"], fuse=fuse)
    tracemalloc.start()
    (out,) = augreg.augment([clip], {"video": steps}, seed=6, keys=["k"], fuse=fuse)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert out.data.nbytes < most < 2 * out.data.nbytes < clip.data.nbytes / 8


def test_without_fusing_too_only_what_is_chosen_is_decoded(films):
    clips = [augreg.Video.open(path) for path in films.values()]
    augreg.augment(clips, {"video": CHAINS["cut out and mirrored"]}, seed=1, fuse=False)
    assert [clip.data.decoded for clip in clips] == [7] * len(clips)


def test_boxes_and_masks_follow_a_crop_on_a_file(films):
    boxes = [augreg.Boxes([[t, 0, t + 9, 12], [30, 20, 40, 30]]) for t in range(40)]
    masks = torch.from_numpy(np.random.default_rng(0).integers(0, 3, (40, 48, 64), dtype=np.uint8))
    steps = [{"video.subsample": {"frames": 6}}, {"image.crop": {"size": [21, 33]}}, {"image.hflip": {"p": 1.0}}]
    given = [
        augreg.Video(data, fps=25.0, boxes=boxes, masks=masks, key="k")
        for data in (media.read(films["B-frames"]).data, augreg.Video.open(films["B-frames"]).data)
    ]
    expected, found = (augreg.augment([clip], {"video": steps}, seed=2)[0] for clip in given)
    assert torch.equal(found.data, expected.data)
    assert torch.equal(found.masks, expected.masks)
    for a, b in zip(found.boxes, expected.boxes, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_targets_of_frames_follow_on_a_file(films):
    labels = list(range(40))
    boxes = [augreg.Boxes([[t, 0, t + 4, 4]], columns={"id": [t]}) for t in range(40)]
    clip = augreg.Video.open(films["constant rate"], frame_labels=labels, boxes=boxes, key="k")
    (out,) = augreg.augment([clip], {"video": [{"video.subsample": {"frames": 5, "mode": "random"}}]}, seed=0)
    whole = media.read(films["constant rate"]).data
    assert torch.equal(out.data, whole[list(out.frame_labels)])
    assert [b.columns["id"] for b in out.boxes] == [[t] for t in out.frame_labels]


class Folder(Dataset):
    """What users write: a list of paths."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        return augreg.Video.open(self.paths[i], label=i)


@pytest.mark.parametrize(
    ("workers", "method"), [(0, None), (2, "fork"), pytest.param(2, "spawn", marks=pytest.mark.slow)]
)
def test_a_data_set_of_paths(films, workers, method):
    paths = list(films.values())[:4]
    steps = [{"video.subsample": {"frames": 4, "mode": "random"}}, {"video.resized_crop": {"size": 16}}]
    collate = augreg.collate(augreg.Pipeline({"video": steps}), seed=3)
    data = augreg.Keyed(Folder([str(path) for path in paths]))
    loader = DataLoader(data, batch_size=2, collate_fn=collate, num_workers=workers, multiprocessing_context=method)
    found = list(itertools.chain(*loader))
    whole = [augreg.Video(data=media.read(path).data, fps=25.0) for path in paths]
    expected = augreg.augment(whole, {"video": steps}, seed=3)
    assert [clip.label for clip in found] == [0, 1, 2, 3]
    assert all(torch.equal(a.data, b.data) for a, b in zip(found, expected, strict=True))


def test_what_leaves_a_loader_is_decoded(films):
    collate = augreg.collate({"video": [{"video.reverse": {"p": 0.0}}]}, seed=3)
    clip = augreg.Video.open(films["constant rate"], key="a")
    for batch in (collate([clip]), [collate([{"key": "a", "video": clip}])["video"][0]]):
        assert torch.equal(batch[0].data, media.read(films["constant rate"]).data)
    assert isinstance(clip.data, ClipFile)


# augreg run ----------------------------------------------------------------------------------------------------------


def manifest(out):
    return {line["source"]: line for line in map(json.loads, (out / "manifest.jsonl").read_text().splitlines())}


@pytest.mark.parametrize("copies", [1, 3])
def test_run_writes_what_it_would_write_from_decoded_files(films, tmp_path, copies, monkeypatch):
    pipe = augreg.Pipeline({"video": CHAINS["time behind space"]})
    source = films["constant rate"].parent
    run(pipe, Settings(source=source, out=tmp_path / "lazy", seed=5, copies=copies))
    load = media.load
    monkeypatch.setattr(media, "load", lambda *a, lazy, **how: load(*a))
    run(pipe, Settings(source=source, out=tmp_path / "whole", seed=5, copies=copies))
    written = sorted(path.name for path in (tmp_path / "whole").glob("*.mp4"))
    assert len(written) == copies * len(films)
    for name in written:
        assert (tmp_path / "lazy" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
