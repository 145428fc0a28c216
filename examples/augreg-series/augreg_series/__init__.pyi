"""The public names, each with the module that defines it."""

from augreg_series.crop import Crop as Crop
from augreg_series.mixup import Mixup as Mixup
from augreg_series.modality import SeriesModality as SeriesModality
from augreg_series.sample import Series as Series
from augreg_series.scale import Scale as Scale
