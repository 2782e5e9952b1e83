"""What the page answers: the model once, then every score without it."""

import logging
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import encode_mask_results
from mmengine.logging import print_log
from pycocotools import mask as coco_masks

from ...text.tasks import CAPTION_TASKS
from ..images import list_images, read_image
from ..inferencer import GLIPv2Inferencer
from ..predictions import keep_best, to_dict
from .example_field import read_example
from .messages import on_the_page
from .results import sentence_html, summary, table_html

PLACEHOLDERS = {
    'detection': 'names, such as: red apple . dog face . rocket',
    'grounding': 'a sentence, such as: a dog face next to a red apple',
    'segmentation': 'names or a sentence, such as: red apple . dog face',
    'vqa': 'a question, such as: how many apples are there?',
    'grounded_vqa': 'a question, such as: what is left of the apple?',
    'caption': 'may stay empty, or: the first words of the caption',
    'grounded_caption': 'may stay empty, or: the first words of the caption',
}
# Our choices.
MOST_LETTERS = 2000  # of a text, since a long list of names takes long
MOST_RESULTS = 64  # that can still be shown with another score; masks are kept encoded

Result = TypeVar('Result')
Answer = tuple[np.ndarray, str, str, dict, str]


@dataclass(frozen=True)
class Kept:
    """What a run of the model found.

    Args:
        image: File of the image.
        sample: The prediction with every box, without masks.
        masks: Per box its mask, COCO's RLE; None: there are none.
        seconds: That the run took.
    """

    image: str
    sample: DetDataSample
    masks: list[dict] | None
    seconds: float


class Answers:
    """Answers of one model; safe for several threads.

    Args:
        inferencer: The model.
        max_megapixels: Larger images are refused.
    """

    def __init__(self, inferencer: GLIPv2Inferencer, max_megapixels: float) -> None:
        self.inferencer = inferencer
        self.max_megapixels = max_megapixels
        # One thread for all: torch and OpenCV keep buffers per thread.
        self.worker = ThreadPoolExecutor(1, thread_name_prefix='model')
        self.kept: OrderedDict[str, Kept] = OrderedDict()
        self.lock = threading.Lock()

    def run(
        self,
        image: str | None,
        task: str,
        text: str,
        score_thr: float,
        nms_thr: float,
        max_per_img: int,
        one_name_per_place: bool = False,
        example: str | None = None,
        example_box: str = '',
        example_name: str = '',
    ) -> tuple[np.ndarray, str, str, dict, str, str]:
        """Run the model.

        Args:
            image: File; None: none was given.
            task: Task.
            text: Text.
            score_thr: Least score of a box that is shown.
            nms_thr: Most overlap (IoU) of two boxes of a name.
            max_per_img: Most boxes.
            one_name_per_place: Whether of boxes that overlap only the best is shown.
            example: File of an image that shows something to look for, too.
            example_box: Where, four numbers.
            example_name: What it is called; empty: it has no name.

        Returns:
            Drawn image (H, W, 3) uint8 RGB, sentence and table as HTML, prediction,
            summary, and the key for :meth:`at_score`.

        Raises:
            Error: In the words of the page.
        """
        if image is None:
            raise refusal('there is no image: upload one, or click on an example')
        text = (text or '').strip()
        try:
            examples = read_example(example, example_box, example_name)
        except ValueError as error:
            raise refusal(str(error)) from error
        if not text and task not in CAPTION_TASKS and examples is None:
            raise refusal(f'the text is empty: give {PLACEHOLDERS.get(task, "one")}')
        refuse_long(text)
        start = time.perf_counter()
        try:
            found = self._safely(
                self.inferencer,
                image,
                texts=text or (None if examples else ''),
                examples=examples,
                task=task,
                score_thr=0.0,  # all that the model gives; the slider chooses of it
                nms_thr=nms_thr,
                max_per_img=int(max_per_img),
                max_megapixels=self.max_megapixels,
                return_datasamples=True,
            )
        except gr.Error as error:
            raise refusal(without_folders(error.message, image, example)) from error
        (sample,) = found['predictions']
        if isinstance(sample, dict):
            raise refusal(without_folders(sample['error'], image, example))
        kept = _keep(image, sample, time.perf_counter() - start)
        key = secrets.token_hex(16)
        with self.lock:
            self.kept[key] = kept
            while len(self.kept) > MOST_RESULTS:
                self.kept.popitem(last=False)
        return *self._safely(self._show, kept, score_thr, one_name_per_place), key

    def at_score(
        self,
        key: str | None,
        score_thr: float,
        one_name_per_place: bool = False,
        there: bool = True,
    ) -> Answer:
        """Show an earlier result with other boxes, without the model.

        Args:
            key: Of :meth:`run`; None: there was no run yet, nothing changes.
            score_thr: Least score of a box that is shown.
            one_name_per_place: As in :meth:`run`.
            there: Whether the page still shows it; if not, nothing changes.

        Returns:
            As :meth:`run`, without the key.

        Raises:
            Error: If the result is no longer kept.
        """
        if key is None or not there:
            return tuple(gr.skip() for _ in range(5))
        with self.lock:
            kept = self.kept.get(key)
        if kept is None:
            raise refusal('this result is no longer kept: press Run')
        return self._safely(self._show, kept, score_thr, one_name_per_place)

    def _show(self, kept: Kept, score_thr: float, one_name_per_place: bool) -> Answer:
        given = list_images(kept.image)[0]
        image = read_image(given, self.inferencer.load, self.max_megapixels)['img']
        sample = keep_best(kept.sample.new(), score_thr, one_name_per_place)
        if kept.masks is not None:
            # Only those that are shown: all of them may fill the memory.
            shown = sample.pred_instances.pop('mask_numbers').tolist()
            masks = np.zeros((len(shown), *image.shape[:2]), bool)
            for row, number in enumerate(shown):
                masks[row] = coco_masks.decode(kept.masks[number])
            sample.pred_instances.masks = torch.from_numpy(masks)
        prediction = to_dict(sample)
        drawn = self.inferencer.visualize(image, sample, pred_score_thr=score_thr)
        best = sample.get('best_score')
        return (
            drawn,
            sentence_html(prediction),
            table_html(prediction),
            prediction,
            summary(prediction, kept.seconds, best),
        )

    def in_thread(
        self, function: Callable[..., Result], *args: Any, **kwargs: Any
    ) -> Result:
        """Call a function in the model's thread, after those that wait for it."""
        return self.worker.submit(function, *args, **kwargs).result()

    def _safely(
        self, function: Callable[..., Result], *args: Any, **kwargs: Any
    ) -> Result:
        with errors_on_the_page():
            return self.in_thread(function, *args, **kwargs)


