"""What this plugin offers: the lines of index.json; nothing heavy is imported."""

import augreg
from augreg.adapters import Index

AUGREG_API = 1


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    specs = Index.beside(__file__).specs("augreg_torchaudio.transforms")
    # augreg-audio brings the modality "spectrogram".
    there = augreg.registry.available("augreg-audio")
    return [spec for spec in specs if there or spec.modalities != ("spectrogram",)]


@augreg.hookimpl
def augreg_left_out() -> dict[str, str]:
    """Return what the library has and this plugin does not offer, with the reasons."""
    return Index.beside(__file__).reasons()
