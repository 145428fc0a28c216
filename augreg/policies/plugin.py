"""The policies that augreg itself offers. Facts only; nothing heavy is imported."""

from __future__ import annotations

from augreg.registry.hookspecs import hookimpl
from augreg.registry.spec import PolicySpec

_OFFERS = {
    "trivial": ("trivial:Trivial", "One operation (or n) per sample, each as likely, of any strength: TrivialAugment."),
    "rand": ("rand:Rand", "n operations per sample, all of about one strength: RandAugment."),
    "uniform": ("uniform:Uniform", "n operations per sample, each kept by chance, of any strength: UniformAugment."),
    "sub": (
        "sub:Sub",
        "One of several short sequences of (operation, probability, strength): AutoAugment and its heirs.",
    ),
    "mix": ("mix:Mix", "One way of mixing with another sample per sample: mixup, cutmix and their family."),
    "augmix": ("augmix:AugMix", "The sample blended with several chains of operations on copies of it: AugMix."),
    "curriculum": (
        "curriculum:Curriculum",
        "Another policy, for a share of samples and strength that grow with epochs.",
    ),
    "cta": (
        "cta:CTA",
        "Learns which strengths of which operation a model still recognizes, and draws those: CTAugment.",
    ),
    "adaptive": ("adaptive:Adaptive", "Another policy, milder on samples with a large loss: SapAugment."),
}

_ALIASES = {
    "trivial": "torchvision.TrivialAugmentWide kornia.TrivialAugment",
    "rand": "torchvision.RandAugment kornia.RandAugment mmdet.RandAugment timm.rand pytorchvideo.RandAugment",
    "sub": "torchvision.AutoAugment kornia.AutoAugment mmdet.AutoAugment timm.original ~ultralytics.auto_augment",
    "augmix": "torchvision.AugMix timm.augmix pytorchvideo.AugMix",
}
"""Name -> what others call it, as in `AugmenterSpec.aliases`."""


@hookimpl
def augreg_policies() -> list[PolicySpec]:
    """Return the policies."""
    return [
        PolicySpec(f"policy.{name}", f"augreg.policies.{at}", doc, aliases=tuple(_ALIASES.get(name, "").split()))
        for name, (at, doc) in _OFFERS.items()
    ]
