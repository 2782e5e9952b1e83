"""TextEncoder: from prompts to word features P0."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor
from torch.nn.utils.rnn import pad_sequence

from ...structures.examples import PhraseExamples
from ...structures.word_features import WordFeatures
from ...text.prompt import Prompt
from ...text.prompt_reader import PromptReader
from ...text.sources import CLIP_TYPES, load_text_config, load_tokenizer
from ..device.divided import is_divided
from ..device.transfer import send
from ..exemplars.example_reader import ExampleReader
from ..layers.kv_cache import KVCache
from .causal_reading import check_layers, num_layers, read_causally, text_layers
from .prompt_offsets import PromptOffsets
from .text_cache import TextCache, weights_state
from .text_model import build_text_model, load_text_weights

NO_READER = (
    'this model reads no examples: it has no text_encoder.examples; '
    'docs/by_example.md names models that have'
)


@MODELS.register_module()
class TextEncoder(BaseModule):
    """Encode prompts into word features before the fusion, ``P0 = Enc_L(Text)``.

    (GLIPv2 section 3.1; the encoder's last hidden state, as in GLIP.)

    Args:
        source: ``'package:NAME'``, a local folder, a hub name, or a dict of
            ``BertConfig`` fields (random weights); see ``resolve_text_source``. BERT
            and its like, or CLIP's text tower, whose 77 positions are stretched to
            ``max_tokens`` and whose attention is bidirectional, as in GLIP's code.
        max_tokens: Maximum number of tokens in a prompt, [CLS] and [SEP] included.
        pretrained: Whether ``init_weights`` loads the source's weights. If not, only
            its vocabulary and config are used, for a model whose checkpoint holds
            the text weights.
        frozen: Whether the encoder is never trained and stays in evaluation mode.
        cache_size: Maximum number of prompts whose features are kept between calls
            in evaluation (0.6 MB each for 200 tokens of BERT-base); 0: none.
        tuned_prompts: Number of fixed prompts with learnt offsets (prompt tuning); 0
            for a base model.
        prompt_files: Offsets of other tasks, as written by prompt tuning.
        names_alone: Whether each name of a list is a text of its own, of which the
            first token ([CLS]) is kept: one word feature per name (K-LITE's weights).
        examples: Arguments of :class:`ExampleReader`, for names that are shown by
            examples; None: words are all.
        init_cfg: Further initialisation, as in every mmengine module.

    Raises:
        ValueError: If the encoder has fewer positions than ``max_tokens``, or a
            prompt file does not fit.
        ImportError: If the source's package is missing.
        OSError: If the source is unreadable.
    """

    def __init__(
        self,
        source: str | Mapping[str, Any],
        max_tokens: int = 256,
        pretrained: bool = True,
        frozen: bool = False,
        cache_size: int = 128,
        tuned_prompts: int = 0,
        prompt_files: Sequence[str] = (),
        names_alone: bool = False,
        examples: Mapping[str, Any] | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.source = source
        self.max_tokens = max_tokens
        self.pretrained = pretrained
        self.frozen = frozen
        self.tokenizer = load_tokenizer(source)
        config = load_text_config(source)
        if config.model_type in CLIP_TYPES:
            config.max_position_embeddings = max_tokens
        positions = getattr(config, 'max_position_embeddings', max_tokens)
        if max_tokens > positions:
            raise ValueError(
                f'max_tokens is {max_tokens}, but the text encoder {source} has '
                f'only {positions} positions'
            )
        if len(self.tokenizer) > config.vocab_size:
            raise ValueError(
                f'the tokenizer of {source} has {len(self.tokenizer)} words, but the '
                f'encoder has embeddings for {config.vocab_size}'
            )
        self.names_alone = names_alone
        self.reader = PromptReader(self.tokenizer, max_tokens, names_alone)
        self.out_channels: int = config.hidden_size
        self.model = build_text_model(config)
        self.cache = TextCache(cache_size)
        self.prompt_offsets = PromptOffsets(
            self.out_channels, max_tokens, tuned_prompts
        )
        for file in prompt_files:
            self.prompt_offsets.load(file)
        self.example_reader: ExampleReader | None = None
        if examples is not None:
            if names_alone:
                raise ValueError(
                    'names_alone: names that are read alone have no examples'
                )
            check_layers(self.model, 'examples')
            self.example_reader = ExampleReader(text_dim=self.out_channels, **examples)
            self.example_reader.attach(text_layers(self.model))
        if frozen:
            self.model.requires_grad_(False)
        self.train()

    def init_weights(self) -> None:
        """Load the source's weights, if ``pretrained``; mmengine calls this once."""
        if self.pretrained:
            load_text_weights(self.source, self.model)
        super().init_weights()

    def train(self, mode: bool = True) -> 'TextEncoder':
        """Set the training mode; a frozen encoder stays in evaluation mode.

        Args:
            mode: Whether to train.

        Returns:
            This module.
        """
        self.cache.clear()  # some changes of weights are not visible to it
        super().train(mode and not self.frozen)
        self.prompt_offsets.train(mode)
        if self.example_reader is not None:
            self.example_reader.train(mode)
        return self

    def forward(self, ids: LongTensor, mask: BoolTensor) -> WordFeatures:
        """Encode tokens.

        Args:
            ids: (B, T) int64 token ids.
            mask: (B, T), true for real tokens.

        Returns:
            P0, features (B, T, out_channels).
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            output = self.model(input_ids=ids, attention_mask=mask.long())
        return WordFeatures(output.last_hidden_state, mask, ids)

    def read_causally(
        self,
        ids: LongTensor,
        start: int = 0,
        caches: list[KVCache] | None = None,
    ) -> Tensor:
        """Encode tokens with a causal mask, for captions.

        Args:
            ids: (R, n) int64, as in :func:`read_causally`; padding on the right.
            start: Likewise.
            caches: Likewise, made by :meth:`new_caches`.

        Returns:
            P0 (R, n, out_channels).
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            return read_causally(self.model, ids, start, caches)

    def new_caches(self) -> list[KVCache]:
        """Make an empty KV cache per layer, for :meth:`read_causally`."""
        return [KVCache() for _ in range(num_layers(self.model))]

    def tokenize(
        self, prompts: Sequence[Prompt]
    ) -> tuple[LongTensor, BoolTensor, list[BoolTensor]]:
        """Tokenize B prompts and send the result to the encoder's device at once.

        Returns:
            Token ids (B, T) int64, the mask (B, T) of real tokens, and per prompt the
            (K, T) bool matrix of the tokens of each phrase.

        Raises:
            ValueError: If a prompt does not fit into ``max_tokens`` or a phrase has
                no token (names it).
        """
        device = next(self.model.parameters()).device
        ids, mask, spans = self.reader.tokenize(prompts)
        counts = [len(matrix) for matrix in spans]
        ids, mask, spans = send([ids, mask, torch.cat(spans)], device)
        return ids, mask, list(spans.split(counts))

    def encode(
        self,
        prompts: Sequence[Prompt],
        examples: Sequence[PhraseExamples | None] = (),
        pyramid: Sequence[Tensor] = (),
    ) -> tuple[WordFeatures, list[BoolTensor]]:
        """Tokenize and encode prompts; equal texts are encoded once.

        The cache holds features without prompt offsets, so that these may change, and
        of texts without examples, which depend on the image.

        Args:
            prompts: B prompts.
            examples: Of each prompt, None for one without; empty: there are none.
            pyramid: With examples, O0 of the B images, levels (B, C, H_i, W_i).

        Returns:
            P0 of the B prompts, and the matrices of :meth:`tokenize`.

        Raises:
            ValueError: As :meth:`tokenize`; or if there are examples and this encoder
                reads none, or they do not fit.
        """
        given = {row: x for row, x in enumerate(examples) if x is not None}
        if self.names_alone and not given:
            return self._encode_alone(prompts)
        ids, mask, spans = self.tokenize(prompts)
        texts = [prompt.text for prompt in prompts]
        if not given:
            return self.prompt_offsets(self._read(texts, ids, mask)), spans
        shown = list(given)
        others = [row for row in range(len(prompts)) if row not in given]
        parts = [
            self.read_shown(
                ids[shown],
                mask[shown],
                [spans[row] for row in shown],
                list(given.values()),
                [level[shown] for level in pyramid],
            ).features
        ]
        if others:
            own = [texts[row] for row in others]
            parts.append(self._read(own, ids[others], mask[others]).features)
        order = torch.tensor([*shown, *others]).argsort()
        words = WordFeatures(torch.cat(parts)[order.to(ids.device)], mask, ids)
        return self.prompt_offsets(words), spans

    def read_shown(
        self,
        ids: LongTensor,
        mask: BoolTensor,
        spans: Sequence[BoolTensor],
        examples: Sequence[PhraseExamples],
        pyramid: Sequence[Tensor],
    ) -> WordFeatures:
        """Encode tokens, some of whose names have examples.

        Args:
            ids: (B, T) int64 token ids.
            mask: (B, T), true for real tokens.
            spans: Per prompt (K, T) bool, the tokens of each phrase.
            examples: Of each prompt.
            pyramid: O0 of the B images, levels (B, C, H_i, W_i).

        Returns:
            P0, features (B, T, out_channels); its ids are the given ones, whatever is
            hidden.

        Raises:
            ValueError: If this encoder reads no examples, or they do not fit.
        """
        reader = self.example_reader
        if reader is None:
            raise ValueError(NO_READER)
        seen = reader(examples, spans, pyramid)
        read = reader.hide(ids, examples, spans, self.tokenizer.mask_token_id)
        # The text layers may be frozen: gradients pass through them.
        with reader.shown(seen):
            output = self.model(input_ids=read, attention_mask=mask.long())
        return WordFeatures(output.last_hidden_state, mask, ids)

    def _encode_alone(
        self, prompts: Sequence[Prompt]
    ) -> tuple[WordFeatures, list[BoolTensor]]:
        """Give each phrase the first token of its own text; spans are one token."""
        rows: dict[str, int] = {}
        owners = [
            torch.tensor([rows.setdefault(x, len(rows)) for x in each.texts_alone])
            for each in prompts
        ]
        if not all(map(len, owners)):
            raise ValueError('names_alone: a text without a phrase cannot be read')
        ids, mask, _ = self.tokenize([Prompt(text, (), ()) for text in rows])
        read = self._read(list(rows), ids, mask)
        owner = pad_sequence(owners, batch_first=True)  # (B, K)
        real = pad_sequence([torch.ones_like(x) for x in owners], batch_first=True)
        owner, real = send([owner, real.bool()], ids.device)
        words = WordFeatures(read.features[owner, 0], real, ids[owner, 0])
        eyes = [
            torch.eye(len(each), owner.shape[1], dtype=torch.bool, device=ids.device)
            for each in owners
        ]
        return self.prompt_offsets(words), eyes

    def _read(
        self, texts: Sequence[str], ids: LongTensor, mask: BoolTensor
    ) -> WordFeatures:
        # A divided encoder runs in all processes or in none, whatever one has cached.
        fresh = self.training or not self.cache.size or is_divided(self)
        if torch.is_grad_enabled() or fresh:
            return self._encode_once(texts, ids, mask)
        return self._encode_cached(texts, ids, mask)

    def _encode_once(
        self, texts: Sequence[str], ids: LongTensor, mask: BoolTensor
    ) -> WordFeatures:
        rows: dict[str, int] = {}
        owner = [rows.setdefault(text, len(rows)) for text in texts]
        if len(rows) == len(texts):
            return self(ids, mask)
        first = [owner.index(row) for row in range(len(rows))]
        first, owner = send([torch.tensor(first), torch.tensor(owner)], ids.device)
        return self(ids[first], mask[first]).select(owner)

    def _encode_cached(
        self, texts: Sequence[str], ids: LongTensor, mask: BoolTensor
    ) -> WordFeatures:
        state = weights_state(self.model)
        known = {text: self.cache.get(state, text) for text in texts}
        new = [texts.index(text) for text, found in known.items() if found is None]
        if new:
            lengths = mask.sum(1).tolist()
            width = max(lengths[row] for row in new)
            encoded = self(ids[new, :width], mask[new, :width]).features
            for row, features in zip(new, encoded):
                known[texts[row]] = features[: lengths[row]].clone()
                self.cache.put(state, texts[row], known[texts[row]])
        features = known[texts[0]].new_zeros(*ids.shape, self.out_channels)
        for row, text in enumerate(texts):
            features[row, : len(known[text])] = known[text]
        return WordFeatures(features, mask, ids)
