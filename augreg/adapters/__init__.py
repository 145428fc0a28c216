"""What adapters of other libraries share: an index of the peer's catalogue, and classes made from it.

An adapter is a plugin whose augmenters are those of another library, the *peer*. It has four parts:

- `index.json`, written by a tool of the plugin from the installed peer (:mod:`augreg.adapters.introspect`): of each of
  its transforms the parameters, what it takes, what it moves, what it may alter. Listing reads this file alone.
- `plugin.py`: ``Index.beside(__file__).specs("augreg_acme.transforms")``, nothing more.
- `transforms.py`: a subclass of :class:`Adapted` that runs one sample through the peer, and
  ``__getattr__ = classes(Index.beside(__file__), Acme, __name__)``: one class for each line of the index.
- a test that compares the index with what the installed peer says of itself.

`plugins/albumentations` is the pattern. `__init__.pyi` lists the public names.
"""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
