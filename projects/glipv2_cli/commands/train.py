"""``glipv2 train``: mmdet's train.py."""

from ..scripts import ScriptCommand

command = ScriptCommand(
    'train',
    script='train.py',
    usage='CONFIG',
    summary="Train a model (mmdet's command line).",
    options={
        '--work-dir FOLDER': 'For checkpoints and logs.  [default: work_dirs/CONFIG]',
        '--resume [FILE]': 'Go on from FILE, or the newest checkpoint.  [default: no]',
        '--amp': 'Mixed precision: float16 on a GPU, bfloat16 on a CPU.',
        '--auto-scale-lr': 'Scale the learning rate with the batch size.',
        '--cfg-options KEY=VALUE...': 'Settings of the config.  [default: none]',
        '--launcher [none|pytorch|slurm|mpi]': 'Of several processes.  [default: none]',
    },
    examples=(
        'configs/quickstart/glipv2_lite0_minilm_emoji.py',
        'configs/custom/finetune_coco_format.py --cfg-options data_root=data/mine',
    ),
)
