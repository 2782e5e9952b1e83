"""Masking tokens, for masked language modelling (BERT)."""

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
    """Mask tokens at random (BERT, arXiv 1810.04805; shares as in GLIP's code).

    Args:
        ids: (B, T) int64 token ids.
        allowed: (B, T), true for tokens that may be chosen; special tokens never are.
        tokenizer: The text encoder's tokenizer.
        probability: Of each allowed token to be chosen.
        mask_share: Share of the chosen tokens that become [MASK].
        random_share: Share that become a random token; the rest stay as they are.
        mask_token_id: Id of [MASK], for a tokenizer that has none.

    Returns:
        The masked ids and the labels.

    Raises:
        ValueError: If the tokenizer has no mask token, or the shares are out of range.
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
    # They are few, and comparing one by one sends no list to the device.
    for special in tokenizer.all_special_ids:
        allowed = allowed & (ids != special)
    chosen = allowed & (torch.rand(ids.shape, device=ids.device) < probability)
    labels = ids.masked_fill(~chosen, NOT_SCORED)
    draw = torch.rand(ids.shape, device=ids.device)
    masked = ids.masked_fill(chosen & (draw < mask_share), mask_token_id)
    anything = torch.randint_like(ids, len(tokenizer))
    replaced = chosen & (draw >= mask_share) & (draw < mask_share + random_share)
    return MaskedWords(torch.where(replaced, anything, masked), labels)
