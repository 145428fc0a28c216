"""Clips in other orders of axes: declared, treated as the usual one is, and given back as they came."""

import numpy as np
import pytest
import torch

import augreg
from augreg import SampleError, media

STEPS = {
    "video": [
        {"video.subsample": {"frames": 5, "mode": "random"}},
        {"video.resized_crop": {"size": [6, 7]}},
        {"video.color_jitter": {"p": 0.5}},
    ]
}
AXES = {"TCHW": (0, 1, 2, 3), "CTHW": (1, 0, 2, 3), "THWC": (0, 2, 3, 1)}


def clip(seed=0, frames=9):
    values = np.random.default_rng(seed).integers(0, 256, (frames, 3, 12, 16), dtype=np.uint8)
    return torch.from_numpy(values)


def laid(data, layout, kind):
    tensor = data.permute(AXES[layout]).contiguous()
    return tensor if kind == "tensor" else tensor.numpy()


def back(data, layout):
    return torch.as_tensor(data).permute(*np.argsort(AXES[layout]).tolist())


@pytest.mark.parametrize("kind", ["tensor", "array"])
@pytest.mark.parametrize("layout", AXES)
def test_a_declared_layout_is_augmented_as_the_usual_one(layout, kind):
    rows = [clip(i) for i in range(3)]
    expected = augreg.augment(rows, STEPS, modality="video", seed=4)
    given = [laid(row, layout, kind) for row in rows]
    bare, trace = augreg.augment(given, STEPS, modality="video", layout=layout, seed=4, return_trace=True)
    held = augreg.augment([augreg.Video(row, fps=5.0, layout=layout) for row in given], STEPS, seed=4)
    again = augreg.Pipeline(STEPS).replay(given, trace, modality="video", layout=layout)
    stack = torch.stack(given) if kind == "tensor" else np.stack(given)
    stacked = augreg.augment(stack, STEPS, modality="video", layout=layout, seed=4)
    views = augreg.augment(given, STEPS, modality="video", layout=layout, seed=4, views=2)
    assert type(stacked) is type(stack)
    for i, row in enumerate(expected):
        assert type(bare[i]) is type(given[i])
        for found in (bare[i], held[i].data, again[i], stacked[i], views[0][i]):
            assert torch.equal(back(found, layout), row)
        assert held[i].layout == layout
        assert tuple(bare[i].shape) == tuple(np.asarray(row.shape)[list(AXES[layout])])


def test_fields_of_records_and_columns():
    row = clip()
    steps = {"video": [{"video.hflip": {"p": 1.0}}]}
    record = {"clip": laid(row, "CTHW", "tensor"), "key": "a"}
    (out,) = augreg.augment([record], steps, schema={"clip": "video"}, layout="CTHW", seed=1)
    assert torch.equal(out["clip"], laid(row.flip(-1), "CTHW", "tensor"))
    typed = {"clip": augreg.Video(laid(row, "CTHW", "tensor"), layout="CTHW"), "key": "a"}
    (out,) = augreg.augment([typed], steps, seed=1)
    assert torch.equal(out["clip"].data, laid(row.flip(-1), "CTHW", "tensor"))


def test_targets_are_per_frame_whatever_the_layout():
    labels = list(range(9))
    video = augreg.Video(laid(clip(), "CTHW", "tensor"), fps=5.0, frame_labels=labels, layout="CTHW")
    (out,) = augreg.augment([video], STEPS, seed=4)
    assert out.data.shape[1] == len(out.frame_labels) == 5
    wrong = augreg.Video(laid(clip(), "CTHW", "tensor"), frame_labels=labels[:3], layout="CTHW")
    with pytest.raises(SampleError, match="video has 9 frames but 3 entries in frame_labels"):
        augreg.augment([wrong], STEPS, seed=4)


def test_a_clip_in_any_layout_can_be_written(tmp_path):
    for layout in AXES:
        media.write(augreg.Video(laid(clip(), layout, "tensor"), fps=5.0, layout=layout), tmp_path / f"{layout}.mp4")
    assert (tmp_path / "CTHW.mp4").read_bytes() == (tmp_path / "TCHW.mp4").read_bytes()
    assert (tmp_path / "THWC.mp4").read_bytes() == (tmp_path / "TCHW.mp4").read_bytes()


# What is wrong is named ----------------------------------------------------------------------------------------------


def run(sample, **more):
    return augreg.augment(sample, {"video": ["video.hflip"]}, modality="video", **more)


def test_the_wrong_layout_is_named():
    with pytest.raises(SampleError, match=r"\(3, 16, 8, 8\), which read as \(T, C, H, W\) is 3 frames of 16 channels"):
        run(torch.zeros(3, 16, 8, 8))
    with pytest.raises(SampleError, match=r"If it is 3 channels of 16 frames, say so: layout='CTHW'"):
        run(torch.zeros(3, 16, 8, 8))
    assert run(torch.zeros(16, 3, 8, 8), layout="CTHW").shape == (16, 3, 8, 8)  # what is said is not doubted
    with pytest.raises(
        SampleError, match=r"layout='TCWH' is unknown for video. Did you mean 'TCHW'\?.*Valid: TCHW, CTHW, THWC, NTCHW"
    ):
        run(torch.zeros(4, 3, 8, 8), layout="TCWH")
    with pytest.raises(SampleError, match=r"layout='time first' is unknown"):
        augreg.augment([augreg.Video(torch.zeros(4, 3, 8, 8), layout="time first")], {"video": ["video.hflip"]})
    with pytest.raises(SampleError, match=r"shape \(3, 8, 8\); expected \(C, T, H, W\)"):
        augreg.augment([augreg.Video(torch.zeros(3, 8, 8), layout="CTHW")], {"video": ["video.hflip"]})


def test_many_channels_are_taken_where_nothing_speaks_against_them():
    assert run(torch.zeros(5, 16, 8, 8)).shape == (5, 16, 8, 8)
    with pytest.raises(SampleError, match=r"If it is 1 channels of 16 frames, say so: layout='CTHW'"):
        run(torch.zeros(1, 16, 8, 8))
    with pytest.raises(SampleError, match=r"say so: layout='THWC'"):
        run(torch.zeros(5, 16, 8, 3))
    with pytest.raises(SampleError, match=r"say so: layout='TCHW'"):
        run(np.zeros((5, 3, 16, 8), dtype=np.uint8))


def test_what_says_its_layout_itself_cannot_be_overruled():
    tv_tensors = pytest.importorskip("torchvision.tv_tensors")
    with pytest.raises(SampleError, match="layout='CTHW' contradicts Video, whose axes are"):
        run(tv_tensors.Video(torch.zeros(4, 3, 8, 8)), layout="CTHW")
