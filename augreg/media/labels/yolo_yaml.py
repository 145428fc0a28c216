"""The data.yaml of a folder of YOLO: kept as it was, but for paths that lead back to the pictures before; or made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any, Final

import yaml

from augreg.media.labels.objects import pairs_of
from augreg.pipeline.yaml12 import Loader

PLACES: Final = ("path", "train", "val", "test")
"""The keys that say where pictures are."""


def kept(text: str) -> str:
    r"""Return a data.yaml whose keys of places that lead elsewhere are comments: training would take the old pictures.

    That is every ``path`` but ".", since without one the folder of the file is meant, and every ``train``, ``val`` or
    ``test`` that is absolute. All else, comments too, stays as it is.

    >>> from augreg.media.labels.yolo_yaml import kept
    >>> print(kept("path: /data/pets  # mine\ntrain: images/train\nnames: [cat]"))
    # it led to the data set before: path: /data/pets  # mine
    train: images/train
    names: [cat]

    """
    node: Any = yaml.compose(text, Loader=Loader)
    lines = text.splitlines(keepends=True)
    if node is None or node.flow_style:
        return text
    for key, value in node.value:
        if key.value in PLACES and _elsewhere(key.value, value):
            first = key.start_mark.line
            for at in range(first, max(first, value.end_mark.line - (value.end_mark.column == 0)) + 1):
                lines[at] = f"# {'it led to the data set before: ' if at == first else ''}{lines[at]}"
    return "".join(lines)


def _elsewhere(key: str, node: Any) -> bool:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    paths = [str(each.value) for each in nodes]
    if key == "path":
        return paths not in (["."], ["./"], [""])
    return any(path.startswith(("/", "~")) or "://" in path or PureWindowsPath(path).drive for path in paths)


def made(categories: Sequence[Mapping[str, Any]], kind: str, own: Mapping[str, Any]) -> str:
    """Return a data.yaml for categories that another form has read."""
    lines = ["# Add train: and val:, the folders of pictures.", f"nc: {len(categories)}", "names:"]
    lines += [f"  {place}: {json.dumps(each['name'])}" for place, each in enumerate(categories)]
    if kind == "pose" and "kpt_shape" in own:
        count = own["kpt_shape"][0]
        lines.append(f"kpt_shape: {json.dumps(own['kpt_shape'])}")
        pairs = pairs_of(categories)
        if pairs is not None:
            other = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
            lines.append(f"flip_idx: {[other.get(i, i) for i in range(count)]}")
    return "\n".join(lines) + "\n"
