"""The policies that augreg offers, each with the module that defines it; see `augreg/lazy_names.py`."""

from augreg.policies.from_torchvision import from_torchvision as from_torchvision
from augreg.policies.rand import Rand as Rand
from augreg.policies.sub import Sub as Sub
from augreg.policies.trivial import Trivial as Trivial
from augreg.policies.uniform import Uniform as Uniform
