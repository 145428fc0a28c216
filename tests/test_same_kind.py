"""What comes back does not depend on what was drawn: its kind, mode, dtype, axes and facts, in every container."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from torchvision import tv_tensors

import augreg
from augreg.data.samples import Sample

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(1, 255, (12, 16, 3), dtype=np.uint8)
WAVE = RNG.uniform(-0.5, 0.5, (2, 400)).astype(np.float32)
CLIP = RNG.integers(0, 256, (4, 10, 12, 3), dtype=np.uint8)
RGB = PIL.Image.fromarray(PIXELS)

STEPS = {
    "image": {"alike": {"image.brightness": {"factor": [1, 1]}}, "real": "image.rotate", "flip": "image.hflip"},
    "audio": {"alike": {"audio.gain": {"decibels": [0, 0]}}, "real": "audio.polarity"},
    "video": {"alike": {"image.brightness": {"factor": [1, 1]}}, "real": "image.rotate", "flip": "video.hflip"},
    "text": {"alike": {"text.char_case": {"rate": 0}}, "real": {"text.char_case": {"rate": 1}}},
}


def pictures():
    """PIL pictures of every mode that is read, with what they may say about themselves."""
    made = {mode: RGB.convert(mode) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "LA")}
    made["F"] = PIL.Image.fromarray(PIXELS[..., 0].astype(np.float32) / 255)
    made |= {mode: RGB.convert("RGBA").convert(mode) for mode in ("PA", "RGBa")}
    made["La"], made["RGBX"] = RGB.convert("LA").convert("La"), PIL.Image.new("RGBX", RGB.size, (9, 8, 7, 0))
    deep = RNG.integers(0, 65536, (12, 16), dtype=np.uint16)
    for mode in ("I;16", "I;16L", "I;16B"):
        data = deep.astype(">u2" if mode == "I;16B" else "<u2").tobytes()
        made[mode] = PIL.Image.frombytes(mode, (16, 12), data)
    for mode, color in (("P", 3), ("P", bytes(range(256))), ("RGB", (1, 2, 3)), ("L", 7)):
        made[f"{mode} with transparent {type(color).__name__}"] = said = RGB.convert(mode)
        said.info["transparency"] = color
    made["P with a palette of RGBA"] = RGB.convert("RGBA").quantize(8)
    return made | {f"{kind} file": opened(kind) for kind in ("jpeg", "png", "tiff", "webp")}


def opened(kind):
    """Return a picture from a file of a kind, with a resolution, and turned by its EXIF data."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    RGB.save(file, kind, exif=exif, dpi=(300, 300), icc_profile=b"a profile")
    return PIL.Image.open(file)


class Tagged(torch.Tensor):
    """Somebody's tensor."""


def arrays(chw, moved):
    """Arrays and tensors of the same numbers in every dtype and memory layout; ``moved`` is the order for numpy."""
    hwc = np.ascontiguousarray(chw.transpose(moved))
    unit = chw.astype(np.float32) / (255 if chw.dtype == np.uint8 else 1)
    plain = torch.from_numpy(unit)
    made = {f"array of {kind}": np.ascontiguousarray(unit.transpose(moved)).astype(kind) for kind in
            ("float16", "float32", "float64", ">f4", ">f8")}  # fmt: skip
    made |= {f"tensor of {dtype}": plain.to(dtype) for dtype in
             (torch.float16, torch.bfloat16, torch.float32, torch.float64)}  # fmt: skip
    made |= {"reversed": hwc[:, ::-1], "every second": hwc[:, ::2], "Fortran's": np.asfortranarray(hwc)}
    made["read-only"] = hwc.copy()
    made["read-only"].flags.writeable = False
    turned = plain.transpose(-1, -2).contiguous().transpose(-1, -2)
    return made | {
        "strided": turned,
        "somebody's": plain.as_subclass(Tagged),
        "with a gradient": plain.clone().requires_grad_(),
    }


def bare_pictures():
    chw = PIXELS.transpose(2, 0, 1)
    deep = {"array of uint16": PIXELS.astype(np.uint16) * 200, "array of >u2": PIXELS.astype(">u2")}
    flat = {"array (H, W)": PIXELS[..., 0].copy(), "tensor (H, W)": torch.from_numpy(PIXELS[..., 0].copy())}
    bytes_ = {"array of uint8": PIXELS, "tensor of uint8": torch.from_numpy(chw.copy())}
    return arrays(chw, (1, 2, 0)) | deep | flat | bytes_


def bare_sounds():
    deep = {"array of int16": (WAVE * 9999).astype(np.int16), "array of >i2": (WAVE * 9999).astype(">i2")}
    return arrays(WAVE, (0, 1)) | deep | {"array (T,)": WAVE[0].copy(), "tensor (T,)": torch.from_numpy(WAVE[0].copy())}


