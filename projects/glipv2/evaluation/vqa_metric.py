"""VQA accuracy: agreement with people's answers."""

import re
from collections import defaultdict
from collections.abc import Sequence

from mmdet.registry import METRICS

from ..text.answers import AGREEMENT, normalise_answer, without_line_breaks
from .result_file import ResultFileMetric


def vqa_accuracy(answer: str, answers: Sequence[str]) -> float:
    """Compare an answer with those of people (Antol et al., ICCV 2015).

    The mean of ``min(n / 3, 1)`` over all subsets without one person, n the number of
    people in the subset who gave the answer. In smaller subsets all of them are full
    agreement; a single person counts as one.

    Args:
        answer: The predicted answer, not normalised.
        answers: People's answers (ten in VQAv2), not normalised.

    Returns:
        The accuracy, in [0, 1].

    Raises:
        ValueError: If there are no answers of people.
    """
    people = len(answers)
    if not people:
        raise ValueError('there are no answers of people to compare with')
    # The official code compares as written where all people wrote the same.
    forms = [without_line_breaks(each) for each in (answer, *answers)]
    if len(set(forms[1:])) > 1:
        forms = [normalise_answer(each) for each in forms]
    return _agreement(forms[0], forms[1:])


def _agreement(answer: str, answers: Sequence[str]) -> float:
    """Compare answers in one form; the mean over the subsets without one person."""
    people, agree = len(answers), list(answers).count(answer)
    if people == 1:
        return float(agree)
    needed = min(AGREEMENT, people - 1)
    without_one = agree * min((agree - 1) / needed, 1)
    without_other = (people - agree) * min(agree / needed, 1)
    return (without_one + without_other) / people


@METRICS.register_module()
class VQAMetric(ResultFileMetric):
    """Official VQA accuracy, in percent, and the evaluation server's result file.

    Samples need ``question_id``, ``pred_answer``, ``gt_answers`` and, optionally,
    ``answer_type`` and ``question_type``. Results are ``accuracy``, ``accuracy_TYPE``
    by answer type and ``accuracy_of_TYPE`` by question type (underscores for characters
    other than letters and digits). Equal to the official code, which does not normalise
    where all people wrote the same; ``accuracy_normalised`` always does.

    Args:
        outfile_prefix: Prefix of ``PREFIX.vqa.json``:
            ``[{"question_id": ..., "answer": ...}]``; None: no file.
        format_only: Whether only that file is written, for splits without answers.
        **kwargs: As for mmengine's ``BaseMetric``.

    Raises:
        ValueError: If ``format_only`` is set without ``outfile_prefix``.
    """

    default_prefix = 'vqa'
    SUFFIX = '.vqa.json'
    NUMBER_KEY = 'question_id'
    TEXT_KEY = 'answer'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Score a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with answers.

        Raises:
            ValueError: If a sample lacks a key (names the question).
        """
        for sample in data_samples:
            name = f'question {sample.get("question_id")} ({sample.get("img_path")})'
            if sample.get('pred_answer') is None:
                raise ValueError(
                    f'{name} was not answered; the detector needs a vqa_head and the '
                    "sample task='vqa'"
                )
            accuracy = normalised = 0.0
            if not self.format_only:
                if not sample.get('gt_answers'):
                    raise ValueError(
                        f'{name} has no gt_answers; for a split without answers set '
                        'format_only=True'
                    )
                answer, answers = sample['pred_answer'], sample['gt_answers']
                accuracy = vqa_accuracy(answer, answers)
                normalised = _agreement(
                    normalise_answer(answer), [normalise_answer(x) for x in answers]
                )
            self.results.append(
                dict(
                    question_id=sample.get('question_id'),
                    answer=sample['pred_answer'],
                    accuracy=accuracy,
                    normalised=normalised,
                    answer_type=sample.get('answer_type'),
                    question_type=sample.get('question_type'),
                )
            )

    def figures(self, results: list) -> dict[str, float]:
        """Average over all questions and over each type."""
        groups: dict[str, list] = defaultdict(list, accuracy=[], accuracy_normalised=[])
        for result in results:
            groups['accuracy'].append(result['accuracy'])
            groups['accuracy_normalised'].append(result['normalised'])
            for start, key in (
                ('accuracy_', 'answer_type'),
                ('accuracy_of_', 'question_type'),
            ):
                if result[key]:
                    name = re.sub(r'\W+', '_', result[key]).strip('_')
                    groups[start + name].append(result['accuracy'])
        return {
            key: 100 * sum(values) / max(len(values), 1)
            for key, values in sorted(groups.items())
        }
