"""What the page of rules says where no wrong augmenter can be shown, and what to do about some."""

from __future__ import annotations

OF_CORE: dict[str, str] = {
    "odd input": "Raise an error of `augreg.errors` that says what is wrong with such input, or give a sound result.",
    "p_zero_returns_input": "augreg itself sees to it; what breaks this rule is a fault of augreg.",
    "refuses_unknown_parameters": "Dataclasses see to it: do not write an `__init__(self, **anything)`.",
    "stacked_like_listed": (
        "Treat `batch.data` as one tensor and as a list of rows alike: `batch.rows()` gives rows in both cases."
    ),
    "partners_are_restored": "augreg itself sees to it, unless `apply` writes into the rows of partners: never do.",
    "undeclared_target_refused": "augreg itself sees to it; what breaks this rule is a fault of augreg.",
    "targets_fit": "A target that has a size, such as a mask, must come back in the size of the data that comes back.",
    "timing_follows": (
        "What moves frames in time says so by `targets=('frame_labels', ...)` and picks the labels of the frames that it "
        "picked; what does not leaves both alone."
    ),
    "devices_agree": (
        "It needs a GPU: `augreg check my-plugin --device cuda`. Keep the arithmetic of all devices the same, in float32; "
        "draw noise by `augreg.kernel.noise`, which has the same bits everywhere."
    ),
    "same_in_records": "augreg itself sees to it, unless `apply` asks who called it: it sees rows, parameters and facts.",
}
"""Rule -> what is to be said of it, where an augmenter that keeps to the interface cannot break it."""