def bare_clips():
    return arrays(CLIP.transpose(0, 3, 1, 2), (0, 2, 3, 1)) | {
        "tensor of uint8": torch.from_numpy(CLIP).permute(0, 3, 1, 2)
    }


class Decoder:
    """Stands for torchcodec.decoders.AudioDecoder."""

    def get_all_samples(self):
        return type("Samples", (), {"data": torch.from_numpy(WAVE), "sample_rate": 16000})


def cell(kind="png"):
    file = io.BytesIO()
    RGB.convert("P").save(file, kind)
    return {"bytes": file.getvalue(), "path": None}


def own_kinds():
    """Objects that say by themselves what they are: modality -> name -> object."""
    sounds = {
        "pair": (torch.from_numpy(WAVE), 16000),
        "pair of an array": (WAVE, 16000.0),
        "decoder": Decoder(),
        "cell": {"array": WAVE[0].astype(np.float64), "sampling_rate": 16000, "path": "a.wav"},
        "Audio": augreg.Audio(WAVE, 16000),
        "Audio with a rate of numpy": augreg.Audio(WAVE, np.int64(16000)),
    }
    clips = {
        "tv": tv_tensors.Video(torch.from_numpy(CLIP).permute(0, 3, 1, 2)),
        "Video": augreg.Video(CLIP, fps=25),
        **{
            f"timestamps of {kind.__name__}": augreg.Video(CLIP, timestamps=kind([0.0, 0.5, 1.0, 1.5]))
            for kind in (list, tuple, np.float32, torch.tensor)
        },
    }
    masks = np.zeros((12, 16), np.uint8)
    samples = {f"Image of {mode}": augreg.Image(picture, label=1) for mode, picture in pictures().items()}
    samples |= {f"Image of {name}": augreg.Image(data) for name, data in bare_pictures().items()}
    samples |= {f"masks of {kind}": augreg.Image(RGB, masks=held) for kind, held in mask_kinds(masks).items()}
    pics = pictures() | samples | {"tv": tv_tensors.Image(RGB), "cell of bytes": cell()}
    return {"image": pics, "audio": sounds, "video": clips, "text": {"str": "a cat", "Text": augreg.Text("a cat")}}


def mask_kinds(masks):
    palette = PIL.Image.fromarray(masks).convert("P")
    palette.putpalette([255, 0, 0, 0, 255, 0])
    made = {"array": masks, "big-endian array": masks.astype(">i4"), "bool": masks > 0}
    made |= {"tensor": torch.from_numpy(masks), "tv": tv_tensors.Mask(masks), "P": palette}
    return made | {
        kind: PIL.Image.fromarray(masks.astype(dtype)) for kind, dtype in (("L", "u1"), ("1", "?"), ("I", "i4"))
    }


def facts(held):
    """Return everything that must not hang on a draw."""
    if isinstance(held, PIL.Image.Image):
        palette = held.getpalette() if held.mode == "P" else None
        return "PIL", held.mode, dict(held.info), held.getexif().get(0x0112), palette
    if isinstance(held, np.ndarray):
        return type(held), held.dtype.str, held.ndim
    if isinstance(held, torch.Tensor):
        return type(held), held.dtype, held.ndim, held.device, held.layout
    if isinstance(held, Sample):
        return type(held), {field.name: facts(getattr(held, field.name)) for field in dataclasses.fields(held)}
    if isinstance(held, dict):
        return dict, {name: facts(value) for name, value in held.items()}
    if isinstance(held, (list, tuple)):
        return type(held), list(map(facts, held))
    return type(held)


def ways(thing, modality, said):
    """Return one thing in every container: how it is passed, with what options, and how it is taken out again."""
    rate = {"sample_rate": 16000} if said and modality == "audio" else {}
    options = {"modality": modality, **rate} if said else {}
    schema = {"schema": {"x": modality}, **rate}
    yield "alone", thing, options, lambda out: out
    yield "list", [thing, thing], options, lambda out: out[1]
    yield "mixed list", [thing, "a word"], options, lambda out: out[0]
    yield "record", {"x": thing, "y": 3}, schema, lambda out: out["x"]
    yield "records", [{"x": thing}, {"x": thing}], schema, lambda out: out[1]["x"]
    if not isinstance(thing, (dict, str)):
        yield "columns", {"x": [thing, thing], "y": [3, 4]}, schema, lambda out: out["x"][1]
    if modality == "image":
        yield "pair", (thing, 3), options, lambda out: out[0]
        yield "pairs", [(thing, 3), (thing, 4)], options, lambda out: out[1][0]


def once(step, p):
    ((name, more),) = ({step: {}} if isinstance(step, str) else step).items()
    return {name: {**more, "p": p}}


