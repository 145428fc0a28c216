"""The public names of `augreg.learn`, each with the module that defines it; see `augreg/lazy_names.py`."""

from augreg.learn.data import Data as Data
from augreg.learn.demo import digits as digits
from augreg.learn.evaluation import evaluate as evaluate
from augreg.learn.examples import Augment as Augment
from augreg.learn.examples import Examples as Examples
from augreg.learn.examples import Task as Task
from augreg.learn.expand import grow as grow
from augreg.learn.expand_files import Expanded as Expanded
from augreg.learn.expand_files import grow_files as grow_files
from augreg.learn.gates import GATES as GATES
from augreg.learn.gates import Gates as Gates
from augreg.learn.outcome import Outcome as Outcome
from augreg.learn.reading import read as read
from augreg.learn.searching.found import Found as Found
from augreg.learn.searching.run import search as search
from augreg.learn.select import facility_location as facility_location
from augreg.learn.weighing.learning import learn_weights as learn_weights
