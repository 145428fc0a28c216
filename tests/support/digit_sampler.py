"""A plugin with generators, as text: a sampler of digits that is trained on the spot, and some that break rules."""

from __future__ import annotations

PLUGIN = """
import augreg

@augreg.hookimpl
def augreg_generators():
    return [
        augreg.GeneratorSpec("acme.vae", "acme_gan_model:sample", ("image",), keyed=True, summary="A small VAE."),
        augreg.GeneratorSpec("acme.free", "acme_gan_model:free", ("image",), summary="Drawn anew each time."),
        augreg.GeneratorSpec("acme.nothing", "acme_gan_model:nothing", ("image",), keyed=True),
        augreg.GeneratorSpec("acme.broken", "acme_gan_model:broken", ("image",), keyed=True),
        augreg.GeneratorSpec("acme.words", "acme_gan_model:words", ("text",), keyed=True),
    ]
"""

MODEL = '''
import random

import torch
from torch import nn

import augreg


class Vae(nn.Module):
    """Encodes pictures into a few normal numbers and back."""

    def __init__(self, pixels, generator):
        super().__init__()
        self.into = nn.Sequential(nn.Linear(pixels, 64), nn.ReLU(), nn.Linear(64, 16))
        self.back = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, pixels), nn.Sigmoid())
        for weights in self.parameters():
            weights.data.uniform_(-0.15, 0.15, generator=generator)

    def loss(self, x, generator):
        mean, log = self.into(x).chunk(2, 1)
        code = mean + torch.randn(mean.shape, generator=generator) * (log / 2).exp()
        spread = (mean**2 + log.exp() - log - 1).sum(1)
        return (((self.back(code) - x) ** 2).sum(1) + 0.02 * spread).mean()


def trained(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.stack([torch.as_tensor(sample.data) for sample in samples]).float().flatten(1) / 255
    model = Vae(x.shape[1], generator)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(300):
        optimizer.zero_grad()
        model.loss(x, generator).backward()
        optimizer.step()
    return model, x, generator


def sample(samples, count, seed):
    model, x, generator = trained(samples, seed)
    with torch.no_grad():
        mean = model.into(x[torch.randint(len(x), (count,), generator=generator)])[:, :8]
        made = model.back(mean + 0.5 * torch.randn(mean.shape, generator=generator))
    shape = (count, *samples[0].data.shape)
    return [augreg.Image((picture * 255).round().byte()) for picture in made.reshape(shape)]


def examples():
    generator = torch.Generator().manual_seed(0)
    return [augreg.Image(torch.randint(0, 256, (1, 8, 8), dtype=torch.uint8, generator=generator)) for _ in range(8)]


sample.examples = examples


def free(samples, count, seed):
    return sample(samples, count, random.randrange(2**31))


def nothing(samples, count, seed):
    return [augreg.Image(torch.full_like(samples[0].data.float(), float("nan")))] * count


def broken(samples, count, seed):
    raise RuntimeError("out of memory")


def words(samples, count, seed):
    rng = random.Random(seed)
    pool = [word for text in samples for word in text.data.split()]
    return [" ".join(rng.choice(pool) for _ in range(6)) for _ in range(count)]
'''


def install(site) -> None:
    """Install the distribution acme-gan."""
    site.install("acme-gan", {"acme_gan.py": PLUGIN, "acme_gan_model.py": MODEL})
