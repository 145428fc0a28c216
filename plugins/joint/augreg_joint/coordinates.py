"""Coordinates in a text: numbers that mean a place in the picture, so that they are false once it is mirrored."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = r"-?\d*\.?\d+"

PATTERNS: Final = (
    # Markup of detectors and of models that point: <box>, <|box_start|>, <point>, <loc0123>, <patch_index_0044>, <12>.
    # <image_1> and its kin count pictures.
    r"</?\|?(?:\w*box\w*|bbox\w*|quad\w*|points?|poly(?:gon)?|loc|coords?|region|seg)\b[^<>]*>",
    r"<\|?(?!/?(?:image|img|picture|video|audio|frame)s?[_-]?\d)\w*\d+\|?>",
    # [12, 30, 55, 80], (0.1 0.2), {3; 4}
    rf"[\[({{<]\s*{_NUMBER}\s*(?:[,;]\s*|\s){_NUMBER}",
    # (x1,y1) and x=12, y: 30, x="61.5"
    r"\(\s*x_?\d?\s*,\s*y_?\d?\b",
    rf"(?<!\w)[xy](?:_?(?:min|max|center|centre|\d))?['\"]?\s*[=:]\s*['\"]?{_NUMBER}",
    r"\b(?:b?box_?2d|bboxe?s?|point_2d|[xy]_?min|[xy]_?max|coordinates?|koordinaten?|coordonnées?|coordenadas?|keypoints?)\b",
    # Four numbers in a row, as in a line of a label file, or two shares.
    rf"(?<![\w.])(?:{_NUMBER}(?:\s*[,;]\s*|\s+)){{3}}{_NUMBER}(?!\w)",
    r"(?<!\w)[01]?\.\d+(?:\s*[,;]\s*|\s+)[01]?\.\d+(?!\w)",
    # Percentages, pixels, columns, angles that are no temperatures.
    r"\d\s*(?:%|٪|percent\b|per cent\b|prozent\b|pour ?cent\b|por ?ciento\b)",
    r"\d\s*(?:px|pix|pixels?|pixeln?|píxel(?:es)?)\b|\bpixels?\s+\d",
    r"\b(?:columns?|cols?|spalten?|colonnes?|columnas?)\s*\d",
    r"\d\s*(?:°(?!\s*[cf]\b)|(?:degrees?|grad|degrés?|grados?)\b(?!\s*(?:celsius|fahrenheit|centigrade|c\b|f\b)))",
    # Arrows that point to a side.
    "[←→↔↖↗↘↙⇐⇒⟵⟶⬅➡◀▶👈👉⏪⏩]",
)
"""Regular expressions, case is ignored."""

_ANY: Final = re.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS), re.IGNORECASE)


def spans(text: str) -> list[tuple[int, int]]:
    """Return where coordinates stand in a text: characters start to end, half-open."""
    return [match.span() for match in _ANY.finditer(text)]
