"""What other distributions may use: base classes of sound augmenters, time maps, the sample class of spectrograms."""

from augreg_audio.assembly import Assembly as Assembly
from augreg_audio.assembly import Rearranged as Rearranged
from augreg_audio.base import Rendered as Rendered
from augreg_audio.base import RowAugmenter as RowAugmenter
from augreg_audio.base import WaveformAugmenter as WaveformAugmenter
from augreg_audio.base import waveform_declaration as waveform_declaration
from augreg_audio.joints import Copy as Copy
from augreg_audio.spectra.modality import Spectrogram as Spectrogram
from augreg_audio.timemap import TimeMap as TimeMap
from augreg_audio.waveform import by_row as by_row
from augreg_audio.waveform import map_batch as map_batch
from augreg_audio.waveform import map_rows as map_rows
