"""The graph of an exported VQA file: image and question tokens in, scores out."""

import torch
from torch import LongTensor, Tensor, nn

from ..models import GLIPv2
from ..models.branches.answering import fuse_questions, score_answers
from ..models.grounded_reader.evidence import ImageEvidence
from ..structures.word_features import WordFeatures
from .exportable import make_exportable
from .image_input import ImageInput


class QuestionGraph(nn.Module):
    """A detector's VQA head with its text encoder.

    Args:
        model: A trained detector with a ``vqa_head``; stays as it is.
        preprocess: Whether the input is an image of whole numbers.
        half: Whether the network computes in float16.
    """

    def __init__(
        self, model: GLIPv2, preprocess: bool = True, half: bool = False
    ) -> None:
        super().__init__()
        dtype = torch.float16 if half else torch.float32
        self.answers = None
        if model.vqa_head.reader is not None:
            bank = model.vqa_head.reader.bank
            words = bank.words(model.text_encoder, model.fusion_neck)
            self.answers = words.to(dtype)
        model = make_exportable(model)
        self.look = ImageInput(model, preprocess, dtype)
        self.encoder = model.text_encoder.model.to(dtype)
        self.neck = model.fusion_neck.to(dtype)
        self.boxes = model.bbox_head.to(dtype)
        self.head = model.vqa_head.to(dtype)

    def forward(self, image: Tensor, tokens: LongTensor) -> Tensor:
        """Answer a question.

        Args:
            image: (H, W, 3) uint8 RGB, or (1, 3, H, W) float32, normalised, without
                ``preprocess``.
            tokens: (T,) int64 ids of the question, special tokens included.

        Returns:
            (answers,) scores in [0, 1].
        """
        pyramid, inside, size, _ = self.look(image)
        ids = tokens[None]
        mask = torch.ones_like(ids)
        encoded = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        words = WordFeatures(encoded, mask.bool(), ids)
        pyramid, words = fuse_questions(self.neck, self.head, pyramid, words, inside)
        evidence = None
        if self.answers is not None:
            sides = [torch.full((1,), side, dtype=torch.float32) for side in size]
            evidence = ImageEvidence(
                pyramid, inside, torch.stack(sides, 1), self.boxes, self.answers
            )
        logits = score_answers(self.head, words, evidence)
        return logits[0].float().sigmoid()
