"""What a modality is, and the four of our own, each in a file that says everything about it.

A plugin adds one by subclassing :class:`Modality`; `examples/augreg-series` is a complete one. `__init__.pyi` lists
the public names.
"""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
