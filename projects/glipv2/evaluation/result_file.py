"""Result files as evaluation servers take them, and the metrics that write them."""

import json
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from mmengine.evaluator import BaseMetric


def check_outfile(outfile_prefix: str | None, format_only: bool) -> None:
    """Check that a metric that only writes a file has a name for it.

    Args:
        outfile_prefix: Beginning of the file's name; None: no file.
        format_only: Whether nothing but the file is made.

    Raises:
        ValueError: If there is no name.
    """
    if format_only and outfile_prefix is None:
        raise ValueError('format_only needs an outfile_prefix to write to')


class ResultFileMetric(BaseMetric):
    """A metric that can write a result file, and may do no more than that.

    Subclasses name the file (``SUFFIX``) and its keys, put both into each result, and
    compute their figures in :meth:`figures`.

    Args:
        outfile_prefix: What stands before ``SUFFIX``; None: no file.
        format_only: Whether only the file is made, for splits without truth.
        **kwargs: As of mmengine's ``BaseMetric``.

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

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Write the result file, and compute the figures.

        Args:
            results: Of ``process``.

        Returns:
            The figures; none with ``format_only``.
        """
        if self.outfile_prefix is not None:
            path = self.outfile_prefix + self.SUFFIX
            write_results(path, results, self.NUMBER_KEY, self.TEXT_KEY)
        return {} if self.format_only else self.figures(results)

    @abstractmethod
    def figures(self, results: list) -> dict[str, float]:
        """Compute the figures.

        Args:
            results: Of ``process``.

        Returns:
            Their values by name.
        """


def write_results(
    path: str | Path, results: Sequence[dict], key: str, what: str
) -> None:
    """Write one line of a result file per question or image.

    Args:
        path: The file; its folder is made.
        results: With the number under ``key`` and the text under ``what``.
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
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{key: n, what: text} for n, text in texts.items()]))
