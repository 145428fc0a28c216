"""The public names of `augreg.adapters`, each with the module that defines it; see `augreg/lazy_names.py`."""

from augreg.adapters.adapted import Adapted as Adapted
from augreg.adapters.classes import classes as classes
from augreg.adapters.drawing import TorchDraws as TorchDraws
from augreg.adapters.index import Index as Index
from augreg.adapters.introspect import differences as differences
from augreg.adapters.introspect import parameter as parameter
from augreg.adapters.introspect import words_of as words_of
from augreg.adapters.introspect import write as write
