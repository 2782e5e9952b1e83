"""Masked language modelling, alone and in the detector."""

import math

import pytest
import torch
import torch.nn.functional as F

from glipv2.models import MLMHead
from glipv2.structures.training_view import NOT_SCORED
from glipv2.structures.word_features import WordFeatures
from tests.tiny import CHANNELS, TEXT_DIM, batch_of, losses_of, sample_of, tiny_model

VOCABULARY = 30522
PRETRAINING = dict(
    contrastive_loss=dict(
        type='InterImageContrastiveLoss', visual_dim=CHANNELS, text_dim=TEXT_DIM,
        hidden_dim=8,
    ),
    mlm_head=dict(type='MLMHead', text_dim=TEXT_DIM, probability=0.5),
)  # fmt: skip
SAMPLES = (
    sample_of(('dog', 'hot dog'), [[8, 8, 40, 40]], [1]),
    sample_of('a dog and a cat', [[4, 4, 60, 60]], [0], tokens_positive=[[[2, 5]]]),
)


def words_of(labels: torch.Tensor) -> WordFeatures:
    """Make random words."""
    features = torch.randn(*labels.shape, TEXT_DIM)
    return WordFeatures(features, torch.ones_like(labels).bool(), labels)


def test_loss_is_the_mean_cross_entropy_of_masked_tokens() -> None:
    head = MLMHead(TEXT_DIM, 11, embeddings='none')
    labels = torch.full((2, 4), NOT_SCORED)
    labels[0, 1], labels[1, 3] = 7, 2
    words = words_of(labels)
    found = head.loss(words, labels)
    logits = head(words.features)
    expected = F.cross_entropy(torch.stack((logits[0, 1], logits[1, 3])),
                               torch.tensor([7, 2]))  # fmt: skip
    torch.testing.assert_close(found['loss_mlm'], expected)
    right = (logits[0, 1].argmax() == 7).float() + (logits[1, 3].argmax() == 2)
    torch.testing.assert_close(found['mlm_accuracy'], right / 2)


def test_without_a_masked_token_the_loss_is_zero_and_has_a_gradient() -> None:
    head = MLMHead(TEXT_DIM, 11, embeddings='none')
    labels = torch.full((1, 4), NOT_SCORED)
    loss = head.loss(words_of(labels), labels)['loss_mlm']
    loss.backward()
    assert loss == 0
    assert all(parameter.grad is not None for parameter in head.parameters())


@pytest.mark.parametrize('embeddings', ['tie', 'copy', 'none'])
def test_output_layer_and_the_text_encoders_words(embeddings: str) -> None:
    head = dict(PRETRAINING['mlm_head'], embeddings=embeddings)
    model = tiny_model(mlm_head=head)
    words = model.text_encoder.model.get_input_embeddings().weight
    features = torch.randn(3, TEXT_DIM)
    inner = model.mlm_head.norm(F.gelu(model.mlm_head.dense(features)))
    alike = torch.allclose(model.mlm_head(features), inner @ words.T, atol=1e-5)
    assert alike == (embeddings != 'none')
    with torch.no_grad():
        words.mul_(2)
    follows = torch.allclose(model.mlm_head(features), inner @ words.T, atol=1e-5)
    assert follows == (embeddings == 'tie')
    parameters = [p for _, p in model.named_parameters(remove_duplicate=False)]
    assert len({id(p) for p in parameters}) == len(parameters)
    other = tiny_model(mlm_head=head)
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other.mlm_head(features), model.mlm_head(features))


@pytest.mark.parametrize('embeddings', ['tie', 'copy'])
def test_words_of_another_size_are_refused(embeddings: str) -> None:
    head = MLMHead(TEXT_DIM, 11, embeddings=embeddings)
    use = head.tie_embeddings if embeddings == 'tie' else head.copy_embeddings
    with pytest.raises(ValueError, match='set its vocab_size'):
        use(torch.nn.Embedding(12, TEXT_DIM))
    with pytest.raises(ValueError, match='must be one of'):
        MLMHead(TEXT_DIM, 11, embeddings='some')


def test_all_losses_train_every_parameter_with_mixed_samples() -> None:
    model = tiny_model(**PRETRAINING)
    losses = losses_of(model, batch_of(SAMPLES))
    assert {'loss_cls', 'loss_bbox', 'loss_centerness', 'loss_inter', 'loss_mlm',
            'mlm_accuracy'} == losses.keys()  # fmt: skip
    total, log = model.parse_losses(losses)
    assert math.isfinite(total.item())
    assert 'mlm_accuracy' in log
    total.backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize(('kind', 'row'), [('mask_names', 0), ('mask_captions', 1)])
def test_each_kind_of_text_can_be_left_alone(kind: str, row: int) -> None:
    options = {**PRETRAINING['mlm_head'], 'probability': 1.0, kind: False}
    model = tiny_model(mlm_head=options)
    hidden = []
    model.mlm_head.loss, loss = (
        lambda words, labels: hidden.append(labels) or loss(words, labels),
        model.mlm_head.loss,
    )
    losses_of(model, batch_of(SAMPLES))
    assert (hidden[0][row] == NOT_SCORED).all()
    assert (hidden[0][1 - row] != NOT_SCORED).any()


def test_prediction_masks_nothing() -> None:
    torch.manual_seed(0)
    plain = tiny_model()
    trained = tiny_model(**PRETRAINING)
    trained.load_state_dict(plain.state_dict(), strict=False)
    batch = batch_of([sample_of(('dog', 'cat'))])
    with torch.no_grad():
        one, other = (
            model.eval()
            .test_step(dict(batch, data_samples=[sample_of(('dog', 'cat'))]))[0]
            .pred_instances
            for model in (plain, trained)
        )
    torch.testing.assert_close(one.scores, other.scores)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_many_words_are_counted_in_any_precision(dtype: torch.dtype) -> None:
    """bfloat16 would count 1,001 tokens as 1,000."""
    logits = torch.randn(1001, 7).to(dtype)
    targets = torch.randint(7, (1001,))
    loss = MLMHead(TEXT_DIM, 7).token_loss(logits, targets)['loss_mlm']
    shares = logits.double().exp() / logits.double().exp().sum(1, keepdim=True)
    expected = -shares[torch.arange(1001), targets].log().mean()
    assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=0)
