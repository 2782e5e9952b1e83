"""Looks at images, videos, cameras and streams."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path

import mmcv
import numpy as np

from ..ahead import read_ahead
from ..engine.compute_in import check_precision
from ..engine.unique_names import unique_names
from ..progress import progress
from ..text.nameless import name_of_nameless
from .defaults import MAX_MEGAPIXELS, SCORE
from .images import GivenImage
from .inferencer import GLIPv2Inferencer
from .nothing_found import Finds
from .record import Record, failed_record, record_of
from .sources import GivenVideo, list_sources
from .tasks import check_task, text_keys
from .video.read import Frame, Frames, open_video, rate_of


class Look:
    """A model with a question to all that it is shown.

    The model is built when the first image is there that can be read.

    Args:
        task: The task.
        text: Names, a sentence, a question, or the first words of a caption; None
            with ``examples``: their names.
        model: Name, config, or a checkpoint that holds its config.
        checkpoint: Weights of a config.
        device: Such as ``'cpu'``; None: a GPU if there is one.
        dtype: The inferencer's ``precision``.
        batch_size: Images computed at once.
        every: Every N-th frame of a video is computed.
        out_dir: Folder for drawn images; None: none are drawn.
        max_megapixels: Larger images are refused; None: as the inferencer.
        score: Least score of a box.
        tokens_positive: Where the phrases of a sentence are.
        examples: File of examples of names.
        **call: Further arguments of the inferencer's call; None: its default.

    Raises:
        ValueError: If the text is unusable for the task.
    """

    def __init__(
        self,
        task: str,
        text: str | None,
        model: str,
        checkpoint: str | None = None,
        device: str | None = None,
        dtype: str = 'fp32',
        batch_size: int = 1,
        every: int = 1,
        out_dir: str | None = None,
        max_megapixels: float | None = None,
        score: float = SCORE,
        tokens_positive: list | int | None = None,
        examples: str | None = None,
        **call: object,
    ) -> None:
        # Without a text its names are those of the examples, once they are read.
        self.has_text = text is not None or examples is None
        asked = text if self.has_text else name_of_nameless(1)
        self.keys = text_keys(task, asked, tokens_positive=tokens_positive)
        self.examples = examples
        self.files = (model, checkpoint, device)
        self.dtype = check_precision(dtype)
        self.batch_size = batch_size
        self.every = every
        self.out_dir = out_dir
        self.inferencer: GLIPv2Inferencer | None = None
        self.finds = Finds(score)
        self.call = dict(
            call,
            task=task,
            texts=text,
            tokens_positive=tokens_positive,
            score_thr=score,
            pred_score_thr=score,
            max_megapixels=max_megapixels or MAX_MEGAPIXELS,
            batch_size=batch_size,
            return_datasamples=True,
            return_vis=out_dir is not None,
            stream=True,
        )

    def at(self, inputs: Iterable[str]) -> Iterator[Record]:
        """Compute what is named, and draw it if that is wanted.

        Args:
            inputs: Of :func:`~glipv2.apis.sources.list_sources`.

        Yields:
            A record for each image and computed frame, as soon as it is there.

        Raises:
            FileNotFoundError: If a file of the model is missing.
            ValueError: If there is no input, or the model cannot do the task.
        """
        given = list(list_sources(inputs))
        if not given:
            raise ValueError('there is no image: the list of inputs is empty')
        if any(source.error is None for source in given):
            self.inferencer = GLIPv2Inferencer(
                *self.files, show_progress=False, precision=self.dtype
            )
            check_task(self.inferencer.model, self.keys.get('task'))
            self.finds.learnt = self.inferencer.learnt
            if self.examples is not None:
                self._read_examples(self.examples)
        names = unique_names(source.name for source in given)
        records = self._records(list(zip(given, names)))
        yield from progress(records, 'Images', len(given), lambda x: x.frame is None)

    def _records(
        self, given: list[tuple[GivenImage | GivenVideo, str]]
    ) -> Iterator[Record]:
        runs = groupby(given, lambda each: isinstance(each[0], GivenVideo))
        for are_videos, run in runs:
            if are_videos:
                for video, name in run:
                    yield from self._at_video(video, name)
            else:
                yield from self._at_images(list(run))

    def _read_examples(self, examples: str) -> None:
        """Look at the examples once for all images."""
        most = self.call['max_megapixels']
        bank = self.inferencer.read_examples(examples, most, self.keys.get('task'))
        self.call['examples'] = bank
        if not self.has_text:
            self.keys['text'] = tuple(bank.queries)

    def _at_images(self, given: list[tuple[GivenImage, str]]) -> Iterator[Record]:
        readable = [source.source for source, _ in given if source.error is None]
        found = self._compute(readable)
        for source, name in given:
            sample, drawn = (
                (dict(error=source.error), None) if source.error else next(found)
            )
            self._save(drawn, name)
            if isinstance(sample, dict):
                yield failed_record(source.name, self.keys, sample['error'])
            else:
                yield record_of(sample)

    def _at_video(self, video: GivenVideo, name: str) -> Iterator[Record]:
        if video.error is not None:
            yield failed_record(video.name, self.keys, video.error)
            return
        try:
            reader = open_video(str(video.source))
            frames = read_ahead(x for x in Frames(reader) if x[0] % self.every == 0)
            count = 0
            while batch := list(islice(frames, self.batch_size)):
                count += len(batch)
                yield from self._at_frames(batch, rate_of(reader), video, name)
            if not count:
                raise ValueError(f'the video {video.name} holds no frame')
        except (OSError, ValueError) as error:
            yield failed_record(video.name, self.keys, str(error))

    def _at_frames(
        self, batch: list[Frame], rate: float, video: GivenVideo, name: str
    ) -> Iterator[Record]:
        found = self._compute([image for _, image in batch])
        for (number, _), (sample, drawn) in zip(batch, found):
            self._save(drawn, f'{Path(name).stem}-{number:06d}.jpg')
            place = (number, round(number / rate, 3))
            if isinstance(sample, dict):
                yield failed_record(video.name, self.keys, sample['error'], *place)
            else:
                sample.set_metainfo(dict(img_path=video.name))
                yield record_of(sample, *place)

    def _compute(self, images: list) -> Iterator[tuple]:
        if images:
            for sample, drawn in self.inferencer(images, **self.call):
                self.finds.add(sample)
                yield sample, drawn

    def _save(self, drawn: np.ndarray | None, name: str) -> None:
        if drawn is not None:
            mmcv.imwrite(drawn[..., ::-1], str(Path(self.out_dir) / name))
