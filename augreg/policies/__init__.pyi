"""The policies that augreg offers, each with the module that defines it; see `augreg/lazy_names.py`."""

from augreg.policies.adaptive import Adaptive as Adaptive
from augreg.policies.augmix import AugMix as AugMix
from augreg.policies.consistency import jensen_shannon as jensen_shannon
from augreg.policies.cta import CTA as CTA
from augreg.policies.curriculum import Curriculum as Curriculum
from augreg.policies.learning import Learner as Learner
from augreg.policies.learning import Probe as Probe
from augreg.policies.learning import learner as learner
from augreg.policies.mix import Mix as Mix
from augreg.policies.of_kornia import from_kornia as from_kornia
from augreg.policies.of_timm import from_timm as from_timm
from augreg.policies.of_torchvision import from_torchvision as from_torchvision
from augreg.policies.rand import Rand as Rand
from augreg.policies.sub import Sub as Sub
from augreg.policies.trivial import Trivial as Trivial
from augreg.policies.uniform import Uniform as Uniform
