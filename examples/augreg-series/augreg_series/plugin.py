"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg


@augreg.hookimpl
def augreg_modalities() -> list[augreg.ModalitySpec]:
    """Return the kind of sample that this plugin adds."""
    return [augreg.ModalitySpec("series", "augreg_series.modality:SeriesModality", "A time series, with valid flags.")]


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            "series.scale",
            "augreg_series.scale:Scale",
            modalities=("series",),
            tags=("level",),
        ),
        augreg.AugmenterSpec(
            "series.crop",
            "augreg_series.crop:Crop",
            modalities=("series",),
            tags=("time",),
        ),
        augreg.AugmenterSpec(
            "series.mixup",
            "augreg_series.mixup:Mixup",
            modalities=("series",),
            tags=("mixing",),
        ),
    ]


@augreg.hookimpl
def augreg_readers() -> list[augreg.FormatSpec]:
    """Return the files that `augreg run` and `augreg preview` read."""
    return [augreg.FormatSpec((".csv",), "series", "augreg_series.csvfile:read")]


@augreg.hookimpl
def augreg_writers() -> list[augreg.FormatSpec]:
    """Return the files that `augreg run` writes."""
    return [augreg.FormatSpec((".csv",), "series", "augreg_series.csvfile:write")]
