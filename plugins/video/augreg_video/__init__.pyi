"""What other distributions may use: the operator that chooses frames, the time line of a clip, and a declaration."""

from augreg_video.clipop import ClipOp as ClipOp
from augreg_video.cuts import Clock as Clock
from augreg_video.cuts import Cut as Cut
from augreg_video.declarations import timed as timed
from augreg_video.retime import stamps_of as stamps_of
