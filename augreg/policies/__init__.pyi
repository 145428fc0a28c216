"""The policies that augreg offers, each with the module that defines it; see `augreg/lazy_names.py`."""

from augreg.policies.augmix import AugMix as AugMix
from augreg.policies.consistency import jensen_shannon as jensen_shannon
from augreg.policies.mix import Mix as Mix
from augreg.policies.rand import Rand as Rand
from augreg.policies.sub import Sub as Sub
from augreg.policies.trivial import Trivial as Trivial
from augreg.policies.uniform import Uniform as Uniform
