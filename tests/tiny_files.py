"""Files of a tiny model, and images of mixed sizes."""

from pathlib import Path

import numpy as np
import torch
from mmdet.utils import register_all_modules
from mmengine.config import Config
from PIL import Image

from tests.tiny import TEXT_DIM, tiny_config, tiny_model

SIZES = ((64, 96), (96, 64), (50, 70), (80, 80))
MASK_HEAD = dict(
    type='LanguageMaskHead', in_channels=16, text_dim=32, hourglass_scales=1,
    hourglass_layers=1,
    roi_extractor=dict(
        type='SingleRoIExtractor', out_channels=16, featmap_strides=[8],
        roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=2),
    ),
)  # fmt: skip


HEADS = dict(
    mask_head=MASK_HEAD,
    vqa_head=dict(type='VQAHead', text_dim=TEXT_DIM, answers=['yes', 'no', '2', 'red']),
    caption_head=dict(type='CaptionHead', text_dim=TEXT_DIM),
)


def config_of(**changes: object) -> Config:
    """Make a config that could be tested with; its images keep their size."""
    return Config(
        dict(
            custom_imports=dict(imports=['glipv2'], allow_failed_imports=False),
            model=tiny_config(**changes).to_dict(),
            test_dataloader=dict(
                dataset=dict(
                    pipeline=[
                        dict(type='LoadImage'),
                        dict(type='Resize', scale=(96, 96), keep_ratio=True),
                        dict(type='LoadAnnotations', with_bbox=True),
                        dict(type='PackTextDetInputs'),
                    ]
                )
            ),
        )
    )


def write_model(folder: Path, **heads: object) -> Path:
    """Write a checkpoint with its config in it, as mmengine's runner does."""
    register_all_modules()
    torch.manual_seed(0)
    test_cfg = {**tiny_config().test_cfg, 'caption': dict(max_length=5)}
    changes = dict(heads, test_cfg=test_cfg)
    text = config_of(**changes).pretty_text
    state = tiny_model(**changes).state_dict()
    state['bbox_head.bias0'] += 4  # scores of 0.45: above the threshold of calls
    torch.save(
        dict(
            state_dict=state,
            message_hub=dict(runtime_info=dict(cfg=text)),
        ),
        folder / 'tiny.pth',
    )
    (folder / 'tiny.py').write_text(text)
    return folder / 'tiny.pth'


def write_model_of_all_tasks(folder: Path) -> Path:
    """Write a model of all tasks whose answers lie in another file of the folder."""
    answers = folder / 'answers.txt'
    answers.write_text('\n'.join(HEADS['vqa_head']['answers']) + '\n')
    vqa_head = dict(HEADS['vqa_head'], answers=str(answers))
    return write_model(folder, **dict(HEADS, vqa_head=vqa_head))


def write_images(folder: Path) -> Path:
    """Write images of mixed sizes, without loss, and a file that is none."""
    random = np.random.default_rng(0)
    for number, (height, width) in enumerate(SIZES):
        coarse = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((width, height))
        image.save(folder / f'{number}.png')
    (folder / 'notes.txt').write_text('not an image')
    return folder
