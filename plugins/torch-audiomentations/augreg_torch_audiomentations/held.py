"""Holds a transform of torch-audiomentations, one object for each sample rate, and runs it on one sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch

from augreg import ConfigError, SampleError
from augreg.adapters import TorchDraws
from augreg_torch_audiomentations.mend import HALF, mended, with_chance

_TRIED: Final = 277200
"""The rate at which parameters are tried when a step is made: a product of so many small primes that PitchShift finds a
ratio in every range in which it finds one at a usual rate."""
_HIGHEST: Final = 0.4999
"""Of the rate: as high as a cutoff may be drawn, so that rounding leads nowhere above the half: julius refuses that."""
_LONG: Final = 1000
_CUTOFFS: Final = ("min_cutoff_freq", "max_cutoff_freq")
_LOST: Final = {"BandPassFilter": "max_center_frequency", "HighPassFilter": "max_cutoff_freq"}
"""What would leave nothing of a sound if it lay above half its rate."""


class Held:
    """A transform with its parameters; it belongs to one thread.

    Args:
        kind: the class.
        options: its parameters.

    Raises:
        ConfigError: parameters that it cannot draw by.

    """

    def __init__(self, kind: type[Any], options: Mapping[str, Any]) -> None:
        self.kind, self.options = kind, dict(options)
        self.name = kind.__name__
        if self.options.get("shift_unit") == "samples":
            self._whole("min_shift", "max_shift")
        self._made: dict[int, Any] = {}
        made = self._at(_TRIED)
        self.needs_rate = bool(made.is_sample_rate_required())
        with TorchDraws(0):
            with_chance(made, 0)
            self._draw(made, torch.zeros(1, 1, _LONG), _TRIED)

    def _whole(self, *names: str) -> None:
        for name in names:
            if not float(self.options[name]).is_integer():
                raise ConfigError(
                    f"{name}={self.options[name]:g} is not valid with shift_unit 'samples': expected a whole number."
                )
            self.options[name] = int(self.options[name])

    def _at(self, rate: int) -> Any:
        """Return the object for a rate, built when first asked for."""
        if rate not in self._made:
            options = dict(self.options)
            if self.name == "LowPassFilter":
                # julius refuses higher ones, by chance; what lies above half the rate passes all there is.
                options |= {name: min(options[name], _HIGHEST * rate) for name in _CUTOFFS}
            self._made[rate] = mended(self.kind(**options, p=1.0, sample_rate=rate or None, output_type="dict"))
        return self._made[rate]

    def run(self, row: torch.Tensor, rate: int, seed: int) -> torch.Tensor:
        """Return what a sound (channels, samples) becomes."""
        self._fits(rate)
        if self.name == "ShuffleChannels" and len(row) == 1:
            return row  # there, too, but with a warning
        try:
            made = self._at(rate)
        except ValueError as error:
            raise SampleError(f"torch_audiomentations.{self.name} cannot be made for {rate} Hz: {error}") from error
        if self.name == "SpliceOut" and not self._narrow(made, row.shape[-1], rate):
            return row
        split = self.options.get("mode") == "per_channel"
        with torch.inference_mode(False), torch.no_grad(), TorchDraws(seed):
            mine = row.clone(memory_format=torch.contiguous_format)  # it writes to what it is given
            samples = mine[:, None] if split else mine[None]
            with_chance(made, seed)
            self._draw(made, samples, rate)
            found = made.apply_transform(samples=samples, sample_rate=rate)
        done: torch.Tensor = found if isinstance(found, torch.Tensor) else found.samples
        return done[:, 0] if split else done[0]

    def _draw(self, made: Any, samples: torch.Tensor, rate: int) -> None:
        """Let an object draw as its ``forward`` does where p is 1, without the warnings, which come for every sound."""
        chance = made.bernoulli_distribution.sample(sample_shape=(len(samples),))
        made.transform_parameters = {"should_apply": chance.to(torch.bool)}
        made.randomize_parameters(samples=samples, sample_rate=rate)

    def _fits(self, rate: int) -> None:
        name = _LOST.get(self.name, "")
        if name and self.options[name] > (HALF if "center" in name else _HIGHEST) * rate:
            raise SampleError(
                f"torch_audiomentations.{self.name}: {name} is {self.options[name]:g} Hz, and this sound holds "
                f"frequencies below {rate / 2:g} Hz: nothing would be left of it. Give a lower one."
            )

    def _narrow(self, made: Any, length: int, rate: int) -> bool:
        """Keep what SpliceOut may take within the sound, where it fails by chance; False where it is too short."""
        most = (length - 1) // self.options["num_time_intervals"]
        made.max_width = min(self.options["max_width"], most * 1000 / rate)
        return int(rate * made.max_width * 1e-3) >= 1
