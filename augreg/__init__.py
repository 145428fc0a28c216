"""One registry, one protocol, mixed batches and keyed randomness for image, audio, video and text augmentation.

Importing augreg imports neither torch nor numpy and discovers no plugin. `__init__.pyi` lists the public names; each
is imported when it is first used.
"""

from augreg import late, lazy_names

late.register("augment", "augreg.engine.augment:augment")
late.register("call_augmenter", "augreg.pipeline.alone:call")
late.register("bind", "augreg.loaders.bind:Bound")
late.register("replay", "augreg.engine.replay:replay")
late.register("views", "augreg.engine.views:Views")
late.register("load_clip", "augreg.media:load_clip")
late.register("load_picture", "augreg.media:load_picture")
late.register("cell_modality", "augreg.media.cells:cell_modality")
late.register("decode_cell", "augreg.media.cells:decode_cell")
late.register("generated_again", "augreg.learn.expand_again:generated_again")
late.register("open_rows", "augreg.jobs.tables.rows:Rows")
late.plugins += ["augreg.modalities.plugin", "augreg.policies.plugin", "augreg.media.plugin"]


def _version() -> str:
    from importlib.metadata import version

    return version("augreg")


__getattr__, __dir__ = lazy_names.attach(__name__, __file__, __version__=_version)
