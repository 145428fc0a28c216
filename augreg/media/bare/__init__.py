"""Files without what they say besides pictures and sound: Exif, GPS, XMP, IPTC, comments, tags, cover pictures.

Nothing is decoded or encoded. Each format has a function that takes the bytes of a file and returns the pieces of the
new one, in order, and the names of what was left out. Color profiles stay. Where a picture is turned by its metadata,
it cannot be done like this, and :class:`MustEncodeError` says so.
"""

from __future__ import annotations

from augreg.media.bare.copy import copy_bare
from augreg.media.bare.pieces import MustEncodeError

__all__ = ["MustEncodeError", "copy_bare"]
