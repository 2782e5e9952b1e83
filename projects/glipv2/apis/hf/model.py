"""GLIPv2ForObjectDetection: a trained model that is called as transformers' models."""

from dataclasses import dataclass
from pathlib import Path

import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import LongTensor, Tensor, nn

from ..pretrained import from_pretrained
from .names import Span, find_names


@dataclass(frozen=True)
class GLIPv2Outputs:
    """What ``post_process_grounded_object_detection`` reads, ours and transformers'.

    Boxes are final: overlapping ones are gone, and those below the model's
    ``test_cfg.score_thr`` are not there.

    Args:
        logits: (B, Q, T) float; of a box the tokens of its name have the logit of its
            score, all others minus infinity.
        pred_boxes: (B, Q, 4) float: centre, width and height, relative to the image.
        input_ids: (B, T) int64.
    """

    logits: Tensor
    pred_boxes: Tensor
    input_ids: LongTensor


class GLIPv2ForObjectDetection(nn.Module):
    """A trained model with the inputs of ``GLIPv2Processor``.

    Args:
        model: Of ``glipv2.apis.from_pretrained``.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.eval()

    @classmethod
    def from_pretrained(
        cls, source: str | Path, device: str = 'cpu', download: bool = False
    ) -> 'GLIPv2ForObjectDetection':
        """Load a trained model; arguments and errors as ``glipv2.apis``' function."""
        return cls(from_pretrained(source, device, download))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    @torch.no_grad()
    def forward(
        self,
        pixel_values: Tensor,
        input_ids: LongTensor,
        attention_mask: LongTensor | None = None,
        pixel_mask: LongTensor | None = None,
    ) -> GLIPv2Outputs:
        """Find what texts name.

        Args:
            pixel_values: (B, 3, H, W) uint8, blue first.
            input_ids: (B, T) int64, names between full stops.
            attention_mask: Not used: padding is told by its id.
            pixel_mask: (B, H, W), not zero inside the images; None: everywhere.

        Returns:
            The outputs.

        Raises:
            ValueError: If a text holds no name.
        """
        tokenizer = self.model.text_encoder.tokenizer
        inputs, samples, spans = [], [], []
        for row, (pixels, ids) in enumerate(zip(pixel_values, input_ids.tolist())):
            names, places = find_names(ids, tokenizer)
            spans.append(places)
            if pixel_mask is not None:
                inside = pixel_mask[row] != 0
                pixels = pixels[:, : int(inside[:, 0].sum()), : int(inside[0].sum())]
            size = tuple(pixels.shape[1:])
            inputs.append(pixels)
            samples.append(
                DetDataSample(
                    metainfo=dict(
                        img_id=row, img_shape=size, ori_shape=size,
                        scale_factor=(1.0, 1.0), text=tuple(names),
                        custom_entities=True,
                    )
                )
            )  # fmt: skip
        found = self.model.test_step(dict(inputs=inputs, data_samples=samples))
        rows = [
            _outputs_of(sample.pred_instances, sample.img_shape, places, len(ids))
            for sample, places, ids in zip(found, spans, input_ids)
        ]
        most = max(len(logits) for logits, _ in rows)
        return GLIPv2Outputs(
            torch.stack([_padded(logits, most, -torch.inf) for logits, _ in rows]),
            torch.stack([_padded(boxes, most, 0.0) for _, boxes in rows]),
            input_ids,
        )


def _outputs_of(
    found: InstanceData, size: tuple[int, int], spans: list[Span], tokens: int
) -> tuple[Tensor, Tensor]:
    """Make logits (Q, T) and boxes (Q, 4) of an image's boxes."""
    named = found.scores.new_zeros(len(spans), tokens, dtype=torch.bool)
    for row, (start, end) in zip(named, spans):
        row[start:end] = True
    logits = found.scores.logit()[:, None].expand(-1, tokens)
    logits = logits.masked_fill(~named[found.labels], -torch.inf)
    height, width = size
    corners = found.bboxes / found.bboxes.new_tensor([width, height, width, height])
    start, end = corners.split(2, 1)
    return logits, torch.cat(((start + end) / 2, end - start), 1)


def _padded(rows: Tensor, most: int, value: float) -> Tensor:
    missing = rows.new_full((most - len(rows), rows.shape[1]), value)
    return torch.cat((rows, missing))
