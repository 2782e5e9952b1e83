"""One call for every task: images and texts in, predictions out."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from pathlib import Path

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config, ConfigDict

from ..ahead import do_behind, read_ahead
from ..datasets.images.decode_image import reason_of
from ..drawing.colours import phrase_colours
from ..engine.compute_in import check_precision
from ..engine.unique_names import unique_names
from ..evaluation.calibration import Calibration
from ..progress import progress
from .built_inferencer import BuiltInferencer
from .calibrated import calibrate_sample
from .defaults import MAX_MEGAPIXELS, SCORE
from .devices import check_device
from .drawing import draw_prediction
from .examples import GivenExamples, with_examples
from .images import GivenImage, list_images, read_image
from .model_files import sort_files
from .output_files import Outputs
from .predictions import keep_best, to_dict, to_hf
from .single_failures import predict_each
from .tasks import Text, available_tasks, check_task
from .texts import texts_of_all

FORMATS = ('mmdet', 'hf')


class GLIPv2Inferencer(BuiltInferencer):
    """mmdet's ``DetInferencer`` for every task of GLIPv2.

    Args:
        model: Config, its file, or what ``from_pretrained`` takes: a name of the model
            index, a file of weights, a folder, or a model of the Hugging Face hub.
            Without a config it is taken from the weights.
        weights: A ``.pth`` or ``.safetensors`` file.
        device: Such as ``'cpu'`` or ``'cuda:0'``; None: a GPU if there is one.
        scope: mmdet's registry scope.
        palette: Colours that mmdet knows by name; ``'none'``: one colour per phrase.
        show_progress: Whether calls show a progress bar.
        random_weights: Whether a model may have no weights; what it finds is random.
        download: Whether a model of the hub may be downloaded.
        precision: ``'fp32'``, ``'bf16'`` or ``'auto'``, as of ``engine.compute_in``.

    Raises:
        FileNotFoundError: If a file or model is missing.
        ValueError: If the checkpoint is unsafe, damaged, of another model or without
            a config that is needed, there are no weights, or no such device
            or palette.
    """

    def __init__(
        self,
        model: str | Path | Config | ConfigDict | dict | None = None,
        weights: str | Path | None = None,
        device: str | None = None,
        scope: str | None = 'mmdet',
        palette: str = 'none',
        show_progress: bool = True,
        random_weights: bool = False,
        download: bool = False,
        precision: str = 'fp32',
    ) -> None:
        check_device(device)
        self.precision = check_precision(precision)
        phrase_colours(1, palette)  # refuses one that is unknown
        self.random_weights = random_weights
        model, file = sort_files(model, weights, download, random_weights)
        super().__init__(
            model=model,
            weights=file,
            device=device,
            scope=scope,
            palette=palette,
            show_progress=show_progress,
        )

    @property
    def tasks(self) -> list[str]:
        """The tasks that the model has a head for."""
        return available_tasks(self.model)

    def __call__(
        self,
        inputs: object,
        batch_size: int = 1,
        return_vis: bool = False,
        show: bool = False,
        wait_time: int = 0,
        no_save_vis: bool = False,
        draw_pred: bool = True,
        pred_score_thr: float = SCORE,
        return_datasamples: bool = False,
        print_result: bool = False,
        no_save_pred: bool = True,
        out_dir: str | Path = '',
        texts: Text | list | None = None,
        stuff_texts: None = None,
        custom_entities: bool = False,
        tokens_positive: int | list | dict | None = None,
        *,
        task: str | None = None,
        format: str = 'mmdet',
        score_thr: float = SCORE,
        nms_thr: float | None = None,
        max_per_img: int | None = None,
        chunked_size: int | None = None,
        num_answers: int | None = None,
        caption: dict | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
        one_name_per_place: bool = False,
        calibrated: bool = False,
        precision: float | None = None,
        examples: GivenExamples | None = None,
        hide_names: bool = False,
        stream: bool = False,
    ) -> dict | Iterator[tuple]:
        """Find, ask or describe.

        Args:
            inputs: A path, folder, pattern, array (H, W, 3) uint8 BGR, PIL image, or
                a list of them.
            batch_size: Images computed at once; no result depends on it.
            return_vis: Whether ``visualization`` holds the drawn images.
            show: Whether to show them in a window.
            wait_time: How long, s; 0: until a key is pressed.
            no_save_vis: Whether no drawn image is written to ``out_dir``.
            draw_pred: Whether boxes are drawn.
            pred_score_thr: Least score of a drawn box.
            return_datasamples: Whether predictions are ``DetDataSample``.
            print_result: Whether to print each prediction.
            no_save_pred: Whether no JSON is written to ``out_dir``: the prediction
                with ``file_name``, ``width``, ``height``, ``task`` and ``prompt``.
            out_dir: Folder that gets ``vis`` and ``preds``; ``''``: none.
            texts: For all images a string or a tuple of names, or a list with one
                of these for each item of ``inputs``. Names, ``'a . b .'``,
                ``'$: coco'`` (a data set's names), a sentence, or a question.
            stuff_texts: Not used; an argument of mmdet's call.
            custom_entities: Whether a string holds names, each ended by a full stop.
            tokens_positive: Where the phrases of a sentence are: per phrase its spans
                ``[[start, end]]``, or -1 for the whole sentence; or a list with one of
                these (or None) for each item of ``inputs``.
            task: ``detection``, ``grounding``, ``segmentation``, ``vqa``,
                ``grounded_vqa``, ``caption`` or ``grounded_caption``; None: detection
                or grounding, depending on the text.
            format: ``'mmdet'``: a dict (see ``predictions.to_dict``); ``'hf'``: as
                transformers' pipelines.
            score_thr: Least score of a predicted box.
            nms_thr: IoU above which the box with the lower score is dropped.
            max_per_img: Most boxes of an image.
            chunked_size: Most names of a prompt; -1: as many as fit.
            num_answers: How many answers to give.
            caption: Changes of ``test_cfg.caption``.
            max_megapixels: Larger images are refused.
            one_name_per_place: Whether of boxes that overlap (IoU above 0.6), whatever
                their names, only the best stays.
            calibrated: Whether scores are those of the calibration that comes with the
                weights (``calibrate.py``).
            precision: Share of the boxes that should be right, in place of both least
                scores; its scores are calibrated.
            examples: What names look like: ``{'my part': [(image, box), ...]}``, boxes
                x1, y1, x2, y2 in pixels; a list of pairs, which is ``object 1``, or of
                several such lists; or a file of them. Names that ``texts`` lacks are
                looked for, too, and without ``texts`` these alone.
            hide_names: Whether the words of names with examples do not count.
            stream: Whether to return an iterator of predictions and drawings (None
                unless ``return_vis``), each as soon as it is there, in place of lists.

        Returns:
            ``predictions``, one per image, and ``visualization``, RGB arrays (empty
            unless wanted). An image that fails has ``dict(error=...)`` in its place,
            and None as its drawing.

        Raises:
            ValueError: If the whole call fails: unknown task, no head for it, no image,
                no text, an unusable one for all images, no calibration although one is
                asked for, or a precision that the model does not reach.
        """
        if stuff_texts is not None:
            raise ValueError('stuff_texts is for panoptic models; give texts')
        if format not in FORMATS:
            raise ValueError(f'unknown format {format!r}; there are {FORMATS}')
        if batch_size < 1:
            raise ValueError(f'batch_size must be at least 1, but it is {batch_size}')
        check_task(self.model, task)
        calibration = None
        if calibrated or precision is not None:
            calibration = self._needed_calibration()
        if calibration is not None and precision is not None:
            score_thr = pred_score_thr = calibration.threshold(precision)
        images = list_images(inputs)
        bank = None
        if examples is not None:
            bank = self.read_examples(examples, max_megapixels, task)
            texts = tuple(bank.queries) if texts is None else texts
        texts = texts_of_all(
            images,
            task,
            texts,
            custom_entities,
            tokens_positive,
            self.model.text_encoder.tokenizer,
        )
        if bank is not None:
            texts = with_examples(texts, bank, hide_names)
        names = unique_names(image.name for image in images)
        settings = dict(
            nms=None if nms_thr is None else dict(iou_threshold=nms_thr),
            max_per_img=max_per_img,
            chunked_size=chunked_size,
            num_answers=num_answers,
            caption=caption,
        )
        settings = {key: x for key, x in settings.items() if x is not None}
        batches = self.preprocess(images, batch_size, texts, max_megapixels)
        if len(images) > batch_size:
            batches = read_ahead(batches)
        computed: Iterator[tuple] = (
            pair
            for pixels, batch in batches
            for pair in zip(
                pixels,
                self.forward(
                    batch, score_thr, settings, calibration, one_name_per_place
                ),
            )
        )
        outputs = Outputs(
            self,
            Path(out_dir) if out_dir else None,
            format,
            return_vis,
            show,
            wait_time,
            save_vis=not no_save_vis,
            draw_pred=draw_pred,
            pred_score_thr=pred_score_thr,
            return_datasamples=return_datasamples,
            print_result=print_result,
            save_pred=not no_save_pred,
        )
        if self.show_progress:
            computed = progress(computed, 'Images', len(images))
        named = ((*pair, name) for pair, name in zip(computed, names))
        if len(images) > batch_size and not show:  # a window is the main thread's
            results = do_behind(outputs.of, named, most=2 * batch_size)
        else:
            results = starmap(outputs.of, named)
        if stream:
            return results
        found = list(results)
        return dict(
            predictions=[prediction for prediction, _ in found],
            visualization=[drawn for _, drawn in found] if return_vis else [],
        )

    def preprocess(
        self,
        inputs: Sequence[GivenImage],
        batch_size: int,
        texts: Sequence[dict | str],
        max_megapixels: float,
    ) -> Iterator[tuple[list[np.ndarray | None], list[dict | str]]]:
        """Read images and run the test pipeline on them, a batch at a time.

        Args:
            inputs: The images.
            batch_size: Images of a batch.
            texts: Per image the text keys of its sample, or its error.
            max_megapixels: Larger images are refused.

        Yields:
            Per image of a batch its pixels (H, W, 3) BGR, and its packed sample;
            None and the error where reading fails.
        """
        for start in range(0, len(inputs), batch_size):
            images: list[np.ndarray | None] = []
            batch: list[dict | str] = []
            for row in range(start, min(start + batch_size, len(inputs))):
                try:
                    if isinstance(texts[row], str):
                        raise ValueError(texts[row])
                    read = read_image(inputs[row], self.load, max_megapixels)
                    image = read['img']
                    packed = self.pipeline(dict(read, img_id=row, **texts[row]))
                except Exception as error:  # of any decoder or transform
                    image, packed = None, reason_of(error)
                images.append(image)
                batch.append(packed)
            yield images, batch

    @torch.no_grad()
    def forward(
        self,
        inputs: Sequence[dict | str],
        score_thr: float = 0.0,
        settings: Mapping[str, object] | None = None,
        calibration: Calibration | None = None,
        one_name_per_place: bool = False,
    ) -> list[DetDataSample | dict]:
        """Compute a batch.

        Args:
            inputs: Per image its packed sample, or its error.
            score_thr: Least score of a box.
            settings: Values of ``test_cfg`` for this call.
            calibration: Of the scores; None: they stay the model's.
            one_name_per_place: As in the call.

        Returns:
            Per image the prediction, on the CPU, or ``dict(error=...)``.
        """
        usable = [packed for packed in inputs if not isinstance(packed, str)]
        found = iter(predict_each(self.model, usable, settings))
        results = [
            dict(error=packed) if isinstance(packed, str) else next(found)
            for packed in inputs
        ]
        for sample in results:
            if not isinstance(sample, dict):
                if calibration is not None:
                    calibrate_sample(sample, calibration)
                keep_best(sample, score_thr, one_name_per_place)
        return results

    def visualize(
        self,
        image: np.ndarray | None,
        sample: DetDataSample | dict,
        show: bool = False,
        wait_time: int = 0,
        draw_pred: bool = True,
        pred_score_thr: float = SCORE,
        colour_by_id: bool = False,
    ) -> np.ndarray | None:
        """Draw a prediction.

        Args:
            image: The image (H, W, 3) BGR.
            sample: Of :meth:`forward`.
            show: Whether to show it in a window.
            wait_time: How long, s.
            draw_pred: Whether boxes are drawn.
            pred_score_thr: Least score of a drawn box.
            colour_by_id: Whether a tracked object keeps a colour of its own.

        Returns:
            (H, W, 3) RGB; None if there is no prediction.
        """
        if image is None or isinstance(sample, dict):
            return None
        shown = sample if draw_pred else None
        drawn = draw_prediction(
            image, shown, self.palette, pred_score_thr, colour_by_id
        )
        if show:
            self.visualizer.show(drawn, wait_time=wait_time)
        return drawn

    def postprocess(
        self,
        sample: DetDataSample | dict,
        return_datasamples: bool = False,
        format: str = 'mmdet',
        print_result: bool = False,
    ) -> DetDataSample | dict | list[dict]:
        """Convert a prediction to the requested format.

        Args:
            sample: Of :meth:`forward`.
            return_datasamples: Whether it stays as it is.
            format: ``'mmdet'`` or ``'hf'``.
            print_result: Whether to print it.

        Returns:
            The prediction; a failed one as it is.
        """
        if not isinstance(sample, dict) and not return_datasamples:
            sample = to_dict(sample)
            sample = to_hf(sample) if format == 'hf' else sample
        if print_result:
            print(sample)
        return sample
