"""The public names of `augreg.modalities`."""

from augreg.data.form import RowForm as RowForm
from augreg.modalities.base import ALPHA as ALPHA
from augreg.modalities.base import AS_TENSOR as AS_TENSOR
from augreg.modalities.base import Hints as Hints
from augreg.modalities.base import Modality as Modality
from augreg.modalities.base import Result as Result
from augreg.modalities.base import Wrapped as Wrapped
from augreg.modalities.base import WrappedMany as WrappedMany
from augreg.modalities.base import as_tensor as as_tensor
from augreg.modalities.base import bare as bare
from augreg.modalities.base import restore_like as restore_like
from augreg.modalities.base import restore_row as restore_row
from augreg.modalities.batches import make_batch as make_batch
from augreg.modalities.bulk import only as only
from augreg.modalities.bulk import samples_alike as samples_alike
from augreg.modalities.hops import check_hops as check_hops
from augreg.modalities.hops import hop_counts as hop_counts
from augreg.modalities.known import modalities as modalities
from augreg.modalities.layouts import read_as_said as read_as_said
from augreg.modalities.target_kinds import Read as Read
from augreg.modalities.target_kinds import TargetKind as TargetKind
from augreg.modalities.values import check_values as check_values
from augreg.modalities.words import Words as Words
