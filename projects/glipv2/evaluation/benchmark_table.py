"""Tables of test results, as in papers."""

from collections.abc import Mapping
from dataclasses import dataclass

# The figures that papers report, theirs first, by metric; other metrics show all.
HEADLINES = {
    'coco': ('bbox_mAP', 'bbox_mAP_50', 'bbox_mAP_75', 'segm_mAP'),
    'lvis_fixed_ap': ('AP', 'APr', 'APc', 'APf', 'segm_AP'),
    'lvis': (
        *('bbox_AP', 'bbox_APr', 'bbox_APc', 'bbox_APf'),
        *('segm_AP', 'segm_APr', 'segm_APc', 'segm_APf'),
    ),
    'absent': (
        *('cgF1', 'IL_MCC', 'pmF1', 'precision', 'AUROC', 'ECE', 'false_boxes'),
        *('false_boxes_shared', 'false_boxes_near', 'false_boxes_random'),
    ),
    'flickr30k': ('any_R@1', 'any_R@5', 'any_R@10', 'merged_R@1', 'merged_R@5'),
    'caption': ('BLEU_4', 'METEOR', 'CIDEr', 'SPICE'),
    'omnilabel': (
        *('AP', 'AP_categ', 'AP_descr', 'AP_descr_pos'),
        *('AP_descr_s', 'AP_descr_m', 'AP_descr_l'),
    ),
    'phrasecut': ('mIoU', 'cIoU', 'Pr@0.5', 'Pr@0.7', 'Pr@0.9'),
}
# Of which figures in [0, 1] are shown in percent; `absent` counts boxes, too.
SHARES = (*(name for name in HEADLINES if name != 'absent'), 'refexp')
MEASURED = 'measured'  # the row of DatasetMeansEvaluator that counts data sets


@dataclass(frozen=True)
class BenchmarkTable:
    """A table of one metric.

    Args:
        metric: The metric's prefix; may be empty.
        columns: Names of the figures.
        rows: Figures by data set (empty name if there is one); None where missing.
    """

    metric: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float | None, ...]]

    def to_markdown(self) -> str:
        """Write the table as Markdown; shares in percent with one digit."""
        named = any(self.rows)
        head = ('data set', *self.columns) if named else self.columns
        lines = [head, ('---',) * len(head)]
        for name, figures in self.rows.items():
            shown = tuple(self._show(value, name) for value in figures)
            lines.append((name, *shown) if named else shown)
        text = ''.join(f'| {" | ".join(line)} |\n' for line in lines)
        return f'{self.metric}\n\n{text}' if self.metric else text

    def _show(self, value: float | None, row: str) -> str:
        if value is None or (self.metric in SHARES and not value >= 0):
            return '-'  # -1 or NaN: nothing to measure
        if self.metric in SHARES and row != MEASURED:
            return f'{100 * value:.1f}'
        return f'{value:.4g}'


def benchmark_tables(metrics: Mapping[str, object]) -> list[BenchmarkTable]:
    """Sort the figures of a test into tables, one for each metric.

    Args:
        metrics: Results of mmengine's and mmdet's evaluators by ``FIGURE``,
            ``METRIC/FIGURE`` or ``DATASET/METRIC/FIGURE``; only numbers are used.

    Returns:
        The tables, in the order of the metrics.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for key, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        owner, _, figure = key.rpartition('/')
        dataset, _, metric = owner.rpartition('/')
        if metric == 'refexp':
            dataset, figure = _referring_row(dataset, figure)
        found.setdefault(metric, {}).setdefault(dataset, {})[figure] = float(value)
    tables = []
    for metric, of_dataset in found.items():
        columns = tuple(
            dict.fromkeys(name for row in of_dataset.values() for name in row)
        )
        if metric in HEADLINES:
            columns = tuple(name for name in HEADLINES[metric] if name in columns)
        rows = {
            dataset: tuple(figures.get(name) for name in columns)
            for dataset, figures in of_dataset.items()
        }
        tables.append(BenchmarkTable(metric, columns, rows))
    return tables


def _referring_row(split: str, figure: str) -> tuple[str, str]:
    """Take RefCOCO's data set out of a figure's name: ``refcoco_precision@1``."""
    dataset, underscore, precision = figure.rpartition('_')
    if not underscore or split.startswith(dataset):
        return split, precision
    return f'{dataset} {split}'.strip(), precision
