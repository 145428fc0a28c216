"""Video augmenters for augreg. `__init__.pyi` lists the public names; each is imported when it is first used."""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
