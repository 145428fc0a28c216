"""Reading and writing media files: limits before decoding, no silent damage, stable error codes.

A plugin adds formats by the hooks `augreg_readers` and `augreg_writers`, which return `augreg.FormatSpec`s: that class
says how the functions are called that these name. They raise `augreg.MediaError` with one of the codes of
`augreg.media.CODES`. `__init__.pyi` lists the public names.
"""

from augreg import lazy_names

__getattr__, __dir__ = lazy_names.attach(__name__, __file__)