CASES = [
    *((m, name, thing, False) for m, kinds in own_kinds().items() for name, thing in kinds.items()),
    *(("image", name, thing, True) for name, thing in bare_pictures().items()),
    *(("audio", name, thing, True) for name, thing in bare_sounds().items()),
    *(("video", name, thing, True) for name, thing in bare_clips().items()),
]


@pytest.mark.parametrize(("modality", "name", "thing", "said"), CASES, ids=[f"{m}-{n}" for m, n, _, _ in CASES])
def test_kind_does_not_hang_on_the_draw(modality, name, thing, said):
    """Whether or not a step fires, and however little it changes, one kind comes back, or the same is refused."""
    for step in STEPS[modality].values():
        never, fired = (augreg.Pipeline({modality: [once(step, p)]}) for p in (0, 1))
        for way, given, options, out in ways(thing, modality, said):
            if said and way == "mixed list":
                continue
            keys = [0, 1] if isinstance(given, list) or way == "columns" else 0
            found = [outcome(pipe, given, out, {**options, "keys": keys}) for pipe in (never, fired)]
            assert found[0] == found[1], (way, step)
            assert found[0] != "UnsupportedError" or "bfloat16" in name or modality == "video", found[0]


def outcome(pipe, given, out, options):
    """Return what came back, or how it was refused."""
    try:
        return facts(out(pipe(given, seed=1, **options)))
    except augreg.UnsupportedError as error:
        return type(error).__name__


def table():
    """The rows of the table in docs/data.md: a mode, and in which one it comes back."""
    page = (Path(__file__).parents[1] / "docs" / "data.md").read_text()
    rows = [line.split("|")[1:3] for line in page.partition("| mode |")[2].partition("\n\n")[0].splitlines()[2:]]
    return {mode: into.strip() for modes, into in rows for mode in modes.strip().split(", ")}


def test_the_table_in_the_docs_is_true_of_every_mode():
    """And says something of every mode that PIL has, but for names of one machine's order of bytes."""
    rows = table()
    made = pictures() | {"I": PIL.Image.new("I", (8, 8)), "P with transparency": pictures()["P with transparent int"]}
    assert set(PIL.Image.MODES) | {"La", "RGBa"} <= {*rows, "I;16N"}
    for mode, into in rows.items():
        for p in (0, 1):
            pipe = augreg.Pipeline([{"image.hflip": {"p": p}}])
            if into == "refused":
                with pytest.raises(augreg.SampleError, match="no fixed range"):
                    pipe(made[mode])
            else:
                assert pipe(made[mode]).mode == (mode if into == "the same" else into)


def test_pixels_of_every_mode_are_those_that_pil_makes():
    """A mirrored picture is PIL's own, mirrored after PIL's conversion."""
    flip, rows = augreg.Pipeline([{"image.hflip": {"p": 1}}]), table()
    for name, picture in pictures().items():
        mode = "RGBA" if name.startswith("P with") else rows.get(picture.mode, "the same")
        if mode == "I;16":  # the order of bytes, which PIL converts only by way of others
            assert np.array_equal(np.asarray(flip(picture)), np.asarray(picture)[:, ::-1])
            continue
        wanted = picture if mode == "the same" else picture.convert(mode)
        assert np.array_equal(
            np.asarray(flip(picture)), np.asarray(wanted.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT))
        )


def test_a_profile_of_other_colors_is_left_behind():
    """One of inks, and one of colors once the picture is gray; one that still holds stays, and so does orientation."""
    picture = opened("jpeg")
    kept, gray = (augreg.Pipeline([step])(picture) for step in ("image.invert", "image.hflip"))
    assert kept.info["icc_profile"] == gray.info["icc_profile"] == b"a profile"
    inks = RGB.convert("CMYK")
    inks.info["icc_profile"] = b"of inks"
    for p in (0, 1):
        assert "icc_profile" not in augreg.Pipeline([{"image.hflip": {"p": p}}])(inks).info
    assert inks.info["icc_profile"] == b"of inks"


def test_label_maps_of_pil_keep_labels_and_palette():
    """The labels of a palette picture are its indices: a turn makes no new ones, and colors stay beside them."""
    labels = np.zeros((12, 16), np.uint8)
    labels[2:9, 3:12] = 21
    held = PIL.Image.fromarray(labels).convert("P")
    held.putpalette(list(range(256)) * 3)
    out = augreg.Pipeline([{"image.rotate": {"p": 1}}])(augreg.Image(RGB, masks=held), seed=1, keys=0).masks
    assert set(np.unique(np.asarray(out))) == {0, 21}
    assert out.getpalette() == held.getpalette()
    with pytest.raises(augreg.SampleError, match="whose pixels are colors"):
        augreg.Pipeline(["image.hflip"])(augreg.Image(RGB, masks=RGB))
