"""Result files for evaluation servers, and metrics that write them."""

import json
import pickle
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from mmdet.evaluation import DumpDetResults as MMDetDumpDetResults
from mmengine.evaluator import BaseMetric

from ..progress import working
from ..whole_file import write_whole


def check_outfile(outfile_prefix: str | None, format_only: bool) -> None:
    """Check that a metric that only writes a file has a prefix for it.

    Args:
        outfile_prefix: Beginning of the file's name; None: no file.
        format_only: Whether only the file is written.

    Raises:
        ValueError: If there is no prefix.
    """
    if format_only and outfile_prefix is None:
        raise ValueError('format_only needs an outfile_prefix to write to')


class ResultFileMetric(BaseMetric):
    """A metric that can write a result file.

    Subclasses define the file's ``SUFFIX`` and keys, put these keys into each result,
    and compute their figures in :meth:`figures`.

    Args:
        outfile_prefix: Beginning of the file's name, before ``SUFFIX``; None: no file.
        format_only: Whether only the file is written, for splits without ground truth.
        **kwargs: As for mmengine's ``BaseMetric``.

    Raises:
        ValueError: If ``format_only`` is set without ``outfile_prefix``.
    """

    SUFFIX: str
    NUMBER_KEY: str
    TEXT_KEY: str

    def __init__(
        self, outfile_prefix: str | None = None, format_only: bool = False, **kwargs
    ) -> None:
        check_outfile(outfile_prefix, format_only)
        super().__init__(**kwargs)
        self.outfile_prefix = outfile_prefix
        self.format_only = format_only

    @working('Scoring')
    def compute_metrics(self, results: list) -> dict[str, float]:
        """Write the result file and, without ``format_only``, compute the figures."""
        if self.outfile_prefix is not None:
            path = self.outfile_prefix + self.SUFFIX
            write_results(path, results, self.NUMBER_KEY, self.TEXT_KEY)
        return {} if self.format_only else self.figures(results)

    @abstractmethod
    def figures(self, results: list) -> dict[str, float]:
        """Compute the figures, by name, of all that ``process`` collected."""


def write_results(
    path: str | Path, results: Sequence[dict], key: str, what: str
) -> None:
    """Write one line of a result file per question or image.

    Args:
        path: The file; its folder is created.
        results: Dicts with ``key`` and ``what``.
        key: ``'question_id'`` or ``'image_id'``.
        what: ``'answer'`` or ``'caption'``.

    Raises:
        ValueError: If a number is missing or a duplicate (names it).
    """
    texts: dict[int, str] = {}
    for result in results:
        number = result[key]
        if number is None or number in texts:
            raise ValueError(
                f'the result file needs every {key} once, but one is missing or a '
                f'duplicate: {number}'
            )
        texts[number] = result[what]
    content = [{key: n, what: text} for n, text in texts.items()]
    write_file(path, json.dumps(content).encode())


def write_file(path: str | Path, content: bytes) -> None:
    """Write a result file, whole or not at all.

    Args:
        path: The file; its folder is created.
        content: Of it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


class DumpDetResults(MMDetDumpDetResults):
    """mmdet's file of all predictions, whole or not at all."""

    @working('Writing predictions')
    def compute_metrics(self, results: list) -> dict[str, float]:
        """Write the file."""
        write_file(self.out_file_path, pickle.dumps(results, protocol=2))
        return {}
