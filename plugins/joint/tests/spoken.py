"""What the rules of a language make of a caption."""

from augreg_joint.captions import mirrored


def edits_of(known, text):
    """The edits of a caption whose picture is mirrored, or None where the rules cannot tell."""
    found = mirrored(known, text)
    return None if isinstance(found, str) else found
