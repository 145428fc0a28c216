"""Data whose numbers are not all there is to it: refused, and never taken for its numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

import augreg
from augreg import SampleError

PICTURE = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
STEPS = [{"image.hflip": {"p": 1}}, {"audio.polarity": {"p": 1}}, {"video.hflip": {"p": 1}}]
PIPE = augreg.Pipeline(STEPS)


def hidden(shape: tuple[int, ...], dtype: Any = np.uint8) -> np.ndarray:
    """Return a masked array, even where nothing is masked."""
    return np.ma.masked_array(np.zeros(shape, dtype))


MASKED: dict[str, Callable[[], Any]] = {
    "a picture": lambda: PIPE(hidden((8, 12, 3)), modality="image"),
    "a stack": lambda: PIPE(hidden((2, 8, 12, 3)), modality="image"),
    "a stack of a layout": lambda: PIPE(hidden((2, 8, 12)), modality="image", layout="NHW"),
    "a list": lambda: PIPE([hidden((8, 12, 3)), PICTURE], modality="image"),
    "by bind": lambda: PIPE.bind(modality="image")(hidden((8, 12, 3))),
    "a sample": lambda: PIPE(augreg.Image(hidden((8, 12, 3)))),
    "a record": lambda: PIPE({"a": hidden((8, 12, 3))}, schema={"a": "image"}),
    "columns": lambda: PIPE({"a": hidden((2, 8, 12, 3)), "id": [1, 2]}, schema={"a": "image"}),
    "a sound": lambda: PIPE((hidden((9,), np.float32), 16000)),
    "a padded stack": lambda: PIPE(
        hidden((2, 9), np.float32), modality="audio", sample_rate=8000, layout="BT", lengths=[3, 9]
    ),
    "a clip": lambda: PIPE(hidden((4, 8, 12, 3)), modality="video"),
    "masks of a sample": lambda: PIPE(augreg.Image(PICTURE, masks=hidden((8, 12)))),
    "a mask of a schema": lambda: PIPE(
        {"image": PICTURE, "m": hidden((8, 12))}, schema={"image": "image", "m": "mask of image"}
    ),
    "a mask by its layout": lambda: PIPE({"image": PICTURE, "mask": hidden((8, 12))}, schema={"image": "image"}),
    "boxes": lambda: augreg.Boxes(hidden((1, 4), float)),
    "boxes of a schema": lambda: PIPE(
        {"image": PICTURE, "b": hidden((1, 4), float)}, schema={"image": "image", "b": "xywh boxes of image"}
    ),
    "boxes of the call": lambda: PIPE((PIL.Image.fromarray(PICTURE), {"boxes": hidden((1, 4), float)}), boxes="xyxy"),
    "keypoints": lambda: augreg.Keypoints(hidden((1, 2), float)),
    "visibility": lambda: augreg.Keypoints([[1, 1]], visible=hidden((1,), bool)),
}


@pytest.mark.parametrize("call", MASKED.values(), ids=list(MASKED))
def test_masked_arrays_are_refused_wherever_numbers_are_read(call: Callable[[], Any]) -> None:
    with pytest.raises(SampleError, match=r"is a masked array, .*data\.filled\(0\)"):
        call()


def test_what_the_error_advises_works() -> None:
    given = np.ma.masked_greater(PICTURE, 200)
    record = {"a": given.filled(0), "gone": np.ma.getmaskarray(given)[..., 0]}
    out = PIPE(record, schema={"a": "image", "gone": "mask of a"})
    again = np.ma.masked_array(out["a"], mask=out["gone"][..., None] & np.ones(3, bool))
    assert (again[..., 0] == given[:, ::-1, 0]).all()


def test_other_kinds_of_arrays_come_back_as_plain_ones(tmp_path: Path) -> None:
    class Named(np.ndarray):
        pass

    file = np.memmap(tmp_path / "picture", dtype=np.uint8, mode="w+", shape=PICTURE.shape)
    file[:] = PICTURE
    for given in (PICTURE.view(Named), file):
        found = PIPE(given, modality="image")
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, PICTURE[:, ::-1])
        np.testing.assert_array_equal(np.asarray(given), PICTURE)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_tensors_are_refused(layout: torch.layout) -> None:
    nested = torch.nested.nested_tensor([torch.rand(3, 4), torch.rand(6, 4)], layout=layout)
    for call in (lambda: PIPE(nested, modality="image"), lambda: PIPE(augreg.Image(nested))):
        with pytest.raises(SampleError, match=r"is a nested tensor\. Give its parts as a list"):
            call()


def test_a_picture_whose_file_was_closed_is_refused_by_name(tmp_path: Path) -> None:
    PIL.Image.fromarray(PICTURE).save(tmp_path / "a.png")
    with PIL.Image.open(tmp_path / "a.png") as picture:
        pass
    with pytest.raises(SampleError, match=r"a\.png cannot be decoded: its file was closed before it was read"):
        PIPE(picture)


FAR = {
    "meta": (torch.zeros(3, 4, 6, device="meta"), "on the meta device, where tensors have a shape and no values"),
    "eight bits": (torch.zeros(3, 4, 6).to(torch.float8_e4m3fn), r"Convert it: image\.float\(\)"),
    "bright": (torch.full((3, 4, 6), 8.0), r"if another value is white, say so: options=\{'range': \[0, 8\]\}"),
}


@pytest.mark.parametrize(("data", "said"), FAR.values(), ids=list(FAR))
def test_errors_say_what_helps(data: torch.Tensor, said: str) -> None:
    with pytest.raises(SampleError, match=said):
        augreg.augment(data, [{"image.brightness": {"p": 1}}], modality="image")
