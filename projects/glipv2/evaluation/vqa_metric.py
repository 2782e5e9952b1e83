"""VQA accuracy: how many people agree with an answer."""

import re
from collections import defaultdict
from collections.abc import Sequence

from mmdet.registry import METRICS

from ..text.answers import AGREEMENT, count_answers, normalise_answer
from .result_file import ResultFileMetric


def vqa_accuracy(answer: str, answers: Sequence[str]) -> float:
    """Compare an answer with those of people (Antol et al., ICCV 2015).

    The average over all subsets that leave one person out of ``min(n / 3, 1)``, n the
    number of people in the subset that gave the answer. With fewer than four people,
    agreement with all of a subset is full agreement; the only one counts whole.

    Args:
        answer: To judge.
        answers: Of people (ten in VQAv2). Both are normalised here.

    Returns:
        In [0, 1].

    Raises:
        ValueError: If there are no answers.
    """
    people = len(answers)
    if not people:
        raise ValueError('there are no answers of people to compare with')
    agree = count_answers(answers)[normalise_answer(answer)]
    if people == 1:
        return float(agree)
    needed = min(AGREEMENT, people - 1)
    without_one = agree * min((agree - 1) / needed, 1)
    without_other = (people - agree) * min(agree / needed, 1)
    return (without_one + without_other) / people


@METRICS.register_module()
class VQAMetric(ResultFileMetric):
    """Official VQA accuracy, in percent, and the evaluation server's result file.

    Reads of each sample ``question_id``, ``pred_answer``, ``gt_answers`` and, if there,
    ``answer_type`` and ``question_type``. Gives ``accuracy``, ``accuracy_TYPE`` for
    every answer type and ``accuracy_of_TYPE`` for every question type (spaces and
    signs of a type are underscores). All answers are normalised; the official code
    leaves that out where ten people wrote the same.

    Args:
        outfile_prefix: Where ``PREFIX.vqa.json`` is written:
            ``[{"question_id": ..., "answer": ...}]``; None: nowhere.
        format_only: Whether only that file is made, for splits without answers.
        **kwargs: As of mmengine's ``BaseMetric``.

    Raises:
        ValueError: If ``format_only`` is set without ``outfile_prefix``.
    """

    default_prefix = 'vqa'
    SUFFIX = '.vqa.json'
    NUMBER_KEY = 'question_id'
    TEXT_KEY = 'answer'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Judge a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with answers.

        Raises:
            ValueError: If a sample lacks what is needed (names the question).
        """
        for sample in data_samples:
            name = f'question {sample.get("question_id")} ({sample.get("img_path")})'
            if sample.get('pred_answer') is None:
                raise ValueError(
                    f'{name} was not answered; the detector needs a vqa_head and the '
                    "sample task='vqa'"
                )
            accuracy = 0.0
            if not self.format_only:
                if not sample.get('gt_answers'):
                    raise ValueError(
                        f'{name} has no gt_answers; for a split without answers set '
                        'format_only=True'
                    )
                accuracy = vqa_accuracy(sample['pred_answer'], sample['gt_answers'])
            self.results.append(
                dict(
                    question_id=sample.get('question_id'),
                    answer=sample['pred_answer'],
                    accuracy=accuracy,
                    answer_type=sample.get('answer_type'),
                    question_type=sample.get('question_type'),
                )
            )

    def figures(self, results: list) -> dict[str, float]:
        """Average, over all and over each type.

        Args:
            results: Of :meth:`process`.

        Returns:
            The figures.
        """
        groups = defaultdict(list)
        for result in results:
            groups['accuracy'].append(result['accuracy'])
            for start, key in (
                ('accuracy_', 'answer_type'),
                ('accuracy_of_', 'question_type'),
            ):
                if result[key]:
                    name = re.sub(r'\W+', '_', result[key]).strip('_')
                    groups[start + name].append(result['accuracy'])
        return {
            key: 100 * sum(values) / len(values)
            for key, values in sorted(groups.items())
        }
