"""VQAHead: answers from the fused first token."""

import zlib
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmdet.utils import OptConfigType, reduce_mean
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...structures.word_features import WordFeatures
from ...text.answer_list import read_answers
from ...text.answers import answer_scores, normalise_answer
from ..device.precision import at_least_float32, count_of

RARE = -4.0  # first logit of every answer: each is rare (our choice)


@MODELS.register_module()
class VQAHead(BaseModule):
    """Classifier of answers on the fused first token (GLIPv2, VQA).

    An MLP of one hidden layer, trained with soft targets: ``min(n / 3, 1)`` for an
    answer that n of ten people gave (the standard recipe on VQAv2).

    Args:
        text_dim: Channels of a word.
        answers: The answers, or a file with them: one a line, or a JSON list (see
            ``tools/dataset_converters/vqa_answers.py``).
        num_answers: How many there must be (3,129 on VQAv2); None: any number.
        hidden_dim: Width of the hidden layer; None: 2 * text_dim (our choice).
        dropout: After the hidden layer.
        reader: Config of a ``GroundedReader``, through which the question's words read
            O before the first is classified, and point at answers; None: P is
            classified as it is (the paper).
        loss_weight: Factor.
        init_cfg: As in every mmengine module.

    Raises:
        FileNotFoundError: If the file of answers is missing.
        ValueError: If the list of answers is not as said, two read the same, or the
            reader's words have other channels.
    """

    def __init__(
        self,
        text_dim: int = 768,
        answers: str | Sequence[str] = (),
        num_answers: int | None = None,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        reader: OptConfigType = None,
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.reader = None if reader is None else MODELS.build(reader)
        if self.reader is not None and self.reader.text_dim != text_dim:
            raise ValueError(
                f'vqa_head.text_dim is {text_dim}, but vqa_head.reader.text_dim is '
                f'{self.reader.text_dim}; give both the same'
            )
        self.answers = read_answers(answers, num_answers)
        self.loss_weight = loss_weight
        self.number_of = {
            normalise_answer(answer): number
            for number, answer in enumerate(self.answers)
        }
        hidden_dim = hidden_dim or 2 * text_dim
        self.hidden = nn.Linear(text_dim, hidden_dim)
        self.norm = nn.LayerNorm(hidden_dim)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_dim, len(self.answers))
        nn.init.constant_(self.output.bias, RARE)
        if self.reader is not None:
            self.reader.attach(self, self.answers)
        # Goes into checkpoints, so that weights meet no other list of answers.
        checksum = zlib.crc32('\n'.join(self.answers).encode())
        self.register_buffer('answers_checksum', torch.tensor(checksum))

    def forward(self, words: WordFeatures, added: Sequence[Tensor] = ()) -> Tensor:
        """Score all answers by the first token.

        Args:
            words: P of B questions.
            added: Logits (B, answers) of a reader, which are added.

        Returns:
            Logits (B, answers).
        """
        inner = self.norm(F.gelu(self.hidden(words.features[:, 0])))
        logits = self.output(self.dropout(inner))
        for more in added:
            logits = logits + more
        return logits

    def targets_of(self, given: Sequence[Sequence[str]]) -> Tensor:
        """Make soft targets.

        Args:
            given: Per question the answers of people, as they were written.

        Returns:
            (B, answers) float32 in [0, 1], on the CPU; answers that are not in the
            list count for nothing.
        """
        targets = torch.zeros(len(given), len(self.answers))
        for row, of_question in enumerate(given):
            for answer, score in answer_scores(of_question).items():
                if answer in self.number_of:
                    targets[row, self.number_of[answer]] = score
        return targets

    def loss(self, logits: Tensor, given: Sequence[Sequence[str]]) -> dict[str, Tensor]:
        """Compute the binary cross-entropy, summed over answers.

        Args:
            logits: (B, answers); B may be 0.
            given: Per question the answers of people.

        Returns:
            ``loss_vqa``, the mean over processes of which is the mean over all
            questions, and ``vqa_accuracy``, the mean target of the answers that come
            first.
        """
        logits = at_least_float32(logits)
        targets = self.targets_of(given).to(logits)
        count = reduce_mean(count_of(len(given), logits))
        total = F.binary_cross_entropy_with_logits(logits, targets, reduction='sum')
        best = logits.detach().argmax(1, keepdim=True)
        right = targets.gather(1, best).sum() / max(len(given), 1)
        return dict(
            loss_vqa=self.loss_weight * total / count.clamp(min=1e-6),
            vqa_accuracy=right,
        )

    def best(self, logits: Tensor, count: int) -> list[list[tuple[str, float]]]:
        """Find the answers that come first.

        Args:
            logits: (B, answers).
            count: Most answers of a question.

        Returns:
            Per question answers with their scores (sigmoid), best first.
        """
        scores = at_least_float32(logits).sigmoid()
        top = scores.topk(min(count, len(self.answers)))
        return [
            [(self.answers[number], score) for number, score in zip(numbers, values)]
            for numbers, values in zip(top.indices.tolist(), top.values.tolist())
        ]

    def _load_from_state_dict(
        self, state_dict: dict, prefix: str, *args: object
    ) -> None:
        weight = state_dict.get(prefix + 'output.weight')
        checksum = state_dict.get(prefix + 'answers_checksum')
        own = len(self.answers)
        if weight is not None and len(weight) != own:
            raise ValueError(
                f"the checkpoint's vqa_head knows {len(weight)} answers, but the "
                f'config lists {own}: set vqa_head.answers to the list that it was '
                'trained with, or take the keys of vqa_head out of the checkpoint'
            )
        if checksum is not None and int(checksum) != int(self.answers_checksum):
            raise ValueError(
                f"the checkpoint's vqa_head was trained with {own} other answers, or "
                'with these in another order: set vqa_head.answers to that list'
            )
        super()._load_from_state_dict(state_dict, prefix, *args)
