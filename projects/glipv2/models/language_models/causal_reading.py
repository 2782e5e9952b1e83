"""A text encoder run with a causal mask, for captions (GLIPv2, captioning)."""

import torch
from torch import BoolTensor, LongTensor, Tensor, nn
from transformers import PreTrainedModel

from ..layers.kv_cache import KVCache, causal_mask
from ..layers.text_layer import self_attention
from .clip_text import ClipText

# These count positions from the padding token's id + 1.
AFTER_PADDING = ('roberta', 'xlm-roberta')
SUPPORTED = ('bert', *AFTER_PADDING)


def check_layers(model: PreTrainedModel | ClipText, what: str) -> None:
    """Refuse a text model whose layers are of a kind that is not known here.

    Args:
        model: Built by ``build_text_model``.
        what: That needs its layers, such as ``'captions'``, for the error.

    Raises:
        ValueError: If its layers are of another kind.
    """
    if not isinstance(model, ClipText) and model.config.model_type not in SUPPORTED:
        raise ValueError(
            f'{what} need a text encoder of type {", ".join(SUPPORTED)} or CLIP, '
            f'not {model.config.model_type}'
        )


def num_layers(model: PreTrainedModel | ClipText) -> int:
    """Count the layers of a text model, one KV cache each."""
    return len(text_layers(model))


def read_causally(
    model: PreTrainedModel | ClipText,
    ids: LongTensor,
    start: int = 0,
    caches: list[KVCache] | None = None,
) -> Tensor:
    """Compute word features in which no token depends on those after it.

    Padding on the right needs no mask: no token before it attends to it.

    Args:
        model: Built by ``build_text_model``.
        ids: (R, n) int64, n token ids of each of R sentences.
        start: t, number of tokens of each sentence in ``caches``.
        caches: One per layer: KV cache of earlier tokens; updated in place.

    Returns:
        (R, n, C), the last hidden state.
    """
    mask = causal_mask(ids.shape[1], start, ids.device)
    positions = torch.arange(start, start + ids.shape[1], device=ids.device)
    layers = text_layers(model)
    caches = caches or [None] * len(layers)
    if isinstance(model, ClipText):
        x = model.embed(ids, positions)
        for layer, cache in zip(layers, caches):
            x = layer(x, mask, cache)
        return model.final_layer_norm(x)
    x = _embed(model, ids, positions)
    for layer, cache in zip(layers, caches):
        x = _run_layer(layer, x, mask, cache)
    return x


def text_layers(model: PreTrainedModel | ClipText) -> nn.ModuleList:
    """Return the layers of a text model; each takes its words (B, T, C) first."""
    if isinstance(model, ClipText):
        return model.encoder['layers']
    return model.encoder.layer


def _embed(model: PreTrainedModel, ids: LongTensor, positions: LongTensor) -> Tensor:
    parts = model.embeddings
    if model.config.model_type in AFTER_PADDING:
        positions = positions + model.config.pad_token_id + 1
    x = parts.word_embeddings(ids) + parts.position_embeddings(positions)
    x = x + parts.token_type_embeddings(torch.zeros_like(ids))
    return parts.dropout(parts.LayerNorm(x))


def _run_layer(
    layer: nn.Module, x: Tensor, mask: BoolTensor, cache: KVCache | None
) -> Tensor:
    """Run one of BERT's layers on (R, n, C)."""
    own = layer.attention.self
    attended = self_attention(
        own.query(x),
        own.key(x),
        own.value(x),
        own.num_attention_heads,
        mask,
        own.dropout.p if layer.training else 0.0,
        cache,
    )
    x = layer.attention.output(attended, x)
    return layer.output(layer.intermediate(x), x)
