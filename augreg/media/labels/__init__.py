"""Labels on disk: the forms that hold boxes, masks, events and spans in files, and what they are between the files.

A plugin adds a form by the hooks `augreg_readers` and `augreg_writers`, which return an `augreg.LabelSpec` for it.
`__init__.pyi` lists the public names.
"""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
