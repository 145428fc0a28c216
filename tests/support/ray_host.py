"""The samples of `host_samples` through a Ray data set, in a process of its own: prints their hash."""

from __future__ import annotations

import host_samples as held

import augreg
from augreg.jobs.engines.ray_cluster import Cluster


def main() -> None:
    cluster = Cluster(1, None)
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    given = {"pipeline": held.CONFIG, "seed": held.SEED, "schema": {"image": "image"}, "epoch": held.EPOCH}
    data = ray.data.from_items(held.rows(), override_num_blocks=3)
    made = data.map_batches(augreg.ray.Augment, fn_constructor_kwargs=given, batch_size=9, concurrency=1).take_all()
    print(held.digest((row["id"], row["image"]) for row in made))
    cluster.close()


if __name__ == "__main__":
    main()
