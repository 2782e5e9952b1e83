"""The model.

Shape shorthand everywhere: B batch, N locations of all pyramid levels, T tokens,
C channels, K phrases of a prompt, G ground-truth boxes of a picture. O0 and P0 are
pyramid and words before the fusion, O and P after it (paper: O with a circle, ...).
"""

from .answer_head import VQAHead
from .contrastive_loss import InterImageContrastiveLoss
from .detector import GLIPv2
from .efficientnet_lite import EfficientNetLite
from .fusion_neck import VLFusionNeck
from .grounding_head import GroundingHead
from .inclusive_overlaps import InclusiveBboxOverlaps2D
from .mask_head import LanguageMaskHead
from .test_time_aug import TextTTAModel
from .text_encoder import TextEncoder
from .vl_heads import CaptionHead, MLMHead

__all__ = [
    'CaptionHead',
    'EfficientNetLite',
    'GLIPv2',
    'GroundingHead',
    'InclusiveBboxOverlaps2D',
    'InterImageContrastiveLoss',
    'LanguageMaskHead',
    'MLMHead',
    'TextEncoder',
    'TextTTAModel',
    'VLFusionNeck',
    'VQAHead',
]
