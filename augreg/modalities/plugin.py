"""What augreg itself offers as a plugin does: its four modalities. Facts only; nothing heavy is imported."""

from __future__ import annotations

from augreg.registry.hookspecs import hookimpl
from augreg.registry.spec import ModalitySpec


@hookimpl
def augreg_modalities() -> list[ModalitySpec]:
    """Return the modalities that are always there, in the order in which pipelines run them."""
    return [
        ModalitySpec("image", "augreg.modalities.image:ImageModality", "A picture, with boxes, masks and keypoints."),
        ModalitySpec("audio", "augreg.modalities.audio:AudioModality", "A waveform with its rate, with timed events."),
        ModalitySpec("video", "augreg.modalities.video:VideoModality", "Frames and rate, with targets per frame."),
        ModalitySpec("text", "augreg.modalities.text:TextModality", "A text, with character spans."),
    ]
