"""`augreg.ray.Augment` in a Ray data set, in a process of its own: prints, as JSON, a hash of the rows by id for each
batch size, the errors, and the names of what Ray reads of a job's output folder.

Arguments: a folder of pictures.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import augreg
from augreg.jobs.engines.ray_cluster import Cluster

N = 120


def rows() -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    made = [{"id": i, "image": rng.integers(0, 256, (8 + i % 3, 9, 3), dtype=np.uint8)} for i in range(N)]
    return [{**row, "caption": None if row["id"] == 77 else f"a line of text {row['id']}"} for row in made]


def main() -> None:
    cluster = Cluster(2, None)
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    given = {
        "pipeline": {"image": [{"image.hflip": {"p": 0.5}}], "text": [{"text.char_case": {"rate": 0.5}}]},
        "seed": 7,
        "schema": {"image": "image", "caption": "text"},
    }
    found, errors = {}, {}
    for size in (7, 30, 128):
        dataset = ray.data.from_items(rows(), override_num_blocks=5)
        pool = ray.data.ActorPoolStrategy(size=1)
        out = dataset.map_batches(augreg.ray.Augment, fn_constructor_kwargs=given, batch_size=size, compute=pool)
        taken = sorted(out.take_all(), key=lambda row: row["id"])
        plain = [[row["id"], np.asarray(row["image"]).tolist(), row["caption"], row["error"]] for row in taken]
        found[size] = hashlib.sha256(json.dumps(plain).encode()).hexdigest()
        errors = {row["id"]: row["error"] for row in taken if row["error"]}
    read = ray.data.read_images(sys.argv[1], include_paths=True, file_extensions=["png"]).take_all()
    names = sorted(Path(row["path"]).name for row in read)
    cluster.close()
    print(json.dumps({"digests": found, "errors": errors, "count": len(taken), "read": names}))


if __name__ == "__main__":
    main()