_JOINT = {
    "members_are_augmenters": (
        "`members()` returns `{'image': Darken(), 'sound': Quieter()}` with `joint=('image', 'audio')`.",
        "Each role is one of `declares.joint` or `joint_optional`: `{'image': Darken(), 'audio': Quieter()}`.",
    ),
    "declares_what_members_alter": (
        "A member declares `alters={'brightness'}`, the joint augmenter nothing.",
        "The joint augmenter declares `alters={'brightness'}`, and `mends={'brightness'}` where the caption follows.",
    ),
    "same_key_same_record": (
        "`draw_joint` draws from `random` or `numpy.random`.",
        "`draw_joint` draws from `rng` alone, each number under a name of its own.",
    ),
    "record_independent_of_neighbours": (
        "`draw_joint` scales by the mean of all pictures of the batch.",
        "Each record's row hangs on its own facts and key.",
    ),
    "record_replays": (
        "A member's `apply` draws something.",
        "`draw_joint` returns everything that members need, as numbers, texts and lists.",
    ),
    "fused_record_agrees": (
        "A member's `lower` does otherwise than its `apply`.",
        "Define one of the two; `augreg.AugmenterBase.apply` runs the operator of `lower`.",
    ),
    "p_zero_returns_the_fields": (
        "It cannot be broken by a plugin: a step that does not fire is not asked.",
        "What breaks this rule is a fault of augreg.",
    ),
    "fields_are_not_modified": (
        "A member's `apply` writes `row[:] = 0`.",
        "A member's `apply` returns new rows: `batch.replace([row * light for row in batch.rows()])`.",
    ),
    "optional_fields_may_lack": (
        "`draw_joint` reads `info.roles['text']` with `joint_optional=('text',)`.",
        "`draw_joint` looks first: `if 'text' in info.roles`.",
    ),
    "joint_step_survives_yaml": (
        "`__post_init__` changes a parameter each time: `light / 2`.",
        "What `__post_init__` stores, it leaves alone when it gets it again.",
    ),
}
OF_PLUGINS: dict[str, tuple[str, str]] = {
    **_JOINT,
    "discovered": (
        '```toml\n[project.entry-points.augreg]\nacme = "acme_haze"  # a package without hooks\n```',
        '```toml\n[project.entry-points.augreg]\nacme = "acme_haze.plugin"  # the module with @augreg.hookimpl\n```',
    ),
    "listing_imports_nothing": (
        "```python\nimport augreg\nfrom acme_haze.haze import Haze  # imports torch, in every listing of everybody\n```",
        '```python\nimport augreg\n\nTARGET = "acme_haze.haze:Haze"  # imported when it is first used\n```',
    ),
    "names_are_unique": (
        "Your plugin offers `image.haze`, and another one that is installed does, too.",
        "Begin your names with a namespace of your own: `acme.haze`.",
    ),
    "target_loads": (
        '`augreg.AugmenterSpec("acme.haze", "acme_haze.hase:Haze", ...)`, where the module is `acme_haze.haze`.',
        '`augreg.AugmenterSpec("acme.haze", "acme_haze.haze:Haze", ...)`.',
    ),
    "summary_is_first_line": (
        "The `summary` of the `AugmenterSpec` says other words than the docstring of its class.",
        "Leave `summary` out: listings read the first line of the docstring.",
    ),
    "runs_in_spawned_workers": (
        "The class is made within a function, or reads a global that `main` sets.",
        "The class stands at the top level of a module; files are named by parameters.",
    ),
    "memory_is_declared": (
        "A picture of uint8 is held as three arrays of float64, 24 bytes for each of its bytes, and `memory` is left at 4.",
        "`augreg.Declaration(memory=25.0)`: that, and the result. The message says what was measured.",
    ),
    "gives_samples_back": (
        "`restore` of the modality forgets the time stamps, or gives an array back as a tensor.",
        "`obj.changed(data=restore_like(obj.data, result.row), **result.targets)`.",
    ),
    "batches_give_rows_back": (
        "`form` is plain, and `collate` pads rows, so that they come out longer.",
        "`form = RowForm(length_axis=-1, ragged=True)`.",
    ),
    "heeds_layouts": (
        "`layouts` names `TC`, and `wrap` reads every array as `CT`.",
        "`wrap` reads by `augreg.modalities.read_as_said`, or `layouts` leaves `TC` out.",
    ),
    "members_fit": (
        "A set for pictures holds `audio.gain`, or an augmenter without a level.",
        "Each member takes the set's modality, and has a level or says `level='own'`.",
    ),
    "members_say_why": (
        '`augreg.Operation(name="image.rotate")`.',
        '`augreg.Operation(name="image.rotate", why="in RandAugment; +0.4 % on our data")`.',
    ),
    "members_build": (
        "A member needs a file: `params={}` where `path` is required.",
        "`params` says all that is required, and nothing that others do not have.",
    ),
    "builds": (
        "`params` holds a tensor, which no pipeline file can.",
        "`params` holds numbers, texts and lists.",
    ),
    "results_differ": (
        "Half of the members have one result, such as `image.grayscale`.",
        "Members with few results have a small `weight`.",
    ),
    "generator_loads": (
        '`augreg.GeneratorSpec("acme.gan", "acme.gan:Gan", ("image",))`, where `Gan` is a class.',
        "The target is a function, or an object that can be called, such as `GAN = Gan()`.",
    ),
    "makes_samples": (
        "It returns the mean picture, `count` times; or floats that training has made NaN.",
        "It returns at most `count` samples that differ, of the modality that it is offered for.",
    ),
    "leaves_its_samples": (
        "`sample.data.mul_(2)`.",
        "`sample.data * 2`.",
    ),
    "is_keyed": (
        "`keyed=True`, and it draws from torch's global generator.",
        "`torch.Generator().manual_seed(seed)`, for weights, for the order of samples and for what is drawn.",
    ),
    "level_or_reason": (
        "An augmenter with numbers as parameters declares no level, and `no_level` does not say why.",
        '`level=augreg.Level("strength", 0.0, 0.9)`, or `plugin_checks(..., no_level={"acme.haze": "why"})`.',
    ),
}
"""Rules for whole plugins and for joint augmenters -> what is wrong, and what is right."""

TODO: dict[str, str] = {
    "global_random_state_untouched": "Draw from `rng`. A library that draws from a global generator is adapted as "
    "`augreg new --kind adapter` shows.",
    "input_unmodified": "Return new tensors and targets. A function under `@augreg.augmenter` gets a copy, and may write.",
    "varies": "What is drawn for each sample must reach its result. Few outcomes, such as whole pixels, or what a library makes of a seed, are fine; the same "
    "for all samples is not.",
    "batch_size_independent": "Take sums and means over one row, without padding: `batch.rows()`.",
    "dtype_kept": "Convert back: `result.round().to(row.dtype)`, or declare `keeps_dtype=False`.",
    "shape_kept": "Keep the shape, or declare `keeps_shape=False`.",
    "pickles": "Keep parameters only on the instance; make locks, generators and handles in the module.",
}
"""Rule -> what to do, where the examples do not say it."""
