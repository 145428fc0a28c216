"""Policies: which operations run on a sample, and how strong, drawn per sample; see :class:`augreg.Policy`."""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
