"""Questions answered by their words alone, without the image."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..datasets import VQADataset
from ..evaluation import VQAMetric
from ..text.answers import count_answers

FILES = 'annotations/vqa_{split}_{part}.json'  # as EmojiScenes has them
PARTS = ('questions', 'annotations')


class BlindBaseline:
    """The commonest answer to a question's text, or else to its type.

    Args:
        samples: Questions with ``text``, ``question_type`` and ``gt_answers``.
    """

    def __init__(self, samples: Iterable[Mapping]) -> None:
        of_text: dict[str, Counter] = defaultdict(Counter)
        of_type: dict[str, Counter] = defaultdict(Counter)
        for sample in samples:
            answers = count_answers(sample['gt_answers'])
            of_text[sample['text']] += answers
            of_type[sample['question_type']] += answers
        self.of_text = {text: _commonest(counts) for text, counts in of_text.items()}
        self.of_type = {kind: _commonest(counts) for kind, counts in of_type.items()}
        self.overall = _commonest(sum(of_type.values(), Counter()))

    def answer(self, sample: Mapping) -> str:
        """Answer a question.

        Args:
            sample: With ``text`` and ``question_type``.
        """
        of_type = self.of_type.get(sample['question_type'], self.overall)
        return self.of_text.get(sample['text'], of_type)


def _commonest(counts: Counter) -> str:
    return min(counts, key=lambda answer: (-counts[answer], answer), default='')


def evaluate(train: Sequence[Mapping], val: Sequence[Mapping]) -> dict[str, float]:
    """Learn from one split and evaluate on another.

    Args:
        train: Samples to learn from.
        val: Samples to answer.

    Returns:
        ``VQAMetric``'s figures, the number of questions and that of new texts.
    """
    baseline = BlindBaseline(train)
    metric = VQAMetric()
    metric.process({}, [dict(x, pred_answer=baseline.answer(x)) for x in val])
    figures = metric.evaluate(len(val))
    figures['questions'] = len(val)
    figures['new_texts'] = sum(x['text'] not in baseline.of_text for x in val)
    return figures


def read_questions(data_root: str, questions: str, annotations: str) -> list[dict]:
    """Read a split.

    Args:
        data_root: Folder that the file names count from.
        questions: Its questions, in VQAv2's layout.
        annotations: Their answers.

    Returns:
        Its samples.
    """
    dataset = VQADataset(
        question_file=questions, ann_file=annotations, data_root=data_root
    )
    return [dataset.get_data_info(index) for index in range(len(dataset))]
