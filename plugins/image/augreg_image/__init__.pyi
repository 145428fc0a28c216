from augreg_image.kernels.channels import OPENCV_MAX_CHANNELS as OPENCV_MAX_CHANNELS
from augreg_image.kernels.layout import SMALL as SMALL
from augreg_image.kernels.layout import stack_to_hwc as stack_to_hwc
from augreg_image.kernels.layout import to_hwc as to_hwc
from augreg_image.kernels.layout import white_value as white_value
from augreg_image.ops import ImageOp as ImageOp
from augreg_image.prepared_op import PreparedOp as PreparedOp
