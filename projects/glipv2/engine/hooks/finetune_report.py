"""FinetuneReport: results of a fine-tuning as tables and images."""

import math
import shlex
from collections import Counter
from pathlib import Path

import mmcv
import numpy as np
import torch
from mmdet.registry import HOOKS
from mmdet.structures import DetDataSample
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner, find_latest_checkpoint
from mmengine.structures import InstanceData
from torch import nn
from torch.utils.data import Dataset

from ...checkpoint.loading import load_checkpoint_safely, state_dict_of
from ...datasets.transforms.load_image import LoadImage
from ...drawing import PhraseVisualizer
from ...drawing.marks import letter_size
from ...drawing.sentence import sentence_image
from ..bare_model import bare_model
from ..best_names import best_names

CLASS_SCORE = '_precision'  # ends the key of a class's AP in CocoMetric's scores
UNMEASURED = -1
LEAST_WIDTH = 400  # pixels of a drawn image, so that names can be read
GAP = 8  # pixels between two images of the sheet


@HOOKS.register_module()
class FinetuneReport(Hook):
    """Measure the val set before and after training; report the difference.

    ``WORK_DIR/finetune_report.md`` (also printed) has the scores, those of every class
    if the evaluator is a ``CocoMetric`` with ``classwise=True``, and the commands that
    use the best checkpoint; ``WORK_DIR/finetune_report.jpg`` shows images of the val
    set, ground truth beside predictions.

    Args:
        measure_before: Whether to measure the weights that training starts from.
        num_images: Val images to draw, spread over the set.
        score_thr: Boxes with a lower score are not drawn.

    Raises:
        ValueError: If ``num_images`` is negative.
    """

    priority = 'LOWEST'  # after the checkpoint hook

    def __init__(
        self,
        measure_before: bool = True,
        num_images: int = 4,
        score_thr: float = 0.3,
    ) -> None:
        if num_images < 0:
            raise ValueError(f'num_images must not be negative, but is {num_images}')
        self.measure_before = measure_before
        self.num_images = num_images
        self.score_thr = score_thr
        self.before: dict[str, float] = {}

    def before_train(self, runner: Runner) -> None:
        """Measure the weights that training starts from.

        Raises:
            ValueError: If the run has no validation.
        """
        if runner.val_loop is None:
            raise ValueError('FinetuneReport needs val_dataloader and val_evaluator')
        if self.measure_before and not runner._resume:
            self.before = measure(runner)

    def after_train(self, runner: Runner) -> None:
        """Write and print the report."""
        checkpoint = best_checkpoint(runner)
        if checkpoint is not None:
            state = state_dict_of(load_checkpoint_safely(checkpoint))
            bare_model(runner.model).load_state_dict(state)
        after = measure(runner)
        if not is_main_process():
            return
        dataset = runner.val_dataloader.dataset
        image = Path(runner.work_dir) / 'finetune_report.jpg'
        if self.num_images:
            mmcv.imwrite(self._draw(bare_model(runner.model), dataset), str(image))
        lines = [
            *score_table(self.before, after),
            '',
            *class_table(self.before, after, boxes_by_class(dataset)),
            '',
            *(commands(runner, checkpoint, dataset) if checkpoint else ()),
        ]
        report = Path(runner.work_dir) / 'finetune_report.md'
        link = ['', f'![ground truth, predictions]({image.name})']
        shown = [*lines, *(link if self.num_images else ())]
        report.write_text('\n'.join(['# Fine-tuning', '', *shown, '']))
        print('\n'.join(['', *lines]))
        print(f'This is in {_short_path(report)}, images are in {_short_path(image)}')

    def _draw(self, model: nn.Module, dataset: Dataset) -> np.ndarray:
        """Draw ground truth (left) and predictions (right) of some images."""
        visualizer = PhraseVisualizer()
        visualizer.dataset_meta = dict(classes=dataset.metainfo['classes'])
        count = min(self.num_images, len(dataset))
        rows = []
        for index in np.linspace(0, len(dataset) - 1, count).astype(int).tolist():
            sample = predict(model, dataset, index)
            image = LoadImage().read(sample.img_path)[..., ::-1]
            zoom = max(1, -(-LEAST_WIDTH // image.shape[1]))
            image = mmcv.imrescale(image, zoom)
            sample = boxes_to_draw(sample, zoom)
            visualizer.add_datasample(
                f'val {index}', image, sample, pred_score_thr=self.score_thr
            )
            rows.append(with_headings(visualizer.get_image())[..., ::-1])
        return stack(rows)


def measure(runner: Runner) -> dict[str, float]:
    """Measure the val set without the other hooks, which would record the scores."""
    loop, model = runner.val_loop, runner.model
    training = model.training
    model.eval()
    with torch.no_grad():
        for batch in loop.dataloader:
            found = model.val_step(batch)
            loop.evaluator.process(data_samples=found, data_batch=batch)
    model.train(training)
    return loop.evaluator.evaluate(len(loop.dataloader.dataset))


def predict(model: nn.Module, dataset: Dataset, index: int) -> DetDataSample:
    """Predict one sample.

    Returns:
        The sample with ``pred_instances``, on the CPU.
    """
    model.eval()
    with torch.no_grad():
        return model.val_step(pseudo_collate([dataset[index]]))[0].cpu()


def boxes_to_draw(sample: DetDataSample, zoom: int) -> DetDataSample:
    """Take the boxes of a sample, for each object only its best name.

    Args:
        sample: With ground truth and predictions.
        zoom: Of the image to draw on.

    Returns:
        A sample of boxes only.
    """
    truth, found = sample.gt_instances, sample.pred_instances
    boxes = getattr(truth.bboxes, 'tensor', truth.bboxes)
    drawn = DetDataSample(
        gt_instances=InstanceData(bboxes=boxes * zoom, labels=truth.labels)
    )
    best = best_names(found)
    drawn.pred_instances = InstanceData(
        bboxes=best.bboxes * zoom, labels=best.labels, scores=best.scores
    )
    return drawn


def with_headings(pair: np.ndarray) -> np.ndarray:
    """Write above each half of an image what it shows.

    Args:
        pair: (H, 2 W, 3) uint8 RGB, the truth beside the prediction.

    Returns:
        (h + H, 2 W, 3) uint8 RGB.
    """
    height, width = pair.shape[0], pair.shape[1] // 2
    letter = letter_size(width, height)
    headings = [
        sentence_image([(text, None)], width, letter)
        for text in ('truth', 'prediction')
    ]
    return np.concatenate((np.concatenate(headings, 1), pair))


def best_checkpoint(runner: Runner) -> str | None:
    """Find the checkpoint to use.

    Returns:
        The best by the val score, else the last, else None.
    """
    best = runner.message_hub.runtime_info.get('best_ckpt')
    if best is not None and Path(best).is_file():
        return best
    return find_latest_checkpoint(runner.work_dir)


def boxes_by_class(dataset: Dataset) -> Counter:
    """Count the boxes of each class."""
    names = dataset.metainfo['classes']
    return Counter(
        names[instance['bbox_label']]
        for index in range(len(dataset))
        for instance in dataset.get_data_info(index)['instances']
    )


def score_table(before: dict[str, float], after: dict[str, float]) -> list[str]:
    """Write the scores of the whole set.

    Args:
        before: Scores at the start; empty if not measured.
        after: Scores of the checkpoint to use.

    Returns:
        Lines of a Markdown table.
    """
    # COCO gives -1 where there is nothing to measure, such as no large boxes.
    keys = [
        key
        for key, value in after.items()
        if not key.endswith(CLASS_SCORE) and value != UNMEASURED
    ]
    rows = [f'| {key} | {_shown(before, key)} | {_shown(after, key)} |' for key in keys]
    return ['| val score | before | after |', '|---|---|---|', *rows]


def class_table(
    before: dict[str, float], after: dict[str, float], boxes: Counter
) -> list[str]:
    """Write the AP of every class.

    Args:
        before: Scores at the start; empty if not measured.
        after: Scores of the checkpoint to use.
        boxes: Boxes of each class in the val set.

    Returns:
        Lines of a Markdown table, lowest AP first; none if classes were not measured.
    """
    keys = [key for key in after if key.endswith(CLASS_SCORE)]
    if not keys:
        return []
    keys.sort(key=lambda key: after[key] if math.isfinite(after[key]) else math.inf)
    rows = []
    for key in keys:
        name = key.split('/', 1)[-1].removesuffix(CLASS_SCORE)
        rows.append(
            f'| {name} | {boxes[name]} | {_shown(before, key)} | {_shown(after, key)} |'
        )
    head = ['| class | val boxes | AP before | AP after |', '|---|---|---|---|']
    return [*head, *rows]


def commands(runner: Runner, checkpoint: str, dataset: Dataset) -> list[str]:
    """Write the commands that use a checkpoint.

    Args:
        runner: mmengine's runner.
        checkpoint: The file.
        dataset: Of the val set.

    Returns:
        Lines of Markdown with two commands.
    """
    # mmengine wrote the config, with all options resolved, into the work dir.
    config = _short_path(Path(runner.work_dir) / Path(runner.cfg.filename).name)
    image = dataset.get_data_info(0)['img_path']
    names = [name.replace('.', ' ') for name in dataset.metainfo['classes']]
    weights = _short_path(Path(checkpoint))
    return [
        'Use it:',
        '```bash',
        f'python tools/demo/image_demo.py {shlex.quote(image)} \\',
        f'    {config} \\',
        f'    {weights} \\',
        f'    --texts {shlex.quote(" . ".join(names) + " .")} -c',
        f'python tools/test.py {config} \\',
        f'    {weights} --show-dir drawn',
        '```',
    ]


def stack(images: list[np.ndarray]) -> np.ndarray:
    """Put images below each other on a white sheet.

    Args:
        images: Each (H, W, 3) uint8.

    Returns:
        The sheet, (H, W, 3) uint8.
    """
    height = sum(image.shape[0] + GAP for image in images)
    width = max((image.shape[1] for image in images), default=GAP)
    sheet = np.full((max(height, GAP), width, 3), 255, dtype=np.uint8)
    top = 0
    for image in images:
        sheet[top : top + image.shape[0], : image.shape[1]] = image
        top += image.shape[0] + GAP
    return sheet


def _shown(scores: dict[str, float], key: str) -> str:
    value = scores.get(key)
    return '-' if value is None or not math.isfinite(value) else f'{100 * value:.1f}'


def _short_path(path: Path) -> str:
    """Write a path for a shell, from the working folder on if it is below."""
    path = path.absolute()
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if here in path.parents else path))
