"""Training samples that are timed: the configs' own pipelines, on made images."""

from pathlib import Path

import pytest

from glipv2.benchmarks import input_speed
from glipv2.benchmarks.input_speed import SAMPLES, make_scenes, measure_input


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('scenes')
    make_scenes(folder, images=4, size=160)
    return folder


def test_every_pipeline_is_timed_beside_its_reading(scenes: Path) -> None:
    rows = measure_input(scenes, list(SAMPLES), repeats=1)
    assert [row['training samples'] for row in rows] == list(SAMPLES)
    for row in rows:
        assert row['samples per second'] > 0
        assert row['reading and resizing alone'] > 0


def test_a_pass_reads_each_image_once_and_makes_whole_samples(scenes: Path) -> None:
    whole, reading = input_speed._passes(scenes, SAMPLES['masks of a COCO file'])
    assert whole.images == reading.images == 4
    sample = whole.pipeline(whole.dataset.get_data_info(whole.indices[0]))
    assert len(sample['data_samples'].gt_instances.masks)
    read = reading.pipeline(reading.dataset.get_data_info(reading.indices[0]))
    assert read['img'].shape[:2] != read['ori_shape']  # resized, not packed
