"""``glipv2 check``: the data of a config."""

from ..scripts import ScriptCommand

command = ScriptCommand(
    'check',
    script='analysis_tools/check_dataset.py',
    usage='CONFIG',
    summary='Name every problem of the data before a training.',
    options={
        '--split [train|val|test]...': 'What to check.  [default: train val]',
        '--out FOLDER': 'For report.md and drawn samples.  [default: none]',
        '--show N': 'Samples of each data set to draw.  [default: 0]',
        '--samples N': 'Samples to run through the pipeline.  [default: 20]',
        '--examples N': 'Examples of each problem.  [default: 5]',
        '--jobs N': 'Processes.  [default: one for each core]',
        '--cfg-options KEY=VALUE...': 'Settings of the config.  [default: none]',
    },
    examples=(
        'configs/custom/finetune_coco_format.py --cfg-options data_root=data/mine',
    ),
)
