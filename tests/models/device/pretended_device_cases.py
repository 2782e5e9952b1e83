"""Every head on a device that is not the CPU; run by test_pretended_device.py.

Not collected by itself: torch learns of a device once in a process and for good, and
before the first backward pass.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from torch import Tensor, nn

from tests.models.device.pretended_device import (
    DEVICE,
    Event,
    MixedDevicesError,
    Watch,
    known_to_openmmlab,
    register,
)
from tests.models.grounded_reader.test_reader import READER
from tests.models.language_models.test_prompt_offsets import tuning_model
from tests.models.mask_heads.test_language_mask_head import HEAD as MASK_HEAD
from tests.models.mask_heads.test_language_mask_head import masked_sample
from tests.models.vl_heads.test_vocabulary_head import PRETRAINING, SAMPLES
from tests.task_samples import HEADS, box_sample, caption_sample, task_model, vqa_sample
from tests.tiny import batch_of, losses_of, sample_of, tiny_config, tiny_model

register()

# Texts, answers and categories are Python's: read on the CPU, packed, then sent.
READ_ON_THE_CPU = (
    'text/tokens.py',
    'models/device/transfer.py',
    'models/language_models/text_encoder.py',
    'models/layers/padding.py',
    'models/losses/contrastive_targets.py',
    'models/vl_heads/vqa_head.py',
)
UNLIKE = (
    sample_of(('dog', 'hot dog', 'car'), [[8, 8, 40, 40], [30, 9, 90, 60]], [1, 2]),
    sample_of('a dog and a cat', [[4, 4, 60, 60]], [0], shape=(50, 70),
              tokens_positive=[[[2, 5]]]),
    sample_of(('cart',), shape=(64, 64)),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A model, and what it is trained and tested on."""

    build: Callable[[], nn.Module]
    samples: tuple[DetDataSample, ...] = UNLIKE
    asked: tuple[DetDataSample, ...] = field(default=())  # () : as the samples


def with_captions(**search: object) -> nn.Module:
    """Build the model with heads and settings of the caption search."""
    caption = {'max_length': 5, **search}
    return task_model(test_cfg={**tiny_config().test_cfg, 'caption': caption})


def with_vqa(**options: object) -> nn.Module:
    return tiny_model(vqa_head={**HEADS['vqa_head'], **options})


def with_masks() -> nn.Module:
    """Build the model with masks, whose test finds some boxes."""
    test_cfg = {**tiny_config().test_cfg, 'max_per_img': 8, 'mask_thr_binary': 0.5}
    return tiny_model(mask_head=MASK_HEAD, test_cfg=test_cfg)


def in_chunks() -> nn.Module:
    return tiny_model(test_cfg={**tiny_config().test_cfg, 'chunked_size': 2})


