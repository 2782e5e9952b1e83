"""Every config of the repository builds, shrunk, and runs one step and a prediction."""

import ast
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import mmdet
import numpy as np
import pytest
import torch
from mmdet.registry import DATASETS, EVALUATOR, HOOKS, METRICS, MODELS, TRANSFORMS
from mmdet.structures.mask import BitmapMasks
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from glipv2.text.name_layout import clean_name
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import chunk_names
from tests.all_configs import CONFIGS, ROOT, config_of
from tests.task_samples import task_model
from tests.tiny import TEXT_SOURCE, batch_of, losses_of, sample_of

MMDET_ODINW = (
    Path(mmdet.__file__).parent
    / '.mim/configs/glip/odinw/glip_atss_swin-t_a_fpn_dyhead_pretrain_odinw35.py'
)

# What neither builds nor changes a layer.
SETTINGS = ('train_cfg', 'test_cfg', 'train_only', 'data_preprocessor')


def one_of_each_model() -> list[str]:
    """Choose configs so that each model of the repository is among them once."""
    chosen: dict[str, str] = {}
    for path in CONFIGS:
        model = config_of(path).model.to_dict()
        layers = {key: value for key, value in model.items() if key not in SETTINGS}
        chosen.setdefault(repr(sorted(layers.items())), path)
    return list(chosen.values())


MODELS_OF = one_of_each_model()


def test_there_are_configs() -> None:
    assert CONFIGS
    assert len(MODELS_OF) > 20


def test_no_block_stands_twice() -> None:
    places = defaultdict(list)
    for path in (ROOT / 'configs').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if (
                isinstance(node, ast.Call | ast.List | ast.Tuple | ast.Dict)
                and node.end_lineno - node.lineno >= 4
            ):
                places[ast.unparse(node)].append(f'{path.name}:{node.lineno}')
    assert len(places) > 50
    assert [found for found in places.values() if len(found) > 1] == []


def test_pieces_of_a_config_can_be_listed_together() -> None:
    """A key that two of the listed files define is an error of mmengine's."""
    pieces = ROOT / 'configs' / '_base_'
    keys = {
        kind: [set(Config.fromfile(path)) for path in (pieces / kind).glob('*.py')]
        for kind in ('models', 'datasets', 'schedules')
    }
    for one, other in combinations(keys.values(), 2):
        assert one and other
        assert set.union(*one).isdisjoint(set.union(*other))
    # These two are listed beside a runtime; the other schedules bring theirs.
    runtime = set(Config.fromfile(pieces / 'default_runtime.py'))
    for name in ('glip_coco_2x', 'mask_stage'):
        schedule = Config.fromfile(pieces / 'schedules' / f'{name}.py')
        assert runtime.isdisjoint(schedule)


@pytest.mark.timeout(300)
@pytest.mark.parametrize('path', MODELS_OF)
def test_config_builds_and_runs(path: str) -> None:
    config = config_of(path)
    model_config = config.model
    text_dim = model_config.bbox_head.text_dim
    # Not by update, which merges dicts.
    model_config.text_encoder.source = {**TEXT_SOURCE, 'hidden_size': text_dim}
    model_config.text_encoder.frozen = False
    if model_config.text_encoder.get('examples'):
        model_config.text_encoder.examples.num_layers = 1  # all that it has
    for part in (model_config.backbone, model_config.text_encoder):
        part.pop('init_cfg', None)  # of files that a user has to get
    if model_config.get('mlm_head'):
        model_config.mlm_head.vocab_size = 30522  # of that text encoder
    if model_config.get('vqa_head'):  # its list of answers, too, is a user's file
        model_config.vqa_head.update(answers=['yes', 'no'], num_answers=2)
    model = MODELS.build(model_config)
    model.init_weights()
    sample = sample_of(('dog', 'car'), [[8, 8, 56, 56]], [1])
    mask = np.zeros((1, 64, 96), dtype=np.uint8)
    mask[:, 8:56, 8:56] = 1
    sample.gt_instances.masks = BitmapMasks(mask, 64, 96)
    samples = [sample]
    if model_config.get('vqa_head'):
        samples.append(sample_of('a dog?', task='vqa', gt_answers=['yes'] * 10))
    if model_config.get('caption_head'):
        samples.append(sample_of('a dog', task='caption'))
        model.test_cfg.caption.update(num_beams=2, max_length=3)
    batch = batch_of(samples)
    total, _ = model.parse_losses(losses_of(model, batch))
    total.backward()
    assert total.isfinite()
    with torch.no_grad():
        found, *others = model.eval().test_step(batch)
    assert set(found.pred_instances.label_names) <= {'dog', 'car'}
    for other in others:
        assert other.get('pred_answer', other.get('pred_caption')) is not None


