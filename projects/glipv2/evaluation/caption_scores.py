"""BLEU, ROUGE-L and CIDEr-D of captions, equal to COCO's evaluation (pycocoevalcap)."""

from collections import Counter
from collections.abc import Sequence
from math import exp, log, sqrt

Tokens = Sequence[str]
ORDERS = (1, 2, 3, 4)  # lengths of the n-grams
ROUGE_BETA = 1.2  # weight of recall
CIDER_SIGMA = 6.0  # of the penalty on other lengths
CIDER_SCALE = 10.0
# COCO's evaluation adds these to the counts, so that nothing divides by zero.
_TINY, _SMALL = 1e-15, 1e-9


def count_ngrams(tokens: Tokens) -> dict[int, Counter]:
    """Count the n-grams (tuples) of a sentence, by n from 1 to 4."""
    return {n: Counter(zip(*(tokens[start:] for start in range(n)))) for n in ORDERS}


def bleu(
    candidates: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> list[float]:
    """Compute BLEU of a corpus (Papineni et al. 2002), by the closest reference length.

    Args:
        candidates: One sentence per image.
        references: One or more true sentences per image.

    Returns:
        BLEU-1 to BLEU-4.
    """
    found: Counter[int] = Counter()
    possible: Counter[int] = Counter()
    length = closest = 0
    for candidate, several in zip(candidates, references):
        own = len(candidate)
        length += own
        closest += min((abs(len(true) - own), len(true)) for true in several)[1]
        counts = count_ngrams(candidate)
        true_counts = [count_ngrams(true) for true in several]
        for n in ORDERS:
            most: Counter[tuple[str, ...]] = Counter()
            for true in true_counts:
                most |= true[n]
            found[n] += (counts[n] & most).total()
            possible[n] += max(own - n + 1, 0)
    ratio = (length + _TINY) / (closest + _SMALL)
    brevity = exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores, product = [], 1.0
    for n in ORDERS:
        product *= (found[n] + _TINY) / (possible[n] + _SMALL)
        scores.append(product ** (1 / n) * brevity)
    return scores


def rouge_l(
    candidates: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> float:
    """Compute the mean ROUGE-L (Lin 2004); arguments are :func:`bleu`'s."""
    scores = []
    for candidate, several in zip(candidates, references):
        common = [_common_length(candidate, true) for true in several]
        precision = max(common) / max(len(candidate), 1)
        recall = max(c / max(len(true), 1) for c, true in zip(common, several))
        weight = ROUGE_BETA**2
        total = recall + weight * precision
        scores.append((1 + weight) * precision * recall / total if total else 0.0)
    return sum(scores) / max(len(scores), 1)


def cider_d(
    candidates: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> float:
    """Compute the mean CIDEr-D (Vedantam et al., CVPR 2015), at most 10.

    Document frequencies come from the references, so the score of an image depends on
    the others; one image alone scores 0. Arguments are :func:`bleu`'s.
    """
    counts = [[count_ngrams(true) for true in several] for several in references]
    images_with: Counter = Counter()
    for several in counts:
        images_with.update(
            {ngram for true in several for n in ORDERS for ngram in true[n]}
        )
    images = log(max(len(candidates), 1))
    rarity = {ngram: images - log(many) for ngram, many in images_with.items()}
    total = 0.0
    for candidate, several in zip(candidates, counts):
        own = _Weighted(count_ngrams(candidate), rarity, images)
        similarity = [
            own.similarity(_Weighted(true, rarity, images)) for true in several
        ]
        total += CIDER_SCALE * sum(similarity) / len(similarity)
    return total / max(len(candidates), 1)


class _Weighted:
    """TF-IDF weights of a sentence's n-grams."""

    def __init__(
        self, counts: dict[int, Counter], rarity: dict[tuple, float], unseen: float
    ) -> None:
        self.weights = {
            n: {
                ngram: count * rarity.get(ngram, unseen)
                for ngram, count in counts[n].items()
            }
            for n in ORDERS
        }
        self.norms = {
            n: sqrt(sum(weight**2 for weight in self.weights[n].values()))
            for n in ORDERS
        }
        # COCO's evaluation measures lengths in pairs of words.
        self.length = counts[2].total()

    def similarity(self, true: '_Weighted') -> float:
        mean = 0.0
        for n in ORDERS:
            norm = self.norms[n] * true.norms[n]
            if norm:
                others = true.weights[n]
                product = sum(
                    min(weight, others[ngram]) * others[ngram]
                    for ngram, weight in self.weights[n].items()
                    if ngram in others
                )
                mean += product / norm / len(ORDERS)
        apart = self.length - true.length
        return mean * exp(-(apart**2) / (2 * CIDER_SIGMA**2))


def _common_length(first: Tokens, second: Tokens) -> int:
    # The longest common subsequence, row by row.
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for column, other in enumerate(second, 1):
            above = row[column]
            row[column] = diagonal + 1 if word == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]
