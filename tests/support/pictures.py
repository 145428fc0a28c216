"""Pipelines and pictures shared by tests."""

import numpy as np
import PIL.Image
from toys import pipeline


def photo(h=6, w=8, seed=0):
    """Return a PIL image of noise."""
    return PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 256, (h, w, 3), dtype=np.uint8))


def upper_pipe(**options):
    """Return a pipeline with a random image step and a text step."""
    return pipeline({"image": ["toy.brightness"], "text": ["toy.upper"]}, **options)


def flip_pipe():
    """Return a pipeline that always mirrors images."""
    return pipeline({"image": [{"toy.mirror": {"p": 1}}]})