@pytest.mark.parametrize('path', CONFIGS)
def test_what_a_config_names_is_registered(path: str) -> None:
    config = config_of(path)
    assert 'glipv2' in config.custom_imports['imports']
    for loader in (config.train_dataloader, config.test_dataloader):
        inner = loader.dataset.get('dataset', loader.dataset)
        for dataset in inner.get('datasets', [inner]):
            assert DATASETS.get(dataset.type), dataset.type
            for transform in dataset.pipeline:
                assert TRANSFORMS.get(transform.type), transform.type
    evaluator = config.test_evaluator
    if 'metrics' in evaluator:
        assert EVALUATOR.get(evaluator.type), evaluator.type
        assert len(evaluator.metrics) == len(config.test_dataloader.dataset.datasets)
        evaluator = evaluator.metrics
    for metric in evaluator if isinstance(evaluator, list) else [evaluator]:
        assert METRICS.get(metric.type), metric.type
    logger = config.default_hooks.logger
    assert logger.type == 'TimelyLogger' and logger.seconds <= 30
    hooks = [*config.custom_hooks, *config.default_hooks.values()]
    assert all(HOOKS.get(hook.type) for hook in hooks)


def test_odinw_has_its_sets_and_every_prompt_can_be_made() -> None:
    config = Config.fromfile(ROOT / 'configs/odinw/glip_t_odinw35.py')
    datasets = config.test_dataloader.dataset.datasets
    files = [dataset.data_root + dataset.ann_file for dataset in datasets]
    assert files == [metric.ann_file for metric in config.test_evaluator.metrics]
    assert len(set(files)) == 35
    theirs = Config.fromfile(MMDET_ODINW)
    # Three files whose names mmdet has its users rewrite are read as they are. GLIP
    # tests some sets on mini_val (tests/engine/transfer/test_sets.py), mmdet on valid.
    same = [d.data_root + d.ann_file.replace('/new_', '/') for d in theirs.datasets]
    assert [file.replace('/mini_val/', '/valid/') for file in files] == same
    tokenizer = load_tokenizer('bert-base-uncased')
    for dataset, their in zip(datasets, theirs.datasets):
        names, prompts = dataset.metainfo.classes, dataset.caption_prompt
        if '/new_' not in their.ann_file:
            assert names == their.metainfo.classes
        wanted = {clean_name(name) for name in their.metainfo.classes if name.strip()}
        said = {(prompts or {}).get(name, {}).get('name', name) for name in names}
        assert set(prompts or {}) <= set(names)
        if 'pothole' not in dataset.data_root:
            assert {clean_name(name) for name in said} - wanted <= {'bishop'}
        assert chunk_names(names, tokenizer, 256, -1, prompts)
    thirteen = Config.fromfile(ROOT / 'configs/odinw/glip_t_odinw13.py')
    shown = thirteen.test_evaluator
    for name, metric in zip(shown.dataset_prefixes, shown.metrics):
        assert name.partition('_')[0] in metric.ann_file
    assert len(shown.metrics) == len(thirteen.test_dataloader.dataset.datasets) == 13


@pytest.mark.parametrize(
    'path',
    [
        'configs/coco/glipv2_swin-t_coco.py',
        'configs/pretrain/glipv2_swin-t_o365-goldg-cap4m.py',
    ],
)
def test_all_biases_learn_twice_as_fast_and_do_not_decay(path: str) -> None:
    """GLIP's code goes by names that contain "bias", mmengine by the name ``bias``."""
    wrapper = dict(config_of(path).optim_wrapper, type='OptimWrapper')
    wrapper.pop('loss_scale', None)
    rate = wrapper['optimizer']['lr']
    model = task_model()
    groups = build_optim_wrapper(model, wrapper).optimizer.param_groups
    settings = {id(p): group for group in groups for p in group['params']}
    seen = set()
    for name, parameter in model.named_parameters():
        last = name.rpartition('.')[2]
        norm = settings[id(parameter)]['lr'] == rate and last == 'bias'
        if 'bias' not in last or name.startswith('text_encoder') or norm:
            continue
        seen.add(last)
        group = settings[id(parameter)]
        assert (group['lr'], group['weight_decay']) == (2 * rate, 0), name
    assert seen == {'bias', 'bias_lang', 'bias0', 'output_bias'}
