"""A text encoder's words read from left to right, for captions (GLIPv2, captioning).

The weights are the encoder's own; only who may read whom differs.
"""

import torch
import torch.nn.functional as F
from torch import BoolTensor, LongTensor, Tensor, nn
from transformers import PreTrainedModel

from ..layers.kv_cache import LayerCache, causal_mask
from ..layers.text_layer import over_heads
from .clip_text import ClipText

# Of these, positions are counted from the one after the padding word's number.
AFTER_PADDING = ('roberta', 'xlm-roberta')
SUPPORTED = ('bert', *AFTER_PADDING)


def check_causal(model: PreTrainedModel | ClipText) -> None:
    """Refuse a text model that cannot be read from left to right here.

    Args:
        model: Of ``build_text_model``.

    Raises:
        ValueError: If its layers are of another kind.
    """
    if not isinstance(model, ClipText) and model.config.model_type not in SUPPORTED:
        raise ValueError(
            f'captions need a text encoder of type {", ".join(SUPPORTED)} or CLIP, '
            f'not {model.config.model_type}'
        )


def num_layers(model: PreTrainedModel | ClipText) -> int:
    """Count the layers of a text model.

    Args:
        model: Of ``build_text_model``.

    Returns:
        How many caches :func:`read_causally` takes.
    """
    return len(_layers(model))


def read_causally(
    model: PreTrainedModel | ClipText,
    ids: LongTensor,
    start: int = 0,
    caches: list[LayerCache] | None = None,
) -> Tensor:
    """Compute word features in which no word knows those after it.

    Padding on the right needs no mask: no word before it reads it.

    Args:
        model: Of ``build_text_model``.
        ids: (R, n) int64, n words of each of R sentences.
        start: t, how many words of each sentence were read before.
        caches: One per layer, of the words before these; get these too.

    Returns:
        (R, n, C), what the encoder's last layer gives of these words.
    """
    mask = causal_mask(ids.shape[1], start, ids.device)
    places = torch.arange(start, start + ids.shape[1], device=ids.device)
    layers = _layers(model)
    kept = caches or [None] * len(layers)
    if isinstance(model, ClipText):
        x = model.embed(ids, places)
        for layer, cache in zip(layers, kept):
            x = layer(x, mask, cache)
        return model.final_layer_norm(x)
    x = _embed(model, ids, places)
    for layer, cache in zip(layers, kept):
        x = _run_layer(layer, x, mask, cache)
    return x


def _layers(model: PreTrainedModel | ClipText) -> nn.ModuleList:
    if isinstance(model, ClipText):
        return model.encoder['layers']
    return model.encoder.layer


def _embed(model: PreTrainedModel, ids: LongTensor, places: LongTensor) -> Tensor:
    parts = model.embeddings
    if model.config.model_type in AFTER_PADDING:
        places = places + model.config.pad_token_id + 1
    x = parts.word_embeddings(ids) + parts.position_embeddings(places)
    x = x + parts.token_type_embeddings(torch.zeros_like(ids))
    return parts.dropout(parts.LayerNorm(x))


def _run_layer(
    layer: nn.Module, x: Tensor, mask: BoolTensor, cache: LayerCache | None
) -> Tensor:
    """Run one of BERT's layers; ``x`` is (R, n, C), ``mask`` as of ``TextLayer``."""
    own = layer.attention.self
    query, key, value = (
        part(x).unflatten(-1, (own.num_attention_heads, -1)).transpose(1, 2)
        for part in (own.query, own.key, own.value)
    )  # 3 * (R, H, n, D)
    if cache is not None:
        key, value = cache.extend(key, value)
    read = F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=over_heads(mask),
        dropout_p=own.dropout.p if layer.training else 0.0,
    )
    x = layer.attention.output(read.transpose(1, 2).flatten(2), x)
    return layer.output(layer.intermediate(x), x)
