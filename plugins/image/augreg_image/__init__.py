"""Image augmenters for augreg. `__init__.pyi` lists the names for who builds on them, as clips of frames do."""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
