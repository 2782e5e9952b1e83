"""Answer questions without looking: how far do their words alone lead?

    python tools/analysis_tools/vqa_blind_baseline.py data/emoji_scenes

learns the commonest answer to each question text (for new texts: to each question
type) from one split and prints VQAMetric's figures on another.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from glipv2.datasets import VQADataset
from glipv2.evaluation import VQAMetric
from glipv2.text.answers import count_answers


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('data_root', help='folder that the file names count from')
    names = 'annotations/vqa_{}_{}.json'
    for split in ('train', 'val'):
        for kind in ('questions', 'annotations'):
            parser.add_argument(f'--{split}-{kind}', default=names.format(split, kind))
    parser.add_argument('--out', type=Path, help='JSON file for the figures')
    return parser.parse_args()


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

        Returns:
            The answer.
        """
        of_type = self.of_type.get(sample['question_type'], self.overall)
        return self.of_text.get(sample['text'], of_type)


def _commonest(counts: Counter) -> str:
    return min(counts, key=lambda answer: (-counts[answer], answer), default='')


def main() -> None:
    args = parse_args()
    train, val = (
        VQADataset(
            question_file=getattr(args, f'{split}_questions'),
            ann_file=getattr(args, f'{split}_annotations'),
            data_root=args.data_root,
        )
        for split in ('train', 'val')
    )
    train_samples, val_samples = (
        [dataset.get_data_info(index) for index in range(len(dataset))]
        for dataset in (train, val)
    )
    baseline = BlindBaseline(train_samples)
    metric = VQAMetric()
    metric.process(
        {},
        [dict(sample, pred_answer=baseline.answer(sample)) for sample in val_samples],
    )
    figures = metric.evaluate(len(val_samples))
    figures['questions'] = len(val_samples)
    figures['new_texts'] = sum(
        sample['text'] not in baseline.of_text for sample in val_samples
    )
    for name, value in figures.items():
        print(f'{name:40} {value:8.2f}')
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(figures, indent=2))


if __name__ == '__main__':
    main()
