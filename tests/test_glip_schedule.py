"""GLIP's rates for questions and captions, in a config as the file describes it."""

from pathlib import Path

import pytest
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.dataset import DefaultSampler, pseudo_collate
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from tests.public_layouts.shrunk import shrink_model
from tests.task_samples import ANSWERS, batch_of, caption_sample, vqa_sample

ROOT = Path(__file__).parents[1]
BASES = {
    'vqa_head': ('configs/vqa/glipv2_swin-t_vqav2.py', vqa_sample),
    'caption_head': ('configs/caption/glipv2_swin-t_coco_caption.py', caption_sample),
}
CONFIG = """
_base_ = ['{base}', '{alternative}']
optim_wrapper = _base_.glip_optim_wrapper
param_scheduler = _base_.glip_param_scheduler
auto_scale_lr = _base_.glip_auto_scale_lr
"""
STEPS = 2


@pytest.mark.parametrize('head', BASES)
def test_a_config_trains_by_glips_rates(head: str, tmp_path: Path) -> None:
    path, make_sample = BASES[head]
    alternative = ROOT / 'configs/_base_/vl_finetune_glip.py'
    file = tmp_path / 'mine.py'
    file.write_text(CONFIG.format(base=ROOT / path, alternative=alternative))
    cfg = Config.fromfile(file)
    shrink_model(cfg.model)
    if head == 'vqa_head':  # the file of answers is the user's
        cfg.model.vqa_head.update(answers=list(ANSWERS), num_answers=None)
    batch = batch_of([make_sample()] * STEPS)
    data = [dict(inputs=x, data_samples=y) for x, y in zip(*batch.values())]
    register_all_modules()
    runner = Runner(
        cfg.model,
        str(tmp_path / 'work'),
        DataLoader(data, 1, sampler=DefaultSampler(data), collate_fn=pseudo_collate),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=cfg.optim_wrapper,
        param_scheduler=cfg.param_scheduler,
        auto_scale_lr=cfg.auto_scale_lr,
        default_scope='mmdet',
        experiment_name=head,
    )
    before = {k: x.clone() for k, x in runner.model.state_dict().items()}
    runner.train()
    moved = {
        name.partition('.')[0]
        for name, value in runner.model.state_dict().items()
        if (value != before[name]).any()
    }
    assert {head, 'fusion_neck', 'text_encoder', 'backbone'} <= moved
    names = {id(value): name for name, value in runner.model.named_parameters()}
    optimizer = runner.optim_wrapper.optimizer
    assert type(optimizer).__name__ == 'AdamW'
    for group in optimizer.param_groups:
        (name,) = (names[id(value)] for value in group['params'])
        factor = 10 if name.startswith(head) else 1
        assert group['initial_lr'] == pytest.approx(1e-5 * factor), name
        assert 0 < group['lr'] < 0.01 * group['initial_lr'], name  # of the warm-up
        assert group['weight_decay'] in (0, 1e-4), name
    warmup, cosine = runner.param_schedulers
    assert (warmup.end, cosine.T_max) == (1000, 10 * STEPS)
    assert runner.auto_scale_lr.base_batch_size == 64
