"""The policies that augreg offers, each with the module that defines it; see `augreg/lazy_names.py`."""

from augreg.policies.adaptive import Adaptive as Adaptive
from augreg.policies.cta import CTA as CTA
from augreg.policies.curriculum import Curriculum as Curriculum
from augreg.policies.learner import Learner as Learner
from augreg.policies.learner import Probe as Probe
from augreg.policies.learner import learner as learner
from augreg.policies.rand import Rand as Rand
from augreg.policies.sub import Sub as Sub
from augreg.policies.trivial import Trivial as Trivial
from augreg.policies.uniform import Uniform as Uniform
