"""Figures of tests sorted into the papers' tables."""

from glipv2.evaluation.benchmark_table import BenchmarkTable, benchmark_tables


def test_papers_rows() -> None:
    metrics = {
        'lvis_fixed_ap/AP': 0.26,
        'lvis_fixed_ap/AP50': 0.4,
        'lvis_fixed_ap/APr': -1.0,
        'lvis_fixed_ap/APf': 0.31049,
        'coco/bbox_mAP': 0.466,
        'coco/bbox_mAP_copypaste': '0.466 0.6',
    }
    lvis, coco = benchmark_tables(metrics)
    assert lvis.columns == ('AP', 'APr', 'APf')
    assert lvis.to_markdown() == (
        'lvis_fixed_ap\n\n'
        '| AP | APr | APf |\n| --- | --- | --- |\n| 26.0 | - | 31.0 |\n'
    )
    assert coco.to_markdown() == 'coco\n\n| bbox_mAP |\n| --- |\n| 46.6 |\n'


def test_data_sets_are_rows_and_gaps_stay_empty() -> None:
    metrics = {
        'Aquarium/coco/bbox_mAP': 0.2,
        'Aquarium/coco/bbox_mAP_50': 0.3,
        'pistols/coco/bbox_mAP': 0.6,
        'mean/coco/bbox_mAP': 0.4,
        'datasets/covered': 2,
    }
    table, covered = benchmark_tables(metrics)
    assert table == BenchmarkTable(
        'coco',
        ('bbox_mAP', 'bbox_mAP_50'),
        {'Aquarium': (0.2, 0.3), 'pistols': (0.6, None), 'mean': (0.4, None)},
    )
    assert '| pistols | 60.0 | - |\n| mean | 40.0 | - |\n' in table.to_markdown()
    assert '| 2 |' in covered.to_markdown()


def test_a_count_of_sets_is_no_share_and_a_joined_file_has_a_row_of_each() -> None:
    metrics = {
        'a/coco/bbox_mAP': float('nan'),
        'mean/coco/bbox_mAP': 0.25,
        'measured/coco/bbox_mAP': 12,
        'val/refexp/refcoco_precision@1': 0.5,
        'val/refexp/refcocog_precision@1': 0.25,
    }
    coco, refexp = benchmark_tables(metrics)
    text = coco.to_markdown()
    assert '| a | - |\n| mean | 25.0 |\n| measured | 12 |\n' in text
    assert refexp.columns == ('precision@1',)
    assert refexp.rows == {'refcoco val': (0.5,), 'refcocog val': (0.25,)}


def test_other_metrics_are_shown_as_they_are() -> None:
    (vqa, bare) = benchmark_tables({'val/vqa/accuracy': 71.64, 'speed': 0.123456})
    assert vqa.rows == {'val': (71.64,)}
    assert '| val | 71.64 |' in vqa.to_markdown()
    assert bare.to_markdown() == '| speed |\n| --- |\n| 0.1235 |\n'
