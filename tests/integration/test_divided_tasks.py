"""Two processes that divide a model train all mixtures of tasks as one does."""

import os
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.model.wrappers import is_model_wrapper
from mmengine.registry import init_default_scope
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel

from glipv2.engine import ShardedStrategy
from tests.engine.test_sharded import free_port
from tests.task_samples import box_sample, caption_sample, task_model, vqa_sample
from tests.tiny import CHANNELS, TEXT_DIM, batch_of, losses_of, tiny_config

UNITS = ['BasicBlock', 'ClipLayer', 'FusionBlock']  # as of the Swin-L config
# Rows of the joint batch that each process has: every task here, there and on both.
SHARES = dict(
    boxes_questions=([0, 3], [2]),
    questions_captions=([2], [1]),
    captions_all=([1], [0, 1, 2]),
    all_boxes=([0, 1, 2], [3]),
)
CLIP_SOURCE = dict(
    model_type='clip_text_model', tokenizer='bert-base-uncased', vocab_size=30522,
    hidden_size=TEXT_DIM, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=48, max_position_embeddings=64,
)  # fmt: skip


def make_model() -> nn.Module:
    """Build the tiny model with the text layers and losses of the Swin-L config."""
    return task_model(
        text_encoder=dict(type='TextEncoder', source=CLIP_SOURCE, max_tokens=64),
        fusion_neck={
            **tiny_config().fusion_neck,
            'norm_groups': 4, 'text_layer': 'clip', 'with_cp': True,
        },
        contrastive_loss=dict(
            type='InterImageContrastiveLoss', visual_dim=CHANNELS, text_dim=TEXT_DIM,
            hidden_dim=16,
        ),
    )  # fmt: skip


def joint_batch(rows: list[int]) -> dict:
    """Take rows of a batch with all tasks, always the same."""
    torch.manual_seed(1)
    batch = batch_of([box_sample(), caption_sample(), vqa_sample(), box_sample()])
    return {key: [value[row] for row in rows] for key, value in batch.items()}


def run_rank(rank: int, port: int, folder: Path) -> None:
    """Compute losses, gradients and predictions of every share."""
    from mmdet.utils import register_all_modules

    register_all_modules()
    init_default_scope('mmdet')
    torch.set_num_threads(1)
    os.environ.update(
        MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
        LOCAL_RANK=str(rank), WORLD_SIZE='2',
    )  # fmt: skip
    dist.init_process_group('gloo', rank=rank, world_size=2)
    results = {}
    for name, shares in SHARES.items():
        model = make_model()
        model.load_state_dict(torch.load(folder / 'start.pth', weights_only=True))
        divided = ShardedStrategy(units=UNITS)._wrap_model(model)
        assert is_model_wrapper(divided)
        divided.train()
        batch = joint_batch(shares[rank])
        data = divided.module.data_preprocessor(batch, True)
        losses = divided(**data, mode='loss')
        divided.module.parse_losses(losses)[0].backward()
        with FullyShardedDataParallel.summon_full_params(divided, with_grads=True):
            gradients = {
                key.replace('_fsdp_wrapped_module.', ''): p.grad.clone()
                for key, p in divided.module.named_parameters()
                if p.grad is not None
            }
        losses = {key: value.detach() for key, value in losses.items()}
        divided.eval()
        with torch.no_grad():
            found = divided.test_step(joint_batch(shares[rank]))
        results[name] = dict(
            losses=losses, gradients=gradients,
            predictions=[answer_of(sample) for sample in found],
        )  # fmt: skip
    torch.save(results, folder / f'rank{rank}.pth')
    dist.barrier()
    dist.destroy_process_group()


def answer_of(sample: object) -> dict:
    """Collect what was predicted, whatever the task."""
    return dict(
        caption=sample.get('pred_caption'), answer=sample.get('pred_answer'),
        scores=sample.pred_instances.scores if 'pred_instances' in sample else None,
    )  # fmt: skip


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run both processes."""
    folder = tmp_path_factory.mktemp('divided')
    init_default_scope('mmdet')
    torch.manual_seed(0)
    torch.save(make_model().state_dict(), folder / 'start.pth')
    mp.spawn(run_rank, (free_port(), folder), nprocs=2)
    return folder


@pytest.mark.timeout(300)
@pytest.mark.parametrize('name', SHARES)
def test_divided_processes_equal_one_with_all_samples(name: str, folder: Path) -> None:
    ranks = [
        torch.load(folder / f'rank{rank}.pth', weights_only=True)[name]
        for rank in (0, 1)
    ]
    model = make_model()
    model.load_state_dict(torch.load(folder / 'start.pth', weights_only=True))
    rows = [row for share in SHARES[name] for row in share]
    joint = losses_of(model, joint_batch(rows))
    model.parse_losses(joint)[0].backward()
    assert set(ranks[0]['losses']) == set(ranks[1]['losses']) == set(joint)
    for key in (key for key in joint if 'loss' in key):
        mean = (ranks[0]['losses'][key] + ranks[1]['losses'][key]) / 2
        torch.testing.assert_close(
            mean.reshape(()), joint[key].detach().reshape(()), rtol=1e-4, atol=1e-5
        )
    expected = dict(model.named_parameters())
    compared = 0
    for key, gradient in ranks[0]['gradients'].items():
        wanted = expected[key].grad
        wanted = torch.zeros_like(expected[key]) if wanted is None else wanted
        apart = (gradient.reshape(wanted.shape) - wanted).norm()
        assert apart <= 0.01 * wanted.norm() + 1e-5, key
        compared += bool(wanted.norm() > 0)
    assert compared > 100
    model.eval()
    for rank, share in enumerate(SHARES[name]):
        with torch.no_grad():
            alone = [answer_of(x) for x in model.test_step(joint_batch(share))]
        for found, wanted in zip(ranks[rank]['predictions'], alone):
            assert found['caption'] == wanted['caption']
            assert found['answer'] == wanted['answer']
            torch.testing.assert_close(found['scores'], wanted['scores'])
