"""``glipv2 test``: mmdet's test.py."""

from ..scripts import ScriptCommand

command = ScriptCommand(
    'test',
    script='test.py',
    usage='CONFIG CHECKPOINT',
    summary="Measure a model (mmdet's command line).",
    options={
        '--work-dir FOLDER': 'For figures and logs.  [default: work_dirs/CONFIG]',
        '--out FILE': 'Pickle file for the predictions.  [default: none]',
        '--show': 'Show predictions in a window.',
        '--show-dir FOLDER': 'Draw predictions there, below the run.  [default: none]',
        '--wait-time SECONDS': 'Of --show.  [default: 2]',
        '--tta': 'Each image is also computed mirrored.',
        '--cfg-options KEY=VALUE...': 'Settings of the config.  [default: none]',
        '--launcher [none|pytorch|slurm|mpi]': 'Of several processes.  [default: none]',
    },
    examples=('configs/lvis/glip_t_lvis-minival.py glip_t.pth',),
)
