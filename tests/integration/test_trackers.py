"""What is logged arrives in the trackers of docs/trackers.md."""

from pathlib import Path

import pytest

from tests.tiny_files import config_of

pytest.importorskip('tensorboard')


def test_tensorboard_and_json_lines(tmp_path: Path) -> None:
    from mmengine.visualization import Visualizer
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    cfg = config_of()
    visualizer = Visualizer(
        name='trackers',
        vis_backends=[
            dict(type='LocalVisBackend'),
            dict(type='TensorboardVisBackend'),
        ],
        save_dir=str(tmp_path),
    )
    visualizer.add_config(cfg)
    for step in range(3):
        visualizer.add_scalars(dict(loss=3.0 - step), step=step)
    visualizer.close()
    (events,) = tmp_path.rglob('events.out.tfevents*')
    read = EventAccumulator(str(events.parent))
    read.Reload()
    assert [x.value for x in read.Scalars('loss')] == [3.0, 2.0, 1.0]
    (lines,) = tmp_path.rglob('scalars.json')
    assert len(lines.read_text().splitlines()) == 3
