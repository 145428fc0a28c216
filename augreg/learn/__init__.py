"""What augmentation does to a model (:func:`augreg.learn.evaluate`), and sets that grow; `__init__.pyi` lists names."""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
