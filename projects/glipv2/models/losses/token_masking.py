"""Hiding words from the text encoder, for masked language modelling (BERT)."""

import torch
from torch import BoolTensor, LongTensor
from transformers import PreTrainedTokenizerBase

from ...structures.training_view import NOT_SCORED, MaskedWords


def mask_words(
    ids: LongTensor,
    allowed: BoolTensor,
    tokenizer: PreTrainedTokenizerBase,
    probability: float = 0.15,
    mask_share: float = 0.8,
    random_share: float = 0.1,
    mask_token_id: int | None = None,
) -> MaskedWords:
    """Hide words at random (BERT, arXiv 1810.04805; shares as in GLIP's code).

    Args:
        ids: (B, T) int64 token ids.
        allowed: (B, T), true for words that may be hidden and are scored then;
            special tokens never are.
        tokenizer: The text encoder's.
        probability: Of each allowed word.
        mask_share: How often a chosen word becomes [MASK].
        random_share: How often it becomes any word of the vocabulary; in the rest it
            stays.
        mask_token_id: Of [MASK], for a tokenizer that has none.

    Returns:
        The ids and what to predict.

    Raises:
        ValueError: If the tokenizer has no mask token, or a share is impossible.
    """
    if mask_token_id is None:
        mask_token_id = tokenizer.mask_token_id
    if mask_token_id is None:
        raise ValueError(
            f'{type(tokenizer).__name__} has no mask token, which masked language '
            'modelling needs; set mask_token_id of mlm_head to a token that no text '
            'uses (49404 for CLIP, as in GLIP)'
        )
    if not 0 <= mask_share + random_share <= 1:
        raise ValueError(
            f'mask_share {mask_share} and random_share {random_share} are more than 1'
        )
    # Few numbers: compared one by one, no list of them has to reach the device.
    for special in tokenizer.all_special_ids:
        allowed = allowed & (ids != special)
    chosen = allowed & (torch.rand(ids.shape, device=ids.device) < probability)
    labels = ids.masked_fill(~chosen, NOT_SCORED)
    draw = torch.rand(ids.shape, device=ids.device)
    hidden = ids.masked_fill(chosen & (draw < mask_share), mask_token_id)
    anything = torch.randint_like(ids, len(tokenizer))
    replaced = chosen & (draw >= mask_share) & (draw < mask_share + random_share)
    return MaskedWords(torch.where(replaced, anything, hidden), labels)
