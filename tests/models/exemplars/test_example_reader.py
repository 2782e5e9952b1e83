"""Words read examples of their name, and nothing changes before gates are trained."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from glipv2.models import TextEncoder
from glipv2.structures.examples import Examples, PhraseExamples
from glipv2.text.prompt import Prompt, prompt_from_names
from tests.tiny import (
    CHANNELS,
    TEXT_SOURCE,
    batch_of,
    losses_of,
    sample_of,
    tiny_config,
    tiny_model,
)

READER = dict(
    channels=CHANNELS, num_layers=2, num_heads=2, head_dim=4, target_head_dim=4
)
BERT = dict(TEXT_SOURCE, num_hidden_layers=3)
CLIP = dict(
    model_type='clip_text_model', hidden_size=32, num_hidden_layers=3,
    num_attention_heads=2, intermediate_size=48, vocab_size=30522,
)  # fmt: skip
NAMES = ('red apple', 'dog', 'key')


def encoder_of(source: dict, **reader: object) -> TextEncoder:
    """Build a text encoder that reads examples."""
    torch.manual_seed(0)
    examples = dict(READER, **reader)
    return TextEncoder(source, max_tokens=64, examples=examples).eval()


def open_gates(reader: nn.Module) -> None:
    """Make a reader as if it were trained."""
    for gated in reader.gated:
        nn.init.normal_(gated.attention_gate.linear2.weight)
        nn.init.ones_(gated.feedforward_gate)


def pyramid_of(images: int) -> list[torch.Tensor]:
    """Make O0 of random images, down to a level of one location."""
    random = torch.Generator().manual_seed(1)
    return [
        torch.randn(images, CHANNELS, side, side + 1, generator=random)
        for side in (8, 4, 1)
    ]


def shown(*phrases: int, hidden: tuple[int, ...] = (), seed: int = 0) -> PhraseExamples:
    """Make two examples for each phrase."""
    owners = tuple(x for x in phrases for _ in range(2))
    random = torch.Generator().manual_seed(seed)
    return PhraseExamples(
        torch.randn(len(owners), CHANNELS, generator=random), owners, hidden
    )


@pytest.fixture(params=[BERT, CLIP], ids=['BERT', 'CLIP'])
def encoder(request: pytest.FixtureRequest) -> TextEncoder:
    """Build one of each kind."""
    try:
        return encoder_of(request.param, mask_token_id=103)
    except (KeyError, ValueError) as error:
        pytest.fail(str(error))


@torch.no_grad()
def test_an_untrained_reader_changes_nothing(encoder: TextEncoder) -> None:
    prompt = prompt_from_names(NAMES)
    ids, mask, spans = encoder.tokenize([prompt])
    plain = encoder(ids, mask).features
    seen = encoder.read_shown(ids, mask, spans, [shown(0, 2)], pyramid_of(1))
    assert torch.equal(seen.features, plain)


@torch.no_grad()
def test_a_word_reads_its_own_examples(encoder: TextEncoder) -> None:
    """One layer of reading before the last text layer, looked at by itself."""
    open_gates(encoder.example_reader)
    ids, _, spans = encoder.tokenize([prompt_from_names(NAMES)])
    reader = encoder.example_reader
    words = torch.randn(*ids.shape, encoder.out_channels)
    read = [
        reader.gated[0](words, reader([shown(1, seed=seed)], spans, pyramid_of(1)))
        for seed in (0, 1)
    ]
    changed = (read[0] != read[1]).any(-1)
    assert torch.equal(changed, spans[0][1][None])


@torch.no_grad()
def test_examples_and_the_image_count(encoder: TextEncoder) -> None:
    open_gates(encoder.example_reader)
    prompts = [prompt_from_names(NAMES)] * 2
    examples = [shown(0), shown(0)]
    pyramid = [level[:1].expand(2, -1, -1, -1) for level in pyramid_of(1)]
    same, _ = encoder.encode(prompts, examples, pyramid)
    assert torch.allclose(same.features[0], same.features[1], atol=1e-5)
    other, _ = encoder.encode(prompts, examples, pyramid_of(2))
    assert not torch.allclose(other.features[0], other.features[1], atol=1e-3)
    fewer, _ = encoder.encode(prompts, [shown(0), shown(0, 1)], pyramid)
    assert torch.allclose(fewer.features[0], same.features[0], atol=1e-5)
    assert not torch.allclose(fewer.features[1], same.features[1], atol=1e-3)


@torch.no_grad()
def test_a_hidden_name_does_not_count(encoder: TextEncoder) -> None:
    """The prompts differ in a word of equal length, which examples replace."""
    open_gates(encoder.example_reader)
    prompts = [prompt_from_names(names) for names in (('dog', 'key'), ('cat', 'key'))]
    pyramid = [level[:1].expand(2, -1, -1, -1) for level in pyramid_of(1)]
    seen, _ = encoder.encode(prompts, [shown(0), shown(0)], pyramid)
    assert not torch.allclose(seen.features[0], seen.features[1], atol=1e-3)
    hidden = [shown(0, hidden=(0,))] * 2
    seen, _ = encoder.encode(prompts, hidden, pyramid)
    assert torch.equal(seen.features[0], seen.features[1])
    assert not torch.equal(seen.ids[0], seen.ids[1])


@torch.no_grad()
def test_texts_without_examples_are_kept_and_unchanged(encoder: TextEncoder) -> None:
    open_gates(encoder.example_reader)
    prompts = [prompt_from_names(('key',)), prompt_from_names(NAMES)]
    plain, _ = encoder.encode(prompts)
    before = len(encoder.cache)
    mixed, _ = encoder.encode(prompts, [None, shown(1)], pyramid_of(2))
    assert torch.equal(mixed.features[0], plain.features[0])
    assert not torch.allclose(mixed.features[1], plain.features[1], atol=1e-3)
    assert len(encoder.cache) == before == 2
    again, _ = encoder.encode(prompts)
    assert torch.equal(again.features, plain.features)


@torch.no_grad()
def test_a_copy_reads_with_its_own_weights() -> None:
    encoder = encoder_of(BERT)
    copy = deepcopy(encoder)
    open_gates(copy.example_reader)
    given = [prompt_from_names(NAMES)], [shown(0)], pyramid_of(1)
    plain, _ = encoder.encode(given[0])
    assert torch.allclose(encoder.encode(*given)[0].features, plain.features, atol=1e-6)
    assert not torch.allclose(copy.encode(*given)[0].features, plain.features)


@torch.no_grad()
def test_the_text_model_can_be_exported(encoder: TextEncoder) -> None:
    """As the questions of a VQA head are; hooks leave nothing in the graph."""
    ids, mask, _ = encoder.tokenize([prompt_from_names(NAMES)])
    given = dict(input_ids=ids, attention_mask=mask.long())
    program = torch.export.export(encoder.model, (), given, strict=False).module()
    found = program(**given)
    features = found.last_hidden_state if hasattr(found, 'last_hidden_state') else found
    if isinstance(features, dict):
        features = features['last_hidden_state']
    wanted = encoder(ids, mask).features
    torch.testing.assert_close(features, wanted, rtol=1e-5, atol=1e-5)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match='only 3 layers'):
        encoder_of(BERT, num_layers=4)
    with pytest.raises(ValueError, match='read alone'):
        TextEncoder(BERT, max_tokens=64, names_alone=True, examples=READER)
    encoder = encoder_of(BERT)
    prompt: list[Prompt] = [prompt_from_names(NAMES)]
    wide = PhraseExamples(torch.randn(1, CHANNELS + 1), (0,))
    with pytest.raises(ValueError, match='have 17 channels, but this model reads 16'):
        encoder.encode(prompt, [wide], pyramid_of(1))
    with pytest.raises(ValueError, match='reads no examples'):
        TextEncoder(BERT, max_tokens=64).encode(prompt, [shown(0)], pyramid_of(1))
    encoder.tokenizer.mask_token = None
    with pytest.raises(ValueError, match='no mask token'):
        encoder.encode(prompt, [shown(0, hidden=(0,))], pyramid_of(1))
    with pytest.raises(ValueError, match='mlm_head and text_encoder.examples'):
        tiny_model(**model_changes(), mlm_head=dict(type='MLMHead', text_dim=32))


def model_changes(**encoder: object) -> dict:
    """Describe a detector that reads examples; all else is frozen."""
    text_encoder = dict(
        tiny_config().text_encoder, source=BERT, examples=READER, frozen=True, **encoder
    )
    return dict(text_encoder=text_encoder, train_only=('text_encoder.example_reader',))


def test_training_moves_the_reader_alone() -> None:
    torch.manual_seed(0)
    model = tiny_model(**model_changes())
    queries = dict(dog=torch.randn(3, CHANNELS))
    samples = [
        sample_of(NAMES, [[8, 8, 56, 56]], [1], examples=Examples(queries, {'dog'})),
        sample_of(NAMES, [[8, 8, 40, 40]], [0]),
    ]
    for chosen in (samples, samples[1:]):
        model.zero_grad()
        total, _ = model.parse_losses(losses_of(model, batch_of(chosen)))
        total.backward()
        moved = {name for name, x in model.named_parameters() if x.grad is not None}
        reader = {f'text_encoder.example_reader.{name}' for name, _ in
                  model.text_encoder.example_reader.named_parameters()}  # fmt: skip
        assert moved == reader
    gates = [gated.attention_gate.linear2 for gated in
             model.text_encoder.example_reader.gated]  # fmt: skip
    model.zero_grad()
    losses_of(model, batch_of(samples))['loss_cls'].backward()
    assert all(gate.weight.grad.abs().sum() > 0 for gate in gates)
    assert not any(x.training for x in (model.backbone, model.text_encoder.model))
    assert model.text_encoder.example_reader.training


@torch.no_grad()
@pytest.mark.parametrize('early', [True, False], ids=['early', 'late'])
def test_predictions_with_examples(early: bool) -> None:
    """Chunks, a batch, and an untrained reader that leaves everything as it was."""
    torch.manual_seed(0)
    changes = model_changes()
    if not early:
        changes['fusion_neck'] = dict(
            type='VLFusionNeck', in_channels=CHANNELS, text_dim=32, num_blocks=2,
            embed_dim=32, num_heads=2, text_num_heads=2, early_fusion=False,
        )  # fmt: skip
    model = tiny_model(**changes).eval()
    queries = dict(dog=torch.randn(3, CHANNELS), key=torch.randn(2, CHANNELS))
    samples = [
        sample_of(NAMES),
        sample_of(('red apple',)),
        sample_of(('key',), shape=(96, 64)),
    ]
    batch = batch_of(samples)
    batch = model.data_preprocessor(batch, False)

    def scores(**settings: object) -> list[torch.Tensor]:
        found = model.predict(**{
            'batch_inputs': batch['inputs'],
            'batch_data_samples': batch['data_samples'],
            'settings': settings,
        })  # fmt: skip
        return [x.pred_instances.scores for x in found]

    plain = scores()
    for sample in batch['data_samples']:
        sample.set_metainfo(dict(examples=Examples(queries)))
    for one, other in zip(plain, scores()):
        assert torch.allclose(one, other, atol=1e-5)
    open_gates(model.text_encoder.example_reader)
    seen = scores()
    assert not torch.allclose(seen[0], plain[0], atol=1e-5)
    assert torch.equal(seen[1], plain[1])
    assert not torch.allclose(seen[2], plain[2], atol=1e-5)
    in_chunks = scores(chunked_size=1)
    assert all(x.isfinite().all() for x in in_chunks)
