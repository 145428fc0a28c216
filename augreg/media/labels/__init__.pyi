"""The public names of `augreg.media.labels`."""

from augreg.media.labels.base import CLASS as CLASS
from augreg.media.labels.base import EVENTS as EVENTS
from augreg.media.labels.base import MASK as MASK
from augreg.media.labels.base import OBJECTS as OBJECTS
from augreg.media.labels.base import ORIENTED as ORIENTED
from augreg.media.labels.base import SAMPLE as SAMPLE
from augreg.media.labels.base import SPANS as SPANS
from augreg.media.labels.base import About as About
from augreg.media.labels.base import BesideForm as BesideForm
from augreg.media.labels.base import LabelForm as LabelForm
from augreg.media.labels.base import Labels as Labels
from augreg.media.labels.base import Said as Said
from augreg.media.labels.base import SetForm as SetForm
from augreg.media.labels.known import forms as forms
from augreg.media.labels.known import reading as reading
from augreg.media.labels.known import writing as writing
