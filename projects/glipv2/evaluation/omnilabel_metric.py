"""OmniLabelMetric: AP of names and of free descriptions, as OmniLabel pools them."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from mmdet.datasets.api_wrappers import COCO, COCOeval
from mmdet.registry import METRICS
from mmengine.evaluator import BaseMetric

from ..datasets.omnilabel_file import AskedImage, Description, read_omnilabel
from ..progress import working

NOTHING = -1.0  # to measure, as COCO has it
MOST = 100  # boxes of an image and description
SMALL = 1e-5  # of the harmonic mean's denominator, as in OmniLabel's own evaluation
EVERY_SIZE = [0, 1e10]  # pixels
SHORT, LONG = 3, 9  # words: up to the first, from the second


@dataclass(frozen=True)
class Pair:
    """An image that is asked for a description.

    Args:
        description: The description.
        fits: Whether something in the image fits it.
    """

    description: Description
    fits: bool

    @property
    def words(self) -> int:
        """How many words the description has."""
        return len(self.description.text.split())


# Which pairs a figure is of.
GROUPS = {
    'categ': lambda pair: not pair.description.free,
    'descr': lambda pair: pair.description.free,
    'descr_pos': lambda pair: pair.description.free and pair.fits,
    'descr_s': lambda pair: pair.description.free and pair.words <= SHORT,
    'descr_m': lambda pair: pair.description.free and SHORT < pair.words < LONG,
    'descr_l': lambda pair: pair.description.free and pair.words >= LONG,
}


@METRICS.register_module()
class OmniLabelMetric(BaseMetric):
    """OmniLabel's figures (Schulter et al., ICCV 2023).

    Boxes are matched per image and description; all pairs of a group are then on one
    curve, so that scores must be comparable between descriptions, and boxes of what
    is not there count. Images that were not tested are no misses.

    Args:
        ann_file: OmniLabel's file, with annotations.
        **kwargs: As for mmengine's ``BaseMetric``.

    Raises:
        OSError: If there is no such file (says how it is had).
        ValueError: If it is no such file, or has no annotations.
    """

    default_prefix = 'omnilabel'

    def __init__(self, ann_file: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.images = {image.id: image for image in read_omnilabel(ann_file)}
        if not any(image.objects for image in self.images.values()):
            raise ValueError(
                f'{ann_file} has no annotations, as of a test server; nothing can be '
                'measured on it'
            )

    def process(self, data_batch: Mapping, data_samples: Sequence[Mapping]) -> None:
        """Keep the boxes of a batch.

        Args:
            data_batch: Not read.
            data_samples: With ``img_id``, ``description_ids`` (a list for each text
                that was asked) and ``pred_instances``, whose labels count these.

        Raises:
            KeyError: If ``description_ids`` was not packed.
        """
        for sample in data_samples:
            if 'description_ids' not in sample:
                raise KeyError(
                    "OmniLabelMetric needs OmniLabelDataset, and 'description_ids' "
                    'among the meta_keys of PackTextDetInputs'
                )
            found = sample['pred_instances']
            self.results.append(
                dict(
                    img_id=sample['img_id'],
                    ids=sample['description_ids'],
                    boxes=found['bboxes'].float().cpu().numpy(),
                    scores=found['scores'].float().cpu().numpy(),
                    labels=found['labels'].cpu().numpy(),
                )
            )

    @working('Scoring')
    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Compute the figures.

        Args:
            results: Of all images.

        Returns:
            ``AP``, the harmonic mean of ``AP_categ`` (names of categories) and
            ``AP_descr`` (free descriptions); ``AP_descr`` of those that fit something
            (``_pos``) and by length (``_s``, ``_m``, ``_l``); at IoU 0.5 and 0.75;
            recall (``AR``). -1 where there is nothing to find.
        """
        tested = {found['img_id'] for found in results}
        images = [self.images[number] for number in sorted(tested)]
        pairs, places = _pairs_of(images)
        evaluation = COCOeval(_truth(images, places), _found(results, places), 'bbox')
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [EVERY_SIZE], ['all']
        evaluation.params.maxDets = [MOST]
        evaluation.evaluate()
        figures: dict[str, float] = {}
        for name, belongs in GROUPS.items():
            chosen = [place for place, pair in enumerate(pairs) if belongs(pair)]
            figures |= _figures(evaluation, chosen, name)
        own = figures['AP_categ'], figures['AP_descr']
        mean = 2 * own[0] * own[1] / (sum(own) + SMALL)
        return dict(AP=NOTHING if NOTHING in own else mean) | figures


def _pairs_of(
    images: Sequence[AskedImage],
) -> tuple[list[Pair], dict[tuple[int, int], int]]:
    """List all pairs, and the place of each by image and description."""
    pairs: list[Pair] = []
    places: dict[tuple[int, int], int] = {}
    for image in images:
        fitting = {number for found in image.objects for number in found.descriptions}
        for each in image.asked:
            places[image.id, each.id] = len(pairs)
            pairs.append(Pair(each, each.id in fitting))
    return pairs, places


def _truth(images: Sequence[AskedImage], places: Mapping[tuple[int, int], int]) -> COCO:
    objects = [
        dict(
            image_id=places[image.id, number], bbox=list(found.box),
            area=found.box[2] * found.box[3], iscrowd=int(found.crowd),
        )
        for image in images
        for found in image.objects
        for number in found.descriptions
    ]  # fmt: skip
    return _coco(objects, len(places))


def _found(results: Sequence[Mapping], places: Mapping[tuple[int, int], int]) -> COCO:
    boxes = [
        dict(
            image_id=places[found['img_id'], number], score=float(score),
            bbox=[left, top, right - left, bottom - top],
            area=(right - left) * (bottom - top),
        )
        for found in results
        for (left, top, right, bottom), score, label in zip(
            found['boxes'].tolist(), found['scores'], found['labels']
        )
        for number in found['ids'][label]
    ]  # fmt: skip
    return _coco(boxes, len(places))


def _coco(entries: Sequence[dict], images: int) -> COCO:
    """Make COCO's index, in which a pair is an image and there is one category."""
    coco = COCO()
    coco.dataset = dict(
        images=[dict(id=place) for place in range(images)],
        categories=[dict(id=1)],
        annotations=[
            dict(entry, id=row, category_id=1) for row, entry in enumerate(entries, 1)
        ],
    )
    coco.createIndex()
    return coco


def _figures(
    evaluation: COCOeval, chosen: Sequence[int], name: str
) -> dict[str, float]:
    """Put the chosen pairs on one curve."""
    part = copy(evaluation)
    part.evalImgs = [evaluation.evalImgs[place] for place in chosen]
    part.params = copy(evaluation.params)
    part.params.imgIds = list(chosen)
    part._paramsEval = part.params
    part.accumulate()
    precision, recall = part.eval['precision'], part.eval['recall']

    def mean(values) -> float:
        values = values[values > NOTHING]
        return float(values.mean()) if values.size else NOTHING

    thresholds = list(part.params.iouThrs.round(2))
    found = {f'AP_{name}': mean(precision)}
    if name in ('categ', 'descr'):
        found |= {
            f'AP_{name}_{percent}': mean(precision[thresholds.index(percent / 100)])
            for percent in (50, 75)
        }
        found[f'AR_{name}'] = mean(recall)
    return found
