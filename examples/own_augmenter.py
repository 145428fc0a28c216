"""An augmenter of your own, registered in a notebook or script; a plugin does the same through an entry point."""

from dataclasses import dataclass
from typing import ClassVar

import augreg


@dataclass(frozen=True, kw_only=True)
class Whisper(augreg.AugmenterBase):
    """Write a text in lower case and let it trail off."""

    dots: tuple[int, int] = augreg.param.interval((1, 4), "how many dots follow", low=0, integral=True)
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))

    def draw(self, batch, rng, level=None):
        low, high = self.dots
        return augreg.Params(len(batch), {"dots": rng.integers("dots", low, high + 1)})

    def apply(self, batch, params):
        return batch.replace([t.lower() + "." * int(n) for t, n in zip(batch.data, params["dots"], strict=True)])


augreg.register(Whisper, name="my.whisper", modalities=("text",))
print(augreg.augment(["HELLO", "Good Night"], {"text": ["my.whisper"]}, seed=1, keys=["a", "b"]))
