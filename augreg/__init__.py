"""One registry, one protocol, mixed batches and keyed randomness for image, audio, video and text augmentation.

Importing augreg imports neither torch nor numpy and discovers no plugin. What needs torch is imported when it
is first named: `augreg.Image` loads `augreg.data.samples`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from augreg import errors, registry
from augreg.errors import (
    AmbiguousAugmenterError,
    AugregError,
    ConfigError,
    ContractError,
    MediaError,
    PluginLoadError,
    SampleError,
    UnknownAugmenterError,
    UnknownModalityError,
    UnsupportedError,
)
from augreg.registry import Registry, make, register, unregister
from augreg.registry import augmenters as list_augmenters
from augreg.registry.hookspecs import hookimpl
from augreg.registry.spec import AugmenterSpec, FormatSpec, LiftSpec, ModalitySpec, PluginRecord, PolicySpec

if TYPE_CHECKING:
    from augreg import devices as devices
    from augreg.contract.augmenter import Augmenter as Augmenter
    from augreg.contract.augmenter import AugmenterBase as AugmenterBase
    from augreg.contract.declaration import EVERY as EVERY
    from augreg.contract.declaration import Declaration as Declaration
    from augreg.contract.declaration import Level as Level
    from augreg.contract.joint import JointAugmenter as JointAugmenter
    from augreg.contract.joint import JointBase as JointBase
    from augreg.contract.joint import JointInfo as JointInfo
    from augreg.contract.joint import Share as Share
    from augreg.contract.operator import Op as Op
    from augreg.data.batch import Batch as Batch
    from augreg.data.batch import BatchInfo as BatchInfo
    from augreg.data.params import Params as Params
    from augreg.data.samples import Audio as Audio
    from augreg.data.samples import Boxes as Boxes
    from augreg.data.samples import Events as Events
    from augreg.data.samples import Image as Image
    from augreg.data.samples import Keypoints as Keypoints
    from augreg.data.samples import Sample as Sample
    from augreg.data.samples import Spans as Spans
    from augreg.data.samples import Text as Text
    from augreg.data.samples import Video as Video
    from augreg.engine.augment import augment as augment
    from augreg.engine.trace import SampleTrace as SampleTrace
    from augreg.engine.trace import Trace as Trace
    from augreg.loaders.collate import Keyed as Keyed
    from augreg.loaders.collate import collate as collate
    from augreg.modalities import Modality as Modality
    from augreg.param import ParamSpec as ParamSpec
    from augreg.param import choice as choice
    from augreg.param import describe as describe
    from augreg.param import flag as flag
    from augreg.param import integer as integer
    from augreg.param import interval as interval
    from augreg.param import number as number
    from augreg.param import text as text
    from augreg.param import value as value
    from augreg.pipeline import OneOf as OneOf
    from augreg.pipeline import Pipeline as Pipeline
    from augreg.pipeline import Sequential as Sequential
    from augreg.pipeline import SomeOf as SomeOf
    from augreg.pipeline import Step as Step
    from augreg.random import noise as noise
    from augreg.random.rng import Rng as Rng

_LAZY: Final = {
    "devices": "augreg.devices",
    "noise": "augreg.random.noise",
    "Augmenter": "augreg.contract.augmenter",
    "AugmenterBase": "augreg.contract.augmenter",
    "Batch": "augreg.data.batch",
    "BatchInfo": "augreg.data.batch",
    "EVERY": "augreg.contract.declaration",
    "Declaration": "augreg.contract.declaration",
    "Level": "augreg.contract.declaration",
    "ParamSpec": "augreg.param",
    "choice": "augreg.param",
    "describe": "augreg.param",
    "flag": "augreg.param",
    "integer": "augreg.param",
    "interval": "augreg.param",
    "number": "augreg.param",
    "text": "augreg.param",
    "value": "augreg.param",
    "augment": "augreg.engine.augment",
    "JointAugmenter": "augreg.contract.joint",
    "JointBase": "augreg.contract.joint",
    "JointInfo": "augreg.contract.joint",
    "Share": "augreg.contract.joint",
    "Keyed": "augreg.loaders.collate",
    "collate": "augreg.loaders.collate",
    "Modality": "augreg.modalities",
    "Op": "augreg.contract.operator",
    "OneOf": "augreg.pipeline",
    "Pipeline": "augreg.pipeline",
    "Sequential": "augreg.pipeline",
    "SomeOf": "augreg.pipeline",
    "Step": "augreg.pipeline",
    "SampleTrace": "augreg.engine.trace",
    "Trace": "augreg.engine.trace",
    "Params": "augreg.data.params",
    "Rng": "augreg.random.rng",
    "Audio": "augreg.data.samples",
    "Boxes": "augreg.data.samples",
    "Events": "augreg.data.samples",
    "Image": "augreg.data.samples",
    "Keypoints": "augreg.data.samples",
    "Sample": "augreg.data.samples",
    "Spans": "augreg.data.samples",
    "Text": "augreg.data.samples",
    "Video": "augreg.data.samples",
}
"""Public name -> module that defines it, or that it is. A new name goes here, under TYPE_CHECKING, into `__all__`."""

__version__: str

__all__ = [
    "EVERY",
    "AmbiguousAugmenterError",
    "Audio",
    "Augmenter",
    "AugmenterBase",
    "AugmenterSpec",
    "AugregError",
    "Batch",
    "BatchInfo",
    "Boxes",
    "ConfigError",
    "ContractError",
    "Declaration",
    "Events",
    "FormatSpec",
    "Image",
    "JointAugmenter",
    "JointBase",
    "JointInfo",
    "Keyed",
    "Keypoints",
    "Level",
    "LiftSpec",
    "MediaError",
    "Modality",
    "ModalitySpec",
    "OneOf",
    "Op",
    "ParamSpec",
    "Params",
    "Pipeline",
    "PluginLoadError",
    "PluginRecord",
    "PolicySpec",
    "Registry",
    "Rng",
    "Sample",
    "SampleError",
    "SampleTrace",
    "Sequential",
    "Share",
    "SomeOf",
    "Spans",
    "Step",
    "Text",
    "Trace",
    "UnknownAugmenterError",
    "UnknownModalityError",
    "UnsupportedError",
    "Video",
    "__version__",
    "augment",
    "choice",
    "collate",
    "describe",
    "devices",
    "errors",
    "flag",
    "hookimpl",
    "integer",
    "interval",
    "list_augmenters",
    "make",
    "noise",
    "number",
    "register",
    "registry",
    "text",
    "unregister",
    "value",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("augreg")
    elif name in _LAZY:
        module = importlib.import_module(_LAZY[name])
        value = module if module.__name__ == f"augreg.{name}" else getattr(module, name)
    else:
        raise AttributeError(f"module 'augreg' has no attribute {name!r}.{errors.nearest(name, __all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
