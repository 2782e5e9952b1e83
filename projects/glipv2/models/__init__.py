"""The model.

Shape shorthand everywhere: B batch, N locations of all pyramid levels, T tokens,
C channels, K phrases of a prompt, G ground-truth boxes of an image. O0 and P0 are
pyramid and words before the fusion, O and P after it (paper: O with a circle, ...).
"""

from .backbones.efficientnet_lite import EfficientNetLite
from .dense_heads.grounding_head import GroundingHead
from .detectors.glipv2 import GLIPv2
from .grounded_reader.reader import GroundedReader
from .language_models.text_encoder import TextEncoder
from .losses.inter_image_contrastive import InterImageContrastiveLoss
from .mask_heads.language_mask_head import LanguageMaskHead
from .necks.vl_fusion_neck import VLFusionNeck
from .task_modules.inclusive_overlaps import InclusiveBboxOverlaps2D
from .test_time_augs.text_tta import TextTTAModel
from .vl_heads.caption_head import CaptionHead
from .vl_heads.mlm_head import MLMHead
from .vl_heads.presence_head import PresenceHead
from .vl_heads.vqa_head import VQAHead

__all__ = [
    'CaptionHead',
    'EfficientNetLite',
    'GLIPv2',
    'GroundedReader',
    'GroundingHead',
    'InclusiveBboxOverlaps2D',
    'InterImageContrastiveLoss',
    'LanguageMaskHead',
    'MLMHead',
    'PresenceHead',
    'TextEncoder',
    'TextTTAModel',
    'VLFusionNeck',
    'VQAHead',
]
