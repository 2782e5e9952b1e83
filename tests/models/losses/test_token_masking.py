"""Which tokens are masked, how often, and which never are."""

import pytest
import torch

from glipv2.models.losses.token_masking import mask_words
from glipv2.structures.training_view import NOT_SCORED
from glipv2.text.sources import load_tokenizer
from tests.tiny import TEXT_SOURCE

TOKENIZER = load_tokenizer(TEXT_SOURCE)


def test_shares_are_those_of_bert() -> None:
    torch.manual_seed(0)
    ids = torch.randint(2000, 3000, (200, 500))
    masked = mask_words(ids, torch.ones_like(ids).bool(), TOKENIZER)
    chosen = masked.labels != NOT_SCORED
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.005)
    torch.testing.assert_close(masked.labels[chosen], ids[chosen])
    torch.testing.assert_close(masked.ids[~chosen], ids[~chosen])
    now = masked.ids[chosen]
    hidden = (now == TOKENIZER.mask_token_id).float().mean().item()
    same = (now == ids[chosen]).float().mean().item()
    assert hidden == pytest.approx(0.8, abs=0.01)
    assert same == pytest.approx(0.1, abs=0.01)


def test_special_and_forbidden_tokens_are_never_masked() -> None:
    encoded = TOKENIZER(['a red apple', 'dog'], padding=True, return_tensors='pt')
    ids = encoded.input_ids
    allowed = torch.ones_like(ids).bool()
    allowed[0, 1] = False
    masked = mask_words(ids, allowed, TOKENIZER, probability=1.0, mask_share=1.0,
                        random_share=0.0)  # fmt: skip
    kept = masked.labels == NOT_SCORED
    special = torch.isin(ids, torch.tensor(TOKENIZER.all_special_ids))
    assert kept[special].all()
    assert kept[0, 1]
    assert not kept[0, 2]
    assert (masked.ids[~kept] == TOKENIZER.mask_token_id).all()


def test_impossible_shares_are_refused() -> None:
    ids = torch.zeros(1, 3).long()
    with pytest.raises(ValueError, match='are more than 1'):
        mask_words(ids, ids.bool(), TOKENIZER, mask_share=0.8, random_share=0.3)
