"""An example plugin for augreg that adds a modality: time series. `__init__.pyi` lists the public names."""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
