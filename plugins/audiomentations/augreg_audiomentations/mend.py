"""Objects of audiomentations with what fails by chance mended; its classes stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

JUST_BELOW: Final = 0.9999
"""Of half the rate: where audiomentations' other filters put a frequency that lies above it."""


def mended(made: Any) -> Any:
    """Return an object of audiomentations, changed where it would fail or give infinity by chance."""
    name = type(made).__name__
    if name == "RepeatPart":
        made.randomize_parameters = _within(made, made.randomize_parameters)
    for one in [made] if name == "PeakingFilter" else getattr(made, "peaking_filters", []):
        one._get_biquad_coefficients_from_input_parameters = _stable(one._get_biquad_coefficients_from_input_parameters)
    return made


def _stable(coefficients: Callable[..., Any]) -> Callable[..., Any]:
    """Keep centers of peaking filters below half the rate: above it they are unstable, and sounds become infinite."""

    def kept(center: float, gain: float, q: float, rate: float) -> Any:
        return coefficients(center if center <= rate // 2 else rate // 2 * JUST_BELOW, gain, q, rate)

    return kept


def _within(made: Any, draw: Callable[..., None]) -> Callable[..., None]:
    """Keep a part that is repeated, and the crossfade behind it, from the end of the sound, where it fails."""
    from audiomentations.core.utils import get_crossfade_length

    def drawn(samples: Any, rate: int) -> None:
        draw(samples, rate)
        chosen = made.parameters
        if not chosen["should_apply"]:
            return
        half = get_crossfade_length(rate, made.crossfade_duration) // 2
        # One less: it takes the end of the sound by a negative index, and -0 is none.
        last = samples.shape[-1] - chosen["part_num_samples"] - half - 1
        # Too short a sound is left as it is, as audiomentations does where not even one crossfade fits.
        chosen["should_apply"] = last >= half
        chosen["part_start_index"] = min(chosen["part_start_index"], last)

    return drawn