QUESTIONS = (vqa_sample(), box_sample(), vqa_sample(text='how many?', gt_answers=['2']))
CAPTIONS = (caption_sample(), box_sample(), caption_sample('a cat'))
BEGUN = (caption_sample(''), caption_sample('a dog'))
CASES = {
    'early fusion': Case(tiny_model),
    'late fusion': Case(lambda: tiny_model(fusion_neck=None)),
    'nothing to find': Case(tiny_model, (sample_of(('dog', 'cat')),) * 2),
    'channels last': Case(lambda: tiny_model(channels_last=True)),
    'chunks of names': Case(in_chunks),
    'inter-image loss': Case(
        lambda: tiny_model(contrastive_loss=PRETRAINING['contrastive_loss']), SAMPLES
    ),
    'hidden words': Case(
        lambda: tiny_model(mlm_head=PRETRAINING['mlm_head']), SAMPLES
    ),
    'masks': Case(with_masks, (masked_sample(), masked_sample())),
    'questions': Case(with_vqa, QUESTIONS),
    'questions, reader': Case(lambda: with_vqa(reader=READER), QUESTIONS),
    'captions, greedy': Case(lambda: with_captions(mode='greedy'), CAPTIONS, BEGUN),
    'captions, beams': Case(lambda: with_captions(num_beams=3), CAPTIONS, BEGUN),
    'all tasks': Case(task_model, (*QUESTIONS, *CAPTIONS)),
    'prompt tuning': Case(tuning_model, (box_sample(), box_sample())),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(autouse=True)
def kernels() -> Iterator[None]:
    with known_to_openmmlab():
        yield


def on_device(model: nn.Module) -> nn.Module:
    """Copy a model to the device."""
    with Watch():
        return deepcopy(model).to(DEVICE)


def build(case: Case) -> nn.Module:
    """Build a model whose vectors, biases above all, are random.

    With those of a new model, sampling points lie on pixels and group norms of one
    channel have the mean zero: where a slope has two values, and rounding picks one.
    Doubles make that as good as impossible elsewhere, too.
    """
    model = case.build().double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1 or 'offset' in name:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return model


def own_events(watch: Watch, kind: str) -> list[Event]:
    """List the operations of glipv2's own code."""
    return [x for x in watch.events if x.kind == kind and x.place.startswith('glipv2')]


def train(model: nn.Module, batch: dict) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Compute losses and gradients, from a fixed seed."""
    torch.manual_seed(1)
    model.train().zero_grad()
    losses = losses_of(model, deepcopy(batch))
    total, _ = model.parse_losses(losses)
    total.backward()
    gradients = {
        name: parameter.grad.cpu()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    return {key: loss.detach().cpu() for key, loss in losses.items()}, gradients


def ask(model: nn.Module, batch: dict) -> list[DetDataSample]:
    torch.manual_seed(1)
    with torch.no_grad():
        return model.eval().test_step(deepcopy(batch))


def test_losses_and_gradients_are_those_of_the_cpu(case: Case) -> None:
    model, batch = build(case), batch_of(case.samples)
    losses, gradients = train(model, batch)
    copy = on_device(model)
    with Watch() as watch:
        same, others = train(copy, batch)
    assert {p.device.type for p in copy.parameters()} == {'pretended'}
    torch.testing.assert_close(same, losses, rtol=1e-9, atol=1e-12)
    assert others.keys() == gradients.keys() != set()
    # A bias before a norm of one channel has the gradient zero, and rounding.
    noise = 1e-9 * max(float(x.abs().max()) for x in gradients.values())
    for name, gradient in gradients.items():
        apart = float((others[name] - gradient).abs().max())
        assert apart <= 1e-7 * float(gradient.abs().max()) + noise, name
    assert_only_texts_come_from_the_cpu(watch)


def test_predictions_are_those_of_the_cpu(case: Case) -> None:
    model, batch = build(case), batch_of(case.asked or case.samples)
    expected = ask(model, batch)
    copy = on_device(model)
    with Watch() as watch:
        found = ask(copy, batch)
        for ours, other in zip(found, expected, strict=True):
            assert_same_prediction(ours, other)
    assert_only_texts_come_from_the_cpu(watch)


def assert_only_texts_come_from_the_cpu(watch: Watch) -> None:
    """Nothing but texts and answers is made on the CPU, or sent when it was made."""
    made = {x.place for x in own_events(watch, 'made')}
    assert [x for x in made if not x.startswith(within(READ_ON_THE_CPU))] == []
    sent = {x.place for x in own_events(watch, 'sent')}
    assert [x for x in sent if not x.startswith(within(READ_ON_THE_CPU))] == []


def within(files: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f'glipv2/{file}' for file in files)


def assert_same_prediction(ours: DetDataSample, other: DetDataSample) -> None:
    """Compare boxes, masks, answers and captions; ties may change places."""
    for key in ('pred_answer', 'pred_answers', 'pred_caption', 'pred_phrases'):
        assert ours.get(key) == other.get(key), key
    for key in ('pred_answer_scores', 'pred_caption_score'):
        if key in other:
            np.testing.assert_allclose(
                np.array(ours.get(key)),
                np.array(other.get(key)),
                rtol=1e-4,
                err_msg=key,
            )
    assert ('pred_instances' in ours) == ('pred_instances' in other)
    if 'pred_instances' not in other:
        return
    a, b = ours.pred_instances.cpu(), other.pred_instances
    assert len(a) == len(b)
    away = (a.bboxes[:, None] - b.bboxes).abs().amax(-1)
    away[a.labels[:, None] != b.labels] = torch.inf
    nearest, twin = away.min(1)
    assert (nearest < 0.01).all()
    torch.testing.assert_close(a.scores, b.scores[twin], rtol=1e-4, atol=1e-5)
    if 'masks' in b:
        assert (a.masks == b.masks[twin]).float().mean() > 0.999


@pytest.mark.parametrize('search', [dict(mode='greedy'), dict(num_beams=3)])
def test_a_further_token_of_a_caption_sends_nothing_to_the_device(search: dict) -> None:
    brought = []
    for length in (2, 6):
        torch.manual_seed(0)
        model = on_device(with_captions(**search, max_length=length))
        with Watch() as watch:
            ask(model, batch_of(BEGUN))
        brought.append(own_events(watch, 'sent') + own_events(watch, 'listed'))
    assert brought[0] == brought[1] != []


class Wrong(nn.Module):
    """A linear layer, and a mistake of a kind that the CPU does not notice."""

    def __init__(self, mistake: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.mistake = mistake

    def forward(self, x: Tensor) -> object:
        return self.mistake(self.linear(x))


MISTAKES = {
    'a sum with a CPU tensor': lambda x: x + torch.arange(4),
    'joined with a CPU tensor': lambda x: torch.cat((x, torch.ones(1, 4))),
    'a CPU mask': lambda x: x.where(torch.ones(4).bool(), 0),
    'a value without dimensions, stacked': lambda x: torch.stack(
        (x.sum(), torch.tensor(1.0))
    ),
    'filled in place from the CPU by index': lambda x: x.detach().index_add_(
        0, torch.tensor([0]), torch.ones(1, 4)
    ),
}  # fmt: skip


@pytest.mark.parametrize('mistake', MISTAKES)
def test_a_mixture_of_devices_is_refused(mistake: str) -> None:
    model = Wrong(MISTAKES[mistake])
    model(torch.randn(2, 4))
    model = on_device(model)
    with Watch():
        x = torch.randn(2, 4, device=DEVICE)
        with pytest.raises(MixedDevicesError, match=r'pretended_device_cases.py:\d+'):
            model(x)


@pytest.mark.parametrize('convert', [lambda x: x.numpy(), np.asarray, np.array])
def test_a_device_tensor_is_no_array(convert: Callable) -> None:
    with Watch(), pytest.raises(TypeError, match="can't convert pretended:0"):
        convert(torch.ones(3, device=DEVICE))


def test_mmcv_gets_tensors_of_one_device() -> None:
    from mmcv.ops import nms

    boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [20, 20, 30, 30]])
    scores = torch.tensor([0.5, 0.9, 0.7])
    with Watch():
        found, kept = nms(boxes.to(DEVICE), scores.to(DEVICE), 0.5)
        assert found.device.type == 'pretended' and kept.tolist() == [1, 2]
        with pytest.raises(RuntimeError, match='two devices|got a CPU tensor'):
            nms(boxes.to(DEVICE), scores, 0.5)


def test_what_is_made_and_sent_is_noted_with_its_place() -> None:
    place = torch.tensor([0])
    with Watch() as watch:
        torch.arange(3).to(DEVICE)
        x = torch.arange(3, device=DEVICE)
        x[[0]]
        x[place]
        x.new_tensor([1.0])
        x + 1.5
        x.cpu()
    assert [(e.kind, e.function) for e in watch.events] == [
        ('made', 'arange'), ('sent', 'to'), ('listed', '__getitem__'),
        ('sent', '__getitem__'), ('listed', 'new_tensor'),
    ]  # fmt: skip
    lines = [int(event.place.rpartition(':')[2]) for event in watch.events]
    assert [line - lines[0] for line in lines] == [0, 0, 2, 3, 4]
