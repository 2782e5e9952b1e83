"""Loss curves from mmengine's scalars."""

import json
from pathlib import Path

from PIL import Image

from tests.forked import run_forked, run_well

SCRIPT = Path(__file__).parents[2] / 'tools' / 'analysis_tools' / 'plot_losses.py'


def test_draws_a_resumed_run_with_its_scores(tmp_path: Path) -> None:
    for number, steps in enumerate((range(1, 5), range(5, 9))):
        folder = tmp_path / f'run{number}' / 'vis_data'
        folder.mkdir(parents=True)
        lines = [dict(loss=9 / s, loss_cls=4 / s, iter=s, step=s) for s in steps]
        lines.append({'coco/bbox_mAP_50': 0.5, 'step': 1})
        (folder / 'scalars.json').write_text('\n'.join(map(json.dumps, lines)))
    out = tmp_path / 'loss.png'
    run_well([SCRIPT, tmp_path, out])
    with Image.open(out) as image:
        assert image.width > 500
        assert len(image.convert('RGB').getcolors(1 << 20)) > 50


def test_says_when_there_is_nothing(tmp_path: Path) -> None:
    empty = run_forked([SCRIPT, tmp_path, tmp_path / 'loss.png'])
    assert 'no scalars.json with losses' in empty.stderr
    assert not (tmp_path / 'loss.png').exists()
