"""DALI's CPU operators for the cases of image.py: `fn` calls with other parameters per image.

Needs the packages nvidia-dali-cuda130 (or -cuda120); no GPU.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Step = Callable[[Any, Any], Any]
"""From the module ``fn`` and a picture (a DALI node) to a picture."""


def _uniform(fn: Any, low: float, high: float, **size: Any) -> Any:
    return fn.random.uniform(range=(low, high), **size)


def _affine(fn: Any, image: Any) -> Any:
    shape = image.shape()
    size = fn.cast(fn.stack(shape[1], shape[0]), dtype=_types().FLOAT)
    matrix = fn.transforms.rotation(angle=_uniform(fn, -10, 10), center=size / 2)
    matrix = fn.transforms.scale(matrix, scale=_uniform(fn, 0.8, 1.2, shape=[2]), center=size / 2)
    matrix = fn.transforms.shear(matrix, angles=_uniform(fn, -5, 5, shape=[2]), center=size / 2)
    matrix = fn.transforms.translation(matrix, offset=_uniform(fn, -0.1, 0.1, shape=[2]) * size)
    return fn.warp_affine(image, matrix=matrix, fill_value=0, inverse_map=False)


def _erased(fn: Any, image: Any) -> Any:
    anchor, shape = _uniform(fn, 0.0, 0.5, shape=[2]), _uniform(fn, 0.15, 0.5, shape=[2])
    return fn.erase(image, anchor=anchor, shape=shape, axes=(0, 1), normalized=True, fill_value=0)


def _jittered(fn: Any, image: Any) -> Any:
    factors = {name: _uniform(fn, 0.6, 1.4) for name in ("brightness", "contrast", "saturation")}
    return fn.color_twist(image, hue=_uniform(fn, -36.0, 36.0), **factors)


def _normalized(fn: Any, image: Any) -> Any:
    mean, std = [255 * m for m in MEAN], [255 * s for s in STD]
    return fn.crop_mirror_normalize(image, mean=mean, std=std, output_layout="HWC", dtype=_types().FLOAT)


STEPS: dict[str, list[Step]] = {
    "hflip": [lambda fn, x: fn.flip(x, horizontal=fn.random.coin_flip())],
    "rotate": [lambda fn, x: fn.rotate(x, angle=_uniform(fn, -20, 20), keep_size=True, fill_value=0)],
    "affine": [_affine],
    "resized_crop": [lambda fn, x: fn.random_resized_crop(x, size=(224, 224))],
    "color_jitter": [_jittered],
    "gaussian_blur": [lambda fn, x: fn.gaussian_blur(x, sigma=_uniform(fn, 0.5, 2.0))],
    "gaussian_noise": [lambda fn, x: fn.noise.gaussian(x, stddev=_uniform(fn, 5.0, 25.0))],
    "erasing": [_erased],
    "jpeg": [lambda fn, x: fn.jpeg_compression_distortion(x, quality=fn.random.uniform(range=(30, 90), dtype=_int()))],
}
STEPS["standard"] = [*STEPS["resized_crop"], *STEPS["hflip"], *STEPS["color_jitter"], _normalized]


def _types() -> Any:
    return importlib.import_module("nvidia.dali.types")


def _int() -> Any:
    return _types().INT32


def dali(steps: list[Step], images: list[np.ndarray]) -> Callable[[int], Any]:
    library = importlib.import_module("nvidia.dali")
    fn = importlib.import_module("nvidia.dali.fn")
    pipe = library.Pipeline(
        batch_size=len(images), num_threads=torch.get_num_threads(), device_id=None, prefetch_queue_depth=1, seed=1,
        exec_async=False, exec_pipelined=False,
    )  # fmt: skip
    with pipe:
        image = fn.external_source(name="images", layout="HWC", no_copy=True)
        for step in steps:
            image = step(fn, image)
        pipe.set_outputs(image)
    pipe.build()

    def run() -> Any:
        pipe.feed_input("images", images)
        return pipe.run()

    return lambda epoch: run()
