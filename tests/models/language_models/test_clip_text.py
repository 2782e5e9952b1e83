"""CLIP's text tower against transformers' own, and in the detector."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel

from glipv2.models import MLMHead, TextEncoder, VLFusionNeck
from glipv2.models.language_models.clip_text import (
    ClipLayer,
    ClipText,
    stretch_positions,
)
from glipv2.text.prompt import prompt_from_names
from tests.tiny import TEXT_DIM, batch_of, losses_of, sample_of, tiny_config, tiny_model

SHAPE = dict(
    hidden_size=TEXT_DIM, intermediate_size=48, num_hidden_layers=2,
    num_attention_heads=2, max_position_embeddings=77,
)  # fmt: skip


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a CLIP text model with a byte-pair vocabulary of letters."""
    out = tmp_path_factory.mktemp('clip')
    letters = [chr(number) for number in range(ord('!'), ord('~') + 1)]
    words = [*letters, *(f'{letter}</w>' for letter in letters), 'do', 'dog</w>']
    words += ['<|startoftext|>', '<|endoftext|>']
    (out / 'vocab.json').write_text(json.dumps({w: i for i, w in enumerate(words)}))
    (out / 'merges.txt').write_text('#version: 0.2\nd o\ndo g</w>\n')
    (out / 'tokenizer_config.json').write_text(
        json.dumps(
            dict(
                tokenizer_class='CLIPTokenizer', bos_token='<|startoftext|>',
                eos_token='<|endoftext|>', pad_token='<|endoftext|>',
                unk_token='<|endoftext|>', model_max_length=77,
            )
        )
    )  # fmt: skip
    torch.manual_seed(0)
    config = CLIPTextConfig(
        **SHAPE, vocab_size=len(words), bos_token_id=len(words) - 2,
        eos_token_id=len(words) - 1,
    )  # fmt: skip
    CLIPTextModel(config).save_pretrained(out)
    return out


def test_causal_form_equals_transformers(folder: Path) -> None:
    theirs = CLIPTextModel.from_pretrained(folder).eval()
    ours = ClipText(theirs.config, causal=True).eval()
    ours.load_transformers_weights(theirs.state_dict())
    ids = torch.randint(0, theirs.config.vocab_size, (3, 20))
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    with torch.no_grad():
        expected = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
        found = ours(ids, mask).last_hidden_state
    real = mask.bool()
    torch.testing.assert_close(found[real], expected[real], rtol=1e-5, atol=1e-5)


def test_attention_is_bidirectional_and_ignores_padding(folder: Path) -> None:
    config = CLIPTextModel.from_pretrained(folder).config
    model = ClipText(config).eval()
    ids = torch.randint(0, 100, (1, 8))
    other = ids.clone()
    other[0, 6] += 1
    with torch.no_grad():
        one, two = (model(x, torch.ones(1, 8)).last_hidden_state for x in (ids, other))
        short = model(ids[:, :5], torch.ones(1, 5)).last_hidden_state
        mask = torch.tensor([[1] * 5 + [0] * 3])
        padded = model(other, mask).last_hidden_state
    assert not torch.allclose(one[0, 0], two[0, 0])
    torch.testing.assert_close(padded[:, :5], short)


def test_positions_are_stretched_as_numpy_interpolates() -> None:
    positions = torch.randn(77, 4, dtype=torch.double)
    # Pixel centres, as F.interpolate without aligned corners.
    places = np.clip((np.arange(256) + 0.5) * 77 / 256 - 0.5, 0, 76)
    expected = np.stack(
        [np.interp(places, np.arange(77), column) for column in positions.T.numpy()], 1
    )
    found = stretch_positions(positions, 256)
    assert found.dtype == torch.double
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_encoder_reads_a_folder_and_a_whole_clip(folder: Path, tmp_path: Path) -> None:
    encoder = TextEncoder(str(folder), max_tokens=200)
    encoder.init_weights()
    saved = CLIPTextModel.from_pretrained(folder)
    positions = encoder.model.embeddings['position_embedding'].weight
    # transformers 5 names the weights without the prefix.
    weights = {
        key.removeprefix('text_model.'): value
        for key, value in saved.state_dict().items()
    }
    old = weights['embeddings.position_embedding.weight']
    assert positions.shape == (200, TEXT_DIM)
    torch.testing.assert_close(positions, stretch_positions(old, 200))
    whole = CLIPModel(
        CLIPConfig(
            text_config=saved.config.to_dict(),
            vision_config=dict(hidden_size=16, intermediate_size=16,
                               num_hidden_layers=1, num_attention_heads=2,
                               image_size=32, patch_size=16),
            projection_dim=8,
        )
    )  # fmt: skip
    whole.text_model.load_state_dict(weights)
    whole.save_pretrained(tmp_path)
    for name in ('vocab.json', 'merges.txt', 'tokenizer_config.json'):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    again = TextEncoder(str(tmp_path), max_tokens=200)
    again.init_weights()
    for key, value in encoder.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], value)