@contextmanager
def errors_on_the_page() -> Iterator[None]:
    """Let what is raised be one line in the words of the page.

    Raises:
        Error: In place of any other.
    """
    try:
        yield
    except gr.Error:
        raise
    except (ValueError, TypeError, ImportError) as error:
        raise refusal(str(error)) from error
    except Exception as error:  # whatever it is, the others are served
        print_log(repr(error), logger='current', level=logging.ERROR)
        raise refusal('the server failed at this image; its log says why') from error


def _keep(image: str, sample: DetDataSample, seconds: float) -> Kept:
    masks = None
    if 'pred_instances' in sample and 'masks' in sample.pred_instances:
        sample = sample.new()
        found = sample.pred_instances.new()
        masks = encode_mask_results(found.pop('masks').numpy())
        found.mask_numbers = torch.arange(len(masks))
        sample.pred_instances = found
    return Kept(image, sample, masks, seconds)


def refuse_long(text: str) -> None:
    """Refuse a text of more letters than the page takes.

    Raises:
        Error: If it has more.
    """
    if len(text) > MOST_LETTERS:
        raise refusal(
            f'the text has {len(text)} letters, but {MOST_LETTERS} is the most'
        )


def without_folders(text: str, *uploads: str | Path | None) -> str:
    """Hide where the server keeps files.

    Args:
        text: Which may name their folders.
        *uploads: The files; None: there was none.
    """
    for upload in uploads:
        if upload is not None:
            text = text.replace(f'{Path(upload).parent}{os.sep}', '')
    return text


def refusal(message: str) -> gr.Error:
    """Make an error that the page shows.

    Args:
        message: Of a function; it gets the words of the page.
    """
    return gr.Error(on_the_page(message), duration=20, print_exception=False)
