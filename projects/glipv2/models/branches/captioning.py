"""What lies between the detector and its caption head.

Captions are read from left to right in the text encoder and in every text layer of the
fusion, and pictures do not read words (GLIPv2, captioning): no word knows a later one,
and a picture is looked at once, whatever is written about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from mmdet.structures import DetDataSample
from torch import BoolTensor, LongTensor, Tensor
from transformers import PreTrainedTokenizerFast

from ...structures.fused import PictureView
from ...structures.word_features import WordFeatures
from ...text.prompt import Prompt
from ...text.sample_text import naming_long_texts, picture_name
from ..device.precision import at_least_float32
from ..language_models.causal_reading import check_causal
from ..language_models.text_encoder import TextEncoder
from ..layers.kv_cache import LayerCache, causal_mask
from ..necks.fusion_block import TO_WORDS
from ..necks.vl_fusion_neck import VLFusionNeck
from ..vl_heads.caption_head import CaptionHead
from ..vl_heads.sentence_search import SearchSettings, search


def first_and_last(tokenizer: PreTrainedTokenizerFast) -> tuple[int, int]:
    """Say which words begin and end a caption.

    Args:
        tokenizer: The text encoder's.

    Returns:
        Numbers of [CLS] and [SEP], or of what the tokenizer has in their place.
    """
    first = tokenizer.cls_token_id
    last = tokenizer.sep_token_id
    if first is None or last is None:
        first, last = tokenizer.bos_token_id, tokenizer.eos_token_id
    return first, last


def check_caption_parts(encoder: TextEncoder, test_cfg: Mapping) -> None:
    """Refuse what captions cannot be written with.

    Args:
        encoder: The text encoder.
        test_cfg: The detector's; ``caption`` has fields of ``SearchSettings``.

    Raises:
        ValueError: If the encoder's layers are of an unknown kind, its tokenizer has
            no first or last word, or a setting is impossible.
        TypeError: If there is no such setting.
    """
    check_causal(encoder.model)
    if None in first_and_last(encoder.tokenizer):
        raise ValueError(
            f'the tokenizer of {encoder.source} has no words that begin and end a text'
        )
    settings = SearchSettings(**test_cfg.get('caption', {}))
    if settings.max_length >= encoder.max_tokens:
        raise ValueError(
            f'test_cfg.caption.max_length is {settings.max_length}, but with the first '
            f'word a caption has {encoder.max_tokens} tokens at most (max_tokens)'
        )


def read_captions(
    encoder: TextEncoder, samples: Sequence[DetDataSample]
) -> WordFeatures:
    """Compute P0 of the captions that are trained on.

    Args:
        encoder: The text encoder.
        samples: With the caption in ``text``.

    Returns:
        P0 of the B captions, in which no word knows a later one.

    Raises:
        ValueError: If a caption is missing, empty or too long (names the picture).
    """
    prompts = []
    for sample in samples:
        text = sample.get('text')
        if not isinstance(text, str) or not any(map(str.isalnum, text)):
            raise ValueError(
                f'{picture_name(sample)}: a caption to learn needs words, but its '
                f'text is {text!r}'
            )
        prompts.append(Prompt(text, (), ()))
    with naming_long_texts(
        'caption', [picture_name(sample) for sample in samples], encoder.max_tokens
    ):
        ids, mask, _ = encoder.tokenize(prompts)
    return WordFeatures(encoder.read_causally(ids), mask, ids)


def fuse_captions(
    fusion: VLFusionNeck,
    pyramid: Sequence[Tensor],
    inside: Sequence[BoolTensor] | None,
    words: WordFeatures,
) -> WordFeatures:
    """Compute P of captions that are trained on.

    Args:
        fusion: The fusion neck.
        pyramid: O0 of the captions' images, levels (B, C, H_i, W_i).
        inside: Per level (B, H_i, W_i), true inside the image; None: all are.
        words: P0 of the B captions.

    Returns:
        P, in which no word knows a later one.
    """
    reading = causal_mask(words.ids.shape[1], 0, words.ids.device)
    return fusion.fuse_words(pyramid, words, inside, TO_WORDS, reading)


@torch.no_grad()
def write_captions(
    encoder: TextEncoder,
    fusion: VLFusionNeck,
    head: CaptionHead,
    views: Sequence[PictureView],
    samples: Sequence[DetDataSample],
    settings: SearchSettings,
) -> None:
    """Describe pictures.

    Args:
        encoder: The text encoder.
        fusion: The fusion neck.
        head: The caption head.
        views: Of the B pictures.
        samples: With the beginning of the caption in ``text``, or ``''``; get
            ``pred_caption`` and ``pred_caption_score``.
        settings: How to search.

    Raises:
        ValueError: If the text is no string or leaves no room (names the picture).
    """
    first, last = first_and_last(encoder.tokenizer)
    by_length: dict[int, list[int]] = {}
    given = []
    for number, sample in enumerate(samples):
        given.append([first, *_beginning(encoder, sample, settings.max_length)])
        by_length.setdefault(len(given[-1]), []).append(number)
    device = views[0].locations.device
    # Beginnings of one length go together: nothing is padded.
    for rows in by_length.values():
        words = torch.tensor([given[row] for row in rows], device=device)
        chosen = torch.tensor(rows, device=device)
        writer = Writer(
            encoder, fusion, head, [_select(view, chosen) for view in views]
        )
        beams = settings.num_beams if settings.mode == 'beam' else 1
        written = search(writer.begin(words, beams), writer.step, words, last, settings)
        for row, ids, score in zip(rows, written.ids, written.scores.tolist()):
            samples[row].pred_caption = encoder.tokenizer.decode(
                [*given[row][1:], *ids],
                skip_special_tokens=True,
                clean_up_tokenization_spaces=True,
            )
            samples[row].pred_caption_score = score


@dataclass
class Writer:
    """Scores next words; keeps keys and values, so that a step costs one word.

    Args:
        encoder: The text encoder.
        fusion: The fusion neck.
        head: The caption head.
        views: Of the B pictures.
    """

    encoder: TextEncoder
    fusion: VLFusionNeck
    head: CaptionHead
    views: Sequence[PictureView]
    read: int = 0
    of_encoder: list[LayerCache] = field(default_factory=list)
    of_fusion: list[LayerCache] = field(default_factory=list)
    banned: LongTensor = field(init=False)  # token ids that no sentence has

    def __post_init__(self) -> None:
        tokenizer = self.encoder.tokenizer
        _, last = first_and_last(tokenizer)
        special = [word for word in tokenizer.all_special_ids if word != last]
        # Sent once: a list as an index would be sent for each word.
        self.banned = torch.tensor(special, device=self.views[0].locations.device)

    def begin(self, words: LongTensor, beams: int) -> Tensor:
        """Read the beginnings.

        Args:
            words: (B, t) int64.
            beams: K, sentences that will be tried of each picture.

        Returns:
            Logits (B, V) of the word after them.
        """
        self.read = 0
        self.of_encoder = self.encoder.new_caches()
        self.of_fusion = [LayerCache() for _ in self.views]
        logits = self._next(words)
        rows = torch.arange(len(words), device=words.device)
        self._select(rows.repeat_interleave(beams))
        return logits

    def step(self, words: LongTensor, rows: LongTensor) -> Tensor:
        """Read one more word of each sentence.

        Args:
            words: (R,) int64.
            rows: (R,) int64, which sentence of the call before each continues.

        Returns:
            Logits (R, V) of the word after them.
        """
        self._select(rows)
        return self._next(words[:, None])

    def _next(self, words: LongTensor) -> Tensor:
        mask = causal_mask(words.shape[1], self.read, words.device)
        encoded = WordFeatures(
            self.encoder.read_causally(words, self.read, self.of_encoder),
            torch.ones_like(words, dtype=torch.bool),
            words,
        )
        fused = self.fusion.read(encoded, self.views, mask, self.of_fusion)
        self.read += words.shape[1]
        logits = at_least_float32(self.head(fused.features[:, -1]))
        return logits.index_fill_(1, self.banned, -torch.inf)

    def _select(self, rows: LongTensor) -> None:
        for cache in (*self.of_encoder, *self.of_fusion):
            cache.select(rows)


def _beginning(
    encoder: TextEncoder, sample: DetDataSample, max_length: int
) -> list[int]:
    text = sample.get('text')
    if not isinstance(text, str):
        raise ValueError(
            f'{picture_name(sample)}: the text of a caption is its beginning, or '
            f"'' for none, but it is {text!r}"
        )
    ids = encoder.tokenizer(text, add_special_tokens=False)['input_ids']
    if 1 + len(ids) + max_length > encoder.max_tokens:
        raise ValueError(
            f'{picture_name(sample)}: the beginning of the caption has {len(ids)} '
            f'tokens; with max_length {max_length} that is more than the '
            f'{encoder.max_tokens} of the text encoder. Shorten it or lower '
            'test_cfg.caption.max_length'
        )
    return ids


def _select(view: PictureView, rows: LongTensor) -> PictureView:
    if len(rows) == len(view.locations):
        return view
    return PictureView(
        view.locations[rows], None if view.mask is None else view.mask[rows]
    )
