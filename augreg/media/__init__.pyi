"""The public names of `augreg.media`."""

from augreg.media.codes import CODES as CODES
from augreg.media.films import read_film as read_film
from augreg.media.formats import check as check
from augreg.media.formats import format_of as format_of
from augreg.media.formats import load as load
from augreg.media.formats import load_clip as load_clip
from augreg.media.formats import load_picture as load_picture
from augreg.media.formats import read as read
from augreg.media.formats import readers as readers
from augreg.media.formats import write as write
from augreg.media.formats import writers as writers
from augreg.media.limits import DEFAULT as DEFAULT
from augreg.media.limits import Limits as Limits
from augreg.media.origin import Loaded as Loaded
from augreg.media.origin import Origin as Origin
