"""Names that are read alone (K-LITE), in the encoder and in the detector."""

import pytest
import torch

from glipv2.text.cutting import Cutting
from glipv2.text.prompt import Prompt, prompt_from_names
from tests.tiny import batch_of, losses_of, sample_of, tiny_config, tiny_model

KNOWN = {'dog': dict(suffix=': an animal'), 'car': dict(suffix=': it has wheels')}


@pytest.fixture(scope='module')
def model() -> torch.nn.Module:
    """A late-fusion detector whose names are read alone."""
    config = tiny_config()
    torch.manual_seed(0)
    return tiny_model(
        text_encoder=dict(config.text_encoder, names_alone=True),
        fusion_neck=dict(config.fusion_neck, early_fusion=False),
    ).eval()


def test_a_name_is_the_first_token_of_its_own_text(model: torch.nn.Module) -> None:
    encoder = model.text_encoder
    prompts = [
        prompt_from_names(['dog', 'car', 'cat'], KNOWN),
        prompt_from_names(['car'], KNOWN),
    ]
    with torch.no_grad():
        words, spans = encoder.encode(prompts)
        again, _ = encoder.encode(prompts)
        for row, (prompt, names) in enumerate(
            zip(prompts, (['dog: an animal', 'car: it has wheels', 'cat'],) * 2)
        ):
            texts = names if row == 0 else names[1:2]
            assert list(prompt.texts_alone) == texts
            for column, text in enumerate(texts):
                ids, mask, _ = encoder.tokenize([Prompt(text, (), ())])
                expected = encoder(ids, mask).features[0, 0]
                torch.testing.assert_close(words.features[row, column], expected)
    torch.testing.assert_close(words.features, again.features)
    assert words.mask.tolist() == [[True] * 3, [True, False, False]]
    assert spans[0].equal(torch.eye(3).bool())
    assert spans[1].tolist() == [[True, False, False]]
    with pytest.raises(ValueError, match='without a phrase'):
        encoder.encode([Prompt('a question', (), ())])


def test_any_number_of_names_is_one_prompt(model: torch.nn.Module) -> None:
    names = tuple(f'name {number}' for number in range(300))
    sample = sample_of(names)
    assert len(model.text_encoder.reader.split(sample)) == 1
    assert len(model.text_encoder.reader.split(sample, Cutting(40))) == 8


def test_scores_do_not_depend_on_the_other_names(model: torch.nn.Module) -> None:
    model.test_cfg.score_thr = 0.0
    model.bbox_head.test_cfg.score_thr = 0.0
    with torch.no_grad():
        batch = batch_of([sample_of(('dog', 'car'))])
        (both,) = model.test_step(batch)
        batch['data_samples'] = [sample_of(('car',))]
        (alone,) = model.test_step(batch)
    of_car = both.pred_instances.scores[both.pred_instances.labels == 1]
    count = min(len(of_car), len(alone.pred_instances), 5)
    assert count > 0
    torch.testing.assert_close(of_car[:count], alone.pred_instances.scores[:count])


def test_it_trains(model: torch.nn.Module) -> None:
    sample = sample_of(('dog', 'car'), [[8, 8, 56, 56]], [1])
    losses = losses_of(model.train(), batch_of([sample]))
    total, _ = model.parse_losses(losses)
    total.backward()
    gradient = model.text_encoder.get_parameter(
        'model.embeddings.word_embeddings.weight'
    ).grad
    assert total.isfinite() and gradient.abs().sum() > 0
