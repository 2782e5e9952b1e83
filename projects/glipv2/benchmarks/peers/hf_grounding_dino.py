"""transformers' Grounding DINO with Swin-T, random weights."""

from collections.abc import Callable, Sequence

import torch
from transformers import (
    AutoTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    SwinConfig,
)

from ...text.sources import shipped_bert_folder


def build_forward(
    names: Sequence[str], size: tuple[int, int], device: str = 'cpu'
) -> Callable[[], object]:
    """Build the model and one input.

    Args:
        names: Class names of the prompt.
        size: (H, W) of the image.
        device: Where it computes.

    Returns:
        A call that runs one image through the model.
    """
    backbone = SwinConfig(
        embed_dim=96, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24], window_size=7,
        out_features=['stage2', 'stage3', 'stage4'],
    )  # fmt: skip
    config = GroundingDinoConfig(backbone_config=backbone)
    model = GroundingDinoForObjectDetection(config).eval().to(device)
    tokenizer = AutoTokenizer.from_pretrained(shipped_bert_folder())
    text = tokenizer('. '.join(names) + '.', return_tensors='pt').to(device)
    image = torch.randn(1, 3, *size, device=device)

    def forward() -> object:
        with torch.no_grad():
            return model(pixel_values=image, **text)

    return forward