def test_spans_and_padding_with_a_byte_pair_vocabulary(folder: Path) -> None:
    encoder = TextEncoder(str(folder), max_tokens=100).eval()
    prompts = [prompt_from_names(['dog', 'Hot-Dog']), prompt_from_names(['cat'])]
    words, spans = encoder.encode(prompts)
    shown = [
        [encoder.tokenizer.convert_ids_to_tokens(int(i)) for i in words.ids[0][row]]
        for row in spans[0]
    ]
    assert shown[0] == ['dog</w>']
    assert ''.join(shown[1]).replace('</w>', '') == 'hot-dog'
    alone, _ = encoder.encode(prompts[1:])
    width = alone.features.shape[1]
    torch.testing.assert_close(words.features[1, :width], alone.features[0])
    assert words.mask[1].sum() == width


def test_a_config_alone_takes_the_tokenizer_it_names(folder: Path) -> None:
    source = dict(SHAPE, model_type='clip_text_model', vocab_size=500)
    encoder = TextEncoder(dict(source, tokenizer=str(folder)), max_tokens=128)
    assert encoder.tokenizer.bos_token == '<|startoftext|>'
    assert isinstance(encoder.model, ClipText)
    bert = TextEncoder(dict(source, vocab_size=30522), max_tokens=128)
    assert bert.tokenizer.mask_token == '[MASK]'
    with pytest.raises(ValueError, match='no field of CLIPTextConfig'):
        TextEncoder(dict(source, hidden=3))
    with pytest.raises(ValueError, match='embeddings for 500'):
        TextEncoder(source)


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    config = CLIPTextModel.from_pretrained(folder).config
    weights = CLIPTextModel.from_pretrained(folder).state_dict()
    config.intermediate_size = 40
    with pytest.raises(RuntimeError, match=r'mlp\.fc1'):
        ClipText(config).load_transformers_weights(weights)


def test_masked_words_need_a_mask_token(folder: Path) -> None:
    encoder = TextEncoder(str(folder), max_tokens=100)
    ids, mask, _ = encoder.tokenize([prompt_from_names(['dog', 'cat', 'mouse'])])
    none = torch.zeros_like(mask)
    with pytest.raises(ValueError, match='set mask_token_id of mlm_head'):
        MLMHead(TEXT_DIM, 500).mask_tokens(ids, mask, none, encoder.tokenizer)
    head = MLMHead(TEXT_DIM, 500, probability=1.0, mask_token_id=7)
    torch.manual_seed(0)
    masked = head.mask_tokens(ids, mask, none, encoder.tokenizer)
    assert (masked.ids == 7).sum() > 3
    assert masked.ids[0, 0] == encoder.tokenizer.bos_token_id
    assert (masked.labels[0, [0, -1]] == -100).all()


def test_trains_in_the_detector(folder: Path) -> None:
    fusion = dict(tiny_config().fusion_neck, text_layer='clip')
    model = tiny_model(
        text_encoder=dict(type='TextEncoder', source=str(folder), max_tokens=100),
        fusion_neck=fusion,
        mlm_head=dict(type='MLMHead', text_dim=TEXT_DIM, mask_token_id=3,
                      vocab_size=192, probability=1.0),
    )  # fmt: skip
    assert isinstance(model.fusion_neck.blocks[0].text_layer, ClipLayer)
    batch = batch_of([sample_of(('dog', 'cat'), [[8, 8, 40, 40]], [1])])
    losses = losses_of(model, batch)
    model.parse_losses(losses)[0].backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)
    with pytest.raises(ValueError, match='text_layer must be one of'):
        VLFusionNeck(text_layer='gpt')
